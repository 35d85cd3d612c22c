// One line of text that is being typed, as a pure value. Ink UI's TextInput keeps its text to itself, and knows neither the
// keys of a shell's line nor completion.
import {unsafe} from '../output/printable.js';

export type Line = {
	readonly text: string;
	/** Before which character the cursor stands, counted in characters as people see them. */
	readonly cursor: number;
};

/** A line with the cursor at its end. */
export const lineOf = (text: string): Line => ({text, cursor: charactersOf(text).length});

/** The characters as people see them: an accent or a joined emoji is no character of its own. */
export const charactersOf = (text: string): string[] => plain.test(text) ? [...text] : Array.from(segmenter.segment(text), ({segment}) => segment);

// Names are made of these, and there are thousands.
const plain = /^[\u0020-\u007E]*$/;

const segmenter = new Intl.Segmenter();

/** The most that a line holds: no path is longer. */
const longest = 4096;

/** Puts text in at the cursor, as one line. What would act upon a terminal is left out, and what goes beyond the longest line. */
export function insert(line: Line, text: string): Line {
	const oneLine = text.replace(/[\r\n]+$/, '').replaceAll(/[\t ]*[\r\n]+[\t ]*|\t/g, ' ');
	const clean = [...oneLine.replaceAll(unsafe, '')].slice(0, Math.max(0, longest - line.text.length)).join('');
	const [before, after] = split(line);
	const head = before + clean;
	return {text: head + after, cursor: charactersOf(head).length};
}

/** What a key does to a line; `undefined` when that key means nothing to it. */
export function edit(line: Line, key: string): Line | undefined {
	return Object.hasOwn(edits, key) ? edits[key]!(line) : undefined;
}

const edits: Readonly<Record<string, (line: Line) => Line>> = {
	left: ({text, cursor}) => ({text, cursor: Math.max(0, cursor - 1)}),
	right: ({text, cursor}) => ({text, cursor: Math.min(charactersOf(text).length, cursor + 1)}),
	home: ({text}) => ({text, cursor: 0}),
	end: ({text}) => lineOf(text),
	backspace: line => cutBack(line, 1),
	'ctrl-w': line => cutBack(line, lastWord(line)),
	'ctrl-u': line => cutBack(line, line.cursor),
	'ctrl-k': line => ({text: split(line)[0], cursor: line.cursor}),
	'ctrl-a': ({text}) => ({text, cursor: 0}),
	'ctrl-e': ({text}) => lineOf(text),
};

function split({text, cursor}: Line): [before: string, after: string] {
	const characters = charactersOf(text);
	return [characters.slice(0, cursor).join(''), characters.slice(cursor).join('')];
}

function cutBack(line: Line, count: number): Line {
	const [before, after] = split(line);
	const kept = charactersOf(before).slice(0, Math.max(0, line.cursor - count)).join('');
	// What stands behind may join with what is left.
	return {text: kept + after, cursor: charactersOf(kept).length};
}

// Blanks and slashes before the cursor, and what stands before them up to the next.
function lastWord(line: Line): number {
	const [word] = /[^\s/]*[\s/]*$/.exec(split(line)[0])!;
	return charactersOf(word).length;
}

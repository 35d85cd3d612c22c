// What a terminal shows, as `tmux capture-pane -p -e` writes it down: text in lines, and between it escape sequences that
// say how what follows looks, until they say otherwise, from line to line too.
import stringWidth from 'string-width';
import {hex, type Colour} from './palette.js';

export type Style = {
	foreground: Colour | undefined;
	background: Colour | undefined;
	bold: boolean;
	dim: boolean;
	italic: boolean;
	underline: boolean;
	inverse: boolean;
	hidden: boolean;
	struck: boolean;
};

/** A character and all that stands on it. */
export type Cell = {text: string; style: Style; x: number; y: number; width: 1 | 2};

/** The cells that something was written to. */
export function readCells(screen: string): Cell[] {
	const cells: Cell[] = [];
	let style = plain;
	for (const [y, line] of screen.split('\n').entries()) {
		let x = 0;
		for (const part of readParts(line)) {
			style = part.sgr === undefined ? style : restyle(style, part.sgr);
			for (const {text, width} of readCharacters(part.text)) {
				cells.push({
					text, style, x, y, width,
				});
				x += width;
			}
		}
	}

	return cells;
}

const plain: Style = {
	foreground: undefined,
	background: undefined,
	bold: false,
	dim: false,
	italic: false,
	underline: false,
	inverse: false,
	hidden: false,
	struck: false,
};

type Part = {
	/** The parameters of an SGR sequence that stands before the text. */
	sgr?: string;
	text: string;
};

function readParts(line: string): Part[] {
	const [text, ...rest] = line.split('\u001B') as [string, ...string[]];
	return [{text}, ...rest.map(part => readSequence(part))];
}

// What follows an escape, up to the next.
function readSequence(part: string): Part {
	const [, sgr, text] = /^\[([\d;:]*)m(.*)$/.exec(part) ?? [];
	if (sgr !== undefined && text !== undefined) {
		return {sgr, text};
	}

	if (part.startsWith(']')) {
		// An operating system's command, such as a link, ends with a bell, or with an escape and a backslash.
		const end = part.indexOf('\u0007');
		return {text: end === -1 ? '' : part.slice(end + 1)};
	}

	return {text: part.replace(/^(?:\[[^@-~]*[@-~]|[ -/]*[0-~])/, '')};
}

const segmenter = new Intl.Segmenter();

// Of characters without a width, such as those that control something, nothing is seen.
function * readCharacters(text: string): Generator<{text: string; width: 1 | 2}> {
	for (const {segment} of segmenter.segment(text)) {
		const width = stringWidth(segment);
		if (width > 0) {
			yield {text: segment, width: width === 1 ? 1 : 2};
		}
	}
}

// 30 to 37 are the first eight colours, 90 to 97 their bright kin, 40 and 100 begin the same for backgrounds.
const basicColours = ([[30, 'foreground', 0], [40, 'background', 0], [90, 'foreground', 8], [100, 'background', 8]] as const).flatMap(([code, side, colour]) =>
	Array.from({length: 8}, (_, index): [number, Partial<Style>] => [code + index, {[side]: colour + index}]));

const meanings = new Map<number, Partial<Style>>([
	[0, plain],
	[1, {bold: true}],
	[2, {dim: true}],
	[3, {italic: true}],
	[4, {underline: true}],
	[7, {inverse: true}],
	[8, {hidden: true}],
	[9, {struck: true}],
	[21, {underline: true}],
	[22, {bold: false, dim: false}],
	[23, {italic: false}],
	[24, {underline: false}],
	[27, {inverse: false}],
	[28, {hidden: false}],
	[29, {struck: false}],
	[39, {foreground: undefined}],
	[49, {background: undefined}],
	...basicColours,
]);

// Of the colour of underlines nothing shows.
const colourSides = new Map<number, 'foreground' | 'background' | undefined>([[38, 'foreground'], [48, 'background'], [58, undefined]]);

function restyle(style: Style, sgr: string): Style {
	let next = style;
	const codes = sgr.split(';');
	while (codes.length > 0) {
		// Details of a code stand behind colons; those of colours may be codes that follow.
		const [code, ...details] = codes.shift()!.split(':').map(Number) as [number, ...number[]];
		if (colourSides.has(code)) {
			const colour = readColour(details.length > 0 ? details : takeColour(codes));
			const side = colourSides.get(code);
			next = side ? {...next, [side]: colour} : next;
		} else if (code === 4 && details[0] === 0) {
			next = {...next, underline: false};
		} else {
			next = {...next, ...meanings.get(code)};
		}
	}

	return next;
}

const takeColour = (codes: string[]): number[] => codes.splice(0, codes[0] === '2' ? 4 : 2).map(Number);

// 5 and a number, or 2 and red, green and blue, before which a colour space may be left empty.
const readColour = ([kind, ...values]: number[]): Colour | undefined => (kind === 2 ? hex(values.slice(-3)) : values[0]);

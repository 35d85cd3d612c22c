// Dialogs as lines of text, from which their height follows too.
import {printable} from '../output/printable.js';
import {charactersOf, type Line} from './line-editor.js';
import {noticeLines} from './notice-lines.js';
import {commonBeginning} from './paths.js';
import {
	cut, fit, widthOf, wrapWords,
} from './text.js';
import type {
	Dialog, Field, Form, Menu, Pages, Prompt, Question,
} from './view.js';

export type DialogLine = {
	readonly text: string;
	readonly look?: 'dim' | 'error' | 'selected';
	/** The cell at which somebody is typing. */
	readonly cursor?: number;
};

export type KeyHint = {readonly key: string; readonly label: string};

/** The keys of a dialog, for the footer. */
export function dialogKeys(dialog: Dialog): KeyHint[] {
	switch (dialog.kind) {
		case 'form': {
			return [{key: 'Enter', label: 'do it'}, {key: 'Tab', label: 'complete, or next'}, {key: '↑ ↓', label: 'field'}, {key: 'Esc', label: 'cancel'}];
		}

		case 'question': {
			return dialog.onYes ? [{key: 'y', label: 'yes'}, {key: 'n', label: 'no'}] : [{key: 'Esc', label: 'close'}];
		}

		case 'pages': {
			return [{key: '↑ ↓', label: 'scroll'}, {key: 'Esc', label: 'close'}];
		}

		case 'menu': {
			return [...dialog.items.map(({key, label}) => ({key, label})), {key: 'Esc', label: 'close'}];
		}

		case 'prompt': {
			return [{key: 'Enter', label: 'run'}, {key: 'Tab', label: 'complete'}, {key: 'Esc', label: 'close'}];
		}
	}
}

/** The frame on both sides, with a blank. */
export const dialogChrome = {columns: 4, lines: 2} as const;

/** The most lines of a question; what is longer is summed up. */
const mostOfQuestion = 8;

/** The most lines of why a form was refused. */
const mostOfProblem = 3;

/** The lines of a dialog, its frame included; 0 without one. */
export const dialogHeight = (dialog: Dialog | undefined, columns: number): number =>
	dialog ? dialogLines(dialog, columns - dialogChrome.columns).length + dialogChrome.lines : 0;

/** The lines inside the frame. */
export function dialogLines(dialog: Dialog, width: number): DialogLine[] {
	switch (dialog.kind) {
		case 'form': {
			return formLines(dialog, width);
		}

		case 'question': {
			return questionLines(dialog, width);
		}

		case 'pages': {
			return pagesLines(dialog, width);
		}

		case 'menu': {
			return menuLines(dialog, width);
		}

		case 'prompt': {
			return promptLines(dialog, width);
		}
	}
}

function formLines({fields, at, candidates, problem, isBusy}: Form, width: number): DialogLine[] {
	const labelWidth = Math.max(...fields.map(({label}) => widthOf(label))) + 4;
	return [
		...fields.map((field, index) => fieldLine(field, index === at && !isBusy, labelWidth, width)),
		{text: candidatesLine(candidates, width), look: 'dim'},
		...noticeLines(problem, width, mostOfProblem).map((text): DialogLine => ({text, look: 'error'})),
		...(isBusy ? [{text: cut('… nexusd is at it', width)}] : []),
	];
}

function fieldLine({label, line, hint, fallback, isToggle}: Field, isAt: boolean, labelWidth: number, width: number): DialogLine {
	const head = fit(`${isAt ? '>' : ' '} ${label}`, labelWidth);
	const room = width - labelWidth;
	if (isToggle) {
		return {text: head + fit(`${line.text === 'yes' ? '[x] yes' : '[ ] no'}  ${isAt ? '(Space changes it)' : hint}`, room)};
	}

	const {text, cursor} = windowOf(line, room);
	return {
		text: head + (line.text === '' ? `  ${cut(`(${fallback === undefined ? hint : `${printable(fallback)} if left empty; ${hint}`})`, Math.max(0, room - 2))}` : text),
		...(isAt && {cursor: labelWidth + cursor}),
	};
}

/** The part of a line that is in sight, with the cursor's cell in it. What is left of it is cut when the line is too long. */
export function windowOf({text, cursor}: Line, room: number): {text: string; cursor: number} {
	// A name that was completed may have anything in it.
	const characters = charactersOf(text).map(character => printable(character));
	let first = cursor;
	let cells = 0;
	while (first > 0 && cells + widthOf(characters[first - 1]!) < room) {
		first--;
		cells += widthOf(characters[first]!);
	}

	return {text: cut(characters.slice(first).join(''), room), cursor: cells};
}

// Of paths only what they differ in.
function candidatesLine(candidates: readonly string[], width: number): string {
	const shared = commonBeginning(candidates).lastIndexOf('/') + 1;
	return candidates.length === 0 ? '' : cut(`  ${candidates.map(candidate => printable(candidate.slice(shared))).join('  ')}`, width);
}

function questionLines({lines, onYes}: Question, width: number): DialogLine[] {
	const wrapped = lines.flatMap(line => wrapWords(line, width));
	const shown = wrapped.length <= mostOfQuestion ? wrapped : [...wrapped.slice(0, mostOfQuestion - 1), `… ${wrapped.length - mostOfQuestion + 1} lines more`];
	return [
		...shown.map(text => ({text})),
		{text: ''},
		{text: onYes ? 'y yes · n no' : 'Esc close', look: 'dim'},
	];
}

const pagesLines = ({lines}: Pages, width: number): DialogLine[] => lines.flatMap(line => wrapColumn(printable(line), width)).map(text => ({text}));

// What is too long goes on below where it began: in its column, if it is one of two, or as far in as its line.
function wrapColumn(line: string, width: number): string[] {
	if (widthOf(line) <= width) {
		return [line];
	}

	const [head] = /^ *(?:\S+(?: \S+)* {2,})?/.exec(line)!;
	const inset = widthOf(head);
	if (inset > width / 2) {
		return wrapWords(line, width);
	}

	return wrapWords(line.slice(head.length), width - inset).map((text, index) => (index === 0 ? head : ' '.repeat(inset)) + text);
}

function menuLines({items}: Menu, width: number): DialogLine[] {
	return items.map(({key, label, about}) => ({text: cut(`${key}  ${fit(label, 18)}  ${printable(about)}`, width)}));
}

function promptLines({line, candidates}: Prompt, width: number): DialogLine[] {
	const {text, cursor} = windowOf(line, width - 1);
	return [
		{text: `:${text}`, cursor: cursor + 1},
		{text: candidatesLine(candidates, width) || cut('as after the word nexusctl: ws list, help, status', width), look: 'dim'},
	];
}

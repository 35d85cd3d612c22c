// Text in the cells of a terminal, where a character may be two wide, or none.
import stringWidth from 'string-width';
import wrapAnsi from 'wrap-ansi';
import {printable} from '../output/printable.js';
import {charactersOf} from './line-editor.js';

const plain = /^[\u0020-\u007E]*$/;

/** How many cells it takes. */
export const widthOf = (text: string): number => plain.test(text) ? text.length : stringWidth(text);

/** The text in no more cells than that: what is too long is cut, and an ellipsis says so. */
export function cut(text: string, width: number): string {
	// No half of a character is wider than two cells: most need not be measured.
	if (text.length * 2 <= width || widthOf(text) <= width) {
		return text;
	}

	return width <= 0 ? '' : `${text.slice(0, lengthIn(text, width - 1))}…`;
}

/** The text in exactly so many cells. */
export function fit(text: string, width: number, align: 'left' | 'right' = 'left'): string {
	const shorter = cut(text, width);
	const space = ' '.repeat(Math.max(0, width - widthOf(shorter)));
	return align === 'left' ? shorter + space : space + shorter;
}

/** The text in lines of no more cells than that, broken between any two characters: together they are the text, as it is spelled. */
export function wrap(text: string, width: number): string[] {
	const lines: string[] = [];
	let rest = printable(text);
	while (widthOf(rest) > width) {
		// A character that is wider than the line has one to itself.
		const length = Math.max(lengthIn(rest, width), charactersOf(rest)[0]!.length);
		lines.push(rest.slice(0, length));
		rest = rest.slice(length);
	}

	return [...lines, rest];
}

/** Sentences in lines of no more cells than that, broken between words. */
export const wrapWords = (text: string, width: number): string[] => wrapAnsi(printable(text), Math.max(1, width), {hard: true}).split('\n');

/** A sentence with its full stop: messages from elsewhere may have one or not. */
export const withFullStop = (text: string): string => /[.!?]$/.test(text) ? text : `${text}.`;

// How much of a text that is too long has room, in whole characters as people see them.
function lengthIn(text: string, width: number): number {
	if (plain.test(text)) {
		return width;
	}

	let length = 0;
	let used = 0;
	for (const character of charactersOf(text)) {
		used += widthOf(character);
		if (used > width) {
			break;
		}

		length += character.length;
	}

	return length;
}

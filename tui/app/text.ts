// Text in the cells of a terminal, where a character may be two wide, or none.
import cliTruncate from 'cli-truncate';
import stringWidth from 'string-width';
import wrapAnsi from 'wrap-ansi';
import {printable} from '../output/printable.js';

const plain = /^[\u0020-\u007E]*$/;

/** How many cells it takes. */
export const widthOf = (text: string): number => plain.test(text) ? text.length : stringWidth(text);

/** The text in no more cells than that: what is too long is cut, and an ellipsis says so. */
export function cut(text: string, width: number, position: 'end' | 'middle' | 'start' = 'end'): string {
	if (widthOf(text) <= width) {
		return text;
	}

	if (width <= 0) {
		return '';
	}

	if (position === 'end' && plain.test(text)) {
		return `${text.slice(0, width - 1)}…`;
	}

	const shorter = cliTruncate(text, width, {position});
	// Half of a wide character on both sides makes it one cell too many.
	return widthOf(shorter) > width ? cliTruncate(text, width - 1, {position}) : shorter;
}

/** The text in exactly so many cells. */
export function fit(text: string, width: number, align: 'left' | 'right' = 'left'): string {
	const shorter = cut(text, width);
	const space = ' '.repeat(Math.max(0, width - widthOf(shorter)));
	return align === 'left' ? shorter + space : space + shorter;
}

/** The text in lines of no more cells than that, broken anywhere: nothing of it is lost. */
export const wrap = (text: string, width: number): string[] => wrapAnsi(printable(text), Math.max(1, width), {hard: true, trim: false, wordWrap: false}).split('\n');

/** The same for sentences, broken between words. */
export const wrapWords = (text: string, width: number): string[] => wrapAnsi(printable(text), Math.max(1, width), {hard: true}).split('\n');

// What has happened, in a few lines.
import {cut, withFullStop, wrapWords} from './text.js';
import type {Notice} from './view.js';

const signs = {done: '✓', busy: '…', error: '✗'} as const;

/** The most lines of a notice; fewer where that many would hide what it is about. */
export const mostOfNotice = (rows: number): number => rows < 15 ? 1 : 3;

/** The lines of a notice, no wider and no more than that. */
export function noticeLines(notice: Notice | undefined, width: number, most: number): string[] {
	if (!notice) {
		return [];
	}

	const {kind, text, hint} = notice;
	const lines = wrapWords(`${signs[kind]} ${hint ? `${withFullStop(text)} ${withFullStop(hint)}` : text}`, width);
	return lines.length <= most ? lines : [...lines.slice(0, most - 1), cut(lines.slice(most - 1).join(' '), width)];
}

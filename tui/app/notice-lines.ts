// What has happened, in at most three lines above the keys.
import {cut, withFullStop, wrapWords} from './text.js';
import type {Notice} from './view.js';

const most = 3;

const signs = {done: '✓', busy: '…', error: '✗'} as const;

/** The lines of a notice. */
export function noticeLines(notice: Notice | undefined, columns: number): string[] {
	if (!notice) {
		return [];
	}

	const {kind, text, hint} = notice;
	const lines = wrapWords(`${signs[kind]} ${hint ? `${withFullStop(text)} ${withFullStop(hint)}` : text}`, columns - 2);
	return lines.length <= most ? lines : [...lines.slice(0, most - 1), cut(lines.slice(most - 1).join(' '), columns - 2)];
}

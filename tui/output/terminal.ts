// What the other end of a stream can show.
import process from 'node:process';
import type {WriteStream} from 'node:tty';
import {bold, dim, yellow} from 'yoctocolors';

export type Style = {
	readonly bold: (text: string) => string;
	readonly dim: (text: string) => string;
	readonly yellow: (text: string) => string;
};

export type Terminal = {
	/** How wide it is: without end where nobody looks, so that scripts get all of it. */
	readonly columns: number;
	readonly style: Style;
};

const same = (text: string): string => text;

/** No colours. */
export const plainStyle: Style = {bold: same, dim: same, yellow: same};

/** What a stream can show. Yoctocolors looks at the environment alone, so a pipe needs a check of ours. */
export function terminalOf(stream: WriteStream): Terminal {
	const coloured = stream.isTTY || process.env['FORCE_COLOR'] !== undefined;
	return {
		// Some pseudo-terminals say 0.
		columns: stream.isTTY ? stream.columns || 80 : Number.POSITIVE_INFINITY,
		style: coloured ? {bold, dim, yellow} : plainStyle,
	};
}

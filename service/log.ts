// Log lines on standard error: with the level prefix that journald reads (sd-daemon(3)), or as words on a terminal.
import process from 'node:process';
import type {Log, LogLevel} from '../src/log.js';

const priorities: Readonly<Record<LogLevel, number>> = {
	error: 3, warning: 4, notice: 5, info: 6,
};

/** Writes one line. */
export const log: Log = (level, message) => {
	// A path may hold anything; a line stays one line.
	const text = message.replaceAll(/\p{Cc}/gu, character => JSON.stringify(character).slice(1, -1));
	process.stderr.write(process.stderr.isTTY ? `${level}: ${text}\n` : `<${priorities[level]}>${text}\n`);
};

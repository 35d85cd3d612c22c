// Log lines on standard error: as structured entries where it leads to the journal, else with the level prefix that
// journald reads (sd-daemon(3)), or as words on a terminal.
import process from 'node:process';
import type {Log, LogLevel} from '../src/log.js';
import {journal} from './systemd.js';

const priorities: Readonly<Record<LogLevel, number>> = {
	error: 3, warning: 4, notice: 5, info: 6,
};

const toJournal = journal();

/** Writes one line. */
export const log: Log = (level, message, fields) => {
	// A path may hold anything; a line stays one line.
	const text = message.replaceAll(/\p{Cc}/gu, character => JSON.stringify(character).slice(1, -1));
	if (!toJournal) {
		process.stderr.write(process.stderr.isTTY ? `${level}: ${text}\n` : `<${priorities[level]}>${text}\n`);
		return;
	}

	const {operation, object, by} = fields ?? {};
	toJournal({
		MESSAGE: text,
		PRIORITY: String(priorities[level]),
		SYSLOG_IDENTIFIER: 'nexusd',
		...(operation !== undefined && {NEXUS_OPERATION: operation}),
		...(object !== undefined && {NEXUS_OBJECT: object}),
		...(by && {NEXUS_CALLER: by.name, NEXUS_CALLER_UID: String(by.uid)}),
	});
};

// Log lines on standard error: as structured entries where it leads to the journal, else with the level prefix that
// journald reads (sd-daemon(3)), or as words on a terminal.
import {AsyncLocalStorage} from 'node:async_hooks';
import process from 'node:process';
import type {Log, LogLevel} from '../src/log.js';
import type {Caller} from './caller.js';
import {journal} from './systemd.js';

const priorities: Readonly<Record<LogLevel, number>> = {
	error: 3, warning: 4, notice: 5, info: 6,
};

/** For whom something is done, and all that comes of it. */
const callers = new AsyncLocalStorage<{name: string; uid: number}>();

/** Does something for a caller: what is logged meanwhile says so. Rejects when the caller has left already. */
export async function doingFor<T>(caller: Caller, work: () => Promise<T>): Promise<T> {
	const {uid} = await caller.credentials();
	return callers.run({name: caller.name, uid}, work);
}

const toJournal = journal();

/** Writes one line. */
export const log: Log = (level, message, fields) => {
	// A path may hold anything; a line stays one line.
	const text = message.replaceAll(/\p{Cc}/gu, character => JSON.stringify(character).slice(1, -1));
	if (!toJournal) {
		process.stderr.write(process.stderr.isTTY ? `${level}: ${text}\n` : `<${priorities[level]}>${text}\n`);
		return;
	}

	const caller = callers.getStore();
	toJournal({
		MESSAGE: text,
		PRIORITY: String(priorities[level]),
		SYSLOG_IDENTIFIER: 'nexusd',
		...(fields && {NEXUS_OPERATION: fields.operation, NEXUS_OBJECT: fields.object}),
		...(caller && {NEXUS_CALLER: caller.name, NEXUS_CALLER_UID: String(caller.uid)}),
	});
};

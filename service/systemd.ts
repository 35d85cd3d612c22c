// The daemon's side of systemd, by its own library: readiness and state (sd_notify(3)), the watchdog (sd_watchdog_enabled(3)),
// sockets handed over (sd_listen_fds(3)), structured journal entries (sd_journal_send(3)). Without systemd none of it happens.
import {Buffer} from 'node:buffer';
import {fstatSync} from 'node:fs';
import process from 'node:process';
import koffi, {type LibraryHandle} from 'koffi';
import {loadLibrary} from '../src/native.js';

/** Whether somebody starts the daemon again when it is called: a service manager, or a bus that did so now. */
export const isStartedOnDemand = process.env['NOTIFY_SOCKET'] !== undefined || process.env['DBUS_STARTER_ADDRESS'] !== undefined;

/** Assignments that the service manager understands, `READY=1` for example. */
export function notify(...assignments: string[]): void {
	if (process.env['NOTIFY_SOCKET']) {
		library()?.notify(assignments.join('\n'));
	}
}

/** Keeps the watchdog content for as long as the event loop turns. */
export function feedWatchdog(): void {
	const microseconds = Number(process.env['WATCHDOG_USEC'] ?? 0);
	if (microseconds > 0 && process.env['WATCHDOG_PID'] === String(process.pid)) {
		setInterval(() => {
			notify('WATCHDOG=1');
		}, microseconds / 1000 / 2).unref();
	}
}

/**
The listening socket that was handed over, if one was. It is not inherited by children.

@throws Error when there are several.
*/
export function handedSocket(): number | undefined {
	const first = 3;
	const count = process.env['LISTEN_FDS'] === undefined ? 0 : library()?.listenFds() ?? 0;
	if (count > 1) {
		throw new Error(`systemd handed over ${count} sockets where one is expected: look at the ListenStream= lines of nexusd.socket`);
	}

	return count === 1 ? first : undefined;
}

/** A way to write entries to the journal, when standard error leads there; `undefined` otherwise. */
export function journal(): ((fields: Readonly<Record<string, string>>) => void) | undefined {
	const {dev, ino} = fstatSync(process.stderr.fd);
	return process.env['JOURNAL_STREAM'] === `${dev}:${ino}` ? library()?.sendToJournal : undefined;
}

type Library = {
	notify: (state: string) => void;
	listenFds: () => number;
	sendToJournal: (fields: Readonly<Record<string, string>>) => void;
};

let loaded: Library | undefined;

// `undefined` on a system without systemd.
function library(): Library | undefined {
	loaded ??= load();
	return loaded;
}

function load(): Library | undefined {
	let libsystemd: LibraryHandle;
	try {
		libsystemd = loadLibrary('libsystemd.so.0');
	} catch {
		return undefined;
	}

	const iovec = koffi.struct({iov_base: 'const uint8_t *', iov_len: 'size_t'});
	const notify = libsystemd.func('int sd_notify(int unset_environment, const char *state)') as (unset: number, state: string) => number;
	const listenFds = libsystemd.func('int sd_listen_fds(int unset_environment)') as (unset: number) => number;
	const sendv = libsystemd.func('sd_journal_sendv', 'int', [koffi.pointer(iovec), 'int']) as (entries: unknown[], count: number) => number;
	return {
		notify: state => notify(0, state),
		listenFds: () => listenFds(1),
		sendToJournal(fields) {
			const entries = Object.entries(fields).map(([name, value]) => {
				const entry = Buffer.from(`${name}=${value}`);
				return {iov_base: entry, iov_len: entry.length};
			});
			sendv(entries, entries.length);
		},
	};
}

// Locks between processes, by flock(2): the kernel gives them back when the holder dies, however it dies.
import {
	closeSync, ftruncateSync, openSync, readFileSync, writeSync,
} from 'node:fs';
import process from 'node:process';
import {NexusError, asNexusError} from './errors.js';
import {loadLibrary} from './native.js';

export type FileLock = {release: () => void};

const lockExclusive = 2;
const lockNonBlocking = 4;

// Node has no call for it.
const flock = loadLibrary('libc.so.6').func('int flock(int fd, int operation)') as (fd: number, operation: number) => number;

/**
Locks a file, making it where it is missing. It holds the owner's process id, for people, where there is space for that.

@param what What the lock guards, for the message.
@throws NexusError Conflict when another process has it; Io, NoSpace
*/
export function lockFile(file: string, what: string): FileLock {
	const fd = openLock(file, what);
	if (flock(fd, lockExclusive | lockNonBlocking) !== 0) { // eslint-disable-line no-bitwise
		const owner = readFileSync(fd, 'utf8').trim();
		closeSync(fd);
		throw new NexusError('Conflict', `${what} is in use by another nexusd${owner ? ` (process ${owner})` : ''}`);
	}

	try {
		ftruncateSync(fd);
		writeSync(fd, `${process.pid}\n`);
	} catch {
		// The lock holds without it, also on a disk that is full.
	}

	return {
		release() {
			closeSync(fd);
		},
	};
}

function openLock(file: string, what: string): number {
	try {
		return openSync(file, 'a+', 0o600);
	} catch (error) {
		throw asNexusError(error, `cannot lock ${what}`);
	}
}

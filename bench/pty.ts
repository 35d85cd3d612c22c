// A program on a pseudo-terminal whose other end is in this process: between the program's write and what is measured stands
// the kernel alone. script(1) or tmux would stand there too. Each is one more process that has to wake up for every byte, on
// processors that nexusd, the bus and the screen need at that moment; tmux draws all of it besides.
import {spawn} from 'node:child_process';
import {once} from 'node:events';
import {
	closeSync, constants, openSync, writeSync,
} from 'node:fs';
import {performance} from 'node:perf_hooks';
import process from 'node:process';
import {ReadStream} from 'node:tty';
import {execa} from 'execa';
import {lastErrno, loadLibrary} from '../src/native.js';
import type {Cleanup} from '../test/support/cleanup.js';

export type PtyOptions = {
	command: [file: string, ...args: string[]];
	/** All that the program finds in its environment beside PATH, LANG and TERM. */
	env?: Record<string, string>;
	/** What stty(1) is to set before the program starts. */
	settings: string[];
	/** Gets what the program writes, as it arrives. */
	read: (text: string) => void;
};

export type Pty = {
	pid: number;
	/** When the program was started. */
	startedAt: number;
	/** Types a text as it is. */
	type: (text: string) => void;
};

const libc = loadLibrary('libc.so.6');
const unlockpt = libc.func('int unlockpt(int fd)') as (fd: number) => number;
const ptsname = libc.func('int ptsname_r(int fd, _Out_ char *name, size_t size)') as (fd: number, name: [string], size: number) => number;

/** Starts a program on a pseudo-terminal. It is killed at the end. */
export async function startOnPty(cleanup: Cleanup, {command, env = {}, settings, read}: PtyOptions): Promise<Pty> {
	const {master, name} = openMaster();
	await execa('stty', ['-F', name, ...settings]);
	const slave = openSync(name, withoutControl);
	const startedAt = performance.now();
	// It makes the terminal the program's, as a terminal emulator does, and becomes the program.
	const program = spawn('setsid', ['--ctty', ...command], {
		env: {
			PATH: process.env['PATH'] ?? '', LANG: 'C.UTF-8', TERM: 'xterm-256color', ...env,
		},
		stdio: [slave, slave, slave],
	});
	const ended = once(program, 'exit');
	const stream = new ReadStream(master).setEncoding('utf8').on('data', read);
	cleanup(async () => {
		program.kill('SIGKILL');
		await ended;
		// Reading would fail if the last one let go of the other end before.
		stream.destroy();
		closeSync(slave);
	});
	return {
		pid: program.pid!,
		startedAt,
		type(text) {
			writeSync(master, text);
		},
	};
}

// Whoever opens it does not make it their own.
const withoutControl = constants.O_RDWR | constants.O_NOCTTY; // eslint-disable-line no-bitwise

// Opened by Node, of which programs that it starts get nothing that they are not given.
function openMaster(): {master: number; name: string} {
	const master = openSync('/dev/ptmx', withoutControl);
	const size = 64;
	const name: [string] = ['\0'.repeat(size)];
	if (unlockpt(master) !== 0 || ptsname(master, name, size) !== 0) {
		throw new Error(`there is no pseudo-terminal: ${lastErrno()}`);
	}

	return {master, name: name[0]};
}

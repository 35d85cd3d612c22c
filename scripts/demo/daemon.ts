// A program in the background. It is in a process group of its own, where the terminal's Ctrl-C does not reach it:
// the demo ends it when its turn comes. Should the demo be killed, the kernel ends it.
import {spawn, type ChildProcess} from 'node:child_process';
import {once} from 'node:events';
import {open} from 'node:fs/promises';
import process from 'node:process';
import {setTimeout as delay} from 'node:timers/promises';

export class Daemon {
	/** Settles when the program has ended, with how in words. */
	readonly ended: Promise<string>;

	readonly #name: string;
	readonly #pid: number;

	/** For `startDaemon` alone. */
	constructor(name: string, pid: number, ended: Promise<string>) {
		this.ended = ended;
		this.#name = name;
		this.#pid = pid;
	}

	/**
	Waits until the program is ready to serve.

	@throws Error when it ends instead, or takes too long; the signal's reason when that aborts
	*/
	async ready(event: Promise<unknown>, signal: AbortSignal): Promise<void> {
		const timer = new AbortController();
		const failure = async (): Promise<never> => {
			const reason = await Promise.race([
				this.ended,
				delay(30_000, 'not ready after 30 seconds', {signal: AbortSignal.any([timer.signal, signal])}),
			]);
			throw new Error(`${this.#name} did not start: ${reason}`);
		};

		try {
			await Promise.race([event, failure()]);
		} finally {
			timer.abort();
		}
	}

	/** Asks it to end, asks again, which nexusd takes as more urgent, and makes it end. */
	async stop(): Promise<void> {
		for (const [signal, patience] of [['SIGTERM', 2000], ['SIGTERM', 8000], ['SIGKILL', 5000]] as const) {
			this.#signal(signal);
			const timer = new AbortController();
			// eslint-disable-next-line no-await-in-loop
			const isStopped = await Promise.race([
				this.ended.then(() => true),
				delay(patience, false, {signal: timer.signal}),
			]);
			timer.abort();
			if (isStopped) {
				return;
			}
		}

		throw new Error(`${this.#name} does not end`);
	}

	// The last signal goes to its children as well.
	#signal(signal: 'SIGTERM' | 'SIGKILL'): void {
		try {
			process.kill(signal === 'SIGKILL' ? -this.#pid : this.#pid, signal);
		} catch {
			// It has gone already.
		}
	}
}

/** Starts a program; what it says goes to the end of a file. */
export async function startDaemon(name: string, command: string[], log: string): Promise<Daemon> {
	const {daemon} = await start(name, command, log, false);
	return daemon;
}

/** Starts a program that says so on its standard output when it is ready. */
export async function startAnnouncedDaemon(name: string, command: string[], log: string): Promise<{daemon: Daemon; announcement: Promise<unknown>}> {
	return start(name, command, log, true);
}

async function start(name: string, command: string[], log: string, announces: boolean): Promise<{daemon: Daemon; announcement: Promise<unknown>}> {
	const output = await open(log, 'a');
	try {
		const child = spawn('setpriv', ['--pdeathsig', 'TERM', '--', ...command], {
			detached: true, stdio: ['ignore', announces ? 'pipe' : output.fd, output.fd],
		});
		const ended = describeEnd(child);
		if (child.pid === undefined) {
			throw new Error(`${name} could not be started: ${await ended}`);
		}

		return {daemon: new Daemon(name, child.pid, ended), announcement: child.stdout ? once(child.stdout, 'data') : ended};
	} finally {
		await output.close();
	}
}

async function describeEnd(child: ChildProcess): Promise<string> {
	try {
		const [status, signal] = await once(child, 'exit') as [number | undefined, NodeJS.Signals | undefined];
		return signal ? `ended by ${signal}` : `ended with status ${status}`;
	} catch (error) {
		return (error as Error).message;
	}
}

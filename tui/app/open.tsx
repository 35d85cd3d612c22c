// Opens the screen on this terminal, and keeps it until somebody leaves. Between the two the terminal may be lent: to the shell
// (Ctrl-Z), and to whoever asks for a password.
import {once} from 'node:events';
import process from 'node:process';
import {render, type Instance} from 'ink';
import type {BusKind} from '../../dbus/bus.js';
import type {EndPrompt} from '../../dbus/client.js';
import {startAgent} from '../authentication-agent.js';
import type {Noun} from '../cli/command.js';
import {Watcher} from '../mirror/watcher.js';
import {Canvas} from './canvas.js';
import {
	memoryOf, recall, remember, withMemory,
} from './memory.js';
import {Speaker} from './plain.js';
import {Ears, Screen} from './screen/screen.js';
import {Session} from './session.js';
import {Stage} from './stage.js';
import {typingAt} from './typing.js';
import {freshView} from './view.js';

export type OpenOptions = {
	readonly bus: BusKind | undefined;
	/** The commands that may be typed. */
	readonly nouns: readonly Noun[];
	/** In lines that a screen reader reads well. */
	readonly plain: boolean;
};

/** Shows the screen. Resolves when somebody has left it. */
export async function openScreen({bus, nouns, plain}: OpenOptions): Promise<void> {
	const watcher = new Watcher(bus);
	watcher.open();
	const session = new Session(watcher, nouns, withMemory(freshView(sizeOf(process.stdout)), await recall()));
	const show = new Show(session, plain);
	try {
		show.open();
		await once(session, 'end');
	} finally {
		await show.close();
		await watcher.close();
	}
}

const sizeOf = ({columns, rows}: {columns: number; rows: number}) => ({columns: columns || 80, rows: rows || 24});

const deadly = ['SIGTERM', 'SIGHUP', 'SIGINT'] as const;

/** The screen on its terminal. */
class Show {
	readonly #session: Session;
	readonly #stage: Stage;
	readonly #isPlain: boolean;
	/** What was remembered of the last time. */
	readonly #remembered: string;
	#ink: Instance | undefined;
	#isClosed = false;
	#isSuspending = false;
	/** Those who have lent the terminal, one after the other. */
	#lent: Promise<unknown> = Promise.resolve();
	readonly #canvas: Canvas;
	/** What listens to the process while it is open. */
	readonly #on: {
		readonly resized: () => void;
		readonly killed: (signal: NodeJS.Signals) => void;
		readonly broken: () => void;
		readonly stopped: () => void;
	};

	constructor(session: Session, isPlain: boolean) {
		const stage = new Stage(isPlain);
		this.#session = session;
		this.#stage = stage;
		this.#isPlain = isPlain;
		this.#remembered = JSON.stringify(memoryOf(session.view));
		const write = (bytes: string): void => {
			process.stdout.write(bytes);
		};

		this.#canvas = new Canvas({
			size: session.view.size,
			write,
			cursor: () => typingAt(session),
		});
		this.#on = {
			resized: () => {
				this.#resize();
			},
			killed: signal => {
				// Ctrl-C at the question for a password is for whoever asks: it is broken off, and they give the terminal back.
				if (signal !== 'SIGINT' || this.#ink) {
					void this.#die(signal);
				}
			},
			// What is told of a failure is to be seen.
			broken: () => {
				this.#canvas.close();
				stage.leave();
			},
			stopped: () => {
				void this.#suspend();
			},
		};
		if (isPlain) {
			const speaker = new Speaker(session, write);
			session.on('change', () => {
				if (this.#ink) {
					speaker.speak();
				}
			});
		}

		session.preparePrompt = async () => this.#lend();
		session.on('suspend', this.#on.stopped);
		session.on('copy', text => {
			stage.copy(text);
		});
	}

	open(): void {
		process.prependListener('uncaughtException', this.#on.broken);
		for (const signal of deadly) {
			process.on(signal, this.#on.killed);
		}

		process.on('SIGTSTP', this.#on.stopped);
		// Node knows the size first. Also when that is the old one again: what the terminal shows may have moved.
		process.on('SIGWINCH', this.#on.resized);
		this.#mount();
	}

	async close(): Promise<void> {
		this.#isClosed = true;
		process.off('SIGWINCH', this.#on.resized);
		process.off('SIGTSTP', this.#on.stopped);
		await this.#unmount();
		for (const signal of deadly) {
			process.off(signal, this.#on.killed);
		}

		process.off('uncaughtException', this.#on.broken);
		await this.#remember();
	}

	async #remember(): Promise<void> {
		const {view} = this.#session;
		if (JSON.stringify(memoryOf(view)) !== this.#remembered) {
			await remember(view);
		}
	}

	#mount(): void {
		// Ink does so too, but later: what is typed until then would be echoed into what is drawn.
		process.stdin.setRawMode(true);
		this.#stage.enter();
		if (!this.#isPlain) {
			this.#canvas.reset(sizeOf(process.stdout));
		}

		this.#ink = render(this.#isPlain ? <Ears session={this.#session}/> : <Screen session={this.#session}/>, {
			stdout: this.#canvas.asStdout,
			// Each frame is handed over whole.
			debug: true,
			exitOnCtrlC: false,
			patchConsole: false,
		});
		// A fault in what is drawn.
		this.#ink.waitUntilExit().catch((error: unknown) => {
			process.emit('uncaughtException', error as Error);
		});
	}

	async #unmount(): Promise<void> {
		const ink = this.#ink;
		this.#ink = undefined;
		this.#canvas.close();
		ink?.unmount();
		await ink?.waitUntilExit();
		this.#stage.leave();
	}

	#resize(): void {
		const size = sizeOf(process.stdout);
		if (!this.#isPlain) {
			this.#canvas.reset(size);
		}

		this.#session.update({size});
	}

	async #suspend(): Promise<void> {
		if (this.#isSuspending) {
			return;
		}

		this.#isSuspending = true;
		// Whoever the terminal is lent to gives it back.
		const isLent = this.#ink === undefined;
		await this.#unmount();
		// Where no shell could say `fg`, the system does not stop it, as it would by SIGSTOP.
		process.off('SIGTSTP', this.#on.stopped);
		process.kill(process.pid, 'SIGTSTP');
		process.on('SIGTSTP', this.#on.stopped);
		// It goes on from here. Nobody has told it of another size meanwhile.
		process.emit('SIGWINCH', 'SIGWINCH');
		this.#isSuspending = false;
		if (!isLent) {
			this.#session.update({size: sizeOf(process.stdout)});
			this.#mount();
		}
	}

	// The agent asks on this terminal, unless the desktop has one.
	async #lend(): Promise<EndPrompt | undefined> {
		if (this.#isClosed) {
			// Whoever has left is not asked any more.
			return undefined;
		}

		const before = this.#lent;
		let release!: () => void;
		this.#lent = new Promise<void>(resolve => {
			release = resolve;
		});
		await before;
		await this.#unmount();
		process.stdin.pause();
		const back = () => {
			if (!this.#isClosed) {
				this.#mount();
			}

			release();
		};

		console.log('nexusd wants to know that it is you.');
		const stop = await startAgent().catch(() => undefined);
		if (!stop) {
			back();
			return undefined;
		}

		return async () => {
			await stop();
			back();
		};
	}

	async #die(signal: NodeJS.Signals): Promise<void> {
		this.#canvas.close();
		this.#ink?.unmount();
		this.#stage.leave();
		// Another one does not wait.
		process.off(signal, this.#on.killed);
		await this.#remember();
		process.kill(process.pid, signal);
	}
}

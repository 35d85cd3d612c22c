// A program in a real terminal. A tmux server of its own draws what the program writes and types what the test wants
// typed; nobody looks at it but the test.
import {Buffer} from 'node:buffer';
import {mkdir, readFile} from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import {setTimeout as delay} from 'node:timers/promises';
import {execa} from 'execa';
import type {Cleanup} from './cleanup.js';
import {temporaryFolder} from './folder.js';
import {run} from './run.js';
import {endingIn, sessionLeader, type Ending} from './session-leader.js';
import {quote, Tmux} from './tmux.js';

export type TerminalOptions = {
	/** The program and its arguments; no shell sees them. */
	command: [file: string, ...args: string[]];
	columns?: number;
	rows?: number;
	/** All that the program finds in its environment beside PATH, LANG, TERM, and HOME, which is an empty folder. */
	env?: Record<string, string>;
	cwd?: string;
	/** What TERM says. */
	term?: string;
};

export type TerminalState = {
	columns: number;
	rows: number;
	/** Where the cursor is, from 0. */
	cursor: {x: number; y: number; visible: boolean};
	/** Whether the alternate screen is shown. */
	alternate: boolean;
	/** Whether the program asked to be told of the mouse. */
	mouse: boolean;
};

export type MouseAction = 'click' | 'wheel-up' | 'wheel-down';

export type Terminal = {
	pid: number;
	/** Resolves when the program has ended; all that it wrote is on the screen then, and the terminal is as it left it. */
	ended: Promise<Ending>;
	/** Presses keys: a character, or the name of a key in tmux, such as `Enter`, `Escape`, `Down`, `F1`, `C-c` or `M-x`. */
	press: (...keys: string[]) => Promise<void>;
	/** Types a text as it is, control characters included. */
	type: (text: string) => Promise<void>;
	/** Does something with the mouse in a cell; the first is 0, 0. */
	mouse: (action: MouseAction, x: number, y: number) => Promise<void>;
	resize: (columns: number, rows: number) => Promise<void>;
	/** What is visible: a line for each row, without spaces at their ends. */
	screen: () => Promise<string>;
	/** The same with its spaces, and escape sequences for colours and styles, which last until they are changed, from line to line too. */
	styled: () => Promise<string>;
	state: () => Promise<TerminalState>;
	/** What the program has copied last. */
	clipboard: () => Promise<string | undefined>;
	/**
	Waits until the terminal is as wanted.

	@returns The screen that is.
	@throws Error with the last screen when that takes too long, or cannot come because the program has ended.
	*/
	until: (description: string, isSo: (screen: string, state: TerminalState) => boolean, timeoutMs?: number) => Promise<string>;
};

/** Starts a program in a terminal. When the test is over it is hung up. */
export async function startTerminal(cleanup: Cleanup, {command, columns = 80, rows = 24, env = {}, cwd = process.cwd(), term = 'tmux-256color'}: TerminalOptions): Promise<Terminal> {
	const folder = await temporaryFolder(cleanup);
	const socket = path.join(folder, 'tmux.sock');
	const pidFile = path.join(folder, 'pid');
	const common = {PATH: process.env['PATH'] ?? '', HOME: path.join(folder, 'home'), LANG: 'C.UTF-8'};
	await mkdir(common.HOME);
	const tmux = new Tmux(socket, [
		...settings,
		['new-session', '-d', '-x', String(columns), '-y', String(rows), ...sessionLeader({command, env: {...common, TERM: term, ...env}, pidFile})],
		['attach', '-f', 'ignore-size'],
		// Should this process go without its cleanups, all of it goes.
		['set', 'destroy-unattached', 'on'],
	], {env: common, cwd});
	cleanup(async () => {
		await run('tmux', ['-S', socket, 'kill-server']);
		await tmux.closed;
	});
	const pid = await readPid(tmux, pidFile);
	const ended = readEnding(tmux);
	cleanup(async () => hangUp(pid, tmux));
	return {
		pid,
		ended,
		async press(...keys) {
			await tmux.ask(...keys.map(key => pressing(key)));
		},
		async type(text) {
			await tmux.ask(typing(text));
		},
		mouse: async (action, x, y) => moveMouse(tmux, action, x, y),
		async resize(columns, rows) {
			await tmux.ask(`resize-window -x ${columns} -y ${rows}`);
		},
		screen: async () => (await look(tmux)).screen,
		styled: async () => (await tmux.ask('capture-pane -p -e -N'))[0]!,
		state: async () => (await look(tmux)).state,
		clipboard: async () => readClipboard(socket),
		until: async (description, isSo, timeoutMs = 10_000) => waitUntil(tmux, {description, isSo, timeoutMs}),
	};
}

const settings = [
	['set', '-g', 'status', 'off'],
	['set', '-g', 'automatic-rename', 'off'],
	['set', '-g', 'history-limit', '100'],
	['set', '-s', 'escape-time', '0'],
	['set', '-s', 'set-clipboard', 'on'],
];

async function readPid(tmux: Tmux, pidFile: string): Promise<number> {
	for (;;) {
		const {changes} = tmux;
		// eslint-disable-next-line no-await-in-loop
		const pid = await readFile(pidFile, 'utf8').catch(() => '');
		if (pid) {
			return Number(pid);
		}

		// eslint-disable-next-line no-await-in-loop
		await tmux.changeAfter(changes);
	}
}

async function readEnding(tmux: Tmux): Promise<Ending> {
	for (;;) {
		const {changes} = tmux;
		// eslint-disable-next-line no-await-in-loop
		const {ending} = await look(tmux);
		if (ending) {
			return ending;
		}

		// eslint-disable-next-line no-await-in-loop
		await tmux.changeAfter(changes);
	}
}

// A shell passes it on to its jobs; to what is stopped it comes when that goes on.
async function hangUp(pid: number, tmux: Tmux): Promise<void> {
	const send = (signal: NodeJS.Signals): void => {
		try {
			process.kill(pid, signal);
		} catch {
			// It has ended meanwhile.
		}
	};

	const {ending} = await look(tmux);
	if (ending) {
		return;
	}

	const ended = readEnding(tmux);
	send('SIGHUP');
	send('SIGCONT');
	await Promise.race([ended, delay(2000, undefined, {ref: false})]);
	send('SIGKILL');
	await ended;
}

const keyName = /^(?:[CMS]-)*(?:\S|B?Tab|Enter|Escape|B?Space|Up|Down|Left|Right|Home|End|Page(?:Up|Down)|Insert|Delete|F(?:[1-9]|1[0-2]))$/u;

function pressing(key: string): string {
	if ([...key].length === 1) {
		return typing(key);
	}

	// What tmux does not know it would type.
	if (!keyName.test(key)) {
		throw new Error(`there is no key ${key}`);
	}

	return `send-keys -- ${quote(key)}`;
}

// As bytes, so that nothing of it means anything to tmux.
const typing = (text: string): string => `send-keys -H ${[...Buffer.from(text)].map(byte => byte.toString(16)).join(' ')}`;

// What a terminal says in SGR mode: button, column and row from 1, M when a button goes down, m when it comes up.
const mouseEvents: Readonly<Record<MouseAction, ReadonlyArray<readonly [button: number, end: string]>>> = {
	click: [[0, 'M'], [0, 'm']],
	'wheel-up': [[64, 'M']],
	'wheel-down': [[65, 'M']],
};

async function moveMouse(tmux: Tmux, action: MouseAction, x: number, y: number): Promise<void> {
	const [isTold] = await tmux.ask(display('#{&&:#{mouse_any_flag},#{mouse_sgr_flag}}'));
	if (isTold !== '1') {
		throw new Error('the program did not ask for the mouse in SGR mode');
	}

	await tmux.ask(typing(mouseEvents[action].map(([button, end]) => `\u001B[<${button};${x + 1};${y + 1}${end}`).join('')));
}

// One more client prints it as it is, whatever it holds.
async function readClipboard(socket: string): Promise<string | undefined> {
	const {exitCode, stdout} = await execa('tmux', ['-S', socket, 'show-buffer'], {reject: false, stripFinalNewline: false});
	return exitCode === 0 ? stdout : undefined;
}

type Waiting = {
	description: string;
	isSo: (screen: string, state: TerminalState) => boolean;
	timeoutMs: number;
};

async function waitUntil(tmux: Tmux, {description, isSo, timeoutMs}: Waiting): Promise<string> {
	const timeout = AbortSignal.timeout(timeoutMs);
	const late = new Promise<void>(resolve => {
		timeout.addEventListener('abort', () => {
			resolve();
		}, {once: true});
	});
	for (;;) {
		const {changes} = tmux;
		const isLate = timeout.aborted;
		// eslint-disable-next-line no-await-in-loop
		const {screen, state, ending} = await look(tmux);
		if (isSo(screen, state)) {
			return screen;
		}

		if (ending ?? isLate) {
			throw new Error(`${ending ? 'the program has ended' : `${timeoutMs} ms have passed`} without: ${description}\n${screen}`);
		}

		// eslint-disable-next-line no-await-in-loop
		await Promise.race([tmux.changeAfter(changes), late]);
	}
}

type View = {screen: string; state: TerminalState; ending: Ending | undefined};

async function look(tmux: Tmux): Promise<View> {
	const [screen, answer] = await tmux.ask('capture-pane -p', display(`${numbers.map(name => `#{${name}}`).join(' ')} #{pane_path}`)) as [string, string];
	const [columns, rows, x, y, visible, alternate, mouse] = answer.split(' ').map(Number) as [number, number, number, number, number, number, number];
	const state = {
		columns, rows, cursor: {x, y, visible: visible === 1}, alternate: alternate === 1, mouse: mouse === 1,
	};
	return {screen, state, ending: endingIn(answer)};
}

const numbers = ['window_width', 'window_height', 'cursor_x', 'cursor_y', 'cursor_flag', 'alternate_on', 'mouse_any_flag'];

const display = (format: string): string => `display-message -p ${quote(format)}`;

// Keys, until what they do is on the screen, beside cat(1) on a terminal of the same kind, which writes back what is typed.
import {EventEmitter, once} from 'node:events';
import {performance} from 'node:perf_hooks';
import {setTimeout} from 'node:timers/promises';
import type {Cleanup} from '../test/support/cleanup.js';
import {race, timed, type Turn} from './measure.js';
import type {Place} from './place.js';
import {startOnPty} from './pty.js';
import {beside, type Row} from './row.js';
import {
	firstRows, pauseOf, withScreen, type WatchedScreen,
} from './watched.js';

// As terminals send them.
export const down = '\u001B[B';
const pageDown = '\u001B[6~';
const escape = '\u001B';
const cursorShown = /\[\?25h/;

const turn = 8;
/** How often a key that is held down comes, and for how long. */
const repeat = {each: 33, presses: 60};

/** Keys that move, filter and sort. Each turn leaves the screen as it was. */
export async function measureKeys(place: Place): Promise<Row[]> {
	return withScreen(place, async (screen, cleanup) => {
		const {cat, ...keys} = await race('keys', {
			down: async () => moves(screen, down),
			page: async () => moves(screen, pageDown),
			letter: async () => filters(screen, 'ws42'),
			sort: async () => sorts(screen),
			held: async () => holds(screen),
			cat: await startEcho(cleanup),
		}, {rounds: 10});
		return Object.entries(keys).map(([name, times]) => beside({
			...words[name as keyof typeof keys],
			nexus: times,
			reference: '`cat` that echoes a key',
			times: cat,
			limit: {most: 50, of: 'p95'},
		}));
	});
}

const isolated = 'From the key to the end of the frame, with 10,000 in the list. Between two keys are 50 to 300 ms: whatever one leaves to be done later may meet the next.';

const words = {
	down: {what: '`↓`, until it is on the screen', how: isolated},
	page: {what: 'a page down, until it is on the screen', how: isolated},
	letter: {what: 'a letter of a filter, until it is on the screen', how: isolated},
	sort: {what: 'another order, until it is on the screen', how: isolated},
	held: {what: '`↓` held down, until it is on the screen', how: 'Thirty a second for two seconds: from each to the end of the first frame that shows its row or one behind it.'},
} as const;

async function moves(screen: WatchedScreen, key: string): Promise<number[]> {
	const times = await presses(screen, key, turn);
	await screen.answers('g', firstRows);
	return times;
}

/** Presses a key that moves the cursor, so many times from the first row, and resolves with the milliseconds of each. */
export async function presses(screen: WatchedScreen, key: string, count: number): Promise<number[]> {
	const times: number[] = [];
	let at = '00000';
	for (let press = 0; press < count; press++) {
		/* eslint-disable no-await-in-loop -- one after the other */
		const {took, match} = await screen.answers(key, new RegExp(`> ws-(?!${at})(\\d+) `));
		await setTimeout(pauseOf(press));
		/* eslint-enable no-await-in-loop */
		times.push(took);
		at = match[1]!;
	}

	return times;
}

async function filters(screen: WatchedScreen, text: string): Promise<number[]> {
	const times: number[] = [];
	await screen.answers('/', cursorShown);
	for (const [index, letter] of [...text].entries()) {
		/* eslint-disable no-await-in-loop -- one after the other */
		const {took} = await screen.answers(letter, new RegExp(` match /${text.slice(0, index + 1)} `));
		await setTimeout(pauseOf(index));
		/* eslint-enable no-await-in-loop */
		times.push(took);
	}

	await screen.answers(escape, /Workspaces · [\d,]+\/10,000 /);
	await screen.answers('g', firstRows);
	return times;
}

// Once around.
async function sorts(screen: WatchedScreen): Promise<number[]> {
	const times: number[] = [];
	for (const [index, title] of ['BASE', 'VM', 'SIZE', 'AGE', 'OWNER', 'USE', 'NAME'].entries()) {
		/* eslint-disable no-await-in-loop -- one after the other */
		const {took} = await screen.answers('s', new RegExp(`${title} ▲`));
		await setTimeout(pauseOf(index));
		/* eslint-enable no-await-in-loop */
		times.push(took);
	}

	return times;
}

async function holds(screen: WatchedScreen): Promise<number[]> {
	const pressed: number[] = [];
	const times: number[] = [];
	const stop = screen.watch(/> ws-(\d+) /, ({match, at}) => {
		// Each press is a row.
		while (times.length < Number(match[1])) {
			times.push(at - pressed[times.length]!);
		}
	});
	const last = screen.shows(new RegExp(`> ws-${String(repeat.presses).padStart(5, '0')} `));
	for (let press = 0; press < repeat.presses; press++) {
		pressed.push(performance.now());
		screen.type(down);
		// eslint-disable-next-line no-await-in-loop
		await setTimeout(repeat.each);
	}

	await last;
	stop();
	await screen.answers('g', firstRows);
	return times;
}

async function startEcho(cleanup: Cleanup): Promise<Turn> {
	const echoes = new EventEmitter();
	const {type} = await startOnPty(cleanup, {
		command: ['cat'],
		settings: ['raw', '-echo'],
		read() {
			echoes.emit('echo');
		},
	});
	const echo = async (): Promise<void> => {
		const echoed = once(echoes, 'echo');
		type('x');
		await echoed;
	};

	return async () => {
		const times: number[] = [];
		for (let press = 0; press < turn; press++) {
			/* eslint-disable no-await-in-loop -- one after the other */
			times.push(await timed(echo));
			await setTimeout(pauseOf(press));
			/* eslint-enable no-await-in-loop */
		}

		return times;
	};
}

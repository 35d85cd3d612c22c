// What the screen makes of a storm that this machine's nexusd cannot raise: a stand-in for it tells of 1,000 creates a second.
import {performance} from 'node:perf_hooks';
import {setTimeout} from 'node:timers/promises';
import type {Cleanup} from '../test/support/cleanup.js';
import type {Place} from './place.js';
import {showProgress} from './progress.js';
import {alone, type Row} from './row.js';
import {loadDuring, loadRows} from './screen-load.js';
import {startStandIn, type StandIn} from './stand-in.js';
import {
	pauseOf, withScreen, workspacesAre, type WatchedScreen,
} from './watched.js';

const told = {
	rate: 1000, begin: 1000, count: 5000, presses: 20, rounds: 6,
};
const down = '\u001B[B';

/** Ends the daemon of a place for good. */
export async function measureTold(place: Place, cleanup: Cleanup): Promise<Row[]> {
	const standIn = await startStandIn(place, cleanup);
	const turns: Turn[] = [];
	for (let round = 0; round < told.rounds; round++) {
		showProgress(`told of ${told.rate} creates a second: ${round + 1} of ${told.rounds}`);
		standIn.reset();
		// eslint-disable-next-line no-await-in-loop -- one after the other
		turns.push(await withScreen(place, async screen => turn(screen, place, standIn)));
	}

	const when = `told of ${told.rate.toLocaleString('en')} creates a second`;
	const how = `For ${told.count / told.rate} s, by a stand-in for nexusd: each create in the three signals that nexusd sends for one. Each comes into sight.`;
	return [
		...loadRows(when, how, turns),
		alone({
			what: `${when}: \`↓\`, until it is on the screen`, how: 'While it goes on.', unit: 'ms', values: turns.flatMap(({keys}) => keys),
		}),
	];
}

type Turn = Awaited<ReturnType<typeof loadDuring>> & {behind: number; keys: number[]};

async function turn(screen: WatchedScreen, {recorded}: Place, standIn: StandIn): Promise<Turn> {
	// A young screen has yet to compile what it works with.
	await standIn.create(told.begin, told.rate);
	const drawn = screen.shows(workspacesAre(recorded + told.begin + told.count));
	const load = await loadDuring(screen, async () => standIn.create(told.count, told.rate));
	const end = performance.now();
	const {at} = await drawn;
	return {...load, behind: Math.max(0, at - end), keys: await pressDuring(screen, standIn)};
}

async function pressDuring(screen: WatchedScreen, standIn: StandIn): Promise<number[]> {
	const keys: number[] = [];
	const isOver = standIn.create(told.count, told.rate);
	let at = '00000';
	for (let press = 0; press < told.presses; press++) {
		/* eslint-disable no-await-in-loop -- one after the other */
		const {took, match} = await screen.answers(down, new RegExp(`> ws-(?!${at})(\\d+) `));
		await setTimeout(pauseOf(press));
		/* eslint-enable no-await-in-loop */
		keys.push(took);
		at = match[1]!;
	}

	await isOver;
	return keys;
}

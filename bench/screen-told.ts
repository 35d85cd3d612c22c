// What the screen makes of a storm that this machine's nexusd cannot raise: a stand-in for it tells of 1,000 creates a second.
import type {Cleanup} from '../test/support/cleanup.js';
import type {Place} from './place.js';
import {showProgress} from './progress.js';
import {alone, type Row} from './row.js';
import {down, presses} from './screen-keys.js';
import {loadRows, rage, type StormLoad} from './screen-load.js';
import {startStandIn, type StandIn} from './stand-in.js';
import {withScreen, type WatchedScreen} from './watched.js';

const told = {
	rate: 1000, begin: 1000, count: 5000, presses: 20, rounds: 6,
};

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
	const how = `For ${told.count / told.rate} s, by a stand-in for nexusd: each create in the three signals that nexusd sends for one alone; of many it gathers the counts. Each comes into sight.`;
	return [
		...loadRows(when, how, turns),
		alone({
			what: `${when}: \`↓\`, until it is on the screen`, how: 'While it goes on.', unit: 'ms', values: turns.flatMap(({keys}) => keys),
		}),
	];
}

type Turn = StormLoad & {keys: number[]};

async function turn(screen: WatchedScreen, place: Place, standIn: StandIn): Promise<Turn> {
	const create = async (count: number): Promise<void> => standIn.create(count, told.rate);
	const load = await rage(screen, place, told, create);
	const [keys] = await Promise.all([presses(screen, down, told.presses), create(told.count)]);
	return {...load, keys};
}

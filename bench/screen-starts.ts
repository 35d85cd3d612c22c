// The screen from its start to the first frame that shows all, beside Node.js itself and beside a list on the command line.
import process from 'node:process';
import {execa} from 'execa';
import {makeCleanup} from '../test/support/cleanup.js';
import {oneByOne, race} from './measure.js';
import type {Place} from './place.js';
import {beside, type Row} from './row.js';
import {firstRows, WatchedScreen} from './watched.js';

const block = 3;

/** With many workspaces and with few. */
export async function measureScreenStarts(crowded: Place, place: Place): Promise<Row[]> {
	const node = async ({bus}: Place, ...args: string[]): Promise<unknown> => execa(process.execPath, args, {env: bus.env, stdin: 'ignore'});
	const {manyDrawn, manyListed, fewDrawn, fewListed, nothing} = await race('starts of the screen', {
		manyDrawn: async () => starts(crowded),
		manyListed: async () => oneByOne(block, async () => node(crowded, 'dist/nexusctl.js', 'ws', 'list')),
		fewDrawn: async () => starts(place),
		fewListed: async () => oneByOne(block, async () => node(place, 'dist/nexusctl.js', 'ws', 'list')),
		nothing: async () => oneByOne(block, async () => node(place, '-e', '0')),
	}, {rounds: 15});
	const list = '`nexusctl ws list` of as many';
	return [
		...rowsOf('10,000', manyDrawn, {[list]: manyListed, '`node -e 0`': nothing}),
		...rowsOf('100', fewDrawn, {[list]: fewListed, '`node -e 0`': nothing}),
	];
}

const rowsOf = (count: string, nexus: number[], references: Record<string, number[]>): Row[] => Object.entries(references).map(([reference, times]) => beside({
	what: `\`nexusctl tui\` with ${count}: start to first rows`,
	how: 'From the start of the process to the end of the first frame that shows rows. What is beside it ends then, its output read.',
	nexus,
	reference,
	times,
}));

async function starts(place: Place): Promise<number[]> {
	const times: number[] = [];
	for (let start = 0; start < block; start++) {
		// eslint-disable-next-line no-await-in-loop
		times.push(await startOnce(place));
	}

	return times;
}

async function startOnce(place: Place): Promise<number> {
	const {cleanup, run} = makeCleanup();
	try {
		const screen = await WatchedScreen.start(place, cleanup);
		const {at} = await screen.shows(firstRows);
		return at - screen.startedAt;
	} finally {
		await run();
	}
}

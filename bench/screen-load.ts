// What the screen takes while nothing happens, and while very much does; whether it stays usable then, and whether it slows
// down those who make it happen.
import {performance} from 'node:perf_hooks';
import {setTimeout} from 'node:timers/promises';
import type {Cleanup} from '../test/support/cleanup.js';
import {race} from './measure.js';
import type {Place} from './place.js';
import {showProgress} from './progress.js';
import {
	alone, beside, type Limit, type Row,
} from './row.js';
import {startStorm, type Storm} from './storm.js';
import {withScreen, workspacesAre, type WatchedScreen} from './watched.js';

const idle = {settling: 60_000, windows: 6, each: 4000};

/** With nothing to show. */
export async function measureIdleness(place: Place): Promise<Row[]> {
	return withScreen(place, async screen => {
		const shares: number[] = [];
		await setTimeout(idle.settling);
		for (let window = 0; window < idle.windows; window++) {
			showProgress(`idle: ${window + 1} of ${idle.windows}`);
			// eslint-disable-next-line no-await-in-loop
			const {share} = await loadDuring(screen, async () => setTimeout(idle.each));
			shares.push(share);
		}

		return [alone({
			what: 'the screen\'s share of a processor while nothing happens',
			how: [
				`In ${idle.each / 1000} s each, with 10,000 in the list that are years old: of those in sight that are younger than a minute the age is drawn each second.`,
				`It begins ${idle.settling / 1000} s after the start, when V8 has tidied its heap, which it does once and by itself.`,
			].join(' '),
			unit: '%',
			values: shares,
			limit: {most: 1, of: 'p95'},
		})];
	});
}

const storm = {
	begin: 300, count: 1500, width: 32, rounds: 6, warmUps: 1, pause: 750,
};

/** With as many creates as nexusd answers. */
export async function measureStorms(place: Place, cleanup: Cleanup): Promise<Row[]> {
	const work = startStorm(place, cleanup);
	const loads: StormLoad[] = [];
	const {watched, unwatched} = await race('storms', {
		async watched() {
			let each = 0;
			const load = await withScreen(place, async screen => rage(screen, place, storm, async count => {
				each = await work({what: 'create', count, width: storm.width});
			}));
			await calm(work);
			loads.push(load);
			return [each];
		},
		async unwatched() {
			await work({what: 'create', count: storm.begin, width: storm.width});
			const each = await work({what: 'create', count: storm.count, width: storm.width});
			await calm(work);
			return [each];
		},
	}, storm);
	const counted = loads.slice(storm.warmUps);
	const creates = beside({
		what: `${storm.width} creates in flight without end, per create, with the screen open`,
		how: `${storm.count} at each turn, by another process. Each comes into sight.`,
		nexus: watched,
		reference: 'the same with no screen',
		times: unwatched,
		each: storm.count,
	});
	const rate = Math.round(1000 / creates.nexus.median);
	return [creates, ...loadRows(`at ${rate} creates a second`, 'While they are made.', counted)];
}

/** What the screen takes in a storm, by the loads of its turns. */
export function loadRows(when: string, how: string, loads: readonly StormLoad[]): Row[] {
	const row = (what: string, unit: Row['unit'], valueOf: (load: StormLoad) => number, limit?: Limit): Row => alone({
		what: `${when}: ${what}`, how, unit, values: loads.map(load => valueOf(load)), ...(limit && {limit}),
	});
	return [
		row('the screen\'s share of a processor', '%', ({share}) => share),
		row('frames drawn', 'frames/s', ({frames}) => frames),
		row('bytes drawn', 'kB/s', ({kilobytes}) => kilobytes),
		row('the longest time without a frame', 'ms', ({longestGap}) => longestGap),
		row('from the last one until they are all on the screen', 'ms', ({behind}) => behind),
		row('frames that erase the whole screen', 'times', ({erasures}) => erasures, {most: 0, of: 'p95'}),
	];
}

/** What the screen takes while workspaces are made, after some that do not count. */
export async function rage(screen: WatchedScreen, {recorded}: Place, {begin, count}: {begin: number; count: number}, create: (count: number) => Promise<void>): Promise<StormLoad> {
	// A young screen has yet to compile what it works with.
	await create(begin);
	const drawn = screen.shows(workspacesAre(recorded + begin + count));
	const load = await loadDuring(screen, async () => create(count));
	const end = performance.now();
	const {at} = await drawn;
	return {...load, behind: Math.max(0, at - end)};
}

const calm = async (work: Storm): Promise<number> => work({what: 'remove', count: storm.begin + storm.count, width: storm.width});

type Load = {
	share: number;
	frames: number;
	kilobytes: number;
	/** Milliseconds. */
	longestGap: number;
	erasures: number;
};

export type StormLoad = Load & {
	/** Milliseconds from the last one until the screen shows all. */
	behind: number;
};

async function loadDuring(screen: WatchedScreen, work: () => Promise<unknown>): Promise<Load> {
	const {written, erasures, frames: {length: frames}} = screen;
	const time = await screen.processorTime();
	const start = performance.now();
	await work();
	const end = performance.now();
	const seconds = (end - start) / 1000;
	const moments = [start, ...screen.frames.slice(frames), end];
	return {
		share: (await screen.processorTime() - time) / (end - start) * 100,
		frames: (moments.length - 2) / seconds,
		kilobytes: (screen.written - written) / 1000 / seconds,
		longestGap: Math.max(...moments.slice(1).map((moment, index) => moment - moments[index]!)),
		erasures: screen.erasures - erasures,
	};
}

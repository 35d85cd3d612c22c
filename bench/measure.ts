// Measuring things beside each other: in turns, so that a machine whose speed drifts drifts for all of them.
import {performance} from 'node:perf_hooks';
import {setTimeout} from 'node:timers/promises';
import {showProgress} from './progress.js';

export type Figures = {
	/** How many were measured. */
	operations: number;
	median: number;
	/** 95 of 100 were no larger. */
	p95: number;
};

/** Does its work, one operation or a block of them, and returns milliseconds for each. */
export type Turn = () => Promise<number[]>;

export type RaceOptions = {
	/** How often each has its turn. */
	rounds: number;
	/** Rounds before those, which do not count. */
	warmUps?: number;
	/** Milliseconds between two turns: what one leaves to be done behind its answers goes on nobody else's account. */
	pause?: number;
};

/** Lets all have their turns, in another order each round. Returns the milliseconds of each. */
export async function race<K extends string>(title: string, turns: Record<K, Turn>, {rounds, warmUps = 1, pause = 50}: RaceOptions): Promise<Record<K, number[]>> {
	const names = Object.keys(turns) as K[];
	const times = Object.fromEntries(names.map(name => [name, [] as number[]])) as Record<K, number[]>;
	for (let round = -warmUps; round < rounds; round++) {
		showProgress(`${title}: ${round < 0 ? 'warming up' : `round ${round + 1} of ${rounds}`}`);
		for (let turn = 0; turn < names.length; turn++) {
			const name = names[(turn + warmUps + round) % names.length]!;
			/* eslint-disable no-await-in-loop -- one after the other, or they would measure each other */
			const took = await turns[name]();
			await setTimeout(pause);
			/* eslint-enable no-await-in-loop */
			if (round >= 0) {
				times[name].push(...took);
			}
		}
	}

	return times;
}

/** Milliseconds of each of so many operations, one after another. */
export async function oneByOne(count: number, operation: () => Promise<unknown>): Promise<number[]> {
	const times: number[] = [];
	for (let done = 0; done < count; done++) {
		// eslint-disable-next-line no-await-in-loop
		times.push(await timed(operation));
	}

	return times;
}

/** Does so many operations with `width` of them in flight all the time, and returns milliseconds for each: all the time by their number. */
export async function inFlight(count: number, width: number, operation: () => Promise<unknown>): Promise<number> {
	let begun = 0;
	const lane = async (): Promise<void> => {
		while (begun < count) {
			begun++;
			// eslint-disable-next-line no-await-in-loop
			await operation();
		}
	};

	return await timed(async () => Promise.all(Array.from({length: width}, lane))) / count;
}

/** Milliseconds. */
export async function timed(operation: () => Promise<unknown>): Promise<number> {
	const start = performance.now();
	await operation();
	return performance.now() - start;
}

/** The figures of values that stand for so many operations each. */
export const figuresOf = (values: number[], operations = 1): Figures =>
	({operations: values.length * operations, median: quantile(values, 0.5), p95: quantile(values, 0.95)});

function quantile(values: number[], fraction: number): number {
	const sorted = [...values].sort((a, b) => a - b);
	return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * fraction))]!;
}

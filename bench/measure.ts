// Measuring a thing beside its reference: the two in turn, so that a machine whose speed drifts drifts for both.
import {performance} from 'node:perf_hooks';

export type Work = () => Promise<void>;

export type Figures = {
	/** Milliseconds. */
	median: number;
	/** Milliseconds: 95 of 100 took no longer. */
	p95: number;
};

export type Comparison = {
	what: string;
	reference: string;
	runs: number;
	nexus: Figures;
	bare: Figures;
	/** The median of the ratios of each pair. */
	ratio: number;
};

export type Contest = {
	what: string;
	reference: string;
	runs: number;
	/** Runs once before each pair, unmeasured. */
	prepare?: Work;
	nexus: Work;
	bare: Work;
};

/** Runs both in turn, after one round that does not count. */
export async function compare({what, reference, runs, prepare = async () => undefined, nexus, bare}: Contest): Promise<Comparison> {
	const pairs: Array<[nexus: number, bare: number]> = [];
	for (let run = -1; run < runs; run++) {
		// Measured one after the other, or they would measure each other.
		/* eslint-disable no-await-in-loop */
		await prepare();
		const nexusTook = await timed(nexus);
		const bareTook = await timed(bare);
		/* eslint-enable no-await-in-loop */
		if (run >= 0) {
			pairs.push([nexusTook, bareTook]);
		}
	}

	return {
		what,
		reference,
		runs,
		nexus: figuresOf(pairs.map(([took]) => took)),
		bare: figuresOf(pairs.map(([, took]) => took)),
		ratio: quantile(pairs.map(([took, bareTook]) => took / bareTook), 0.5),
	};
}

async function timed(work: Work): Promise<number> {
	const start = performance.now();
	await work();
	return performance.now() - start;
}

const figuresOf = (times: number[]): Figures => ({median: quantile(times, 0.5), p95: quantile(times, 0.95)});

function quantile(values: number[], fraction: number): number {
	const sorted = [...values].sort((a, b) => a - b);
	return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * fraction))]!;
}

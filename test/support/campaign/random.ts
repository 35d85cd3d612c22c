// Randomness that repeats: the same seed, the same numbers.
import {createHash} from 'node:crypto';

export type Random = {
	/** A whole number from 0 up to a limit. */
	below: (limit: number) => number;
	/** True once in so many times. */
	oneIn: (times: number) => boolean;
	pick: <T>(values: readonly T[]) => T;
	/** Numbers of its own: how many are drawn here has no effect there. */
	fork: (label: string | number) => Random;
};

/** @param seed Any text. */
export function randomFrom(seed: string): Random {
	let count = 0;
	const below = (limit: number): number => {
		count++;
		return createHash('sha256').update(`${seed} ${count}`).digest().readUIntBE(0, 6) % limit;
	};

	return {
		below,
		oneIn: times => below(times) === 0,
		pick: <T>(values: readonly T[]): T => values[below(values.length)]!,
		fork: label => randomFrom(`${seed}/${label}`),
	};
}

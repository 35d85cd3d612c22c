// Tests of one file begin all at once; those that work the disk hard take turns.
import type {ExecutionContext} from 'ava';

type Implementation = (t: ExecutionContext) => Promise<void>;

/** Wraps the implementations of tests so that no more than `places` of them run at the same time. */
export function takingTurns(places: number): (implementation: Implementation) => Implementation {
	const waiting: Array<() => void> = [];
	let free = places;
	return implementation => async t => {
		if (free > 0) {
			free--;
		} else {
			// Whoever ends hands its place on.
			await new Promise<void>(resolve => {
				waiting.push(resolve);
			});
		}

		try {
			await implementation(t);
		} finally {
			const next = waiting.shift();
			if (next) {
				next();
			} else {
				free++;
			}
		}
	};
}

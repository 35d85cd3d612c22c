// What a test starts it ends, however it goes: cleanups run in reverse when it is over.
import type {ExecutionContext} from 'ava';

export type Cleanup = (undo: () => void | Promise<void>) => void;

/** A way to register cleanups, and the one to run them all. */
export function makeCleanup(): {cleanup: Cleanup; run: () => Promise<void>} {
	const undos: Array<() => void | Promise<void>> = [];
	return {
		cleanup(undo) {
			undos.push(undo);
		},
		async run() {
			const errors: unknown[] = [];
			for (const undo of undos.reverse()) {
				try {
					// In reverse order, one after the other.
					// eslint-disable-next-line no-await-in-loop
					await undo();
				} catch (error) {
					// What one leaves is no reason to leave the rest.
					errors.push(error);
				}
			}

			if (errors.length > 0) {
				throw new AggregateError(errors, `could not clean up: ${errors.map(String).join('; ')}`);
			}
		},
	};
}

/** A way to register cleanups with one test. */
export function cleanupOf(t: ExecutionContext): Cleanup {
	const {cleanup, run} = makeCleanup();
	t.teardown(run);
	return cleanup;
}

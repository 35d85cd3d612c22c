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
			for (const undo of undos.reverse()) {
				// In reverse order, one after the other.
				// eslint-disable-next-line no-await-in-loop
				await undo();
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

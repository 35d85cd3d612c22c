// What a test starts it ends, however it goes: cleanups run in reverse when the test is over.
import type {ExecutionContext} from 'ava';

export type Cleanup = (undo: () => void | Promise<void>) => void;

/** A way to register cleanups with one test. */
export function cleanupOf(t: ExecutionContext): Cleanup {
	const undos: Array<() => void | Promise<void>> = [];
	t.teardown(async () => {
		for (const undo of undos.reverse()) {
			// In reverse order, one after the other.
			// eslint-disable-next-line no-await-in-loop
			await undo();
		}
	});
	return undo => {
		undos.push(undo);
	};
}

// Multi-step work that leaves nothing half-done: each step that succeeds registers its undo; when a later one fails,
// the undos run in reverse, and success forgets them all.
import {messageOf} from './errors.js';
import type {Log} from './log.js';

export type Undo = () => void | Promise<void>;

/** Runs the work; `onFailure` registers an undo. The work's own error is thrown on, an undo's is logged. */
export async function reverting<T>(log: Log, work: (onFailure: (undo: Undo) => void) => Promise<T>): Promise<T> {
	const undos: Undo[] = [];
	try {
		return await work(undo => {
			undos.push(undo);
		});
	} catch (error) {
		for (const undo of undos.reverse()) {
			try {
				// In reverse order, one after the other: each relies on the state that its step left.
				// eslint-disable-next-line no-await-in-loop
				await undo();
			} catch (undoError) {
				log('error', `could not undo a step: ${messageOf(undoError)}`);
			}
		}

		throw error;
	}
}

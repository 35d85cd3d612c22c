// Whoever gave a command: it asks them, shows them its work and lets them break it off, wherever they sit. Commands know no
// terminal, so that a screen that has one for itself can run them too.
import {once} from 'node:events';
import {InterruptedError} from './errors.js';
import type {JobState} from './jobs/follow.js';

/** Work that somebody watches. */
export type Watched = {
	/** Shows how far it is. */
	readonly update: (state: JobState) => void;
	/** Aborted when they want it broken off. The work ends in order, and then throws an InterruptedError. */
	readonly signal: AbortSignal;
};

export type Person = {
	/** Whether they can be asked. */
	readonly canAnswer: boolean;
	/** Asks what is answered with yes or no; `undefined` when they break off instead. */
	readonly ask: (question: string) => Promise<boolean | undefined>;
	/** Shows work under a title until it is over. How far it is, nobody knows before it says so. */
	readonly watch: <T>(title: string, work: (watched: Watched) => Promise<T>) => Promise<T>;
	/** Tells what went wrong beside the outcome. */
	readonly warn: (message: string) => void;
};

/**
Waits for what cannot be broken off, until somebody has enough of it. It goes on without them.

@throws InterruptedError with the message.
*/
export async function waitFor<T>(work: Promise<T>, {signal}: Watched, message: string): Promise<T> {
	const enough = once(signal, 'abort').then(() => {
		throw new InterruptedError(message);
	});
	return Promise.race([work, enough]);
}

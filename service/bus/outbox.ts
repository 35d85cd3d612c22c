// What leaves on the bus, in the order in which it was put here: signals as things happen, replies behind the signals of all
// that they reflect.
import {messageOf} from '../../src/errors.js';
import type {Log} from '../../src/log.js';

export class Outbox {
	readonly #log: Log;
	#last: Promise<unknown> = Promise.resolve();

	constructor(log: Log) {
		this.#log = log;
	}

	/** Runs the work when all that was put here before has left; what is put here later waits for it. Settles as the work does. */
	async inTurn<T>(work: () => T | Promise<T>): Promise<T> {
		const before = this.#last;
		const mine = (async () => {
			await before;
			return work();
		})();
		this.#last = mine.catch(() => undefined);
		return mine;
	}

	/** Runs the work of a signal in its turn. */
	signal(work: () => void | Promise<void>): void {
		void this.inTurn(work).catch((error: unknown) => {
			this.#log('error', `could not send a signal: ${messageOf(error)}`);
		});
	}

	/** Resolves when all that was put here so far has left. */
	async sent(): Promise<void> {
		await this.#last;
	}
}

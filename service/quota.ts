// How much of something one user may have at the same time.
import type {Release} from '../src/claims.js';

export class Quota {
	readonly #most: number;
	readonly #counts = new Map<number, number>();

	constructor(most: number) {
		this.#most = most;
	}

	/** Takes one for a user until what is returned is called; `undefined` when the user has as many as there may be. */
	take(uid: number): Release | undefined {
		const count = this.#counts.get(uid) ?? 0;
		if (count >= this.#most) {
			return undefined;
		}

		this.#counts.set(uid, count + 1);
		return () => {
			this.#giveBack(uid);
		};
	}

	#giveBack(uid: number): void {
		const count = this.#counts.get(uid)! - 1;
		if (count > 0) {
			this.#counts.set(uid, count);
		} else {
			this.#counts.delete(uid);
		}
	}
}

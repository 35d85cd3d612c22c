// So many at the same time, and of each name only one: nobody fills the memory by asking for the same long answer a hundred
// times, nor keeps others from theirs.
import type {Release} from '../../src/claims.js';

type Waiting = {name: string; enter: () => void};

export class Places {
	readonly #most: number;
	readonly #taken = new Set<string>();
	readonly #waiting: Waiting[] = [];

	/** @param most How many at the same time. */
	constructor(most: number) {
		this.#most = most;
	}

	/** Resolves when there is a place for the name; it is taken until what is returned is called. */
	async take(name: string): Promise<Release> {
		await new Promise<void>(resolve => {
			this.#waiting.push({name, enter: resolve});
			this.#admit();
		});
		return () => {
			this.#taken.delete(name);
			this.#admit();
		};
	}

	// Who waits longest, of those whose name has no place.
	#admit(): void {
		const index = this.#taken.size < this.#most ? this.#waiting.findIndex(({name}) => !this.#taken.has(name)) : -1;
		const [next] = index === -1 ? [] : this.#waiting.splice(index, 1);
		if (next) {
			this.#taken.add(next.name);
			next.enter();
		}
	}
}

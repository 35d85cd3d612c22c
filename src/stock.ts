// Copies of images that are made ahead of time: an image never changes, so a copy made then is as good as one made now.
//
// Each image that workspaces are made from has a shelf. It is filled when it is half empty, many copies at a time, because
// btrfs makes snapshots together at little more than the cost of one, and when no create is waiting for a snapshot of its
// own. Each filling, and each create that finds it empty, makes the shelf twice as large, up to a bound, and each minute
// makes it half as large: so it comes to hold about what a minute takes. One that nobody came to for a minute is cleared.
import {randomUUID} from 'node:crypto';
import {messageOf} from './errors.js';
import type {Log} from './log.js';
import type {Image} from './model.js';

/** What a stock needs of the pool. */
export type StockRoom = {
	clone: (image: Image, id: string) => Promise<void>;
	discard: (id: string) => Promise<void>;
};

export type StockOptions = {
	/** Copies of one image at the most, 0 for none; of all images together four times as many. */
	largest?: number;
	/** Milliseconds after which a shelf becomes smaller, or is cleared when nobody came to it. */
	patience?: number;
};

/** How many are made at the same time: each takes a thread, and others need some too. */
const together = 32;

type Shelf = {
	readonly image: Image;
	readonly ready: string[];
	/** How many are being made. */
	making: number;
	/** How many there should be. */
	target: number;
	/** Whether a create came since the last round. */
	isWanted: boolean;
	/** Filling has failed; the next create may try again. */
	hasFailed: boolean;
};

export class Stock {
	readonly #room: StockRoom;
	readonly #log: Log;
	readonly #largest: number;
	readonly #smallest: number;
	readonly #shelves = new Map<string, Shelf>();
	readonly #running = new Set<Promise<void>>();
	readonly #rounds: NodeJS.Timeout;
	/** Creates that make a copy of their own at the moment. */
	#busy = 0;
	#isClosed = false;

	constructor(room: StockRoom, log: Log, {largest = 64, patience = 60_000}: StockOptions = {}) {
		this.#room = room;
		this.#log = log;
		this.#largest = largest;
		this.#smallest = Math.min(4, largest);
		this.#rounds = setInterval(() => {
			this.#goRound();
		}, patience).unref();
	}

	/** The id of a ready copy of an image, which is the caller's from now on; `undefined` when there is none. */
	take(image: Image): string | undefined {
		const shelf = this.#shelfOf(image);
		shelf.isWanted = true;
		shelf.hasFailed = false;
		const id = shelf.ready.pop();
		if (id === undefined) {
			// It is filled when who came in vain has what it came for.
			this.#enlarge(shelf);
		} else if (this.#mayFill(shelf)) {
			this.#enlarge(shelf);
			this.#fill(shelf);
		}

		return id;
	}

	/** Makes a copy that was not in stock: no shelf is filled meanwhile. */
	async without<T>(make: () => Promise<T>): Promise<T> {
		this.#busy++;
		try {
			return await make();
		} finally {
			this.#busy--;
			for (const shelf of this.#shelves.values()) {
				if (this.#mayFill(shelf)) {
					this.#fill(shelf);
				}
			}
		}
	}

	/** Clears the shelf of an image that is no more. */
	drop(image: Image): void {
		const shelf = this.#shelves.get(image.id);
		this.#shelves.delete(image.id);
		this.#discard(shelf?.ready ?? []);
	}

	/** Clears all and waits until nothing of it is left. */
	async close(): Promise<void> {
		this.#isClosed = true;
		clearInterval(this.#rounds);
		for (const {image} of this.#shelves.values()) {
			this.drop(image);
		}

		while (this.#running.size > 0) {
			// What is made when it is too late is then discarded.
			// eslint-disable-next-line no-await-in-loop
			await Promise.all(this.#running);
		}
	}

	#shelfOf(image: Image): Shelf {
		let shelf = this.#shelves.get(image.id);
		if (!shelf) {
			shelf = {
				image, ready: [], making: 0, target: Math.ceil(this.#smallest / 4), isWanted: false, hasFailed: false,
			};
			this.#shelves.set(image.id, shelf);
		}

		return shelf;
	}

	// Not one by one as they go.
	#mayFill({hasFailed, making, ready, target}: Shelf): boolean {
		return this.#busy === 0 && !this.#isClosed && !hasFailed && making === 0 && ready.length <= target / 2;
	}

	#fill(shelf: Shelf): void {
		for (let missing = Math.min(shelf.target - shelf.ready.length, this.#allowed()); missing > 0; missing--) {
			this.#run(this.#make(shelf));
		}
	}

	#enlarge(shelf: Shelf): void {
		shelf.target = Math.min(shelf.target * 2, this.#largest);
	}

	async #make(shelf: Shelf): Promise<void> {
		const id = randomUUID();
		shelf.making++;
		try {
			await this.#room.clone(shelf.image, id);
		} catch (error) {
			this.#noteFailure(shelf, error);
			this.#discard([id]);
			return;
		} finally {
			shelf.making--;
		}

		if (this.#shelves.get(shelf.image.id) === shelf) {
			shelf.ready.push(id);
		} else {
			this.#discard([id]);
		}
	}

	// Who creates meets the cause and is told; an image that has gone is no failure.
	#noteFailure(shelf: Shelf, error: unknown): void {
		if (!shelf.hasFailed && this.#shelves.get(shelf.image.id) === shelf) {
			shelf.hasFailed = true;
			this.#log('warning', `no copies of image "${shelf.image.name}" can be made ahead of time: ${messageOf(error)}`);
		}
	}

	#goRound(): void {
		for (const shelf of this.#shelves.values()) {
			if (!shelf.isWanted) {
				this.drop(shelf.image);
				continue;
			}

			shelf.isWanted = false;
			shelf.target = Math.max(this.#smallest, Math.ceil(shelf.target / 2));
			this.#discard(shelf.ready.splice(shelf.target));
		}
	}

	#discard(ids: readonly string[]): void {
		for (const id of ids) {
			this.#run(this.#room.discard(id).catch((error: unknown) => {
				this.#log('warning', `a copy made ahead of time could not be removed: ${messageOf(error)}`);
			}));
		}
	}

	// How many more may be made now. With hundreds of images this is asked for each of them: it allocates nothing.
	#allowed(): number {
		let stocked = 0;
		let making = 0;
		for (const shelf of this.#shelves.values()) {
			stocked += shelf.ready.length + shelf.making;
			making += shelf.making;
		}

		return Math.min((4 * this.#largest) - stocked, together - making);
	}

	#run(work: Promise<void>): void {
		const running = work.finally(() => {
			this.#running.delete(running);
		});
		this.#running.add(running);
	}
}

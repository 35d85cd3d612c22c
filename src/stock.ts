// Copies of images that are made ahead of time: an image never changes, so a copy made then is as good as one made now.
//
// Each image that workspaces are made from has a shelf, with room for as many as were taken in this minute or in the one
// before, up to a bound; one that nobody came to for a minute is cleared. It is filled in a lull, when nobody came for a
// moment, or else when little is left; not in the midst of a create, nor while one has to make a copy of its own. Many are
// made at a time: btrfs makes snapshots together at less than the cost of each.
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
	/** Milliseconds of a minute. */
	minute?: number;
	/** Milliseconds without a create after which there is a lull. */
	moment?: number;
};

/** How many are made at the same time: each takes a thread, and others need some too. */
const together = 32;

/** How many there are of an image at the least, when its shelf is full. */
const smallest = 4;

type Shelf = {
	readonly image: Image;
	readonly ready: string[];
	/** How many are being made. */
	making: number;
	/** How many creates came in this minute, and in the one before. */
	taken: number;
	takenBefore: number;
	/** Filling has failed; the next create may try again. */
	hasFailed: boolean;
};

export class Stock {
	readonly #room: StockRoom;
	readonly #log: Log;
	readonly #largest: number;
	readonly #shelves = new Map<string, Shelf>();
	readonly #running = new Set<Promise<void>>();
	readonly #minutes: NodeJS.Timeout;
	readonly #moment: NodeJS.Timeout;
	#isLull = false;
	/** Creates that came in vain and make a copy of their own at the moment. */
	#busy = 0;
	#isToFill = false;
	#isClosed = false;

	constructor(room: StockRoom, log: Log, {largest = 256, minute = 60_000, moment = 250}: StockOptions = {}) {
		this.#room = room;
		this.#log = log;
		this.#largest = largest;
		this.#minutes = setInterval(() => {
			this.#goRound();
		}, minute).unref();
		this.#moment = setTimeout(() => {
			this.#isLull = true;
			this.#fillAll();
		}, moment).unref();
	}

	/**
	Serves a create. What is missing then is made when it has been answered.

	@param create Gets the id of a ready copy of the image, which is its own from then on; `undefined` when there is none and it
	has to make one.
	*/
	async serve<T>(image: Image, create: (id: string | undefined) => Promise<T>): Promise<T> {
		const id = this.#take(image);
		const isInVain = id === undefined;
		this.#busy += Number(isInVain);
		try {
			return await create(id);
		} finally {
			this.#busy -= Number(isInVain);
			this.#fillSoon();
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
		clearInterval(this.#minutes);
		clearTimeout(this.#moment);
		for (const {image} of this.#shelves.values()) {
			this.drop(image);
		}

		while (this.#running.size > 0) {
			// What is made when it is too late is then discarded.
			// eslint-disable-next-line no-await-in-loop
			await Promise.all(this.#running);
		}
	}

	#take(image: Image): string | undefined {
		const shelf = this.#shelfOf(image);
		shelf.taken++;
		shelf.hasFailed = false;
		this.#isLull = false;
		this.#moment.refresh();
		return shelf.ready.pop();
	}

	#shelfOf(image: Image): Shelf {
		let shelf = this.#shelves.get(image.id);
		if (!shelf) {
			shelf = {
				image, ready: [], making: 0, taken: 0, takenBefore: 0, hasFailed: false,
			};
			this.#shelves.set(image.id, shelf);
		}

		return shelf;
	}

	// The answer leaves in this turn of the event loop.
	#fillSoon(): void {
		if (!this.#isToFill) {
			this.#isToFill = true;
			setImmediate(() => {
				this.#isToFill = false;
				this.#fillAll();
			});
		}
	}

	#fillAll(): void {
		for (const shelf of this.#shelves.values()) {
			this.#fill(shelf);
		}
	}

	#fill(shelf: Shelf): void {
		const size = this.#sizeOf(shelf);
		if (this.#busy > 0 || this.#isClosed || shelf.hasFailed || shelf.making > 0 || !(this.#isLull || shelf.ready.length <= size / 4)) {
			return;
		}

		for (let missing = Math.min(size - shelf.ready.length, this.#allowed()); missing > 0; missing--) {
			this.#run(this.#make(shelf));
		}
	}

	#sizeOf({taken, takenBefore}: Shelf): number {
		return Math.min(Math.max(taken, takenBefore, smallest), this.#largest);
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
			this.#fill(shelf);
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
			if (shelf.taken === 0) {
				this.drop(shelf.image);
				continue;
			}

			shelf.takenBefore = shelf.taken;
			shelf.taken = 0;
			this.#discard(shelf.ready.splice(this.#sizeOf(shelf)));
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

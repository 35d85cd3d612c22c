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
	/** The shelves that somebody came to, and in a lull all: in this order they get what they lack. */
	readonly #wanting = new Set<Shelf>();
	readonly #running = new Set<Promise<void>>();
	readonly #minutes: NodeJS.Timeout;
	readonly #moment: NodeJS.Timeout;
	#isLull = false;
	/** Creates that came in vain and make a copy of their own at the moment. */
	#busy = 0;
	/** Copies on all shelves, with those that are being made, and how many those are. */
	#copies = 0;
	#making = 0;
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
			for (const shelf of this.#shelves.values()) {
				this.#wanting.add(shelf);
			}

			this.#fill();
		}, moment).unref();
	}

	/**
	Serves a create. What is missing then is made when it has been answered.

	@param create Gets the id of a ready copy of the image, which is its own from then on; `undefined` when there is none and it
	has to make one.
	*/
	async serve<T>(image: Image, create: (id: string | undefined) => Promise<T>): Promise<T> {
		const shelf = this.#shelfOf(image);
		const id = this.#take(shelf);
		const isInVain = id === undefined;
		this.#busy += Number(isInVain);
		try {
			return await create(id);
		} finally {
			this.#busy -= Number(isInVain);
			this.#wanting.add(shelf);
			this.#fillSoon();
		}
	}

	/** Clears the shelf of an image that is no more. */
	drop(image: Image): void {
		const shelf = this.#shelves.get(image.id);
		if (shelf) {
			this.#shelves.delete(image.id);
			this.#wanting.delete(shelf);
			this.#clear(shelf, 0);
		}
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

	#take(shelf: Shelf): string | undefined {
		shelf.taken++;
		shelf.hasFailed = false;
		this.#isLull = false;
		this.#moment.refresh();
		const id = shelf.ready.pop();
		this.#copies -= Number(id !== undefined);
		return id;
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
				this.#fill();
			});
		}
	}

	// Those that get nothing now get it when others have been made or cleared. However many images there are, few are looked at.
	#fill(): void {
		if (this.#busy > 0 || this.#isClosed) {
			return;
		}

		for (const shelf of this.#wanting) {
			const allowed = Math.min((4 * this.#largest) - this.#copies, together - this.#making);
			if (allowed <= 0) {
				return;
			}

			// Not one by one as they go.
			if (shelf.making === 0) {
				this.#fillShelf(shelf, allowed);
			}
		}
	}

	#fillShelf(shelf: Shelf, allowed: number): void {
		const missing = this.#missingOn(shelf);
		if (missing <= 0) {
			this.#wanting.delete(shelf);
		}

		for (let count = Math.min(missing, allowed); count > 0; count--) {
			this.#run(this.#make(shelf));
		}
	}

	#missingOn(shelf: Shelf): number {
		const size = this.#sizeOf(shelf);
		const isTime = this.#isLull || shelf.ready.length <= size / 4;
		return isTime && !shelf.hasFailed && this.#shelves.get(shelf.image.id) === shelf ? size - shelf.ready.length : 0;
	}

	#sizeOf({taken, takenBefore}: Shelf): number {
		return Math.min(Math.max(taken, takenBefore, smallest), this.#largest);
	}

	async #make(shelf: Shelf): Promise<void> {
		const id = randomUUID();
		shelf.making++;
		this.#making++;
		this.#copies++;
		try {
			await this.#room.clone(shelf.image, id);
			shelf.ready.push(id);
		} catch (error) {
			this.#noteFailure(shelf, error);
			this.#copies--;
			this.#discard([id]);
		} finally {
			shelf.making--;
			this.#making--;
		}

		if (this.#shelves.get(shelf.image.id) !== shelf) {
			this.#clear(shelf, 0);
		}

		this.#fill();
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
			this.#clear(shelf, this.#sizeOf(shelf));
		}
	}

	// Leaves so many.
	#clear(shelf: Shelf, left: number): void {
		const ids = shelf.ready.splice(left);
		this.#copies -= ids.length;
		this.#discard(ids);
		this.#fillSoon();
	}

	#discard(ids: readonly string[]): void {
		for (const id of ids) {
			this.#run(this.#room.discard(id).catch((error: unknown) => {
				this.#log('warning', `a copy made ahead of time could not be removed: ${messageOf(error)}`);
			}));
		}
	}

	#run(work: Promise<void>): void {
		const running = work.finally(() => {
			this.#running.delete(running);
		});
		this.#running.add(running);
	}
}

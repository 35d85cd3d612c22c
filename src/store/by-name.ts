// Records in the order of their names, for lists and pages.

/** A sorted list in which a name is there once. Finding is a binary search; adding moves what comes after. */
export class ByName<T extends {readonly name: string}> {
	readonly #records: T[];

	/** Begins with records that are in order. */
	constructor(records: T[] = []) {
		this.#records = records;
	}

	get size(): number {
		return this.#records.length;
	}

	all(): T[] {
		return [...this.#records];
	}

	/** Up to `limit` records, from the one after a name, which need not be there. */
	after(name: string, limit: number): T[] {
		const place = this.#placeOf(name);
		const start = this.#records[place]?.name === name ? place + 1 : place;
		return this.#records.slice(start, start + limit);
	}

	/** Puts a record in its place, or in that of the one with its name. */
	put(record: T): void {
		const place = this.#placeOf(record.name);
		this.#records.splice(place, this.#records[place]?.name === record.name ? 1 : 0, record);
	}

	delete(name: string): void {
		const place = this.#placeOf(name);
		if (this.#records[place]?.name === name) {
			this.#records.splice(place, 1);
		}
	}

	// Where a name is or would be.
	#placeOf(name: string): number {
		let low = 0;
		let high = this.#records.length;
		while (low < high) {
			const middle = Math.floor((low + high) / 2);
			if (this.#records[middle]!.name < name) {
				low = middle + 1;
			} else {
				high = middle;
			}
		}

		return low;
	}
}

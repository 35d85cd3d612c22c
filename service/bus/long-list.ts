// Answers that list what may be ten thousand things. Nobody else is to wait while one is made, and still it must fit the
// signals around it: whoever keeps a copy of the objects takes the answer for the state behind all signals before it, and
// applies those that follow.
//
// So the elements are made ahead, a few at a time, and others have their turn between. When that is done, the list waits for
// its own turn among the signals (`Outbox`), and only then it is settled what it holds: what is there now, in the elements
// that were made ahead, and those few made anew that have come or changed meanwhile. What happens from then on is told by
// signals that leave after the answer; what has been told before is in it; what is told twice says the same. Nothing is
// listed twice, nor anything missed that was there all the time: the things are taken from the records in one go.
//
// "Changed" means another record: the records are never altered but replaced.
import {setImmediate} from 'node:timers/promises';
import {encodeElement} from '../../dbus/codec.js';
import {elementWriteOf, Writer, type Write} from '../../dbus/marshal.js';
import {largestBody, lengthOf} from '../../dbus/outbound.js';
import type {ArgumentSpec} from '../../dbus/spec.js';
import {CallError} from './call-error.js';

/** A record, or a job. */
export type Item = {readonly id: string | number};

/** Things of one kind in a list. */
export type Source<T extends Item, Element> = {
	/** All there are now, in order. */
	items: () => readonly T[];
	/** What the list says of one: a row, or the key and the value of a dictionary's entry. */
	element: (item: T) => Element | Promise<Element>;
	/** Whether that follows from the item alone, as far as signals tell of it; others are looked at in the list's turn. */
	isFixed: boolean;
};

/** For a list of things of several kinds. */
export const source = <T extends Item, Element>(source: Source<T, Element>): Source<Item, Element> =>
	source as unknown as Source<Item, Element>; // The list gives each its own items only.

export class LongList<Element> {
	readonly #sources: ReadonlyArray<Source<Item, Element>>;
	readonly #instead: string;
	readonly #made = new Map<Item, Uint8Array>();
	#size = 0;

	/** @param instead What to ask for when the list is too long to be sent. */
	constructor(instead: string, ...sources: ReadonlyArray<Source<Item, Element>>) {
		this.#instead = instead;
		this.#sources = sources;
	}

	/**
	Makes elements ahead.

	@param spec The list's: an array of structures or a dictionary.
	@throws CallError LimitsExceeded
	*/
	async prepare(spec: ArgumentSpec): Promise<void> {
		for (const source of this.#sources.filter(({isFixed}) => isFixed)) {
			// eslint-disable-next-line no-await-in-loop -- one after the other, lest all run at once
			await this.#make(spec, source, source.items());
		}
	}

	/**
	The whole list, as the body of a reply in parts.

	@throws CallError LimitsExceeded
	*/
	async body(spec: ArgumentSpec): Promise<Uint8Array[]> {
		const listed = this.#sources.map(source => ({source, items: source.items()}));
		// What has gone meanwhile counts no longer.
		this.#size = lengthOf(listed.flatMap(({items}) => items.flatMap(item => this.#made.get(item) ?? [])));
		for (const {source, items} of listed) {
			// eslint-disable-next-line no-await-in-loop -- as above
			await this.#make(spec, source, items.filter(item => !this.#made.has(item)));
		}

		return joined(listed.flatMap(({items}) => items.map(item => this.#made.get(item)!)));
	}

	async #make(spec: ArgumentSpec, {element}: Source<Item, Element>, items: readonly Item[]): Promise<void> {
		const write = elementWriteOf(spec.type);
		const writer = new Writer();
		let start = performance.now();
		for (let index = 0; index < items.length; index += together) {
			const some = items.slice(index, index + together);
			/* eslint-disable no-await-in-loop -- that is the point of it */
			const elements = await Promise.all(some.map(async item => element(item)));
			this.#write(write, writer, some, elements.map(element => encodeElement(spec, element)));
			if (performance.now() - start > longestTurn) {
				await setImmediate();
				start = performance.now();
			}
			/* eslint-enable no-await-in-loop */
		}
	}

	#write(write: Write, writer: Writer, items: readonly Item[], elements: readonly unknown[]): void {
		const ends = elements.map(element => {
			write(writer, element);
			return writer.length;
		});
		writer.align(alignment);
		const bytes = new Uint8Array(writer.written);
		writer.clear();
		for (const [index, item] of items.entries()) {
			const start = aligned(ends[index - 1] ?? 0);
			this.#made.set(item, bytes.subarray(start, ends[index]));
		}

		this.#size += bytes.length;
		if (this.#size > largestBody) {
			throw new CallError('limitsExceeded', `the list is longer than the ${Math.round(largestBody / 1024 / 1024)} MiB that fit into an answer on the bus: ${this.#instead}`);
		}
	}
}

/** How many elements are made together: so many look at the disk at the same time. */
const together = 32;

/** Milliseconds after which others have their turn. */
const longestTurn = 5;

// An array is its length, then, where structures are aligned, each element where the next structure may begin. What lies
// between is zero. Elements that lie one behind the other already go together.
function joined(elements: readonly Uint8Array[]): Uint8Array[] {
	const runs: Array<{bytes: Uint8Array; length: number}> = [];
	for (const bytes of elements) {
		const last = runs.at(-1);
		if (last?.bytes.buffer === bytes.buffer && last.bytes.byteOffset + aligned(last.length) === bytes.byteOffset) {
			last.length = aligned(last.length) + bytes.length;
		} else {
			runs.push({bytes, length: bytes.length});
		}
	}

	const parts = runs.map(({bytes: {buffer, byteOffset}, length}, index) =>
		new Uint8Array(buffer, byteOffset, index === runs.length - 1 ? length : aligned(length)));
	const head = new Uint8Array(alignment);
	new DataView(head.buffer).setUint32(0, lengthOf(parts), true);
	return [head, ...parts];
}

const alignment = 8;
const aligned = (at: number): number => Math.ceil(at / alignment) * alignment;

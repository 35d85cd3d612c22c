// One file of the journal, open for appending. After a write that failed it is cut back to what was good before anything
// else is written to it.
//
// It has space on the disk beyond its end: a reserve, for the changes by which somebody makes room when the disk is full.
import {constants} from 'node:fs';
import {
	open, rename, rm, type FileHandle,
} from 'node:fs/promises';
import path from 'node:path';
import {syncFolder} from '../files.js';
import {allocate, writeInPlace} from './allocation.js';
import {encodeHeader, headerBytes, type Header} from './journal-format.js';

/** The name of the segment that begins with a commit. */
export const segmentName = (database: string, first: number): string => `${database}.redo.${String(first).padStart(16, '0')}`;

/** Bytes that are kept for what makes no new record, some thousand changes, and how many more are allocated at once. */
const reserveBytes = 1024 * 1024;
const stepBytes = 64 * 1024;

// A write returns when the bytes are on disk, and what it takes to read them, as if fdatasync(2) followed: open(2).
const writing = constants.O_WRONLY | constants.O_DSYNC; // eslint-disable-line no-bitwise
const making = writing | constants.O_CREAT | constants.O_TRUNC; // eslint-disable-line no-bitwise

export class Segment {
	readonly file: string;
	/** The number of the first commit that it is for. */
	readonly first: number;

	readonly #handle: FileHandle;
	#goodBytes: number;
	#isGood = true;
	/** Up to where it has space of its own; `Infinity` where the filesystem promises none. */
	#allocatedBytes = 0;

	/** For `createSegment` and `continueSegment`. */
	constructor(file: string, first: number, handle: FileHandle, goodBytes: number) {
		this.file = file;
		this.first = first;
		this.#handle = handle;
		this.#goodBytes = goodBytes;
	}

	/**
	Sees to it that so many bytes can be appended, and that the reserve is there behind them. Where the filesystem cannot
	allocate, there is no reserve.

	@throws NativeError ENOSPC or EDQUOT when the disk has no room for it; EIO
	*/
	async keepRoom(bytes = 0): Promise<void> {
		await this.repair();
		const needed = this.#goodBytes + bytes + reserveBytes;
		if (this.#allocatedBytes < needed) {
			const end = needed + stepBytes;
			this.#allocatedBytes = await allocate(this.#handle.fd, end) ? end : Number.POSITIVE_INFINITY;
		}
	}

	/** Appends bytes and waits until they are on disk. */
	async append(bytes: Uint8Array): Promise<void> {
		await this.repair();
		try {
			for (let written = 0; written < bytes.length;) {
				// A nearly full disk takes a part.
				// eslint-disable-next-line no-await-in-loop
				const {bytesWritten} = await this.#handle.write(bytes, written, bytes.length - written, this.#goodBytes + written);
				written += bytesWritten;
			}
		} catch (error) {
			this.#isGood = false;
			throw error;
		}

		this.#goodBytes += bytes.length;
	}

	/** Cuts off what a failed write left. */
	async repair(): Promise<void> {
		if (!this.#isGood) {
			await this.#cut();
			await this.#handle.sync();
			this.#isGood = true;
		}
	}

	/** Ends it: nothing more is appended. Its reserve is given back where the disk lets it. */
	async finish(): Promise<void> {
		await this.#cut().catch(() => undefined);
		await this.close();
	}

	/** Removes it. */
	async discard(): Promise<void> {
		await this.close();
		await rm(this.file, {force: true});
	}

	async close(): Promise<void> {
		await this.#handle.close();
	}

	// What was allocated behind the end goes too.
	async #cut(): Promise<void> {
		await this.#handle.truncate(this.#goodBytes);
		this.#allocatedBytes = 0;
	}
}

/** Makes a segment. It appears under its name when its header is on disk. */
export async function createSegment(database: string, header: Header): Promise<Segment> {
	const fresh = `${database}.redo.new`;
	const file = segmentName(database, header.first);
	const handle = await open(fresh, making, 0o600);
	try {
		await writeInPlace(handle.fd);
		await handle.writeFile(encodeHeader(header));
		await handle.sync();
		await rename(fresh, file);
		await syncFolder(path.dirname(file));
		return new Segment(file, header.first, handle, headerBytes);
	} catch (error) {
		await handle.close();
		await rm(fresh, {force: true});
		await rm(file, {force: true});
		throw error;
	}
}

/** Opens a segment to append to it, cutting off what comes after its good bytes. */
export async function continueSegment(file: string, first: number, goodBytes: number): Promise<Segment> {
	const handle = await open(file, writing);
	try {
		const {size} = await handle.stat();
		if (size > goodBytes) {
			await handle.truncate(goodBytes);
			await handle.sync();
		}

		return new Segment(file, first, handle, goodBytes);
	} catch (error) {
		await handle.close();
		throw error;
	}
}

// One file of the journal, open for appending. After a write that failed it is cut back to what was good before anything
// else is written to it.
import {
	open, rename, rm, type FileHandle,
} from 'node:fs/promises';
import path from 'node:path';
import {syncFolder} from '../files.js';
import {encodeHeader, headerBytes, type Header} from './journal-format.js';

/** The name of the segment that begins with a commit. */
export const segmentName = (database: string, first: number): string => `${database}.redo.${String(first).padStart(16, '0')}`;

export class Segment {
	readonly file: string;
	/** The number of the first commit that it is for. */
	readonly first: number;

	readonly #handle: FileHandle;
	#goodBytes: number;
	#isGood = true;

	/** For `createSegment` and `continueSegment`. */
	constructor(file: string, first: number, handle: FileHandle, goodBytes: number) {
		this.file = file;
		this.first = first;
		this.#handle = handle;
		this.#goodBytes = goodBytes;
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

			await this.#handle.datasync();
		} catch (error) {
			this.#isGood = false;
			throw error;
		}

		this.#goodBytes += bytes.length;
	}

	/** Cuts off what a failed write left. */
	async repair(): Promise<void> {
		if (!this.#isGood) {
			await this.#handle.truncate(this.#goodBytes);
			await this.#handle.sync();
			this.#isGood = true;
		}
	}

	async close(): Promise<void> {
		await this.#handle.close();
	}
}

/** Makes a segment. It appears under its name when its header is on disk. */
export async function createSegment(database: string, header: Header): Promise<Segment> {
	const fresh = `${database}.redo.new`;
	const file = segmentName(database, header.first);
	const handle = await open(fresh, 'w', 0o600);
	try {
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
	const handle = await open(file, 'r+');
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

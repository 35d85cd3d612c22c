// The files of a checkpoint: the database, and beside it the one before.
import {
	link, rename, rm,
} from 'node:fs/promises';
import path from 'node:path';
import {crc32} from 'node:zlib';
import {errnoOf} from '../errors.js';
import {syncFolder, writeSynced} from '../files.js';
import type {CheckpointNote} from './journal-format.js';

/** Where the checkpoint before the present one is kept. */
export const previousOf = (database: string): string => `${database}.previous`;

/** Gives what is to be a checkpoint a change counter of its own (as SQLite in memory makes them, all have the same) and returns what the journal notes of it. */
export function sealCheckpoint(content: Uint8Array, {sequence, settled}: Pick<CheckpointNote, 'sequence' | 'settled'>): CheckpointNote {
	const changeCounter = crc32(content);
	const header = viewOf(content);
	for (const offset of counterOffsets) {
		header.setUint32(offset, changeCounter);
	}

	return {
		sequence, bytes: content.length, checksum: crc32(content), changeCounter, settled,
	};
}

/** Writes a checkpoint beside the present one. */
export async function writeCheckpoint(database: string, content: Uint8Array): Promise<void> {
	await writeSynced(freshOf(database), content);
}

/** Puts the checkpoint that was written in place; the present one stays as the previous one. There is a whole one under the database's name at every instant. */
export async function replaceCheckpoint(database: string): Promise<void> {
	await keepPrevious(database);
	await placeCheckpoint(database);
}

/** The same, but the present one goes. */
export async function placeCheckpoint(database: string): Promise<void> {
	await rename(freshOf(database), database);
	await syncFolder(path.dirname(database));
}

/** Removes a checkpoint that was written and not put in place. */
export async function dropCheckpoint(database: string): Promise<void> {
	await rm(freshOf(database), {force: true});
}

/**
How a file compares with a checkpoint that was noted.

- `same`: this very file.
- `damaged`: it was, and nobody has written to it by SQLite since.
- `other`: another one, or changed by another program.
*/
export function compare(content: Uint8Array, note: CheckpointNote): 'same' | 'damaged' | 'other' {
	if (content.length === note.bytes && crc32(content) === note.checksum) {
		return 'same';
	}

	// SQLite writes the counter twice. Where the two differ, one of them was changed by something else.
	if (content.length < 100) {
		return 'other';
	}

	const [counter, again] = counterOffsets.map(offset => viewOf(content).getUint32(offset));
	return counter === note.changeCounter || (again === note.changeCounter && counter !== again) ? 'damaged' : 'other';
}

const freshOf = (database: string): string => `${database}.new`;

async function keepPrevious(database: string): Promise<void> {
	const second = `${previousOf(database)}.new`;
	await rm(second, {force: true});
	try {
		await link(database, second);
	} catch (error) {
		// Somebody took it away; the previous one is all there is then.
		if (errnoOf(error) === 'ENOENT') {
			return;
		}

		throw error;
	}

	await rename(second, previousOf(database));
	// They were one file already where nothing happens by that.
	await rm(second, {force: true});
}

// Section 1.3 of SQLite's file format: the file change counter, and the one for which the version was valid.
const counterOffsets = [24, 92] as const;

const viewOf = (content: Uint8Array): DataView => new DataView(content.buffer, content.byteOffset, content.byteLength);

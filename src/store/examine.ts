// What lies on the disk when a daemon starts. Every file is known by its content, whatever its name; nothing is changed here.
import {readFile, readdir} from 'node:fs/promises';
import path from 'node:path';
import {
	NexusError, asNexusError, errnoOf, messageOf,
} from '../errors.js';
import {compare, previousOf} from './checkpoint-files.js';
import {RecordDatabase} from './database.js';
import {
	decodeFrames, decodeHeader, type CheckpointNote, type Header, type Reading,
} from './journal-format.js';
import type {Sqlite} from './load-sqlite.js';
import {migrations, schemaVersion} from './schema.js';

/** A file with its content. */
export type FoundFile = {file: string; content: Uint8Array};

/** A segment of the journal. */
export type FoundSegment = {file: string; header: Header; reading: Reading};

/** A file that holds a database that can be used. */
export type FoundCheckpoint = {
	file: string;
	bytes: number;
	/** `undefined` when it was made before there were journals. */
	databaseId: string | undefined;
	/** The number of the last commit in it. */
	sequence: number;
	/** It is byte for byte what was written. */
	isProven: boolean;
	load: () => RecordDatabase;
};

/** A file that cannot be used as what it is, and why, in words that follow its name. */
export type Unusable = {file: string; why: string};

/** A note, and whose database it is about. */
export type Noted = CheckpointNote & {databaseId: string};

/** Reads the database, the checkpoint before it, and all segments, in this order. */
export async function readAll(database: string): Promise<FoundFile[]> {
	const folder = path.dirname(database);
	const prefix = `${path.basename(database)}.redo.`;
	try {
		const names = await readdir(folder);
		const segments = names.filter(name => name.startsWith(prefix) && /^\d{16}$/.test(name.slice(prefix.length))).sort();
		const files = [database, previousOf(database), ...segments.map(name => path.join(folder, name))];
		const found = await Promise.all(files.map(async file => ({file, content: await readIfPresent(file)})));
		return found.filter((file): file is FoundFile => file.content !== undefined);
	} catch (error) {
		throw asNexusError(error, `cannot read the database ${database}`);
	}
}

async function readIfPresent(file: string): Promise<Uint8Array | undefined> {
	try {
		return await readFile(file);
	} catch (error) {
		if (errnoOf(error) === 'ENOENT') {
			return undefined;
		}

		throw error;
	}
}

/** Whether a file begins as SQLite's do. */
export const isSqlite = ({content}: FoundFile): boolean => new TextDecoder('latin1').decode(content.subarray(0, 16)) === 'SQLite format 3\0';

/**
Reads a segment; `undefined` when it has no header that is whole.

@throws NexusError Unsupported for one from a newer nexusd.
*/
export function readSegment({file, content}: FoundFile): FoundSegment | undefined {
	const header = decodeHeader(content);
	if (header === 'newer') {
		throw new NexusError('Unsupported', `the journal ${file} is from a newer nexusd: upgrade nexusd. The file is untouched.`);
	}

	return header && {file, header, reading: decodeFrames(content, header.databaseId)};
}

/**
Looks at a file of SQLite's.

@param mayRefuse Whether a sound database that is not for this nexusd is refused; it is merely unusable otherwise.
@throws NexusError Unsupported for one that is refused.
*/
export function examineCheckpoint(sqlite: Sqlite, {file, content}: FoundFile, notes: readonly Noted[], mayRefuse: boolean): FoundCheckpoint | Unusable {
	const load = (): RecordDatabase => new RecordDatabase(sqlite, content);
	const note = notes.find(note => compare(content, note) === 'same');
	if (note) {
		return {
			file, bytes: content.length, databaseId: note.databaseId, sequence: note.sequence, isProven: true, load,
		};
	}

	if (notes.some(note => compare(content, note) === 'damaged')) {
		return {file, why: 'is damaged (it is not what was written)'};
	}

	if (isCutShort(content)) {
		return {file, why: 'is damaged (it is cut short)'};
	}

	let database: RecordDatabase | undefined;
	try {
		database = load();
		const problem = database.damage();
		if (problem) {
			return {file, why: `is damaged (${problem})`};
		}

		refuseOthers(database, file);
		const contradiction = database.contradiction();
		return contradiction
			? {file, why: `contradicts itself (${contradiction})`}
			: {
				file, bytes: content.length, databaseId: database.meta('database_id'), sequence: sequenceOf(database), isProven: false, load,
			};
	} catch (error) {
		if (mayRefuse && error instanceof NexusError) {
			throw error;
		}

		return {file, why: `cannot be read (${messageOf(error)})`};
	} finally {
		database?.close();
	}
}

/** The refusal of a database, which stays as it is. */
export const refusal = (file: string, why: string, cause?: unknown): NexusError =>
	new NexusError('Unsupported', `the database ${file} cannot be used: ${why}. The file is untouched; move it away or name another in storage.database.`, {cause});

function refuseOthers(database: RecordDatabase, file: string): void {
	const version = database.version();
	if (version === undefined) {
		throw refusal(file, 'it is no database of Nexus\'s');
	}

	if (version > schemaVersion) {
		throw new NexusError('Unsupported', `the database ${file} has schema version ${version}, and this nexusd knows up to ${schemaVersion}: upgrade nexusd. The file is untouched.`);
	}

	if (version < schemaVersion && !migrations[version]) {
		throw new NexusError('Unsupported', `the database ${file} has schema version ${version}, which this nexusd cannot bring up to date; use an older one first`);
	}
}

function sequenceOf(database: RecordDatabase): number {
	const sequence = Number(database.meta('sequence') ?? 0);
	return Number.isSafeInteger(sequence) && sequence >= 0 ? sequence : 0;
}

// From the header of a database file (section 1.3 of SQLite's file format): bytes of a page, and how many there are.
function isCutShort(content: Uint8Array): boolean {
	if (content.length < 100) {
		return true;
	}

	const header = new DataView(content.buffer, content.byteOffset, content.byteLength);
	const pageBytes = header.getUint16(16);
	return content.length < header.getUint32(28) * (pageBytes === 1 ? 65_536 : pageBytes);
}

// Opens the store: locks it, recovers the records, sets right what was not as it should be, and goes on with the journal.
import {
	mkdir, readlink, realpath, rm,
} from 'node:fs/promises';
import path from 'node:path';
import {NexusError, asNexusError, messageOf} from '../errors.js';
import {lockFile, type FileLock} from '../file-lock.js';
import {
	isThere, keepCopy, keepLink, replaceFile,
} from '../files.js';
import type {Log} from '../log.js';
import {
	dropCheckpoint, sealCheckpoint, placeCheckpoint, previousOf, writeCheckpoint,
} from './checkpoint-files.js';
import {Checkpointer} from './checkpointer.js';
import type {RecordDatabase} from './database.js';
import type {FoundSegment} from './examine.js';
import {Journal} from './journal.js';
import {encodeFrame} from './journal-format.js';
import {JournaledStore} from './journaled-store.js';
import {loadSqlite} from './load-sqlite.js';
import {recoverRecords, type Recovered} from './recover-records.js';
import {RecordsInMemory} from './records.js';
import {schemaVersion} from './schema.js';
import {continueSegment, createSegment, type Segment} from './segment.js';
import type {StateStore} from './state-store.js';

/**
Opens the database, making it or bringing it to the present version where needed. Files that are damaged are kept aside,
`<file>.damaged`, and what can be proven is recovered; `mishaps` tells of it.

@throws NexusError Conflict when another daemon has it; Unsupported when it is from a newer version, is another program's, or
is in use by one, and it is left untouched then; NoSpace, Io
*/
export async function openStore(file: string, log: Log): Promise<StateStore> {
	const place = await placeOf(file);
	const lock = lockFile(`${place}.lock`, `the database ${file}`);
	try {
		await refuseUnfinished(place);
		const recovered = await recoverRecords(await loadSqlite(), place, log);
		return await setUp(recovered, place, lock, log);
	} catch (error) {
		lock.release();
		throw asNexusError(error, `cannot open the database ${file}`);
	}
}

// Where the file really is: what is replaced by a rename must not be a symlink to it, and one file has one lock.
async function placeOf(file: string): Promise<string> {
	try {
		await mkdir(path.dirname(file), {recursive: true});
		const target = await readlink(file).catch(() => undefined);
		return target === undefined
			? path.join(await realpath(path.dirname(file)), path.basename(file))
			: await placeOf(path.resolve(path.dirname(file), target));
	} catch (error) {
		throw asNexusError(error, `cannot use the folder of the database ${file}`);
	}
}

// With one of these beside it, the file alone is not the whole database.
async function refuseUnfinished(file: string): Promise<void> {
	for (const beside of [`${file}-journal`, `${file}-wal`]) {
		// eslint-disable-next-line no-await-in-loop
		if (await isThere(beside)) {
			throw new NexusError('Unsupported', `the database ${file} has ${beside} beside it: another program has not finished with it; open and close it with sqlite3 first`);
		}
	}
}

async function setUp(recovered: Recovered, file: string, lock: FileLock, log: Log): Promise<StateStore> {
	const {database, databaseId, sequence, segments, inDoubt, migratedFrom} = recovered;
	const exportRecords = exporter(database, databaseId);
	const records = new RecordsInMemory({image: database.all('image'), workspace: database.all('workspace'), vm: database.all('vm')});
	const mishaps = await putAside(recovered, log);
	const goOn = recovered.checkpoint
		? {present: recovered.checkpoint, segment: await continued(segments.at(-1)!, log), older: segments.slice(0, -1)}
		: await writeAnew(recovered, file, exportRecords, log);
	// On a disk that is full already there is none.
	await goOn.segment.keepRoom().catch(() => undefined);
	const journal = new Journal({
		database: file, databaseId, sequence, segment: goOn.segment, older: goOn.older.map(({file, header: {first}}) => ({file, first})),
	});
	const checkpointer = new Checkpointer({
		database: file, journal, exportRecords, present: goOn.present, log,
	});
	return new JournaledStore({
		records, database, journal, checkpointer, lock,
	}, {inDoubt, mishaps, migratedFrom});
}

const exporter = (database: RecordDatabase, databaseId: string) => (sequence: number): Uint8Array => {
	database.setMeta('database_id', databaseId);
	database.setMeta('sequence', String(sequence));
	return database.export();
};

// They keep their names until what they said is in a new checkpoint.
async function putAside({unusable, mishaps}: Recovered, log: Log): Promise<string[]> {
	const told: string[] = [];
	for (const {file, why} of unusable) {
		// eslint-disable-next-line no-await-in-loop
		told.push(`${file} ${why}; it is kept as ${await keepLink(file, 'damaged')}`);
	}

	told.push(...mishaps);
	for (const mishap of told) {
		log('warning', mishap);
	}

	return told;
}

type GoingOn = {present: {sequence: number; bytes: number}; segment: Segment; older: FoundSegment[]};

// Two checkpoints of what was recovered, and a new segment. Until the first of them is in place, everything is as it was.
async function writeAnew({sequence, databaseId, segments, unusable, empty, migratedFrom}: Recovered, file: string, exportRecords: (sequence: number) => Uint8Array, log: Log): Promise<GoingOn> {
	const first = sequence + 1;
	const older = segments.filter(({header}) => header.first !== first);
	const begun = segments.find(({header}) => header.first === first);
	for (const segment of older) {
		// Only the last one may be unfinished, and it is the last no more.
		// eslint-disable-next-line no-await-in-loop
		const unfinished = await continued(segment, log);
		// eslint-disable-next-line no-await-in-loop
		await unfinished.close();
	}

	const content = exportRecords(sequence);
	const note = sealCheckpoint(content, {sequence, settled: 0});
	const copy = migratedFrom === undefined ? undefined : await keepCopy(file, `v${migratedFrom}`);
	let segment: Segment | undefined;
	try {
		await writeCheckpoint(file, content);
		segment = begun ? await continued(begun, log) : await createSegment(file, {databaseId, first});
		await segment.append(encodeFrame({first, commits: [], checkpoint: note}, databaseId));
		await placeCheckpoint(file);
	} catch (error) {
		await dropCheckpoint(file);
		await segment?.close();
		// Or every try would leave another one.
		await Promise.all([copy, begun ? undefined : segment?.file].map(async file => file && rm(file, {force: true})));
		throw error;
	}

	if (copy !== undefined) {
		log('notice', `database ${file} migrated from schema version ${migratedFrom} to ${schemaVersion}; the old file is kept as ${copy}`);
	}

	try {
		// What happens to the one must not happen to the other: a copy of its own, not a second name.
		await replaceFile(previousOf(file), content);
	} catch (error) {
		log('warning', `there is only one copy of the database for now: ${messageOf(error)}`);
	}

	const replaced = new Set([file, previousOf(file), segment.file]);
	for (const name of [...unusable.map(({file}) => file), ...empty].filter(name => !replaced.has(name))) {
		// eslint-disable-next-line no-await-in-loop
		await rm(name, {force: true});
	}

	return {present: {sequence, bytes: content.length}, segment, older};
}

async function continued({file, header, reading}: FoundSegment, log: Log): Promise<Segment> {
	if (reading.state === 'torn') {
		log('info', `the last write to ${file} was never finished, and is cut off`);
	}

	return continueSegment(file, header.first, reading.goodBytes);
}

// From what lies on the disk to the records: the newest checkpoint that can be used, and all that the journal has after it.
// What is damaged is told and gone around; nothing on the disk is changed here.
import {randomUUID} from 'node:crypto';
import {messageOf} from '../errors.js';
import type {Log} from '../log.js';
import {previousOf} from './checkpoint-files.js';
import {RecordDatabase} from './database.js';
import {
	examineCheckpoint, isSqlite, readAll, readSegment, refusal, type FoundCheckpoint, type FoundFile, type FoundSegment, type Noted, type Unusable,
} from './examine.js';
import {decodeFrames, type Frame} from './journal-format.js';
import type {Sqlite} from './load-sqlite.js';
import {replay} from './replay.js';
import {schemaVersion} from './schema.js';
import {segmentName} from './segment.js';
import type {InDoubt} from './state-store.js';

export type Recovered = {
	/** Everything that could be proven. */
	database: RecordDatabase;
	databaseId: string;
	/** The number of the last commit there was. */
	sequence: number;
	/** What lies under the database's own name, when all is as it should be; otherwise a checkpoint has to be written. */
	checkpoint: FoundCheckpoint | undefined;
	/** The segments that are sound and the database's, in order. */
	segments: FoundSegment[];
	/** Files to put aside. */
	unusable: Unusable[];
	/** Files that say nothing. */
	empty: string[];
	inDoubt: InDoubt;
	/** What is lost or doubtful beyond the files that are unusable, a sentence each. */
	mishaps: string[];
	/** The schema version of an older database; in memory it is brought up to date. */
	migratedFrom: number | undefined;
};

/**
Reads what lies there and brings the records up to date in memory.

@param file The database.
@throws NexusError Unsupported for a database that is refused; Io
*/
export async function recoverRecords(sqlite: Sqlite, file: string, log: Log): Promise<Recovered> {
	const sorted = sortOut(sqlite, file, await readAll(file));
	const {base, databaseId, own, notes} = sorted;
	const unusable = judge(file, sorted);
	const {database, migratedFrom} = load(sqlite, base);
	const known = [...own.map(({header}) => header.first - 1), ...notes.map(({sequence}) => sequence)];
	const replayed = replay(database, base?.sequence ?? 0, framesOf(sorted), known);
	const mishaps = [
		...tellSource(file, sorted, unusable, replayed.sequence),
		...replayed.mishaps,
	];
	const isSound = unusable.length === 0 && mishaps.length === 0;
	if (isSound && base?.databaseId !== undefined && !base.isProven) {
		log('notice', `the database ${file} was changed by another program`);
	}

	return {
		database,
		databaseId: databaseId ?? randomUUID(),
		sequence: replayed.sequence,
		checkpoint: isSound && base?.isProven && sorted.empty.length === 0 ? base : undefined,
		segments: own.filter(({file}) => !unusable.some(other => other.file === file)),
		unusable,
		empty: sorted.empty.map(({file}) => file),
		inDoubt: replayed.inDoubt,
		mishaps,
		migratedFrom,
	};
}

/** The files by what they are. */
type Sorted = {
	/** The id of the database that lies under the name of the database; all else has to be of it. It has none when it is older than journals. */
	databaseId: string | undefined;
	checkpoints: FoundCheckpoint[];
	/** The newest checkpoint of that database. */
	base: FoundCheckpoint | undefined;
	unusable: Unusable[];
	/** Segments of that database, and of others with and without commits in them. */
	own: FoundSegment[];
	foreign: FoundSegment[];
	empty: FoundSegment[];
	/** What can be told by its content neither for one nor the other. */
	unclear: FoundFile[];
	/** Notes of that database's. */
	notes: Noted[];
	isMissing: boolean;
};

function sortOut(sqlite: Sqlite, database: string, found: readonly FoundFile[]): Sorted {
	const segments = found.flatMap(file => readSegment(file) ?? []);
	const notes = segments.flatMap(segment => notesIn(segment));
	const examined = found.filter(file => isSqlite(file)).map(found => examineCheckpoint(sqlite, found, notes, found.file === database));
	const checkpoints = examined.filter(result => 'load' in result);
	const databaseId = checkpoints.length > 0 ? checkpoints[0]!.databaseId : segments.at(-1)?.header.databaseId;
	const others = segments.filter(({header}) => header.databaseId !== databaseId);
	return {
		databaseId,
		checkpoints,
		base: newestOf(checkpoints.filter(checkpoint => checkpoint.databaseId === databaseId)),
		unusable: examined.filter(result => 'why' in result),
		own: segments.filter(({header}) => header.databaseId === databaseId),
		foreign: others.filter(segment => !isEmpty(segment)),
		empty: others.filter(segment => isEmpty(segment)),
		unclear: found.filter(found => !isSqlite(found) && !segments.some(({file}) => file === found.file)),
		notes: notes.filter(note => note.databaseId === databaseId),
		isMissing: !found.some(({file}) => file === database),
	};
}

const notesIn = ({header: {databaseId}, reading: {frames}}: FoundSegment): Noted[] =>
	frames.flatMap(({checkpoint}) => checkpoint ? [{...checkpoint, databaseId}] : []);

// The first of those that are equally new.
const newestOf = (checkpoints: readonly FoundCheckpoint[]): FoundCheckpoint | undefined =>
	checkpoints.toSorted((one, other) => other.sequence - one.sequence)[0];

// A frame proves by its checksum whose it is, also where the beginning of its file is damaged.
const framesOf = ({databaseId, own, unclear}: Sorted): Frame[] => [
	...own.flatMap(({reading}) => reading.frames),
	...unclear.flatMap(({content}) => databaseId === undefined ? [] : decodeFrames(content, databaseId, 0).frames),
];

const judge = (database: string, {checkpoints, base, unusable, own, foreign, unclear}: Sorted): Unusable[] => [
	...unusable,
	...checkpoints.flatMap(checkpoint => judgeCheckpoint(database, checkpoint, base!)),
	...own.flatMap(segment => judgeSegment(database, segment, own)),
	...foreign.map(({file}) => ({file, why: 'belongs to another database'})),
	...unclear.map(({file, content}) => ({file, why: content.length === 0 ? 'is empty' : 'is damaged (it does not begin as it should)'})),
];

function judgeCheckpoint(database: string, {file, databaseId, sequence}: FoundCheckpoint, base: FoundCheckpoint): Unusable[] {
	if (databaseId !== base.databaseId) {
		return [{file, why: 'belongs to another database'}];
	}

	if (![database, previousOf(database)].includes(file)) {
		return [{file, why: 'is no journal, but a database'}];
	}

	return file === database && sequence < base.sequence ? [{file, why: `is older than ${base.file}`}] : [];
}

function judgeSegment(database: string, {file, header, reading}: FoundSegment, all: readonly FoundSegment[]): Unusable[] {
	if (file !== segmentName(database, header.first)) {
		return [{file, why: 'lies under a wrong name'}];
	}

	// Only the last write can have been cut short.
	return reading.state === 'damaged' || (reading.state === 'torn' && all.some(other => other.header.first > header.first))
		? [{file, why: 'is damaged'}]
		: [];
}

// As one that was begun for a database that was never put in place.
const isEmpty = ({reading: {frames, state}}: FoundSegment): boolean => state !== 'damaged' && frames.every(({commits}) => commits.length === 0);

function load(sqlite: Sqlite, base: FoundCheckpoint | undefined): {database: RecordDatabase; migratedFrom: number | undefined} {
	if (!base) {
		return {database: new RecordDatabase(sqlite), migratedFrom: undefined};
	}

	const database = base.load();
	const found = database.version()!;
	try {
		database.migrate();
	} catch (error) {
		throw refusal(base.file, messageOf(error), error);
	}

	return {database, migratedFrom: found < schemaVersion ? found : undefined};
}

// Where the records come from, unless it is from where they should.
function tellSource(database: string, {base, notes, isMissing}: Sorted, unusable: readonly Unusable[], sequence: number): string[] {
	const isNew = !base && sequence === 0;
	if (isNew) {
		return unusable.length > 0 ? ['there was nothing to recover: the database is new'] : [];
	}

	const missing = isMissing ? [`the database ${database} was missing`] : [];
	if (!base) {
		return [...missing, 'no checkpoint could be used: the records come from the journal alone'];
	}

	const isWithoutNote = base.databaseId !== undefined && !base.isProven && !notes.some(({sequence}) => sequence === base.sequence);
	return [
		...missing,
		...base.file === database ? [] : [`the records come from ${base.file} and the journal`],
		...isWithoutNote ? [`the journal that ${base.file} ended with is missing or damaged: the last changes may be lost`] : [],
	];
}

// The redo journal: a commit counts when its frame is on disk. One thing is done to the files at a time, and commits that
// arrive meanwhile share the next frame. So only the last frame can ever be unfinished.
//
// When the disk has no room for more than the reserve of the segment, commits that make new records are refused. All others
// are written into it, or nobody could make room.
import {rm} from 'node:fs/promises';
import path from 'node:path';
import {asNexusError} from '../errors.js';
import {syncFolder} from '../files.js';
import {encodeFrame, type CheckpointNote, type Commit} from './journal-format.js';
import {createSegment, type Segment} from './segment.js';

/** A segment that is not written to any more: its file, and the number of the first commit that it is for. */
export type OldSegment = {file: string; first: number};

/** A commit as it was taken in memory. */
export type Taken = {
	commit: Commit;
	/** It makes new records. */
	isNew: boolean;
	undo: () => void;
};

type Entry = {
	/** Takes it in memory; throws when it contradicts what is there. */
	take?: () => Taken;
	taken?: Taken;
	checkpoint?: CheckpointNote;
	resolve: () => void;
	reject: (error: Error) => void;
};

export type JournalState = {
	/** The file of the database. */
	database: string;
	databaseId: string;
	/** The number of the last commit there is. */
	sequence: number;
	/** Where it goes on. */
	segment: Segment;
	/** What is kept beside it, in order. */
	older: readonly OldSegment[];
};

export class Journal {
	/** Bytes that were appended since the start. */
	bytes = 0;

	readonly #database: string;
	readonly #databaseId: string;
	#segment: Segment;
	#older: readonly OldSegment[];
	/** The number of the last commit that was taken, and of the last that is on disk. */
	#sequence: number;
	#durable: number;
	/** Taken and not yet in a frame. */
	#waiting: Entry[] = [];
	/** The end of what is being done to the files. */
	#turn: Promise<unknown> = Promise.resolve();

	constructor({database, databaseId, sequence, segment, older}: JournalState) {
		this.#database = database;
		this.#databaseId = databaseId;
		this.#sequence = sequence;
		this.#durable = sequence;
		this.#segment = segment;
		this.#older = older;
	}

	/** The number of the last commit that was taken, whether it is on disk yet or not. */
	get sequence(): number {
		return this.#sequence;
	}

	/** The number of the last commit that is on disk. */
	get durable(): number {
		return this.#durable;
	}

	/**
	Takes a commit; resolves when it is on disk. When it cannot be written, it is undone, and so is everything that was taken
	after it, the last first. When there is no room for it, only what was built on it shares its lot.

	@param take Takes it in memory; it may be undone and taken once more, without others that came before it.
	@throws NexusError NoSpace, Io; what `take` throws
	*/
	async append(take: () => Taken): Promise<void> {
		const taken = take();
		this.#sequence++;
		return this.#enter({take, taken});
	}

	/** Notes a checkpoint behind everything that was taken; when this resolves, all of it is on disk. */
	async note(checkpoint: CheckpointNote): Promise<void> {
		return this.#enter({checkpoint});
	}

	/** Continues in a new file, unless the present one has no commits yet. Where there is no room for its reserve, nothing changes. Throws as the disk does. */
	async beginSegment(): Promise<void> {
		return this.#inTurn(async () => {
			const first = this.#durable + 1;
			if (first > this.#segment.first) {
				await this.#segment.repair();
				const next = await this.#createRoomySegment(first);
				const old = this.#segment;
				this.#older = [...this.#older, {file: old.file, first: old.first}];
				this.#segment = next;
				await old.finish();
			}
		});
	}

	/** Removes the files in which there is nothing after a commit. */
	async forget(sequence: number): Promise<void> {
		return this.#inTurn(async () => {
			const all = [...this.#older, this.#segment];
			const isNeeded = this.#older.map((_, index) => all[index + 1]!.first - 1 > sequence);
			for (const {file} of this.#older.filter((_, index) => !isNeeded[index])) {
				// In order: what is left is what came last.
				// eslint-disable-next-line no-await-in-loop
				await rm(file, {force: true});
			}

			this.#older = this.#older.filter((_, index) => isNeeded[index]);
			await syncFolder(path.dirname(this.#database));
		});
	}

	/** Waits for everything that was taken. */
	async settled(): Promise<void> {
		return this.#inTurn(async () => undefined);
	}

	async close(): Promise<void> {
		return this.#inTurn(async () => this.#segment.close());
	}

	async #createRoomySegment(first: number): Promise<Segment> {
		const segment = await createSegment(this.#database, {databaseId: this.#databaseId, first});
		try {
			await segment.keepRoom();
			return segment;
		} catch (error) {
			await segment.discard();
			throw error;
		}
	}

	async #enter(entry: Omit<Entry, 'resolve' | 'reject'>): Promise<void> {
		return new Promise((resolve, reject) => {
			this.#waiting.push({...entry, resolve, reject});
			if (this.#waiting.length === 1) {
				void this.#inTurn(async () => this.#writeWaiting());
			}
		});
	}

	async #writeWaiting(): Promise<void> {
		const batch = this.#waiting;
		this.#waiting = [];
		const commits = batch.flatMap(({taken}) => taken ? [taken.commit] : []);
		const checkpoint = batch.findLast(entry => entry.checkpoint)?.checkpoint;
		if (batch.length === 0) {
			return;
		}

		const frame = encodeFrame({first: this.#durable + 1, commits, checkpoint}, this.#databaseId);
		try {
			await this.#segment.keepRoom(frame.length);
		} catch (error) {
			if (batch.some(({taken}) => taken?.isNew)) {
				this.#refuseNew([...batch, ...this.#waiting], error);
				await this.#writeWaiting();
				return;
			}
		}

		try {
			await this.#segment.append(frame);
			this.bytes += frame.length;
			this.#durable += commits.length;
		} catch (error) {
			await this.#lose(batch, error);
			return;
		}

		for (const {resolve} of batch) {
			resolve();
		}
	}

	// All is undone and taken once more without what is new, in this turn of the event loop: nobody sees what is between.
	#refuseNew(entries: readonly Entry[], error: unknown): void {
		undoAll(entries);
		const lost = new Set<string>();
		const isKept = entries.map(entry => takeAgain(entry, lost));
		this.#waiting = entries.filter((_, index) => isKept[index]);
		this.#sequence = this.#durable + this.#waiting.filter(({taken}) => taken).length;
		this.#reject(entries.filter((_, index) => !isKept[index]), error);
	}

	// What was taken meanwhile was built on what is lost now. All is undone in this turn of the event loop: whoever comes
	// next builds on what is on disk.
	async #lose(batch: Entry[], error: unknown): Promise<void> {
		const lost = [...batch, ...this.#waiting];
		this.#waiting = [];
		undoAll(lost);
		this.#sequence = this.#durable;
		try {
			await this.#segment.repair();
		} catch {
			// The next append tries again first, and says so when it cannot.
		}

		this.#reject(lost, error);
	}

	#reject(entries: readonly Entry[], error: unknown): void {
		for (const {reject} of entries) {
			reject(asNexusError(error, `cannot write the journal of the database ${this.#database}`));
		}
	}

	async #inTurn<T>(work: () => Promise<T>): Promise<T> {
		const result = this.#turn.then(work);
		this.#turn = result.catch(() => undefined);
		return result;
	}
}

function undoAll(entries: readonly Entry[]): void {
	for (const {taken} of [...entries].reverse()) {
		taken?.undo();
	}
}

/** Takes what was undone once more; false when it is new, or may have been built on what is lost. Adds the ids that are lost by that. */
function takeAgain(entry: Entry, lost: Set<string>): boolean {
	if (!entry.taken) {
		// A checkpoint holds everything that was taken before it.
		return lost.size === 0;
	}

	const ids = entry.taken.commit.map(({record}) => record.id);
	if (!entry.taken.isNew && !ids.some(id => lost.has(id))) {
		try {
			entry.taken = entry.take!();
			return true;
		} catch {
			// It refers to what is lost.
		}
	}

	for (const id of ids) {
		lost.add(id);
	}

	return false;
}

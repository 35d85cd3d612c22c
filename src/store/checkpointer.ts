// When a checkpoint is made, and what happens when it cannot be. The journal holds everything either way.
import {allOf} from '../all-of.js';
import {messageOf} from '../errors.js';
import type {Log} from '../log.js';
import {
	dropCheckpoint, sealCheckpoint, replaceCheckpoint, writeCheckpoint,
} from './checkpoint-files.js';
import type {Journal} from './journal.js';

/** How long nothing is changed before a checkpoint, and the shortest and the longest pause after one that failed, in milliseconds. */
const idleTime = 5000;
const longestPause = 5 * 60 * 1000;

/** So many bytes in the journal are always welcome. */
const fewBytes = 1024 * 1024;

export type CheckpointerOptions = {
	/** The file of the database. */
	database: string;
	journal: Journal;
	/** The content of a checkpoint that holds the journal's every commit up to a number. */
	exportRecords: (sequence: number) => Uint8Array;
	/** The present checkpoint: the number of its last commit, and its size. */
	present: {sequence: number; bytes: number};
	log: Log;
};

export class Checkpointer {
	readonly #database: string;
	readonly #journal: Journal;
	readonly #exportRecords: (sequence: number) => Uint8Array;
	readonly #log: Log;
	#settle: (() => Promise<void>) | undefined;
	#present: {sequence: number; bytes: number};
	/** How far the journal was when the present one was made. */
	#bytesBefore = 0;
	#timer: NodeJS.Timeout | undefined;
	#running: Promise<void> | undefined;
	/** After a failure: the pause, and when it is over. */
	#pause = 0;
	#pauseEnd = 0;
	#isClosing = false;

	constructor({database, journal, exportRecords, present, log}: CheckpointerOptions) {
		this.#database = database;
		this.#journal = journal;
		this.#exportRecords = exportRecords;
		this.#present = present;
		this.#log = log;
		this.schedule();
	}

	/** Sets what has to be settled first; until then old segments are kept. */
	onCheckpoint(settle: () => Promise<void>): void {
		this.#settle = settle;
	}

	/** To be called when the journal has grown. */
	schedule(): void {
		if (!this.#isNeeded || this.#running !== undefined || this.#isClosing) {
			return;
		}

		const isGrown = this.#journal.bytes - this.#bytesBefore > Math.max(fewBytes, this.#present.bytes);
		const pause = Math.max(isGrown ? 0 : idleTime, this.#pauseEnd - Date.now());
		clearTimeout(this.#timer);
		if (pause > 0) {
			this.#timer = setTimeout(() => {
				this.#run();
			}, pause).unref();
		} else {
			this.#run();
		}
	}

	/** Makes the last one, if there is something new. */
	async close(): Promise<void> {
		this.#isClosing = true;
		clearTimeout(this.#timer);
		await this.#running;
		if (this.#isNeeded) {
			await this.#try();
		}
	}

	get #isNeeded(): boolean {
		return this.#journal.sequence !== this.#present.sequence;
	}

	#run(): void {
		this.#running = (async () => {
			await this.#try();
			this.#running = undefined;
			this.schedule();
		})();
	}

	// A failure is told once, and so is its end.
	async #try(): Promise<void> {
		try {
			await this.#make();
		} catch (error) {
			await dropCheckpoint(this.#database).catch(() => undefined);
			if (this.#pause === 0) {
				this.#log('warning', `cannot write the database ${this.#database}: ${messageOf(error)}. Nothing is lost, it is all in the journal; nexusd tries again.`);
			}

			this.#pause = Math.min(longestPause, Math.max(idleTime, this.#pause * 2));
			this.#pauseEnd = Date.now() + this.#pause;
			return;
		}

		if (this.#pause > 0) {
			this.#log('notice', `the database ${this.#database} can be written again`);
			this.#pause = 0;
			this.#pauseEnd = 0;
		}
	}

	async #make(): Promise<void> {
		const settle = this.#settle;
		const settled = settle ? this.#journal.durable : 0;
		await settle?.();
		await this.#journal.beginSegment();
		const bytesBefore = this.#journal.bytes;
		const {sequence} = this.#journal;
		const content = this.#exportRecords(sequence);
		// The note stands behind every commit that the checkpoint holds. If one of them is lost, so is the note; when it is on
		// disk, they are.
		const note = sealCheckpoint(content, {sequence, settled});
		await allOf([this.#journal.note(note), writeCheckpoint(this.#database, content)]);
		await replaceCheckpoint(this.#database);

		const previous = this.#present.sequence;
		this.#present = {sequence, bytes: content.length};
		this.#bytesBefore = bytesBefore;
		if (settle) {
			await this.#journal.forget(previous);
		}
	}
}

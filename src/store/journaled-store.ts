// The store: records in memory, a journal that each change is in before it counts, and a database file that follows.
import {NexusError, messageOf} from '../errors.js';
import type {FileLock} from '../file-lock.js';
import type {Image, Vm, Workspace} from '../model.js';
import type {Checkpointer} from './checkpointer.js';
import type {RecordDatabase} from './database.js';
import type {Journal, Taken} from './journal.js';
import type {Step} from './journal-format.js';
import type {RecordsInMemory, Effect} from './records.js';
import {copyOf} from './rows.js';
import {schemaVersion} from './schema.js';
import type {Change, InDoubt, StateStore} from './state-store.js';

export type StoreParts = {
	records: RecordsInMemory;
	database: RecordDatabase;
	journal: Journal;
	checkpointer: Checkpointer;
	lock: FileLock;
};

export type StoreStart = Pick<StateStore, 'migratedFrom' | 'inDoubt' | 'mishaps'>;

export class JournaledStore implements StateStore {
	readonly schemaVersion = schemaVersion;
	readonly migratedFrom: number | undefined;
	readonly inDoubt: InDoubt;
	readonly mishaps: readonly string[];

	readonly #records: RecordsInMemory;
	readonly #database: RecordDatabase;
	readonly #journal: Journal;
	readonly #checkpointer: Checkpointer;
	readonly #lock: FileLock;
	readonly #tableCount: number;

	constructor({records, database, journal, checkpointer, lock}: StoreParts, {migratedFrom, inDoubt, mishaps}: StoreStart) {
		this.migratedFrom = migratedFrom;
		this.inDoubt = inDoubt;
		this.mishaps = mishaps;
		this.#records = records;
		this.#database = database;
		this.#journal = journal;
		this.#checkpointer = checkpointer;
		this.#lock = lock;
		this.#tableCount = database.tableCount();
	}

	images(): Image[] {
		return this.#records.images.inOrder.all();
	}

	image(idOrName: string): Image | undefined {
		return this.#records.images.lookUp(idOrName);
	}

	workspaceCounts(): Map<string, number> {
		return this.#records.workspaceCounts();
	}

	workspaceCount(imageId: string): number {
		return this.#records.of({imageId}).size;
	}

	workspaces(of?: {imageId: string} | {vmId: string}): Workspace[] {
		return (of ? this.#records.of(of) : this.#records.workspaces.inOrder).all();
	}

	workspacesAfter(name: string, limit: number, imageId?: string): Workspace[] {
		return (imageId === undefined ? this.#records.workspaces.inOrder : this.#records.of({imageId})).after(name, limit);
	}

	workspace(idOrName: string): Workspace | undefined {
		return this.#records.workspaces.lookUp(idOrName);
	}

	holderOf(name: string): 'image' | 'workspace' | undefined {
		if (this.#records.images.has(name)) {
			return 'image';
		}

		return this.#records.workspaces.has(name) ? 'workspace' : undefined;
	}

	vms(): Vm[] {
		return this.#records.vms.inOrder.all();
	}

	vmsAfter(name: string, limit: number): Vm[] {
		return this.#records.vms.inOrder.after(name, limit);
	}

	vm(idOrName: string): Vm | undefined {
		return this.#records.vms.lookUp(idOrName);
	}

	isVmName(name: string): boolean {
		return this.#records.vms.has(name);
	}

	freeCid(): number {
		return this.#records.freeCid();
	}

	tableCount(): number {
		return this.#tableCount;
	}

	counts(): {images: number; workspaces: number; vms: number} {
		const {images, workspaces, vms} = this.#records;
		return {images: images.size, workspaces: workspaces.size, vms: vms.size};
	}

	async commit(...changes: Change[]): Promise<void> {
		await this.#journal.append(() => this.#take(changes));
		this.#checkpointer.schedule();
	}

	onCheckpoint(settle: () => Promise<void>): void {
		this.#checkpointer.onCheckpoint(settle);
	}

	async close(): Promise<void> {
		try {
			await this.#journal.settled();
			await this.#checkpointer.close();
			await this.#journal.close();
		} finally {
			this.#database.close();
			this.#lock.release();
		}
	}

	#take(changes: readonly Change[]): Taken {
		this.#enforce(changes);
		const steps: Step[] = [];
		const effects: Effect[] = [];
		for (const change of changes) {
			const done = 'put' in change
				? this.#records.put(change.put, copyOf(change.put, change.record))
				: this.#records.remove(change.remove, change.id);
			effects.push(...done);
			steps.push(...done.slice(-1).map(effect => stepOf(effect)));
		}

		return {
			commit: steps,
			isNew: effects.some(({before}) => before === undefined),
			undo: () => {
				this.#undo(effects);
			},
		};
	}

	// SQLite says whether it may be.
	#enforce(changes: readonly Change[]): void {
		try {
			this.#database.transaction(() => {
				for (const change of changes) {
					if ('put' in change) {
						this.#database.put(change.put, change.record);
					} else {
						this.#database.remove(change.remove, change.id);
					}
				}
			});
		} catch (error) {
			throw new NexusError('Conflict', `the change contradicts the records: ${messageOf(error)}`, {cause: error});
		}
	}

	#undo(effects: readonly Effect[]): void {
		const undone = this.#records.undo(effects);
		this.#database.transaction(() => {
			for (const {kind, before, after} of undone) {
				if (after) {
					this.#database.put(kind, after);
				} else {
					this.#database.remove(kind, before!.id);
				}
			}
		});
	}
}

function stepOf({kind, before, after}: Effect): Step {
	const step = after ? {put: kind, record: after} : {remove: kind, record: before};
	// A kind and its record go together.
	return step as Step;
}

// What a daemon does before its first call: what an earlier one was in the midst of is finished or undone, as the records
// say. An id ties a folder to its record, wherever the folder lies.
//
// A process that was killed leaves each step done or not done. A power cut also takes back what was not on disk: renames,
// labels and owners since the pool was last written, which is at every checkpoint of the records. So all that the journal
// tells of is looked at, and nothing that is older.
import {messageOf} from './errors.js';
import {labelOf} from './label.js';
import type {Log} from './log.js';
import type {Image, Workspace} from './model.js';
import type {Pool} from './pool.js';
import type {StateStore} from './store/state-store.js';

/** Brings the pool to what the records say. */
export async function recover(store: StateStore, pool: Pool, log: Log): Promise<void> {
	const recovery = new Recovery(store, pool, log);
	await recovery.removeDeleted();
	await recovery.emptyTrash();
	await recovery.publishWaiting();
	await recovery.completeRecent();
	await recovery.protectImages();
	if (store.migratedFrom !== undefined && store.migratedFrom < firstWithLabels) {
		await recovery.labelAll();
	}
}

const firstWithLabels = 5;

class Recovery {
	readonly #store: StateStore;
	readonly #pool: Pool;
	readonly #log: Log;

	constructor(store: StateStore, pool: Pool, log: Log) {
		this.#store = store;
		this.#pool = pool;
		this.#log = log;
	}

	// The rename to the trash was lost, or the removal.
	async removeDeleted(): Promise<void> {
		for (const {id, name} of this.#store.inDoubt.removed.values()) {
			// One after the other here and below: there are few, and the log should read in order.
			/* eslint-disable no-await-in-loop */
			const label = await this.#pool.label(name);
			if (label?.id === id) {
				await this.#pool.remove(name);
				this.#log('notice', `removed "${name}" from the pool, which was deleted before nexusd ended`);
			}
			/* eslint-enable no-await-in-loop */
		}
	}

	// What has a record was about to be deleted, and nobody was told that it is.
	async emptyTrash(): Promise<void> {
		for (const id of await this.#pool.retired()) {
			const record = this.#record(id);
			/* eslint-disable no-await-in-loop */
			if (!record) {
				await this.#whereItCan(async () => this.#pool.empty(id));
			} else if (await this.#isFree(record.name)) {
				await this.#pool.restore(id, record.name);
				this.#log('notice', `recovered "${record.name}", which was being deleted when nexusd ended`);
			}
			/* eslint-enable no-await-in-loop */
		}
	}

	// After a stock was left there are hundreds of copies to discard, which nobody asked for: all at once.
	async publishWaiting(): Promise<void> {
		const {staged, cloned} = await this.#pool.left();
		const unwanted: string[] = [];
		for (const id of [...staged, ...cloned]) {
			const record = this.#record(id);
			/* eslint-disable no-await-in-loop */
			if (!record || !await this.#pool.isWhole(id)) {
				unwanted.push(id);
			} else if (await this.#isFree(record.name)) {
				await this.#pool.prepare(id, record.name, labelOf(record));
				await this.#pool.publish(id, record.name);
				this.#log('notice', `recovered "${record.name}", which was being moved when nexusd ended`);
			}
			/* eslint-enable no-await-in-loop */
		}

		await Promise.all(unwanted.map(async id => this.#discard(id, staged.includes(id))));
		await this.#pool.tidy();
	}

	// Their labels and owners may have been lost.
	async completeRecent(): Promise<void> {
		const records = [...this.#store.inDoubt.put].map(id => this.#record(id)).filter(record => record !== undefined);
		await this.#label(records);
	}

	async labelAll(): Promise<void> {
		await this.#label([...this.#store.images(), ...this.#store.workspaces()]);
	}

	async protectImages(): Promise<void> {
		for (const {name} of this.#store.images()) {
			// eslint-disable-next-line no-await-in-loop
			if (await this.#pool.exists(name)) {
				// eslint-disable-next-line no-await-in-loop
				await this.#pool.setReadOnly(name, true);
			}
		}
	}

	async #discard(id: string, isWorthTelling: boolean): Promise<void> {
		const isGone = await this.#whereItCan(async () => this.#pool.discard(id));
		if (isGone && isWorthTelling) {
			this.#log('notice', `removed what unfinished work left in the pool (${id})`);
		}
	}

	// A full disk may refuse even this. Nobody sees what is left, and the next start tries again.
	async #whereItCan(remove: () => Promise<void>): Promise<boolean> {
		try {
			await remove();
			return true;
		} catch (error) {
			this.#log('warning', `something that nobody needs stays in the pool until the next start: ${messageOf(error)}`);
			return false;
		}
	}

	// What has a record is kept whatever else is there.
	async #isFree(name: string): Promise<boolean> {
		if (!await this.#pool.exists(name)) {
			return true;
		}

		this.#log('warning', `${this.#pool.folder(name)} is in the way of the "${name}" that the records know: move it away, and restart nexusd`);
		return false;
	}

	async #label(records: ReadonlyArray<Image | Workspace>): Promise<void> {
		for (const record of records) {
			/* eslint-disable no-await-in-loop */
			if (await this.#pool.exists(record.name)) {
				await this.#pool.relabel(record.name, labelOf(record));
			}
			/* eslint-enable no-await-in-loop */
		}
	}

	#record(id: string): Image | Workspace | undefined {
		const record = this.#store.image(id) ?? this.#store.workspace(id);
		return record?.id === id ? record : undefined;
	}
}

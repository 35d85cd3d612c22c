// What a daemon does before its first call: what an earlier one left in the work folder is finished or removed, as the
// records say, and images are read-only again.
import type {Log} from './log.js';
import type {Pool} from './pool.js';
import type {StateStore} from './store/state-store.js';

/** Brings the pool to what the records say. */
export async function recover(store: StateStore, pool: Pool, log: Log): Promise<void> {
	for (const id of await pool.unfinished()) {
		const record = store.image(id) ?? store.workspace(id);
		// One after the other: there are few, and the log should read in order.
		/* eslint-disable no-await-in-loop */
		if (record?.id === id && await pool.isUnfinished(id) && !await pool.exists(record.name)) {
			await pool.publish(id, record.name);
			log('notice', `recovered "${record.name}", which was being moved when nexusd ended`);
		} else {
			await pool.purge(id);
			log('notice', `removed what unfinished work left in the pool (${id})`);
		}
		/* eslint-enable no-await-in-loop */
	}

	for (const {name} of store.images()) {
		// eslint-disable-next-line no-await-in-loop
		if (await pool.exists(name)) {
			// eslint-disable-next-line no-await-in-loop
			await pool.setReadOnly(name, true);
		} else {
			log('warning', `the image "${name}" is recorded, but ${pool.folder(name)} is not there`);
		}
	}
}

// Where the records and the pool differ: what the one knows and the other has not. Nothing is changed here.
import {kindOf} from './model.js';
import type {Pool} from './pool.js';
import type {StateStore} from './store/state-store.js';

export type Finding = {
	/** `unknown`: in the pool, not in the records. `missing`: in the records, not in the pool. */
	kind: 'unknown' | 'missing';
	/** What it is; `folder` when nothing says so. */
	what: 'image' | 'workspace' | 'folder';
	name: string;
	path: string;
	/** A sentence for people: what is known of it, and what can be done. */
	message: string;
};

/** Compares the pool with the records: the missing first, then the unknown, each by name. Throws NexusError Io. */
export async function inspect(store: StateStore, pool: Pool): Promise<Finding[]> {
	await pool.requireHere();
	const names = new Set(await pool.names());
	const known = [...store.images(), ...store.workspaces()];
	const missing = known.filter(({name}) => !names.has(name)).map(record => describeMissing(record.name, kindOf(record), pool));
	for (const {name} of known) {
		names.delete(name);
	}

	const unknown = await Promise.all([...names].sort().map(async name => describeUnknown(name, store, pool)));
	return [...missing, ...unknown];
}

const describeMissing = (name: string, what: Finding['what'], pool: Pool): Finding => ({
	kind: 'missing', what, name, path: pool.folder(name), message: `its folder is gone: bring it back, or delete the ${what}`,
});

async function describeUnknown(name: string, store: StateStore, pool: Pool): Promise<Finding> {
	const label = await pool.label(name);
	return {
		kind: 'unknown', what: label?.kind ?? 'folder', name, path: pool.folder(name), message: await tell(),
	};

	async function tell(): Promise<string> {
		if (!label) {
			return 'nothing says what it is: remove it, or move it away';
		}

		const record = store.image(label.id) ?? store.workspace(label.id);
		if (record?.id === label.id && !await pool.exists(record.name)) {
			return `it is the ${label.kind} "${record.name}" under another name: adopt it, and it is moved back`;
		}

		if (label.kind === 'image') {
			return 'adopt it, or remove it';
		}

		const image = store.image(label.imageId);
		return image?.id === label.imageId
			? `it was made from image "${image.name}": adopt it, or remove it`
			: `its image ${label.imageId} is not in the records: adopt that first, or remove it`;
	}
}

// What becomes of something in the pool that the records do not know, when it is to be taken in: its label tells.
import {randomUUID} from 'node:crypto';
import {NexusError} from './errors.js';
import {imageLabel, workspaceLabel, type Label} from './label.js';
import type {Image, Workspace} from './model.js';
import type {Pool} from './pool.js';
import type {StateStore} from './store/state-store.js';

/** A record to be made, and what its folder is to be labelled. */
export type NewRecord = {isKnown: false; label: Label} & ({kind: 'image'; record: Image} | {kind: 'workspace'; record: Workspace});

/** What adopting means: a new record, or that the folder of a known one is moved back. */
export type Adoption = NewRecord | {isKnown: true; record: Image | Workspace};

/**
Plans the adoption of what is under a name that no record has.

@throws NexusError Unsupported when nothing says what it is; Conflict when its image is not in the records.
*/
export async function planAdoption(name: string, store: StateStore, pool: Pool): Promise<Adoption> {
	const label = await pool.label(name);
	if (!label || !await pool.hasDisk(name)) {
		throw new NexusError('Unsupported', `nothing says what ${pool.folder(name)} is: import it anew, or remove it`);
	}

	const record = store.image(label.id) ?? store.workspace(label.id);
	const isTaken = record?.id === label.id;
	if (isTaken && !await pool.exists(record.name)) {
		return {isKnown: true, record};
	}

	// A copy of one that is there becomes one of its own.
	const id = isTaken ? randomUUID() : label.id;
	const {sizeBytes, createdAt} = label;
	const common = {
		id, name, subvolumePath: pool.folder(name), sizeBytes, createdAt,
	};
	if (label.kind === 'image') {
		return {
			isKnown: false, kind: 'image', record: common, label: imageLabel(common),
		};
	}

	const workspace = asWorkspace(common, label, store);
	return {
		isKnown: false, kind: 'workspace', record: workspace, label: workspaceLabel(workspace),
	};
}

function asWorkspace(common: Image, {imageId, ownerUid}: Extract<Label, {kind: 'workspace'}>, store: StateStore): Workspace {
	const image = store.image(imageId);
	if (image?.id !== imageId) {
		throw new NexusError('Conflict', `the image of workspace "${common.name}" (${imageId}) is not in the records: adopt the image first`);
	}

	return {
		...common,
		vmId: undefined,
		masterImageId: imageId,
		parentWorkspaceId: undefined,
		isRootDevice: false,
		isReadOnly: false,
		attachedAt: undefined,
		detachedAt: undefined,
		ownerUid,
	};
}

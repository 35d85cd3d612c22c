// A database full of records, made before the daemon opens it: nothing of them is on disk.
import path from 'node:path';
import {openStore} from '../../src/store/open-store.js';

export type Fill = {
	database: string;
	/** The folder of images and workspaces; it need not exist. */
	workspaces: string;
	/** How many workspaces; every tenth is attached to a VM of its own. */
	count: number;
	/** The name of a workspace. */
	nameOf?: (index: number) => string;
};

const time = 1_700_000_000;

/** The id of a record: `kind` and `index` make it. */
export const idOf = (kind: number, index: number): string => `${String(kind).padStart(8, '0')}-0000-4000-8000-${String(index).padStart(12, '0')}`;

/** Records an image `base` and a number of workspaces of it, `ws-00000` and so on unless they are named. */
export async function fillDatabase({database, workspaces, count, nameOf = index => `ws-${String(index).padStart(5, '0')}`}: Fill): Promise<void> {
	const store = await openStore(database, () => undefined);
	const imageId = idOf(0, 0);
	const indices = Array.from({length: count}, (_, index) => index);
	await store.commit({
		put: 'image', record: {
			id: imageId, name: 'base', subvolumePath: path.join(workspaces, '@base'), sizeBytes: 2 ** 30, createdAt: time,
		},
	}, ...indices.filter(index => index % 10 === 0).map(index => ({
		put: 'vm', record: {
			id: idOf(2, index),
			name: `vm-${index}`,
			role: 'work',
			state: 'created',
			cid: index + 3,
			vcpuCount: 1,
			memSizeMib: 128,
			configJson: undefined,
			pid: undefined,
			socketPath: undefined,
			udsPath: undefined,
			consoleLogPath: undefined,
			createdAt: time,
			updatedAt: time,
			startedAt: undefined,
			stoppedAt: undefined,
		},
	} as const)), ...indices.map(index => ({
		put: 'workspace', record: {
			id: idOf(1, index),
			name: nameOf(index),
			subvolumePath: path.join(workspaces, `@${nameOf(index)}`),
			masterImageId: imageId,
			vmId: index % 10 === 0 ? idOf(2, index) : undefined,
			parentWorkspaceId: undefined,
			attachedAt: index % 10 === 0 ? time : undefined,
			detachedAt: undefined,
			sizeBytes: 2 ** 30,
			isRootDevice: index % 10 === 0,
			isReadOnly: false,
			createdAt: time,
			ownerUid: index % 7,
		},
	} as const)));
	await store.close();
}

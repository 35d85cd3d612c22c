// Which backend serves a folder.
import {statfs} from 'node:fs/promises';
import {NexusError} from '../errors.js';
import type {Log} from '../log.js';
import {btrfsBackend} from './btrfs-backend.js';
import type {WorkspaceBackend} from './workspace-backend.js';

export const backendChoices = ['auto', 'btrfs', 'directory'] as const;
export type BackendChoice = typeof backendChoices[number];

// From linux/magic.h.
const btrfsMagic = 0x91_23_68_3E;

/**
Chooses the backend for a folder that exists, and says in the log what it chose and why.

@throws NexusError Unsupported for `btrfs` on a folder that is not on btrfs.
*/
export async function chooseBackend(choice: BackendChoice, root: string, log: Log): Promise<WorkspaceBackend> {
	const {type} = await statfs(root);
	const onBtrfs = type === btrfsMagic;
	if (choice === 'btrfs' && !onBtrfs) {
		throw new NexusError('Unsupported', `storage.backend is btrfs, but ${root} is not on btrfs: mount a btrfs there, name another folder in storage.workspaces, or set storage.backend to auto`);
	}

	const reason = choice === 'auto'
		? `${root} is ${onBtrfs ? 'on btrfs' : `not on btrfs (filesystem type 0x${type.toString(16)})`}`
		: 'the configuration says so';
	if (choice === 'directory' || !onBtrfs) {
		log('notice', `backend directory, because ${reason}: a workspace is a reflink where the filesystem can, a copy where not`);
		const {directoryBackend} = await import('./directory-backend.js');
		return directoryBackend(root, onBtrfs);
	}

	const {backend, by} = await btrfsBackend(root);
	log('notice', `backend btrfs, because ${reason}; calls by ${by}`);
	return backend;
}

// Workspaces as btrfs subvolumes: a clone is a snapshot.
import {
	lstat, readdir, readFile, rm,
} from 'node:fs/promises';
import path from 'node:path';
import {NexusError, errnoOf} from '../errors.js';
import {isThere} from '../files.js';
import {libraryCalls, type BtrfsCalls} from './btrfs-calls.js';
import type {WorkspaceBackend} from './workspace-backend.js';

/**
The backend for a folder on btrfs.

@returns The backend, and how it calls btrfs.
@throws NexusError Unsupported when neither the library nor the program is installed.
*/
export async function btrfsBackend(root: string): Promise<{backend: WorkspaceBackend; by: string}> {
	const calls = libraryCalls() ?? await callsByProgram();
	if (!calls) {
		throw new NexusError('Unsupported', 'neither libbtrfsutil nor the btrfs program is here: install libbtrfsutil1 or btrfs-progs');
	}

	return {by: calls.by, backend: backendBy(calls, root)};
}

async function callsByProgram(): Promise<BtrfsCalls | undefined> {
	const {programCalls} = await import('./btrfs-program.js');
	return programCalls();
}

function backendBy(calls: BtrfsCalls, root: string): WorkspaceBackend {
	/** The ids of discarded subvolumes that the kernel may not have freed yet, the oldest first. */
	const discarded = new Set<number>();
	return {
		name: 'btrfs',
		isCloneCheap: true,
		create: async folder => calls.createSubvolume(folder),
		clone: async (source, folder) => calls.snapshot(source, folder),
		setReadOnly: async (folder, readOnly) => calls.setReadOnly(folder, readOnly),
		remove: async folder => removeSubvolume(calls, folder),
		async discard(folder) {
			// What has no id can be removed all the same.
			const id = await calls.idOf(folder).catch(() => undefined);
			await removeSubvolume(calls, folder);
			if (id !== undefined) {
				discarded.add(id);
			}

			const [oldest] = discarded;
			if (discarded.size > mostDiscarded) {
				discarded.delete(oldest!);
			}
		},
		async countRemoving() {
			const ids = await deletedIds(calls, root);
			return ids.filter(id => !discarded.has(id)).length;
		},
		// The kernel frees removed subvolumes in its own time; after a sync it begins.
		reclaim: async () => calls.sync(root),
		async warnings() {
			return await hasQuotas(root)
				? [`btrfs quotas are enabled on ${root}: snapshots get slower with their number; disable them with: btrfs quota disable ${root}`]
				: [];
		},
	};
}

// Many times what a stock holds.
const mostDiscarded = 10_000;

// Only root may ask.
async function deletedIds(calls: BtrfsCalls, root: string): Promise<number[]> {
	try {
		return await calls.deletedIds(root);
	} catch (error) {
		if (errnoOf(error) === 'EPERM') {
			return [];
		}

		throw error;
	}
}

// The top folder of every subvolume has this inode (BTRFS_FIRST_FREE_OBJECTID in linux/btrfs_tree.h).
const topInode = 256;

async function removeSubvolume(calls: BtrfsCalls, folder: string): Promise<void> {
	try {
		await calls.deleteSubvolume(folder);
	} catch (error) {
		if (!await isThere(folder)) {
			return;
		}

		const {ino} = await lstat(folder);
		const isSubvolume = ino === topInode;
		if (isSubvolume && errnoOf(error) !== 'EPERM') {
			throw error;
		}

		// Deleting a subvolume whole is root's, unless the pool is mounted with user_subvol_rm_allowed. Its owner may
		// still empty it and remove it as a folder.
		await (isSubvolume && calls.setReadOnly(folder, false));
		await rm(folder, {recursive: true});
	}
}

// The kernel shows `qgroups` in sysfs while quotas are enabled.
async function hasQuotas(root: string): Promise<boolean> {
	const device = path.basename(await deviceOf(root));
	for (const filesystem of await readdir('/sys/fs/btrfs')) {
		const folder = path.join('/sys/fs/btrfs', filesystem);
		// One after the other until the right one is found: there are few.
		// eslint-disable-next-line no-await-in-loop
		const devices = await readdir(path.join(folder, 'devices')).catch((): string[] => []);
		if (devices.includes(device)) {
			return isThere(path.join(folder, 'qgroups'));
		}
	}

	return false;
}

// The device behind a folder, from the mount with the longest matching mount point (proc_pid_mountinfo(5)).
async function deviceOf(folder: string): Promise<string> {
	const unescape = (text: string): string => text.replaceAll(/\\(\d{3})/g, (_, octal: string) => String.fromCodePoint(Number.parseInt(octal, 8)));
	let best = {mountPoint: '', device: ''};
	const mounts = await readFile('/proc/self/mountinfo', 'utf8');
	for (const line of mounts.split('\n').filter(Boolean)) {
		const [left, right] = line.split(' - ') as [string, string];
		const mountPoint = unescape(left.split(' ')[4]!);
		const inside = folder === mountPoint || folder.startsWith(mountPoint === '/' ? '/' : `${mountPoint}/`);
		// Of mounts on the same point the last one is seen.
		if (inside && mountPoint.length >= best.mountPoint.length) {
			best = {mountPoint, device: unescape(right.split(' ')[1]!)};
		}
	}

	return best.device;
}

// Workspaces as plain folders: a clone shares blocks where the filesystem can (reflinks), and is a copy elsewhere.
import {
	chmod, mkdir, readdir, rm,
} from 'node:fs/promises';
import path from 'node:path';
import {execa} from 'execa';
import {syncFile, passableMode} from '../files.js';
import {errnoOf} from '../errors.js';
import type {WorkspaceBackend} from './workspace-backend.js';

/**
The backend for a folder on any filesystem.

@param onBtrfs Whether that is btrfs all the same, as the configuration may want it.
*/
export const directoryBackend = (root: string, onBtrfs: boolean): WorkspaceBackend => ({
	name: 'directory',
	isCloneCheap: false,
	async create(folder) {
		await mkdir(folder);
	},
	async clone(source, folder) {
		await mkdir(folder);
		const files = await readdir(source);
		// Node's copyFile would fill the holes of a sparse file; `cp` keeps them.
		await execa('cp', ['--reflink=auto', '--sparse=always', '--no-target-directory', '--recursive', '--', source, folder], {env: {LC_ALL: 'C'}, cwd: '/'});
		await setFileModes(folder, files, 0o600);
		await chmod(folder, passableMode);
		await Promise.all([...files.map(file => path.join(folder, file)), folder].map(async file => syncFile(file)));
	},
	async setReadOnly(folder, readOnly) {
		await setFileModes(folder, await readdir(folder), readOnly ? 0o400 : 0o600);
		await chmod(folder, readOnly ? 0o511 : passableMode);
	},
	remove,
	discard: remove,
	async countRemoving() {
		return 0;
	},
	async reclaim() {
		// A file's space is free once it is removed.
	},
	async warnings() {
		const consequence = `${root} is not on btrfs: every workspace is a copy of its image, or a reflink where the filesystem has them`;
		return onBtrfs ? [] : [`${consequence}; for snapshots make a pool with nexusctl pool create, or see docs/install.md`];
	},
});

async function remove(folder: string): Promise<void> {
	try {
		await chmod(folder, 0o700);
	} catch (error) {
		if (errnoOf(error) === 'ENOENT') {
			return;
		}

		throw error;
	}

	await rm(folder, {recursive: true});
}

async function setFileModes(folder: string, files: string[], mode: number): Promise<void> {
	await Promise.all(files.map(async file => chmod(path.join(folder, file), mode)));
}

// Small things about files: replaced so that a crash leaves the old or the new content, copied, synced, looked for.
import {constants} from 'node:fs';
import {
	copyFile, lstat, open, rename, rm,
} from 'node:fs/promises';
import path from 'node:path';
import {asNexusError, errnoOf} from './errors.js';

/** Of a folder that everybody may walk through and only its owner may read: the way to a disk, which has rights of its own. */
export const passableMode = 0o711;

/** Replaces a file's content. The old content stays until the new one is on disk. */
export async function replaceFile(file: string, content: Uint8Array): Promise<void> {
	const fresh = `${file}.new`;
	try {
		await writeSynced(fresh, content);
		await rename(fresh, file);
	} catch (error) {
		await rm(fresh, {force: true});
		throw error;
	}

	await syncFolder(path.dirname(file));
}

/** Copies a file beside itself under a name that is free, `<file>.<label>` or with a number behind, and returns it. */
export async function keepCopy(file: string, label: string): Promise<string> {
	for (let number = 1; ; number++) {
		const copy = `${file}.${label}${number === 1 ? '' : `.${number}`}`;
		try {
			// One after the other, until a name is free.
			// eslint-disable-next-line no-await-in-loop
			await copyFile(file, copy, constants.COPYFILE_EXCL);
			// eslint-disable-next-line no-await-in-loop
			await syncFile(copy);
			return copy;
		} catch (error) {
			if (errnoOf(error) !== 'EEXIST') {
				// eslint-disable-next-line no-await-in-loop
				await rm(copy, {force: true});
				throw error;
			}
		}
	}
}

async function writeSynced(file: string, content: Uint8Array): Promise<void> {
	const handle = await open(file, 'w', 0o600);
	try {
		await handle.writeFile(content);
		await handle.sync();
	} finally {
		await handle.close();
	}
}

/** Waits until a file's content is on disk. */
export async function syncFile(file: string): Promise<void> {
	const handle = await open(file, 'r');
	try {
		await handle.sync();
	} finally {
		await handle.close();
	}
}

/** Waits until the names in a folder are on disk. */
export const syncFolder = syncFile;

/** Whether there is something at a path, a dangling symlink included. */
export async function isThere(file: string): Promise<boolean> {
	try {
		await lstat(file);
		return true;
	} catch (error) {
		if (errnoOf(error) === 'ENOENT') {
			return false;
		}

		throw asNexusError(error, `cannot look at ${file}`);
	}
}

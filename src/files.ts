// Small things about files: replaced so that a crash leaves the old or the new content, copied, synced, looked for.
import {constants} from 'node:fs';
import {
	copyFile, link, lstat, open, rename, rm,
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
	return underFreeName(file, label, async copy => {
		try {
			await copyFile(file, copy, constants.COPYFILE_EXCL);
			await syncFile(copy);
		} catch (error) {
			if (errnoOf(error) !== 'EEXIST') {
				await rm(copy, {force: true});
			}

			throw error;
		}
	});
}

/** Gives a file such a name besides its own, which something else may have then. One that it has already will do. */
export async function keepLink(file: string, label: string): Promise<string> {
	return underFreeName(file, label, async name => {
		try {
			await link(file, name);
		} catch (error) {
			if (errnoOf(error) !== 'EEXIST' || !await areSame(file, name)) {
				throw error;
			}
		}
	});
}

async function areSame(...files: [string, string]): Promise<boolean> {
	const [one, other] = await Promise.all(files.map(async file => lstat(file)));
	return one!.ino === other!.ino && one!.dev === other!.dev;
}

async function underFreeName(file: string, label: string, make: (copy: string) => Promise<void>): Promise<string> {
	for (let number = 1; ; number++) {
		const copy = `${file}.${label}${number === 1 ? '' : `.${number}`}`;
		try {
			// One after the other, until a name is free.
			// eslint-disable-next-line no-await-in-loop
			await make(copy);
			return copy;
		} catch (error) {
			if (errnoOf(error) !== 'EEXIST') {
				throw error;
			}
		}
	}
}

/** Writes a file, for its owner alone, and waits until it is on disk. */
export async function writeSynced(file: string, content: Uint8Array): Promise<void> {
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

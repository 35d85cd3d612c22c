// The demo's folder, with a file that names its owner: a run that was killed could not clean up, and the next one
// does it in its stead.
import {
	chmod, lstat, mkdtemp, readdir, readFile, rm, writeFile,
} from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import {unmountBelow} from './mounts.js';

const prefix = 'nexus-demo-';

/** Makes an empty folder that belongs to this process. */
export async function makePlace(): Promise<string> {
	const folder = await mkdtemp(path.join(os.tmpdir(), prefix));
	await writeFile(ownerFile(folder), await identity(process.pid) ?? '');
	return folder;
}

/** Removes a folder, with what is mounted in it unmounted first. */
export async function removePlace(folder: string): Promise<void> {
	await unmountBelow(folder);
	await makeWritable(folder);
	await rm(folder, {recursive: true, force: true});
}

/** Removes the folders of runs that are gone, and returns them. */
export async function sweepPlaces(): Promise<string[]> {
	const names = await readdir(os.tmpdir());
	const folders = names.filter(name => name.startsWith(prefix)).map(name => path.join(os.tmpdir(), name));
	const swept: string[] = [];
	for (const folder of folders) {
		// eslint-disable-next-line no-await-in-loop
		if (await isAbandoned(folder)) {
			// eslint-disable-next-line no-await-in-loop
			await removePlace(folder);
			swept.push(folder);
		}
	}

	return swept;
}

// An image is read-only where there are no snapshots, and only root removes files from a read-only folder.
async function makeWritable(folder: string): Promise<void> {
	const entries = await readdir(folder, {withFileTypes: true, recursive: true});
	const folders = entries.filter(entry => entry.isDirectory()).map(entry => path.join(entry.parentPath, entry.name));
	await Promise.all(folders.map(async name => chmod(name, 0o700)));
}

const ownerFile = (folder: string): string => path.join(folder, 'owner');

// Anybody can make a folder with such a name in /tmp: those of others are not ours to touch.
async function isAbandoned(folder: string): Promise<boolean> {
	const status = await lstat(folder).catch(() => undefined);
	if (!status?.isDirectory() || status.uid !== process.getuid!()) {
		return false;
	}

	const owner = await readFile(ownerFile(folder), 'utf8').catch(() => '');
	if (!owner) {
		// Its owner may just not have got round to it.
		return Date.now() - status.mtimeMs > 60_000;
	}

	return await identity(Number.parseInt(owner, 10)) !== owner;
}

// A process by its number and the time of its start: numbers are used again.
async function identity(pid: number): Promise<string | undefined> {
	const status = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
	// The name, in parentheses, may hold anything; the start is the 20th field after it.
	const startTime = status?.slice(status.lastIndexOf(')') + 2).split(' ')[19];
	return startTime && `${pid} ${startTime}`;
}

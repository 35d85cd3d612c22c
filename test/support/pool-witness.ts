// What is in a pool, by other means than Nexus's own.
import {readdir} from 'node:fs/promises';
import path from 'node:path';
import {execa} from 'execa';

/** The paths of all subvolumes of a btrfs, below its top, sorted. */
export async function subvolumes(mountPoint: string): Promise<string[]> {
	const {stdout} = await execa('btrfs', ['subvolume', 'list', mountPoint]);
	return stdout.split('\n').filter(Boolean).map(line => line.replace(/^.* path /, '')).sort();
}

/** Whether btrfs says that a subvolume is read-only. */
export async function isReadOnlySubvolume(folder: string): Promise<boolean> {
	const {stdout} = await execa('btrfs', ['property', 'get', '-t', 'subvol', folder, 'ro']);
	return stdout === 'ro=true';
}

/** All that lies in a folder of workspaces: `@name` each, and what unfinished work has left. */
export async function contentsOf(workspaces: string): Promise<string[]> {
	const names = (await readdir(workspaces)).filter(name => name.startsWith('@'));
	const unfinished = await readdir(path.join(workspaces, '.work')).catch((): string[] => []);
	return [...names, ...unfinished.map(name => path.join('.work', name))].sort();
}

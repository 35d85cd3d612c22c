// What is in a pool, by other means than Nexus's own.
import {readdir} from 'node:fs/promises';
import path from 'node:path';
import {execa} from 'execa';

/** The paths of all subvolumes of a btrfs, below its top, sorted; without `all`, those that a daemon has in stock or in its trash are left out. */
export async function subvolumes(mountPoint: string, which: 'lasting' | 'all' = 'lasting'): Promise<string[]> {
	const {stdout} = await execa('btrfs', ['subvolume', 'list', mountPoint]);
	const paths = stdout.split('\n').filter(Boolean).map(line => line.replace(/^.* path /, '')).sort();
	return which === 'all' ? paths : paths.filter(name => !/(^|\/)\.(stock|trash)\//.test(name));
}

/** Whether btrfs says that a subvolume is read-only. */
export async function isReadOnlySubvolume(folder: string): Promise<boolean> {
	const {stdout} = await execa('btrfs', ['property', 'get', '-t', 'subvol', folder, 'ro']);
	return stdout === 'ro=true';
}

/** All that lies in a folder of workspaces, `@name` each, and what lies in the folders of unfinished work; with `all`, also what a daemon that runs may have in stock and in its trash. */
export async function contentsOf(workspaces: string, which: 'lasting' | 'all' = 'lasting'): Promise<string[]> {
	const names = (await readdir(workspaces)).filter(name => name.startsWith('@'));
	const folders = which === 'all' ? ['.work', '.stock', '.trash'] : ['.work'];
	const others = await Promise.all(folders.map(async folder => (await readdir(path.join(workspaces, folder))).map(name => path.join(folder, name))));
	return [...names, ...others.flat()].sort();
}

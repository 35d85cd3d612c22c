// Looks into an ext4 file from outside of Nexus: by mounting it, and by the tools of e2fsprogs.
import {mkdir} from 'node:fs/promises';
import path from 'node:path';
import {execa} from 'execa';

/** Mounts an ext4 file, does something with the mount point, and unmounts it. Read-only it is as a later boot would find it before it replays the journal. */
export async function whileMounted<T>(file: string, folder: string, mode: 'read-only' | 'writable', work: (mountPoint: string) => Promise<T>): Promise<T> {
	const mountPoint = path.join(folder, `mounted-${path.basename(path.dirname(file))}`);
	await mkdir(mountPoint, {recursive: true});
	await execa('mount', ['-o', mode === 'writable' ? 'loop' : 'loop,ro,noload', '--', file, mountPoint]);
	try {
		return await work(mountPoint);
	} finally {
		// All is on disk then, whoever else holds on to it: a machine that was booted meanwhile has a copy of the mount.
		await execa('mount', ['-o', 'remount,ro', mountPoint]);
		await execa('umount', [mountPoint]);
	}
}

/** What `e2fsck` finds wrong with a filesystem; "" when it is clean. */
export async function faultsOf(file: string): Promise<string> {
	const {exitCode, all} = await execa('e2fsck', ['-fn', `./${path.basename(file)}`], {...at(file), all: true, reject: false});
	return exitCode === 0 ? '' : all;
}

/** Bytes that are free in a filesystem. */
export async function freeBytes(file: string): Promise<number> {
	const {stdout} = await execa('dumpe2fs', ['-h', `./${path.basename(file)}`], at(file));
	const field = (name: string): number => Number(new RegExp(String.raw`^${name}:\s+(\d+)$`, 'm').exec(stdout)![1]);
	return field('Free blocks') * field('Block size');
}

/** Asks debugfs about a filesystem, or has it write to it. */
export async function debugfs(file: string, command: string, ...options: string[]): Promise<string> {
	const {stdout} = await execa('debugfs', [...options, '-R', command, `./${path.basename(file)}`], at(file));
	return stdout;
}

// These tools take what stands behind a question mark for options: they are given no more than the file's own name.
const at = (file: string): {cwd: string} => ({cwd: path.dirname(file)});

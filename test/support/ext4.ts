// Looks into an ext4 file from outside of Nexus: by mounting it, and by the tools of e2fsprogs.
import {mkdir} from 'node:fs/promises';
import path from 'node:path';
import {execa} from 'execa';
import type {Cleanup} from './cleanup.js';
import {run} from './run.js';

/** Mounts an ext4 file read-only, without replaying its journal, and returns the mount point. */
export async function mountImage(file: string, folder: string, cleanup: Cleanup): Promise<string> {
	const mountPoint = path.join(folder, `mounted-${path.basename(path.dirname(file))}`);
	await mkdir(mountPoint);
	await execa('mount', ['-o', 'loop,ro,noload', '--', file, mountPoint]);
	cleanup(async () => {
		await execa('umount', [mountPoint]);
	});
	return mountPoint;
}

/** Mounts an ext4 file for writing, does something with the mount point, and unmounts it. */
export async function whileMounted(file: string, folder: string, work: (mountPoint: string) => Promise<unknown>): Promise<void> {
	const mountPoint = path.join(folder, `writable-${path.basename(path.dirname(file))}`);
	await mkdir(mountPoint, {recursive: true});
	await execa('mount', ['-o', 'loop', '--', file, mountPoint]);
	try {
		await work(mountPoint);
	} finally {
		await execa('umount', [mountPoint]);
	}
}

/** What `e2fsck` finds wrong with a filesystem; "" when it is clean. */
export async function faultsOf(file: string): Promise<string> {
	const {exitCode, stdout, stderr} = await run('e2fsck', ['-fn', file]);
	return exitCode === 0 ? '' : `${stdout}\n${stderr}`;
}

/** Bytes that are free in a filesystem. */
export async function freeBytes(file: string): Promise<number> {
	const {stdout} = await execa('dumpe2fs', ['-h', file]);
	const field = (name: string): number => Number(new RegExp(String.raw`^${name}:\s+(\d+)$`, 'm').exec(stdout)![1]);
	return field('Free blocks') * field('Block size');
}

/** Asks debugfs about a filesystem, or has it write to it. */
export async function debugfs(file: string, command: string, ...options: string[]): Promise<string> {
	const {stdout} = await execa('debugfs', [...options, '-R', command, file]);
	return stdout;
}

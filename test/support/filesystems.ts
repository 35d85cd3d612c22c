// Filesystems that are not btrfs, made for one test. A machine that is being booted has copies of all mounts for a moment, and
// holds on to what is mounted from their files: no cleanup waits for that.
import {mkdir, truncate, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {execa} from 'execa';
import type {Cleanup} from './cleanup.js';
import {unmountAfterwards} from './mounts.js';

/** Mounts a tmpfs in a folder, with room for many small files, and returns its mount point. */
export async function mountTmpfs(folder: string, cleanup: Cleanup): Promise<string> {
	const mountPoint = path.join(folder, 'tmpfs');
	await mkdir(mountPoint);
	await execa('mount', ['-t', 'tmpfs', '-o', 'nr_inodes=200000', 'tmpfs', mountPoint]);
	unmountAfterwards(mountPoint, cleanup);
	return mountPoint;
}

/** Makes and mounts an ext4 in a folder and returns its mount point. */
export async function mountExt4(folder: string, cleanup: Cleanup): Promise<string> {
	const file = path.join(folder, 'ext4.img');
	const mountPoint = path.join(folder, 'ext4');
	await writeFile(file, '');
	await truncate(file, 1024 * 1024 * 1024);
	await execa('mkfs.ext4', ['-q', '-F', file]);
	await mkdir(mountPoint);
	await execa('mount', ['-o', 'loop', file, mountPoint]);
	unmountAfterwards(mountPoint, cleanup);
	return mountPoint;
}

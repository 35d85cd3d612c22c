// A real btrfs on a loop device, made for one test.
import {mkdir, truncate, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {execa} from 'execa';
import type {Cleanup} from './cleanup.js';
import {unmountAfterwards} from './mounts.js';

/** Makes and mounts a btrfs in a folder and returns its mount point. `sizeBytes` is that of its sparse backing file. */
export async function mountBtrfs(folder: string, cleanup: Cleanup, sizeBytes = 4 * 1024 * 1024 * 1024): Promise<string> {
	const file = path.join(folder, 'pool.img');
	const mountPoint = path.join(folder, 'pool');
	await writeFile(file, '');
	await truncate(file, sizeBytes);
	await execa('mkfs.btrfs', ['-q', file]);
	await mkdir(mountPoint);
	await execa('mount', ['-o', 'loop', file, mountPoint]);
	unmountAfterwards(mountPoint, cleanup);
	return mountPoint;
}

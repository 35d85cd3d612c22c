// A control group of a test's own, in every hierarchy that systemd uses. Two systemds that share one take each other's
// services for their own.
import {
	existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync, writeFileSync,
} from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import type {Cleanup} from './cleanup.js';

let count = 0;
const groups = new Set<string[]>();

/** Makes a control group that is removed, with all processes in it, and returns its folders: one for each hierarchy. */
export function makeControlGroup(cleanup: Cleanup): string[] {
	count++;
	const folders = hierarchies().map(mountPoint => path.join(mountPoint, `nexus-test-${process.pid}-${count}`));
	groups.add(folders);
	cleanup(() => {
		removeControlGroup(folders);
	});
	for (const folder of folders) {
		mkdirSync(folder);
	}

	return folders;
}

// As folder.ts does with mounts: this is for a run that ends without its cleanups.
process.on('exit', () => {
	for (const folders of groups) {
		removeControlGroup(folders);
	}
});

// The unified one, and beside it, where that has no controllers, systemd's own of the first version (cgroups(7)).
function hierarchies(): string[] {
	const mounts = readFileSync('/proc/self/mounts', 'utf8').split('\n').filter(Boolean).map(line => line.split(' ') as [string, string, string, string]);
	return mounts
		.map(([_device, mountPoint, type, options]) => ({mountPoint, type, options: options.split(',')}))
		.filter(({type, options}) => type === 'cgroup2' || (type === 'cgroup' && options.includes('name=systemd')))
		.map(({mountPoint}) => mountPoint);
}

// Without promises: an exit waits for none.
function removeControlGroup(folders: string[]): void {
	groups.delete(folders);
	for (const folder of folders.filter(folder => existsSync(path.join(folder, 'cgroup.kill')))) {
		writeFileSync(path.join(folder, 'cgroup.kill'), '1');
	}

	for (const folder of folders.filter(folder => existsSync(folder))) {
		removeTree(folder, Date.now() + 5000);
	}
}

function removeTree(folder: string, deadline: number): void {
	for (const entry of readdirSync(folder, {withFileTypes: true}).filter(entry => entry.isDirectory())) {
		removeTree(path.join(folder, entry.name), deadline);
	}

	for (;;) {
		try {
			rmdirSync(folder);
			return;
		} catch (error) {
			// Processes that were killed take a moment to be gone; nothing that can be waited for without promises tells when.
			if ((error as NodeJS.ErrnoException).code !== 'EBUSY' || Date.now() > deadline) {
				throw error;
			}

			Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10);
		}
	}
}

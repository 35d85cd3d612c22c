// A folder of a test's own, and the mounts in it.
import {spawnSync} from 'node:child_process';
import {readFileSync} from 'node:fs';
import {chmod, mkdtemp} from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import {execa} from 'execa';
import type {Cleanup} from './cleanup.js';

/** With what the path of each test's folder begins. */
export const temporaryFolders = path.join(os.tmpdir(), 'nexus-test-');

const folders = new Set<string>();

/** Makes an empty folder that is removed with all in it. */
export async function temporaryFolder(cleanup: Cleanup): Promise<string> {
	const folder = await mkdtemp(temporaryFolders);
	folders.add(folder);
	// Other users take part in some tests.
	await chmod(folder, 0o755);
	cleanup(async () => {
		// Node would not find files again whose names are not UTF-8, nor reach those behind a very long path.
		await execa('rm', ['-rf', '--', folder]);
		folders.delete(folder);
	});
	return folder;
}

// A test that takes too long, or whose runner is interrupted, is ended without its cleanups. The process does the most of
// them on its way out.
for (const [signal, number] of [['SIGHUP', 1], ['SIGINT', 2], ['SIGTERM', 15]] as const) {
	process.once(signal, () => {
		process.exit(128 + number);
	});
}

process.on('exit', () => {
	const mountPoints = folders.size > 0 ? readFileSync('/proc/self/mounts', 'utf8').split('\n').map(line => line.split(' ')[1] ?? '') : [];
	for (const folder of folders) {
		for (const mountPoint of mountPoints.filter(mountPoint => mountPoint.startsWith(`${folder}/`)).reverse()) {
			spawnSync('umount', ['--lazy', mountPoint]);
		}

		spawnSync('rm', ['-rf', '--one-file-system', '--', folder]);
	}
});

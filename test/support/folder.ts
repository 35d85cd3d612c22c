// A folder of a test's own.
import {chmod, mkdtemp} from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import {execa} from 'execa';
import type {Cleanup} from './cleanup.js';

/** Makes an empty folder that is removed with all in it. */
export async function temporaryFolder(cleanup: Cleanup): Promise<string> {
	const folder = await mkdtemp(path.join(os.tmpdir(), 'nexus-test-'));
	// Other users take part in some tests.
	await chmod(folder, 0o755);
	cleanup(async () => {
		// Node would not find files again whose names are not UTF-8, nor reach those behind a very long path.
		await execa('rm', ['-rf', '--', folder]);
	});
	return folder;
}

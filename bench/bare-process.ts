// Run by bare.ts: calls libbtrfsutil as a naive program would, each snapshot into the same folder.
import {performance} from 'node:perf_hooks';
import process from 'node:process';
import koffi from 'koffi';

// What a declaration in C says is hidden from the compiler.
const snapshot = koffi.load('libbtrfsutil.so.1').func('int btrfs_util_create_snapshot(const char *source, const char *path, int flags, void *unused, void *inherit)') as unknown as
	(...values: unknown[]) => number;

const image = process.argv[2]!;
const noPointer = null;
let made = 0;

process.on('message', (count: number) => {
	process.send!(Array.from({length: count}, () => {
		const start = performance.now();
		const failed = snapshot(image, `${image}-${made++}`, 0, noPointer, noPointer);
		const took = performance.now() - start;
		if (failed !== 0) {
			throw new Error(`libbtrfsutil failed with ${failed}`);
		}

		return took;
	}));
});

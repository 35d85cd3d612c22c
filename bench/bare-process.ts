// Run by bare.ts: calls libbtrfsutil as a naive program would, each snapshot into the same folder.
import {performance} from 'node:perf_hooks';
import process from 'node:process';
import koffi from 'koffi';
import type {Order} from './bare.js';

const library = koffi.load('libbtrfsutil.so.1');
// What a declaration in C says is hidden from the compiler.
type Native = (...values: unknown[]) => number;
const snapshot = library.func('int btrfs_util_create_snapshot(const char *source, const char *path, int flags, void *unused, void *inherit)') as unknown as Native;
const remove = library.func('int btrfs_util_delete_subvolume(const char *path, int flags)') as unknown as Native;

const image = process.argv[2]!;
const nothing = null;
let present = 0;

process.on('message', ({what, count}: Order) => {
	process.send!(Array.from({length: count}, () => what === 'snapshot'
		? timed(() => snapshot(image, `${image}-${present++}`, 0, nothing, nothing))
		: timed(() => remove(`${image}-${--present}`, 0))));
});

function timed(call: () => number): number {
	const start = performance.now();
	const failed = call();
	const took = performance.now() - start;
	if (failed !== 0) {
		throw new Error(`libbtrfsutil failed with ${failed}`);
	}

	return took;
}

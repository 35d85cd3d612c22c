// The bare operation underneath: a process of its own that does nothing but call libbtrfsutil in a loop. What it takes is
// measured in there, so that neither a pipe nor a bus is in it.
import {fork} from 'node:child_process';
import {once} from 'node:events';
import {fileURLToPath} from 'node:url';
import type {Cleanup} from '../test/support/cleanup.js';

/** Makes so many snapshots and returns the milliseconds of each. */
export type Bare = (count: number) => Promise<number[]>;

/** Starts the process for an image, which is a subvolume; its snapshots go beside it. */
export function startBare(image: string, cleanup: Cleanup): Bare {
	const child = fork(fileURLToPath(new URL('bare-process.ts', import.meta.url)), [image]);
	const ended = once(child, 'exit');
	cleanup(async () => {
		child.kill();
		await ended;
	});
	return async count => {
		child.send(count);
		const [times] = await Promise.race([once(child, 'message'), ended.then(() => {
			throw new Error('the bare process has ended');
		})]) as [number[]];
		return times;
	};
}

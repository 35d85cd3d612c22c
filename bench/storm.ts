// Others at work: a process that has many workspaces made, or deleted again, as fast as nexusd does it. It measures itself, so
// that this process has nothing to do meanwhile but to watch.
import {fork} from 'node:child_process';
import {once} from 'node:events';
import {fileURLToPath} from 'node:url';
import type {Cleanup} from '../test/support/cleanup.js';
import type {Place} from './place.js';

export type Order = {what: 'create' | 'remove'; count: number; width: number};

/** Does it, and returns the milliseconds by the count. */
export type Storm = (order: Order) => Promise<number>;

/** Starts the process. Its workspaces are sorted before those that have been recorded. */
export function startStorm({bus, image}: Place, cleanup: Cleanup): Storm {
	const child = fork(fileURLToPath(new URL('storm-process.ts', import.meta.url)), [bus.address, image]);
	const ended = once(child, 'exit');
	cleanup(async () => {
		child.kill();
		await ended;
	});
	return async order => {
		child.send(order);
		const [each] = await Promise.race([once(child, 'message'), ended.then(() => {
			throw new Error('the process of the storm has ended');
		})]) as [number];
		return each;
	};
}

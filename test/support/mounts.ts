// What a test has mounted.
import {execa} from 'execa';
import type {Cleanup} from './cleanup.js';

/** Unmounts it when the test is over, also when somebody else looks at it at that moment or a machine has a copy of it. */
export function unmountAfterwards(mountPoint: string, cleanup: Cleanup): void {
	cleanup(async () => unmountLazily(mountPoint));
}

/** Takes it away from its place. Who has something of it open keeps that. */
export async function unmountLazily(mountPoint: string): Promise<void> {
	await execa('umount', ['--lazy', mountPoint]);
}

// Another user, who has no rights here.
import type {TestBus} from './bus.js';
import {run, type Run} from './run.js';

/** Debian's `nobody`. */
export const strangerUid = 65_534;

/** Runs a program as a stranger on a test's bus. */
export const asStranger = async (bus: TestBus, file: string, ...args: string[]): Promise<Run> =>
	run('setpriv', ['--reuid', String(strangerUid), '--regid', String(strangerUid), '--clear-groups', file, ...args], bus.env);

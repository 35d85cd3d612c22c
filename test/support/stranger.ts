// A nexusd of an ordinary user's own, on a session bus of their own, and that user's ways to it.
import {chown, mkdir} from 'node:fs/promises';
import path from 'node:path';
import {asStranger, strangerUid} from './as-user.js';
import {startBus} from './bus.js';
import {openCheckout} from './checkout.js';
import type {Cleanup} from './cleanup.js';
import {startDaemon, type TestDaemon} from './daemon.js';
import type {MakeFilesystem} from './nexus.js';
import type {Run} from './run.js';

export type StrangersNexus = {
	daemon: TestDaemon;
	workspaces: string;
	/** A folder that belongs to the user. */
	home: string;
	/** Runs nexusctl as the user. */
	nexusctl: (...args: string[]) => Promise<Run>;
};

/** Starts a daemon as a user without any rights; the pool lies on what `makeFilesystem` makes. */
export async function startStrangersNexus(folder: string, cleanup: Cleanup, makeFilesystem: MakeFilesystem): Promise<StrangersNexus> {
	const home = path.join(folder, 'home');
	await mkdir(home);
	const base = await makeFilesystem(folder, cleanup);
	await Promise.all([home, base].map(async owned => chown(owned, strangerUid, strangerUid)));

	const {node, ...programs} = await openCheckout(folder, cleanup);
	const bus = await startBus('session', home, cleanup, {uid: strangerUid});
	const workspaces = path.join(base, 'workspaces');
	const daemon = await startDaemon({
		bus,
		folder,
		workspaces,
		database: path.join(home, 'nexus.db'),
		command: ['setpriv', '--reuid', String(strangerUid), '--regid', String(strangerUid), '--clear-groups', node, programs.nexusd],
		env: {HOME: home},
		cleanup,
	});
	return {
		daemon,
		workspaces,
		home,
		nexusctl: async (...args) => asStranger(bus, node, programs.nexusctl, '--user', ...args),
	};
}

// A nexusd of an ordinary user's own, on a session bus of their own, and that user's ways to it.
import {chown, mkdir, writeFile} from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import {execa} from 'execa';
import {asStranger, strangerUid} from './as-user.js';
import {startBus} from './bus.js';
import type {Cleanup} from './cleanup.js';
import {startDaemon, type TestDaemon} from './daemon.js';
import {unmountAfterwards} from './mounts.js';
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

	// Neither this checkout nor node need lie where that user can go.
	const checkout = path.join(folder, 'checkout');
	await mkdir(checkout);
	await bind(process.cwd(), checkout, cleanup);
	const node = path.join(folder, 'node');
	await writeFile(node, '');
	await bind(process.execPath, node, cleanup);

	const bus = await startBus('session', home, cleanup, {uid: strangerUid});
	const workspaces = path.join(base, 'workspaces');
	const daemon = await startDaemon({
		bus,
		folder,
		workspaces,
		database: path.join(home, 'nexus.db'),
		command: ['setpriv', '--reuid', String(strangerUid), '--regid', String(strangerUid), '--clear-groups', node, path.join(checkout, 'dist/nexusd.js')],
		env: {HOME: home},
		cleanup,
	});
	return {
		daemon,
		workspaces,
		home,
		nexusctl: async (...args) => asStranger(bus, node, path.join(checkout, 'dist/nexusctl.js'), '--user', ...args),
	};
}

async function bind(from: string, to: string, cleanup: Cleanup): Promise<void> {
	await execa('mount', ['--bind', from, to]);
	unmountAfterwards(to, cleanup);
}

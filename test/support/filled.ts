// A Nexus with as many workspaces as a test wants, all of the same age and none of them on disk.
import path from 'node:path';
import type {ExecutionContext} from 'ava';
import type {NexusClient} from '../../dbus/client.js';
import {startBus, type TestBus} from './bus.js';
import {cleanupOf, type Cleanup} from './cleanup.js';
import {startDaemon, type TestDaemon} from './daemon.js';
import {temporaryFolder} from './folder.js';
import {connectClient} from './nexus.js';
import {fillDatabase} from './records.js';

export type Filled = {
	folder: string;
	workspaces: string;
	bus: TestBus;
	daemon: TestDaemon;
	client: NexusClient;
	cleanup: Cleanup;
};

/** Starts it on plain folders, with an image `base`, workspaces `ws-00000` and so on, and a VM for every tenth of them. */
export const startFilled = async (t: ExecutionContext, count: number): Promise<Filled> => startFilledFor(cleanupOf(t), count);

/** The same for several tests. */
export async function startFilledFor(cleanup: Cleanup, count: number): Promise<Filled> {
	const folder = await temporaryFolder(cleanup);
	const workspaces = path.join(folder, 'workspaces');
	const database = path.join(folder, 'nexus.db');
	await fillDatabase({database, workspaces, count});
	const bus = await startBus('system', folder, cleanup);
	const daemon = await startDaemon({
		bus, folder, workspaces, database, backend: 'directory', cleanup,
	});
	return {
		folder, workspaces, bus, daemon, client: await connectClient(bus, cleanup), cleanup,
	};
}

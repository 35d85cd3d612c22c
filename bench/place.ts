// Where the race is held: a bus with a nexusd on a pool of its own, and as many more pools of the same kind as there are
// competitors.
import {copyFile, readFile} from 'node:fs/promises';
import path from 'node:path';
import {connectBus} from '../dbus/bus.js';
import {NexusClient} from '../dbus/client.js';
import {libraryCalls} from '../src/backend/btrfs-calls.js';
import {diskFile} from '../src/model.js';
import {startBus, type TestBus} from '../test/support/bus.js';
import type {Cleanup} from '../test/support/cleanup.js';
import {
	spawnDaemon, startDaemon, type DaemonOptions, type TestDaemon,
} from '../test/support/daemon.js';
import {temporaryFolder} from '../test/support/folder.js';
import {connectClient, importImage, makeSource} from '../test/support/nexus.js';
import {mountBtrfs} from '../test/support/pool.js';
import {fillDatabase} from '../test/support/records.js';
import {startBare, type Bare} from './bare.js';
import {machinedPolicies, startMachined, type Machined} from './machined.js';
import {inFlight} from './measure.js';
import {Names} from './names.js';
import {showProgress} from './progress.js';

export type Place = {
	folder: string;
	bus: TestBus;
	/** The folder of Nexus's images and workspaces. */
	workspaces: string;
	/** The image that was imported. */
	image: string;
	/** How many workspaces were recorded beforehand. */
	recorded: number;
	/** A client that is told no signals, so that it gets from Nexus what it gets from machined. */
	client: NexusClient;
	/** Ends the daemon. */
	stop: () => Promise<void>;
	/** Starts one again, and does not wait until it serves. */
	start: () => Promise<TestDaemon>;
	/** Imports an image into Nexus. */
	import: (name: string, source: string) => Promise<void>;
	/** Makes a workspace, named as machined's clones are. */
	create: (base?: string) => Promise<void>;
	/** Deletes the workspace that was made last. */
	remove: () => Promise<void>;
};

/** The image that everybody has. */
export const image = 'base';

/** How many workspaces are many. */
export const many = 10_000;

/**
Opens a place with that image in Nexus.

@param recorded How many workspaces there are before nexusd starts. They are records and nothing on disk, and take no time to make.
*/
export async function openPlace(cleanup: Cleanup, recorded = 0): Promise<Place> {
	const folder = await temporaryFolder(cleanup);
	const pool = await makePool(cleanup);
	const bus = await startBus('system', folder, cleanup, {policies: machinedPolicies});
	const options: DaemonOptions = {
		bus, folder, workspaces: path.join(pool, 'workspaces'), database: path.join(folder, 'nexus.db'), env: await unitEnvironment(), cleanup,
	};
	if (recorded > 0) {
		await fillDatabase({...options, count: recorded});
	}

	// The records bring one of that name, which is not on disk.
	const imported = recorded > 0 ? 'imported' : image;
	let daemon = await startDaemon(options);
	const client = new NexusClient(await connectBus(bus.kind, bus.address));
	cleanup(async () => client.close());
	const names = new Names();
	const place: Place = {
		folder,
		bus,
		workspaces: options.workspaces,
		image: imported,
		recorded,
		client,
		async stop() {
			await daemon.stop();
		},
		async start() {
			daemon = await spawnDaemon(options);
			return daemon;
		},
		async import(name, source) {
			// A connection of its own, that is told of the job.
			const listener = await connectClient(bus, () => undefined);
			const {result, message} = await importImage(listener, name, source);
			await listener.close();
			if (result !== 'done') {
				throw new Error(`the import of ${source} ended as ${result}: ${message}`);
			}
		},
		async create(base = imported) {
			await client.manager.createWorkspace(base, names.next(), {});
		},
		remove: async () => client.manager.deleteWorkspace(names.last()),
	};
	await place.import(imported, await makeSource(folder));
	return place;
}

/** Makes so many workspaces. */
export async function fill({create}: Place, count: number): Promise<void> {
	showProgress(`making ${count} workspaces`);
	await inFlight(count, 32, create);
}

/**
Starts machined on the place's bus, with a pool of its own that has the same image. An import into it would enable quotas,
with which machined gets slower.
*/
export async function addMachined({bus, workspaces}: Place, cleanup: Cleanup): Promise<Machined> {
	const pool = await makePool(cleanup);
	await copyImage(workspaces, pool);
	return startMachined(bus, {pool, image}, cleanup);
}

/** Starts the bare process with the same image in a pool of its own. */
export async function addBare({workspaces}: Place, cleanup: Cleanup): Promise<Bare> {
	return startBare(await copyImage(workspaces, await makePool(cleanup)), cleanup);
}

/** Makes and mounts a btrfs, all of one kind and size. */
export const makePool = async (cleanup: Cleanup): Promise<string> => mountBtrfs(await temporaryFolder(cleanup), cleanup, 16 * (1024 ** 3));

async function copyImage(workspaces: string, pool: string): Promise<string> {
	const copy = path.join(pool, image);
	await libraryCalls()!.createSubvolume(copy);
	await copyFile(path.join(workspaces, `@${image}`, diskFile), path.join(copy, diskFile));
	return copy;
}

// The daemon runs with what its unit gives it.
async function unitEnvironment(): Promise<Record<string, string>> {
	const unit = await readFile('systemd/system/nexusd.service', 'utf8');
	return Object.fromEntries([...unit.matchAll(/^Environment=(\w+)=(.*)$/gm)].map(([, name, value]) => [name!, value!]));
}

// All of Nexus for one test: a pool, a bus, a daemon, and a client of each kind.
import path from 'node:path';
import type {ExecutionContext} from 'ava';
import {execa} from 'execa';
import {connectBus, type BusKind} from '../../dbus/bus.js';
import {NexusClient} from '../../dbus/client.js';
import {startBus, type TestBus} from './bus.js';
import {cleanupOf, type Cleanup} from './cleanup.js';
import {startDaemon, type DaemonOptions, type TestDaemon} from './daemon.js';
import {temporaryFolder} from './folder.js';
import {mountBtrfs} from './pool.js';

export type TestNexus = {
	folder: string;
	bus: TestBus;
	daemon: TestDaemon;
	/** The folder of images and workspaces. */
	workspaces: string;
	database: string;
	client: NexusClient;
	cleanup: Cleanup;
	/** Starts the daemon again on the same pool and database, after it was stopped. */
	restart: (env?: Record<string, string>) => Promise<TestDaemon>;
	/** Connects one more client. */
	connect: () => Promise<NexusClient>;
};

/** Makes a filesystem below a test's folder and returns where it is mounted. */
export type MakeFilesystem = (folder: string, cleanup: Cleanup) => Promise<string>;

type NexusOptions = {
	/** What the pool lies on: a btrfs, the test's folder as it is, or something that the test makes. */
	on?: 'btrfs' | 'directory' | MakeFilesystem;
	/** What the database lies on; the test's folder as it is when left out. */
	recordsOn?: MakeFilesystem;
	kind?: BusKind;
	env?: Record<string, string>;
} & Pick<DaemonOptions, 'backend' | 'command'>;

/** Starts everything: btrfs and a system bus unless told otherwise. */
export async function startNexus(t: ExecutionContext, options: NexusOptions = {}): Promise<TestNexus> {
	return startNexusFor(cleanupOf(t), options);
}

/** The same where there is no test. */
export async function startNexusFor(cleanup: Cleanup, {
	on = 'btrfs', recordsOn, kind = 'system', env = {}, ...daemonOptions
}: NexusOptions = {}): Promise<TestNexus> {
	const folder = await temporaryFolder(cleanup);
	const makeFilesystem = on === 'btrfs' ? mountBtrfs : on;
	const base = makeFilesystem === 'directory' ? folder : await makeFilesystem(folder, cleanup);
	const records = recordsOn ? await recordsOn(folder, cleanup) : folder;
	const bus = await startBus(kind, folder, cleanup);
	const options: DaemonOptions = {
		bus, folder, workspaces: path.join(base, 'workspaces'), database: path.join(records, 'nexus.db'), cleanup, ...daemonOptions,
	};
	const daemon = await startDaemon({...options, env});
	const connect = async (): Promise<NexusClient> => connectClient(bus, cleanup);
	return {
		folder,
		bus,
		daemon,
		workspaces: options.workspaces,
		database: options.database,
		client: await connect(),
		cleanup,
		restart: async (env = {}) => startDaemon({...options, env}),
		connect,
	};
}

/** Connects a client to a test's bus. */
export async function connectClient(bus: TestBus, cleanup: Cleanup): Promise<NexusClient> {
	const client = new NexusClient(await connectBus(bus.kind, bus.address));
	await client.listen();
	cleanup(async () => client.close());
	return client;
}

/** Makes a small root filesystem with some megabytes of noise and returns its path. */
export async function makeSource(folder: string, name = 'source', megabytes = 8): Promise<string> {
	const source = path.join(folder, name);
	await execa('mkdir', ['-p', path.join(source, 'etc'), path.join(source, 'data')]);
	await execa('cp', ['/etc/os-release', '/etc/passwd', path.join(source, 'etc')]);
	await execa('dd', ['if=/dev/urandom', `of=${path.join(source, 'data/random')}`, 'bs=1M', `count=${megabytes}`, 'status=none']);
	return source;
}

/** How a job ended: its result, what it made, and its last message. */
export type JobEnd = {result: string; object: string; message: string};

/** Imports through the client and waits for the job's end. */
export async function importImage(client: NexusClient, name: string, source: string, options: {size?: number} = {}): Promise<JobEnd> {
	const messages = new Map<string, string>();
	const ends = new Map<string, JobEnd>();
	let awaited: string | undefined;
	let finish: (end: JobEnd) => void;
	const ended = new Promise<JobEnd>(resolve => {
		finish = resolve;
	});
	const onChange = (job: string, interfaceName: string, changed: Parameters<NexusClient['changes']>[2]): void => {
		const {message} = client.changes('Job', interfaceName, changed);
		if (message !== undefined) {
			messages.set(job, message);
		}
	};

	const onEnd = (...values: [root: string, id: number, job: string, result: string, object: string]): void => {
		const [job, result, object] = values.slice(2) as [string, string, string];
		const end = {result, object, message: messages.get(job) ?? ''};
		ends.set(job, end);
		if (job === awaited) {
			finish(end);
		}
	};

	client.on('Properties.PropertiesChanged', onChange);
	client.on('Manager.JobRemoved', onEnd);
	try {
		awaited = await client.manager.importImage(name, source, options);
		// A small import may have ended before its reply came.
		return ends.get(awaited) ?? await ended;
	} finally {
		client.off('Properties.PropertiesChanged', onChange);
		client.off('Manager.JobRemoved', onEnd);
	}
}

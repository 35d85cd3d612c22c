// Ten thousand workspaces: lists are whole and right, nobody waits for them, and they fit the signals around them. The
// records are made before the daemon starts; nothing of them is on disk.
import path from 'node:path';
import {isDeepStrictEqual} from 'node:util';
import type {ExecutionContext} from 'ava';
import {Variant} from 'dbus-next';
import {isBusError, type NexusClient} from '../../dbus/client.js';
import {contract} from '../../dbus/contract.js';
import {busErrors} from '../../dbus/errors.js';
import {busName, objectPath, rootPath} from '../../dbus/paths.js';
import {startBus, type TestBus} from '../support/bus.js';
import {cleanupOf} from '../support/cleanup.js';
import {busctl, startDaemon, type TestDaemon} from '../support/daemon.js';
import {temporaryFolder} from '../support/folder.js';
import {connectClient, importImage, makeSource} from '../support/nexus.js';
import {fillDatabase, idOf} from '../support/records.js';
import {rootTest} from '../support/requirements.js';

const count = 10_000;

type Filled = {
	folder: string;
	workspaces: string;
	bus: TestBus;
	daemon: TestDaemon;
	client: NexusClient;
	connect: () => Promise<NexusClient>;
};

async function startFilled(t: ExecutionContext, {below = 'workspaces'} = {}): Promise<Filled> {
	const cleanup = cleanupOf(t);
	const folder = await temporaryFolder(cleanup);
	const workspaces = path.join(folder, below);
	const database = path.join(folder, 'nexus.db');
	await fillDatabase({database, workspaces, count});
	const bus = await startBus('system', folder, cleanup);
	const daemon = await startDaemon({
		bus, folder, workspaces, database, backend: 'directory', cleanup,
	});
	const connect = async (): Promise<NexusClient> => connectClient(bus, cleanup);
	return {
		folder, workspaces, bus, daemon, client: await connect(), connect,
	};
}

type Managed = Awaited<ReturnType<typeof managedObjects>>;

const managedObjects = async (client: NexusClient) => client.object('ObjectManager', rootPath).getManagedObjects();

/** What busctl reads from a call's answer, as JSON. */
async function askBusctl<T>(bus: TestBus, interfaceName: string, method: string, ...args: string[]): Promise<T> {
	const {stdout, stderr} = await busctl(bus, '--json=short', 'call', busName, rootPath, interfaceName, method, ...args);
	const {data: [answer]} = JSON.parse(stdout || stderr) as {data: [T]};
	return answer;
}

rootTest('lists of ten thousand are whole, in order, and what busctl reads', async t => {
	const {client, bus, workspaces} = await startFilled(t);
	const manager = contract.Manager.name;
	const rows = await client.manager.listWorkspaces('');
	t.is(rows.length, count);
	t.deepEqual(rows[20], {
		id: idOf(1, 20),
		name: 'ws-00020',
		base: 'base',
		vm: 'vm-20',
		devicePath: `${workspaces}/@ws-00020/rootfs.ext4`,
		rootDevice: true,
		readOnly: false,
		size: 2 ** 30,
		createdAt: 1_700_000_000,
		object: objectPath('workspace', idOf(1, 20)),
	});
	t.deepEqual(rows.map(({name}) => name), rows.map((_, index) => `ws-${String(index).padStart(5, '0')}`));
	t.deepEqual(rows.map(row => Object.values(row)), await askBusctl(bus, manager, 'ListWorkspaces', 's', ''));
	t.deepEqual(await client.manager.listWorkspaces('base'), rows);

	const owners = await client.manager.listWorkspaceOwners('');
	t.is(owners[rows[20]!.object], 20 % 7);
	t.deepEqual(owners, await askBusctl<Record<string, number>>(bus, manager, 'ListWorkspaceOwners', 's', ''));
	const vms = await client.manager.listVms();
	t.is(vms.length, count / 10);
	t.deepEqual(vms.map(row => Object.values(row)), await askBusctl(bus, manager, 'ListVms'));
	t.deepEqual((await client.manager.listImages()).map(({name, workspaces}) => [name, workspaces]), [['base', count]]);

	const managed = await managedObjects(client);
	t.is(Object.keys(managed).length, 1 + count + (count / 10));
	t.deepEqual(managed[rows[20]!.object]![contract.Workspace.name], await client.object('Properties', rows[20]!.object).getAll(contract.Workspace.name));
	t.deepEqual(asJson(managed), await askBusctl(bus, contract.ObjectManager.name, 'GetManagedObjects'));

	const xml = await client.object('Introspectable', `${rootPath}/workspace`).introspect();
	t.deepEqual([...xml.matchAll(/<node name="([^"]+)"\/>/g)].map(([, name]) => `${rootPath}/workspace/${name!}`), rows.map(({object}) => object));
});

/** Variants and large numbers as busctl writes them. */
const asJson = (managed: Managed): unknown => JSON.parse(JSON.stringify(managed, (_, value: unknown) => {
	if (value instanceof Variant) {
		return {type: value.signature, data: value.value as unknown};
	}

	return typeof value === 'bigint' ? Number(value) : value;
}));

rootTest('others are answered while a long list is made', async t => {
	const {client, connect} = await startFilled(t);
	const lists: Record<string, () => Promise<unknown>> = {
		ListWorkspaces: async () => client.manager.listWorkspaces(''),
		GetManagedObjects: async () => managedObjects(client),
	};
	for (const [name, list] of Object.entries(lists)) {
		const order: string[] = [];
		const done = async (what: string, work: Promise<unknown>): Promise<void> => {
			await work;
			order.push(what);
		};

		// On one connection the daemon gets calls, and the client replies, in the order in which they were sent.
		// eslint-disable-next-line no-await-in-loop
		await Promise.all([done(name, list()), done('Ping', client.object('Peer', rootPath).ping())]);
		t.deepEqual(order, ['Ping', name]);
	}

	// Many at once each get theirs.
	const clients = await Promise.all(Array.from({length: 4}, async () => connect()));
	const sizes = await Promise.all(clients.flatMap(client => [1, 2].map(async () => Object.keys(await managedObjects(client)).length)));
	t.deepEqual(new Set(sizes), new Set([1 + count + (count / 10)]));
});

type Mirror = Map<string, Record<string, unknown>>;

const toMirror = (managed: Managed): Mirror => new Map(Object.entries(managed).map(([object, interfaces]) => [object, toProperties(Object.values(interfaces)[0]!)]));

// What the contract says is told by no signal may differ.
const toProperties = (variants: Record<string, Variant>): Record<string, unknown> =>
	Object.fromEntries(Object.entries(variants).filter(([name]) => name !== 'Allocated').map(([name, {value}]) => [name, value as unknown]));

/** A copy of all objects as of now, kept by signals from then on. */
async function mirror(client: NexusClient): Promise<Mirror> {
	const kept: {objects?: Mirror} = {};
	client.on('ObjectManager.InterfacesAdded', (_, object, interfaces) => {
		kept.objects?.set(object, toProperties(Object.values(interfaces)[0]!));
	});
	client.on('ObjectManager.InterfacesRemoved', (_, object) => {
		kept.objects?.delete(object);
	});
	client.on('Properties.PropertiesChanged', (object, _, changed) => {
		const known = kept.objects?.get(object);
		if (known) {
			Object.assign(known, toProperties(changed));
		}
	});
	kept.objects = toMirror(await managedObjects(client));
	return kept.objects;
}

rootTest('whoever takes all objects and follows the signals misses nothing, whatever happens meanwhile', async t => {
	const {folder, client, connect} = await startFilled(t);
	await importImage(client, 'small', await makeSource(folder, 'source', 1));
	const over = new AbortController();
	let changes = 0;
	// Each has workspaces and VMs of its own, so that none is refused.
	const busy = async (changer: NexusClient, number: number): Promise<void> => {
		const {manager} = changer;
		for (let round = 0; !over.signal.aborted; round++) {
			/* eslint-disable no-await-in-loop -- one after the other is what this is about */
			const index = (((round * 50) + (number * 1000)) % count) + 1;
			const workspace = `ws-${String(index).padStart(5, '0')}`;
			const vm = `busy-${number}-${round}`;
			await manager.createVm(vm, 'work', 1, 128);
			await manager.attachWorkspace(workspace, vm, {});
			const made = await manager.createWorkspace('small', '', {});
			await (round % 2 === 0 ? manager.deleteVm(vm) : manager.detachWorkspace(workspace));
			if (round % 3 > 0) {
				await changer.object('Workspace', made).delete();
			}

			changes++;
			/* eslint-enable no-await-in-loop */
		}
	};

	const busyness = Promise.all([0, 1, 2, 3].map(async number => busy(await connect(), number)));
	const followers = await Promise.all([connect(), connect()]);
	const mirrors: Mirror[] = [];
	for (let round = 0; round < 6; round++) {
		// eslint-disable-next-line no-await-in-loop
		mirrors.push(...await Promise.all(followers.map(async follower => mirror(follower))));
	}

	over.abort();
	await busyness;
	t.true(changes > 0);
	const present = toMirror(await managedObjects(client));
	// A reply never overtakes the signals of what it reflects.
	await Promise.all(followers.map(async follower => follower.object('Peer', rootPath).ping()));
	for (const kept of mirrors) {
		const paths = new Set([...kept.keys(), ...present.keys()]);
		const differences = [...paths].map(object => ({object, kept: kept.get(object), present: present.get(object)}))
			.filter(({kept, present}) => !isDeepStrictEqual(kept, present));
		t.deepEqual(differences, []);
	}
});

rootTest('a list that no bus would take is refused, and the daemon stays', async t => {
	// Long paths make few records large.
	const below = Array.from({length: 9}, (_, index) => `${index}`.repeat(200)).join('/');
	const {client, daemon} = await startFilled(t, {below});
	const error = await t.throwsAsync(managedObjects(client));
	t.true(isBusError(error, busErrors.limitsExceeded));
	t.regex(error.message, /longer than the 32 MiB that fit into an answer on the bus: ListImages, ListWorkspaces and ListVms say less/);
	const rows = await client.manager.listWorkspaces('');
	t.is(rows.length, count);
	t.true(rows.every(({devicePath}) => devicePath.length > 1800));
	t.notRegex(daemon.log(), /unexpected|lost/);
});

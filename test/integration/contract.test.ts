// The contract as any program on the bus meets it: what is there, what is refused and how, and what is told by signals.
import {Buffer} from 'node:buffer';
import path from 'node:path';
import {Message, Variant} from 'dbus-next';
import type {ExecutionContext} from 'ava';
import {execa} from 'execa';
import {connectBus, type Bus} from '../../dbus/bus.js';
import {isBusError, type NexusClient} from '../../dbus/client.js';
import {contract, type ManagerProperties, type Properties} from '../../dbus/contract.js';
import {busErrors, errorPrefix} from '../../dbus/errors.js';
import {busName, objectPath, rootPath} from '../../dbus/paths.js';
import {signatureOf, type ArgumentSpec, type InterfaceSpec} from '../../dbus/spec.js';
import {asStranger} from '../support/as-user.js';
import {makeDisk, type Disk} from '../support/campaign/disk.js';
import {busctl, callManager} from '../support/daemon.js';
import {
	importImage, makeSource, startNexus, type TestNexus,
} from '../support/nexus.js';
import {connectRaw} from '../support/raw-bus.js';
import {rootTest} from '../support/requirements.js';
import {run} from '../support/run.js';

const managerName = contract.Manager.name;

async function rawBus({bus, cleanup}: TestNexus): Promise<Bus> {
	const raw = await connectBus(bus.kind, bus.address);
	cleanup(async () => raw.close());
	return raw;
}

async function errorOf(work: Promise<unknown>): Promise<{type: string; text: string}> {
	try {
		await work;
	} catch (error) {
		if (isBusError(error)) {
			return {type: error.type, text: error.text};
		}

		throw error;
	}

	throw new Error('the call succeeded');
}

async function withImage(t: ExecutionContext): Promise<TestNexus> {
	const nexus = await startNexus(t);
	const {result, message} = await importImage(nexus.client, 'base', await makeSource(nexus.folder));
	t.is(result, 'done', message);
	return nexus;
}

rootTest('a malformed call gets the error that the specification names, and no stack trace', async t => {
	const nexus = await startNexus(t);
	const raw = await rawBus(nexus);
	const call = async (path: string, interfaceName: string | undefined, member: string, ...[signature = '', body = []]: [signature?: string, body?: unknown[]]) =>
		errorOf(raw.call({
			destination: busName, path, member, signature, body, ...(interfaceName && {interface: interfaceName}),
		}));
	const properties = contract.Properties.name;
	const nobody = objectPath('workspace', '00000000-0000-4000-8000-000000000000');

	const refused = [
		[await call(rootPath, managerName, 'GetImage', 'u', [1]), busErrors.invalidArgs],
		[await call(rootPath, managerName, 'GetImage'), busErrors.invalidArgs],
		[await call(rootPath, managerName, 'GetImage', 'ss', ['a', 'b']), busErrors.invalidArgs],
		[await call(rootPath, managerName, 'Nonsense'), busErrors.unknownMethod],
		[await call(rootPath, undefined, 'Nonsense'), busErrors.unknownMethod],
		[await call(rootPath, managerName, 'constructor'), busErrors.unknownMethod],
		[await call(rootPath, 'org.workfort.Nonsense', 'GetImage', 's', ['a']), busErrors.unknownInterface],
		[await call(rootPath, contract.Workspace.name, 'Delete'), busErrors.unknownInterface],
		[await call('/org/workfort/Nexus1/workspace', contract.Workspace.name, 'Delete'), busErrors.unknownInterface],
		[await call(nobody, contract.Workspace.name, 'Delete'), busErrors.unknownObject],
		[await call('/nowhere', managerName, 'ListImages'), busErrors.unknownObject],
		[await call(`${rootPath}/job/1`, contract.Job.name, 'Cancel'), busErrors.unknownObject],
		[await call(rootPath, properties, 'Get', 'ss', [managerName, 'Nonsense']), busErrors.unknownProperty],
		[await call(rootPath, properties, 'Get', 'ss', ['org.workfort.Nonsense', 'Version']), busErrors.unknownInterface],
		[await call(rootPath, properties, 'GetAll', 's', ['org.workfort.Nonsense']), busErrors.unknownInterface],
		[await call(rootPath, properties, 'Set', 'ssv', [managerName, 'Version', new Variant('s', '9')]), busErrors.propertyReadOnly],
		[await call(rootPath, properties, 'Set', 'ssv', [managerName, 'Nonsense', new Variant('s', '9')]), busErrors.unknownProperty],
		[await call(rootPath, managerName, 'ImportImage', 'ssa{sv}', ['a', '/x', {nonsense: new Variant('s', '')}]), `${errorPrefix}InvalidArgument`],
		[await call(rootPath, managerName, 'ImportImage', 'ssa{sv}', ['a', '/x', {size: new Variant('s', '1G')}]), `${errorPrefix}InvalidArgument`],
		[await call(rootPath, managerName, 'ImportImage', 'ssa{sv}', ['a', '/x', {size: new Variant('t', 2n ** 63n)}]), `${errorPrefix}InvalidArgument`],
		[await call(rootPath, managerName, 'CreateWorkspace', 'ssa{sv}', ['a', '', {size: new Variant('t', 1n)}]), `${errorPrefix}InvalidArgument`],
		[await call(rootPath, managerName, 'ImportImage', 'ssa{sv}', ['../a', '/x', {}]), `${errorPrefix}InvalidName`],
	] as const;
	for (const [{type, text}, wanted] of refused) {
		t.is(type, wanted, text);
		t.notRegex(text, /\n|\bat \/|\.[jt]s:/, 'a message is one sentence for a person');
	}
});

rootTest('a call need not name its interface, and one that wants no reply gets none', async t => {
	const nexus = await startNexus(t);
	const raw = await rawBus(nexus);
	const [version] = await raw.call({
		destination: busName, path: rootPath, member: 'GetAll', signature: 's', body: [managerName],
	}) as [Record<string, Variant>];
	t.is(version['Backend']!.value, 'btrfs');

	const added = new Promise(resolve => {
		nexus.client.once('ObjectManager.InterfacesAdded', resolve);
	});
	raw.send(new Message({
		destination: busName, path: rootPath, interface: managerName, member: 'CreateVm', signature: 'ssuu', body: ['quiet', 'work', 1, 128], flags: 1,
	}));
	await added;
	const vms = await nexus.client.manager.listVms();
	t.deepEqual(vms.map(({name}) => name), ['quiet']);
});

rootTest('introspection shows every object, node and member, and busctl reads it', async t => {
	const nexus = await withImage(t);
	const {client, bus} = nexus;
	const workspace = await client.manager.createWorkspace('base', 'one', {});
	const vm = await client.manager.createVm('guest', 'work', 2, 256);
	const image = await client.manager.getImage('base');

	const tree = await busctl(bus, 'tree', '--list', busName);
	for (const path of [rootPath, image, workspace, vm]) {
		t.true(tree.stdout.split('\n').includes(path), path);
	}

	const objects: Array<[path: string, spec: InterfaceSpec]> = [
		[rootPath, contract.Manager], [rootPath, contract.ObjectManager], [image, contract.Image], [workspace, contract.Workspace], [vm, contract.Vm],
	];
	for (const [path, spec] of objects) {
		// eslint-disable-next-line no-await-in-loop
		const {stdout, stderr} = await busctl(bus, 'introspect', '--list', busName, path, spec.name);
		t.is(stderr, '');
		const rows = new Set(stdout.split('\n').map(line => line.split(/\s+/).slice(0, 3).join(' ')));
		for (const [name, method] of Object.entries(spec.methods)) {
			t.true(rows.has(`.${name} method ${signatureOf(method.in) || '-'}`), `${spec.name}.${name}`);
		}

		for (const [name, {type}] of Object.entries(spec.properties)) {
			t.true(rows.has(`.${name} property ${type}`), `${spec.name}.${name}`);
		}

		for (const [name, args] of Object.entries(spec.signals)) {
			t.true(rows.has(`.${name} signal ${signatureOf(args)}`), `${spec.name}.${name}`);
		}
	}

	const {stdout: machine} = await busctl(bus, 'call', busName, rootPath, contract.Peer.name, 'GetMachineId');
	t.regex(machine, /^s "[\da-f]{32}"$/);
});

/** Resolves when a change of properties is told that is as wanted. */
const nextTold = async <K extends 'Manager' | 'Image'>(client: NexusClient, name: K, isWanted: (changes: Partial<Properties[K]>) => boolean): Promise<Partial<Properties[K]>> =>
	new Promise(resolve => {
		const onChange = (...[, interfaceName, changed]: [string, string, Record<string, Variant>, string[]]): void => {
			const changes = client.changes(name, interfaceName, changed);
			if (isWanted(changes)) {
				client.off('Properties.PropertiesChanged', onChange);
				resolve(changes);
			}
		};

		client.on('Properties.PropertiesChanged', onChange);
	});

rootTest('a mirror kept by signals alone equals the objects themselves', async t => {
	const nexus = await startNexus(t);
	const {client} = nexus;
	const mirror = new Map<string, Record<string, unknown>>();
	const jobs: string[] = [];
	client.on('ObjectManager.InterfacesAdded', (_, path, interfaces) => {
		mirror.set(path, plain(Object.values(interfaces)[0]!));
	});
	client.on('ObjectManager.InterfacesRemoved', (_, path) => {
		mirror.delete(path);
	});
	client.on('Properties.PropertiesChanged', (path, _, changed) => {
		const known = path === rootPath ? mirror.get(path) ?? {} : mirror.get(path);
		if (known) {
			mirror.set(path, {...known, ...plain(changed)});
		}
	});
	client.on('Manager.JobNew', (_, id) => {
		jobs.push(`new ${id}`);
	});
	client.on('Manager.JobRemoved', (...[, id, , result, object]) => {
		jobs.push(`${result} ${id} ${object.replace(/[^/]*$/, '')}`);
	});

	await importImage(client, 'base', await makeSource(nexus.folder));
	await importImage(client, 'broken', await makeSource(nexus.folder, 'large', 20), {size: 16 * 1024 * 1024});
	await client.manager.createVm('guest', 'work', 2, 256);
	await client.manager.createVm('gone', 'service', 2, 256);
	await client.manager.createWorkspace('base', 'one', {});
	await client.manager.createWorkspace('base', 'two', {});
	await client.manager.createWorkspace('base', 'three', {});
	await client.manager.attachWorkspace('one', 'guest', {rootDevice: true});
	await client.manager.attachWorkspace('two', 'guest', {readOnly: true});
	await client.manager.attachWorkspace('three', 'gone', {});
	await client.manager.detachWorkspace('two');
	await client.manager.deleteVm('gone');
	// They are told a moment after the answer.
	const counts = Promise.all([
		nextTold(client, 'Manager', ({vms, workspaces}) => vms === 1 && workspaces === 2), nextTold(client, 'Image', ({workspaces}) => workspaces === 2),
	]);
	await client.manager.deleteWorkspace('three');
	await counts;

	const managed = await client.object('ObjectManager', rootPath).getManagedObjects();
	const objects = Object.fromEntries(Object.entries(managed).map(([path, interfaces]) => [path, stable(plain(Object.values(interfaces)[0]!))]));
	const {images, workspaces, vms} = mirror.get(rootPath)!;
	t.deepEqual([images, workspaces, vms], [1, 2, 1]);
	mirror.delete(rootPath);
	t.deepEqual(Object.fromEntries([...mirror].map(([path, properties]) => [path, stable(properties)])), objects);
	t.is(Object.keys(objects).length, 4);
	t.deepEqual(jobs, ['new 1', 'done 1 /org/workfort/Nexus1/image/', 'new 2', 'failed 2 /']);

	function plain(variants: Record<string, Variant>): Record<string, unknown> {
		return Object.fromEntries(Object.entries(variants).map(([name, {value}]) => [name.charAt(0).toLowerCase() + name.slice(1), value as unknown]));
	}

	// What the contract says is told by no signal may differ.
	function stable({allocated, ...rest}: Record<string, unknown>): Record<string, unknown> {
		return rest;
	}
});

rootTest('a stranger reads everything and changes nothing', async t => {
	const nexus = await withImage(t);
	const {client, bus, database} = nexus;
	const workspace = await client.manager.createWorkspace('base', 'one', {});
	const vm = await client.manager.createVm('guest', 'work', 1, 128);
	const image = await client.manager.getImage('base');
	const before = await everything(client);
	const callAsStranger = async (...args: string[]) => asStranger(bus, 'busctl', `--address=${bus.address}`, 'call', busName, ...args);

	const list = await callAsStranger(rootPath, managerName, 'ListWorkspaces', 's', '');
	t.is(list.exitCode, 0, list.stderr);
	const read = await asStranger(bus, 'busctl', `--address=${bus.address}`, 'get-property', busName, workspace, contract.Workspace.name, 'DevicePath');
	t.is(read.exitCode, 0, read.stderr);

	const objects: Array<[path: string, spec: InterfaceSpec]> = [
		[rootPath, contract.Manager], [image, contract.Image], [workspace, contract.Workspace], [vm, contract.Vm],
	];
	let refusals = 0;
	for (const [path, spec] of objects) {
		for (const [member, method] of Object.entries(spec.methods).filter(([, {action}]) => action)) {
			// eslint-disable-next-line no-await-in-loop
			const {exitCode, stderr} = await callAsStranger(path, spec.name, member, signatureOf(method.in), ...method.in.flatMap(argument => sample(argument)));
			t.is(exitCode, 1, member);
			t.regex(stderr, /Access denied/, member);
			refusals++;
		}
	}

	t.is(refusals, 16);
	t.deepEqual(await everything(client), before);
	await nexus.daemon.stop();
	const {stdout} = await run('sqlite3', [database, 'SELECT name FROM workspaces']);
	t.is(stdout, 'one');

	function sample({type}: ArgumentSpec): string[] {
		return {
			s: ['one'], u: ['1'], o: [vm], 'a{sv}': ['0'],
		}[type]!;
	}
});

async function everything(client: NexusClient): Promise<unknown> {
	return client.object('ObjectManager', rootPath).getManagedObjects();
}

rootTest('subscribing is free and repeatable', async t => {
	const {bus} = await startNexus(t);
	for (const method of ['Subscribe', 'Subscribe', 'Unsubscribe', 'Unsubscribe']) {
		// eslint-disable-next-line no-await-in-loop
		const {exitCode, stderr} = await callManager(bus, method);
		t.is(exitCode, 0, stderr);
	}
});

/** Writes to a pool past Nexus. */
const writeFileIn = async (pool: string, megabytes: number): Promise<unknown> =>
	execa('dd', ['if=/dev/urandom', `of=${path.join(pool, 'somebody-elses')}`, 'bs=1M', `count=${megabytes}`, 'conv=fsync', 'status=none']);

const mebi = 1024 * 1024;

rootTest('who is subscribed is told when somebody else has written to the pool', async t => {
	const {client, workspaces} = await startNexus(t);
	const atFirst = nextTold(client, 'Manager', ({poolFree}) => poolFree !== undefined);
	await client.manager.subscribe();
	const {poolSize, poolFree} = await atFirst;
	t.true(poolFree! > 0 && poolFree! < poolSize!);
	const less = nextTold(client, 'Manager', changes => changes.poolFree! < poolFree! - (30 * mebi));
	await writeFileIn(path.dirname(workspaces), 32);
	const told = await less;
	t.is(told.poolSize, poolSize);
	t.is(told.vms, 0, 'what else may change is told as well');
});

rootTest('the space is told with the counts, and only while anybody is subscribed', async t => {
	const {client, connect} = await startNexus(t);
	const toldOfVm = async (count: number): Promise<Partial<ManagerProperties>> => {
		const told = nextTold(client, 'Manager', ({vms}) => vms === count);
		await client.manager.createVm(`guest-${count}`, 'work', 1, 128);
		return told;
	};

	t.deepEqual(Object.keys(await toldOfVm(1)).sort(), ['images', 'vms', 'workspaces']);
	await client.manager.subscribe();
	t.deepEqual(Object.keys(await toldOfVm(2)).sort(), ['images', 'poolFree', 'poolSize', 'vms', 'workspaces']);
	const other = await connect();
	await other.manager.subscribe();
	await client.manager.unsubscribe();
	t.true('poolFree' in await toldOfVm(3), 'there is another one');
	await other.manager.unsubscribe();
	t.false('poolFree' in await toldOfVm(4));
});

rootTest('counts are told while the pool is away, and its space as it was', async t => {
	let disk!: Disk;
	const {client, workspaces} = await startNexus(t, {
		async on(folder, cleanup) {
			disk = await makeDisk(folder, cleanup, {kind: 'btrfs', name: 'pool', bytes: 256 * mebi});
			return disk.mountPoint;
		},
	});
	const atFirst = nextTold(client, 'Manager', ({poolFree}) => poolFree !== undefined);
	await client.manager.subscribe();
	const {poolSize, poolFree} = await atFirst;
	const back = await disk.takeAway();
	t.is((await errorOf(client.object('Properties', rootPath).get(managerName, 'PoolFree'))).type, `${errorPrefix}Io`);
	const told = nextTold(client, 'Manager', ({vms}) => vms === 1);
	await client.manager.createVm('guest', 'work', 1, 128);
	const away = await told;
	t.deepEqual([away.poolSize, away.poolFree], [poolSize, poolFree]);
	await back();
	const less = nextTold(client, 'Manager', changes => changes.poolFree! < poolFree! - (30 * mebi));
	await writeFileIn(path.dirname(workspaces), 32);
	t.is((await less).poolSize, poolSize);
});

rootTest('a message that nobody asked for, whatever is in it, harms nobody', async t => {
	const nexus = await startNexus(t);
	const {bus, client, daemon, cleanup} = nexus;
	const raw = await connectRaw(/path=(.*)$/.exec(bus.address)![1]!, cleanup);
	const [owner] = await (await rawBus(nexus)).callBus('GetNameOwner', 's', [busName]) as [string];
	// A descriptor that never came: as the body, in a variant, in an option.
	raw.send('call', busName, 'h', Uint8Array.of(0, 0, 0, 0));
	raw.send('call', busName, 'v', Uint8Array.of(1, 104, 0, 0, 0, 0, 0, 0));
	raw.send('signal', owner, 'v', Uint8Array.of(1, 104, 0, 0, 0, 0, 0, 0));
	// Far more than any method takes, from the smallest of parts: variants of a byte each.
	const variants = Buffer.concat([Buffer.alloc(4), Buffer.from('\u0001y\0\u0007'.repeat(1_000_000), 'latin1')]);
	variants.writeUInt32LE(variants.length - 4);
	raw.send('call', busName, 'av', variants);
	raw.send('signal', owner, 'av', variants);
	const large = await errorOf((await rawBus(nexus)).call({
		destination: busName, path: rootPath, interface: managerName, member: 'GetImage', signature: 's', body: ['x'.repeat(100_000)],
	}));
	t.is(large.type, busErrors.invalidArgs);
	t.regex(large.text, /a body of more than 16384 bytes is not read/);
	t.deepEqual(await client.manager.listImages(), []);
	t.notRegex(daemon.log(), /unexpected|FDs/);
});

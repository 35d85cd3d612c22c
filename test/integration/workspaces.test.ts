// Images, workspaces and VM records: what goes together, what is refused, and who wins.
import {
	access, mkdir, readdir, writeFile,
} from 'node:fs/promises';
import path from 'node:path';
import type {ExecutionContext} from 'ava';
import {contract} from '../../dbus/contract.js';
import {busctl, callManager} from '../support/daemon.js';
import {refusal} from '../support/errors.js';
import {
	importImage, makeSource, startNexus, type TestNexus,
} from '../support/nexus.js';
import {makeDisk} from '../support/campaign/disk.js';
import {contentsOf, subvolumes} from '../support/pool-witness.js';
import {rootTest} from '../support/requirements.js';
import {run} from '../support/run.js';

async function withImages(t: ExecutionContext, ...names: string[]): Promise<TestNexus> {
	const nexus = await startNexus(t);
	await importAll(t, nexus, names);
	return nexus;
}

async function importAll(t: ExecutionContext, nexus: TestNexus, names: readonly string[]): Promise<void> {
	const source = await makeSource(nexus.folder);
	for (const name of names) {
		// eslint-disable-next-line no-await-in-loop
		const {result, message} = await importImage(nexus.client, name, source);
		t.is(result, 'done', message);
	}
}

/** What is in the pool, Nexus's own folders left out. */
const inPool = async ({workspaces}: TestNexus): Promise<string[]> => contentsOf(workspaces);

rootTest('a workspace is made under its name or a generated one, listed, found and deleted', async t => {
	const nexus = await withImages(t, 'base', 'other');
	const {client, workspaces} = nexus;
	await client.manager.createWorkspace('base', 'one', {});
	const generated = await client.properties('Workspace', await client.manager.createWorkspace('base', '', {}));
	await client.manager.createWorkspace('other', 'two', {});
	t.regex(generated.name, /^base-[\da-f]{8}$/);

	const names = async (base: string): Promise<string[]> => {
		const rows = await client.manager.listWorkspaces(base);
		return rows.map(({name}) => name);
	};

	t.deepEqual(await names(''), [generated.name, 'one', 'two']);
	t.deepEqual(await names('base'), [generated.name, 'one']);
	const {id} = await client.properties('Image', await client.manager.getImage('other'));
	t.deepEqual(await names(id), ['two']);
	t.is((await refusal(client.manager.listWorkspaces('nothing')))?.code, 'NotFound');

	const path_ = await client.manager.getWorkspace('one');
	const one = await client.properties('Workspace', path_);
	t.is(await client.manager.getWorkspace(one.id), path_);
	t.is(one.devicePath, path.join(workspaces, '@one', 'rootfs.ext4'));
	t.is(one.baseImage, await client.manager.getImage('base'));
	t.deepEqual([one.parent, one.vm, one.rootDevice, one.readOnly, one.attachedAt], ['/', '/', false, false, 0]);
	t.true(one.allocated > 0 && one.allocated < one.size);

	t.deepEqual(await subvolumes(workspaces), ['@base', `@${generated.name}`, '@one', '@other', '@two'].sort().map(name => `workspaces/${name}`));

	await client.manager.deleteWorkspace('one');
	await client.object('Workspace', await client.manager.getWorkspace(generated.id)).delete();
	t.deepEqual(await names(''), ['two']);
	t.deepEqual(await inPool(nexus), ['@base', '@other', '@two']);
	t.is((await refusal(client.manager.deleteWorkspace('one')))?.code, 'NotFound');
});

rootTest('images and workspaces share their names, and a name is never a path', async t => {
	const nexus = await withImages(t, 'base');
	const {client, workspaces, folder} = nexus;
	await client.manager.createWorkspace('base', 'one', {});
	t.is((await refusal(client.manager.createWorkspace('base', 'one', {})))?.code, 'AlreadyExists');
	t.is((await refusal(client.manager.createWorkspace('base', 'base', {})))?.code, 'AlreadyExists');
	t.is((await refusal(client.manager.importImage('one', folder, {})))?.code, 'AlreadyExists');
	for (const name of ['..', '.hidden', 'a/b', '/etc', '-x', 'a b', 'ä', 'x'.repeat(65), 'new\nline']) {
		// eslint-disable-next-line no-await-in-loop
		t.is((await refusal(client.manager.createWorkspace('base', name, {})))?.code, 'InvalidName', name);
	}

	await mkdir(path.join(workspaces, '@stray'));
	await writeFile(path.join(workspaces, '@stray', 'precious'), '');
	const stray = await refusal(client.manager.createWorkspace('base', 'stray', {}));
	t.is(stray?.code, 'AlreadyExists');
	await t.notThrowsAsync(access(path.join(workspaces, '@stray', 'precious')));
	t.deepEqual(await inPool(nexus), ['@base', '@one', '@stray']);
});

rootTest('an image in use and a workspace attached are not deleted, and say why', async t => {
	const {client} = await withImages(t, 'base');
	await client.manager.createWorkspace('base', 'one', {});
	await client.manager.createVm('guest', 'work', 1, 128);
	const inUse = await refusal(client.manager.deleteImage('base'));
	t.is(inUse?.code, 'Conflict');
	t.regex(inUse!.text, /"base" is in use by 1 workspace/);

	await client.manager.attachWorkspace('one', 'guest', {rootDevice: true});
	const attached = await refusal(client.manager.deleteWorkspace('one'));
	t.is(attached?.code, 'Conflict');
	t.regex(attached!.text, /"one" is attached to VM "guest"/);

	await client.manager.detachWorkspace('one');
	await client.manager.deleteWorkspace('one');
	await client.manager.deleteImage('base');
	t.deepEqual(await client.manager.listImages(), []);
	t.is((await refusal(client.manager.deleteImage('base')))?.code, 'NotFound');
});

rootTest('VMs get CIDs from 3 up, and a CID is free again only when its VM is gone', async t => {
	const {client} = await startNexus(t);
	const cids = async (): Promise<Record<string, number>> => {
		const rows = await client.manager.listVms();
		return Object.fromEntries(rows.map(({name, cid}) => [name, cid]));
	};

	await client.manager.createVm('a', 'portal', 1, 128);
	await client.manager.createVm('b', 'work', 2, 256);
	await client.manager.createVm('c', 'service', 3, 512);
	t.deepEqual(await cids(), {a: 3, b: 4, c: 5});
	await client.manager.deleteVm('b');
	await client.manager.createVm('d', 'work', 1, 128);
	t.deepEqual(await cids(), {a: 3, c: 5, d: 4});

	const {role, state, vcpus, memoryMiB} = await client.properties('Vm', await client.manager.getVm('c'));
	t.deepEqual([role, state, vcpus, memoryMiB], ['service', 'created', 3, 512]);
	const unknownRole = await refusal(client.manager.createVm('e', 'butler', 1, 128));
	t.is(unknownRole?.code, 'InvalidArgument');
	t.regex(unknownRole!.text, /"butler".*portal, work, service/);
	t.is((await refusal(client.manager.createVm('e', 'work', 0, 128)))?.code, 'InvalidArgument');
	t.is((await refusal(client.manager.createVm('e', 'work', 1, 0)))?.code, 'InvalidArgument');
	t.is((await refusal(client.manager.createVm('a', 'work', 1, 128)))?.code, 'AlreadyExists');
	t.is((await refusal(client.manager.createVm('', 'work', 1, 128)))?.code, 'InvalidName');
	t.is((await refusal(client.manager.deleteVm('b')))?.code, 'NotFound');
});

rootTest('a running VM is not deleted', async t => {
	const {client, daemon, database, restart} = await startNexus(t);
	await client.manager.createVm('guest', 'work', 1, 128);
	await daemon.stop();
	await run('sqlite3', [database, 'UPDATE vms SET state = \'running\'']);
	await restart();
	const running = await refusal(client.manager.deleteVm('guest'));
	t.is(running?.code, 'Conflict');
	t.regex(running!.text, /"guest" is running/);
});

rootTest('attaching: once, one root device a VM, told on both sides, undone by detaching or with the VM', async t => {
	const {client} = await withImages(t, 'base');
	for (const name of ['one', 'two', 'three']) {
		// eslint-disable-next-line no-await-in-loop
		await client.manager.createWorkspace('base', name, {});
	}

	const guest = await client.manager.createVm('guest', 'work', 1, 128);
	const other = await client.manager.createVm('other', 'work', 1, 128);
	const one = await client.manager.getWorkspace('one');
	await client.object('Workspace', one).attach(guest, {rootDevice: true});
	await client.manager.attachWorkspace('two', 'guest', {readOnly: true});

	const properties = await client.properties('Workspace', one);
	t.deepEqual([properties.vm, properties.rootDevice, properties.readOnly, properties.detachedAt], [guest, true, false, 0]);
	t.true(properties.attachedAt >= properties.createdAt);
	const {workspaces} = await client.properties('Vm', guest);
	t.deepEqual(workspaces, [one, await client.manager.getWorkspace('two')]);

	const again = await refusal(client.manager.attachWorkspace('one', 'other', {}));
	t.is(again?.code, 'Conflict');
	t.regex(again!.text, /"one" is already attached to VM "guest"/);
	const secondRoot = await refusal(client.manager.attachWorkspace('three', 'guest', {rootDevice: true}));
	t.is(secondRoot?.code, 'Conflict');
	t.regex(secondRoot!.text, /"guest" already has a root device, workspace "one"/);
	t.is((await refusal(client.manager.attachWorkspace('nothing', 'guest', {})))?.code, 'NotFound');
	t.is((await refusal(client.manager.attachWorkspace('three', 'nobody', {})))?.code, 'NotFound');
	t.is((await refusal(client.object('Workspace', one).attach(one, {})))?.code, 'InvalidArgument');

	await client.object('Workspace', one).detach();
	const detached = await client.properties('Workspace', one);
	t.deepEqual([detached.vm, detached.rootDevice], ['/', false]);
	t.true(detached.detachedAt >= detached.attachedAt);
	t.is((await refusal(client.manager.detachWorkspace('one')))?.code, 'Conflict');

	await client.manager.attachWorkspace('one', 'other', {rootDevice: true});
	await client.manager.deleteVm('guest');
	await client.object('Vm', other).delete();
	const rows = await client.manager.listWorkspaces('');
	t.deepEqual(rows.map(({vm, rootDevice, readOnly}) => [vm, rootDevice, readOnly]), [['', false, false], ['', false, false], ['', false, false]]);
});

rootTest('of many who create the same name at once exactly one wins', async t => {
	const nexus = await withImages(t, 'base');
	const {bus, connect} = nexus;
	const clients = await Promise.all(Array.from({length: 8}, async () => connect()));
	const results = await Promise.all(clients.map(async client => refusal(client.manager.createWorkspace('base', 'one', {}))));
	t.is(results.filter(result => !result).length, 1);
	t.deepEqual(new Set(results.filter(Boolean).map(result => result!.code)), new Set(['AlreadyExists']));

	const processes = await Promise.all(Array.from({length: 4}, async () => callManager(bus, 'CreateVm', 'ssuu', 'guest', 'work', '1', '128')));
	t.is(processes.filter(({exitCode}) => exitCode === 0).length, 1);
	t.deepEqual(await inPool(nexus), ['@base', '@one']);
});

rootTest('of those who delete and those who attach or create exactly one side wins', async t => {
	const nexus = await withImages(t, 'base');
	const {client, connect} = nexus;
	const rival = await connect();
	await client.manager.createVm('guest', 'work', 1, 128);
	for (let round = 0; round < 20; round++) {
		/* eslint-disable no-await-in-loop */
		await client.manager.createWorkspace('base', 'one', {});
		const contest = [refusal(client.manager.deleteWorkspace('one')), refusal(rival.manager.attachWorkspace('one', 'guest', {}))];
		const [deleted, attached] = await Promise.all(round % 2 === 0 ? contest : contest.reverse());
		t.is([deleted, attached].filter(Boolean).length, 1, `${deleted?.text} / ${attached?.text}`);
		const rows = await client.manager.listWorkspaces('');
		const {workspaces} = await client.properties('Vm', await client.manager.getVm('guest'));
		t.is(workspaces.length, rows.length);
		t.deepEqual(await inPool(nexus), rows.length === 0 ? ['@base'] : ['@base', '@one']);
		if (rows.length > 0) {
			await client.manager.detachWorkspace('one');
			await client.manager.deleteWorkspace('one');
		}
		/* eslint-enable no-await-in-loop */
	}

	const [imageDeleted, ...created] = await Promise.all([
		refusal(client.manager.deleteImage('base')), refusal(rival.manager.createWorkspace('base', 'a', {})), refusal(rival.manager.createWorkspace('base', 'b', {})),
	]);
	const isGone = imageDeleted === undefined;
	t.deepEqual(created.map(result => result === undefined), [!isGone, !isGone]);
	t.deepEqual(await inPool(nexus), isGone ? [] : ['@a', '@b', '@base']);
});

rootTest('32 creates at once all succeed, and their deletes too', async t => {
	const nexus = await withImages(t, 'base');
	const {client} = nexus;
	const paths = await Promise.all(Array.from({length: 32}, async () => client.manager.createWorkspace('base', '', {})));
	t.is(new Set(paths).size, 32);
	const inPoolNow = await inPool(nexus);
	t.is(inPoolNow.length, 33);
	await Promise.all(paths.map(async object => client.object('Workspace', object).delete()));
	t.deepEqual(await inPool(nexus), ['@base']);
	await nexus.daemon.stop();
	t.deepEqual(await contentsOf(nexus.workspaces, 'all'), ['@base']);
});

rootTest('a step that fails undoes those before it', async t => {
	// Not every filesystem keeps programs from writing to what they have open already.
	const nexus = await startNexus(t, {
		async recordsOn(folder, cleanup) {
			const disk = await makeDisk(folder, cleanup, {kind: 'ext4', name: 'records', bytes: 16 * 1024 * 1024});
			return disk.mountPoint;
		},
	});
	await importAll(t, nexus, ['base']);
	const {client, database, daemon} = nexus;
	await client.manager.createWorkspace('base', 'one', {});
	// The journal cannot be written to, so no record counts.
	const folder = path.dirname(database);
	const journals = (await readdir(folder)).filter(name => name.startsWith('nexus.db.redo.')).map(name => path.join(folder, name));
	await run('chattr', ['+i', ...journals]);
	const unlock = async (): Promise<void> => {
		await run('chattr', ['-i', ...journals]);
	};

	nexus.cleanup(unlock);
	// Who asks for a list meanwhile may have seen it.
	const told = new Set<string>();
	client.on('ObjectManager.InterfacesRemoved', (_root, path) => {
		told.add(path);
	});
	client.on('ObjectManager.InterfacesAdded', (_root, path) => {
		told.add(path);
	});
	const created = await refusal(client.manager.createWorkspace('base', 'two', {}));
	t.is(created?.code, 'Io', created?.text);
	const deleted = await refusal(client.manager.deleteWorkspace('one'));
	t.is(deleted?.code, 'Io', deleted?.text);
	await unlock();
	t.is(told.size, 2, 'the one that is not there after all, and the one that still is');
	t.true(told.has(await client.manager.getWorkspace('one')));

	t.deepEqual(await inPool(nexus), ['@base', '@one']);
	const rows = await client.manager.listWorkspaces('');
	t.deepEqual(rows.map(({name}) => name), ['one']);
	await client.manager.createWorkspace('base', 'two', {});
	await client.manager.deleteWorkspace('one');
	t.deepEqual(await inPool(nexus), ['@base', '@two']);
	t.notRegex(daemon.log(), /could not undo/);
});

rootTest('busctl and the records on disk agree with what was acknowledged', async t => {
	const {bus, database, client, daemon} = await withImages(t, 'base');
	await callManager(bus, 'CreateWorkspace', 'ssa{sv}', 'base', 'one', '0');
	const property = await busctl(bus, 'get-property', 'org.workfort.Nexus1', await client.manager.getWorkspace('one'), contract.Workspace.name, 'Name');
	t.is(property.stdout, 's "one"');
	await daemon.stop();
	const rows = await run('sqlite3', [database, 'SELECT name, is_read_only FROM workspaces']);
	t.is(rows.stdout, 'one|0');
	const tables = await run('sqlite3', [database, '.tables']);
	t.deepEqual(tables.stdout.trim().split(/\s+/).sort(), ['master_images', 'schema_meta', 'settings', 'vms', 'workspaces']);
});

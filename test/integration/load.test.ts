// Many clients at work for a while: nothing fails, and when they have left nothing is left of them.
import {readFile} from 'node:fs/promises';
import path from 'node:path';
import type {Variant} from 'dbus-next';
import {connectBus} from '../../dbus/bus.js';
import {NexusClient} from '../../dbus/client.js';
import {contract} from '../../dbus/contract.js';
import {busName, rootPath} from '../../dbus/paths.js';
import {
	importImage, makeSource, startNexus, type TestNexus,
} from '../support/nexus.js';
import {contentsOf, subvolumes} from '../support/pool-witness.js';
import {footprintOf, probedCommand} from '../support/probe.js';
import {rootTest} from '../support/requirements.js';
import {run} from '../support/run.js';

const clients = 50;
/** Of each client; with as many deletes. */
const creates = 100;
const megabyte = 1024 * 1024;

rootTest('50 clients make and delete 5000 workspaces, look around meanwhile, and leave nothing behind', async t => {
	const nexus = await startNexus(t, {command: probedCommand});
	const {client, daemon, database, workspaces, restart} = nexus;
	const imported = await importImage(client, 'base', await makeSource(nexus.folder));
	t.is(imported.result, 'done', imported.message);
	const told = {added: 0, removed: 0};
	client.on('ObjectManager.InterfacesAdded', () => {
		told.added++;
	});
	client.on('ObjectManager.InterfacesRemoved', () => {
		told.removed++;
	});

	// Code is compiled, and what is kept ready is there.
	await letClientsWork(nexus, creates / 10);
	await fullStock(nexus);
	const before = {...await footprintOf(daemon), rules: await matchRules(nexus), resident: await residentBytes(daemon.pid)};
	Object.assign(told, {added: 0, removed: 0});
	await letClientsWork(nexus, creates);
	await fullStock(nexus);
	const after = {...await footprintOf(daemon), rules: await matchRules(nexus), resident: await residentBytes(daemon.pid)};

	t.deepEqual(await client.manager.listWorkspaces(''), []);
	t.deepEqual(told, {added: clients * creates, removed: clients * creates});
	t.deepEqual(after.rules, before.rules);
	t.deepEqual(after.descriptors, before.descriptors);
	t.is(after.timers, before.timers);
	// A kilobyte for each workspace that came and went would be 5 MB.
	t.true(after.heap - before.heap < 4 * megabyte, `${before.heap} bytes in use before, ${after.heap} after`);
	// What the process has from the kernel also holds garbage not yet collected and what SQLite and malloc keep for later.
	t.true(after.resident - before.resident < 100 * megabyte, `${before.resident} bytes resident before, ${after.resident} after`);
	t.notRegex(daemon.log(), /^<[34]>/m, 'neither error nor warning');

	await daemon.stop();
	t.deepEqual(await subvolumes(path.dirname(workspaces)), ['workspaces/@base']);
	t.deepEqual(await contentsOf(workspaces), ['@base']);
	const records = await run('sqlite3', [database, 'SELECT name FROM master_images UNION ALL SELECT name FROM workspaces']);
	t.is(records.stdout, 'base');
	await restart();
	t.deepEqual(await client.manager.listWorkspaces(''), []);
});

// It is filled behind the answers, to its bound after so many.
async function fullStock({workspaces}: TestNexus): Promise<void> {
	let inStock = 0;
	while (inStock < 256) {
		// eslint-disable-next-line no-await-in-loop
		inStock = (await subvolumes(path.dirname(workspaces), 'all')).filter(name => name.includes('/.stock/')).length;
	}
}

async function letClientsWork({bus}: TestNexus, creates: number): Promise<void> {
	await Promise.all(Array.from({length: clients}, async (_, index) => {
		// One that listened would be told of all that the others do, in this one process.
		const client = new NexusClient(await connectBus(bus.kind, bus.address));
		try {
			await work(client, `client-${index}`, creates);
		} finally {
			await client.close();
		}
	}));
}

async function work(client: NexusClient, who: string, creates: number): Promise<void> {
	for (let count = 0; count < creates; count++) {
		const name = `${who}-${count}`;
		/* eslint-disable no-await-in-loop */
		const object = await client.manager.createWorkspace('base', name, {});
		if (count % 5 === 0) {
			const properties = await client.properties('Workspace', object);
			if (properties.name !== name) {
				throw new Error(`${object} is ${properties.name}, not ${name}`);
			}
		}

		if (count % 10 === 0) {
			const rows = await client.manager.listWorkspaces('base');
			if (!rows.some(row => row.object === object)) {
				throw new Error(`${name} is not in the list`);
			}
		}

		if (count % 50 === 0) {
			const objects = await client.object('ObjectManager', rootPath).getManagedObjects();
			if (!objects[object]?.[contract.Workspace.name]) {
				throw new Error(`${name} is not among the objects`);
			}
		}

		await (count % 2 === 0 ? client.manager.deleteWorkspace(name) : client.object('Workspace', object).delete());
		/* eslint-enable no-await-in-loop */
	}
}

/** The match rules of nexusd, and how many connections there are. */
async function matchRules({bus}: TestNexus): Promise<{rules: number; connections: number}> {
	const connection = await connectBus(bus.kind, bus.address);
	try {
		const ask = async (member: string, signature: string, body: unknown[]): Promise<number> => {
			const [stats] = await connection.call({
				destination: 'org.freedesktop.DBus', path: '/org/freedesktop/DBus', interface: 'org.freedesktop.DBus.Debug.Stats', member, signature, body,
			}) as [Record<string, Variant<number>>];
			return (stats['ActiveConnections'] ?? stats['MatchRules'])!.value;
		};

		return {rules: await ask('GetConnectionStats', 's', [busName]), connections: await ask('GetStats', '', [])};
	} finally {
		await connection.close();
	}
}

async function residentBytes(pid: number): Promise<number> {
	const status = await readFile(`/proc/${pid}/status`, 'utf8');
	return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)![1]) * 1024;
}

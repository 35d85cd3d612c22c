// The life of the daemon: how it starts, refuses to, keeps its promises when it is stopped, and goes when its bus goes.
import {
	access, mkdir, writeFile,
} from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import test from 'ava';
import packageJson from '../../package.json' with {type: 'json'};
import {startBus} from '../support/bus.js';
import {cleanupOf} from '../support/cleanup.js';
import {callManager, spawnDaemon, startDaemon} from '../support/daemon.js';
import {temporaryFolder} from '../support/folder.js';
import {haltImport} from '../support/imports.js';
import {
	connectClient, importImage, makeSource, startNexus,
} from '../support/nexus.js';
import {contentsOf} from '../support/pool-witness.js';
import {rootTest} from '../support/requirements.js';
import {run} from '../support/run.js';

const nexusd = async (...args: string[]) => run(process.execPath, ['dist/nexusd.js', ...args]);

test('nexusd explains itself, and refuses what it does not know', async t => {
	const help = await nexusd('--help');
	t.is(help.exitCode, 0);
	t.regex(help.stdout, /--user[\S\s]*--config[\S\s]*Examples/);
	const version = await nexusd('--version');
	t.deepEqual([version.exitCode, version.stdout], [0, packageJson.version]);
	t.is((await nexusd('--nonsense')).exitCode, 2);
	t.is((await nexusd('serve')).exitCode, 2);
});

test('a configuration that is wrong or missing is refused with its place', async t => {
	const folder = await temporaryFolder(cleanupOf(t));
	const file = path.join(folder, 'nexus.yaml');
	await writeFile(file, '# Nexus\nstorage:\n  workspaces: /tmp/x\n  databse: /tmp/y\n');
	const wrong = await nexusd('--config', file);
	t.is(wrong.exitCode, 1);
	t.is(wrong.stderr, `<3>${file}:4: storage.databse: unknown key`);
	const missing = await nexusd('--config', `${file}.not`);
	t.is(missing.exitCode, 1);
	t.regex(missing.stderr, /^<3>cannot read the configuration .*ENOENT/);
});

rootTest('log lines carry a level for journald, one line each change of state', async t => {
	const {client, daemon, folder} = await startNexus(t);
	await importImage(client, 'base', await makeSource(folder));
	await client.manager.createWorkspace('base', 'one', {});
	await client.manager.createVm('guest', 'work', 1, 128);
	await client.manager.attachWorkspace('one', 'guest', {});
	await client.manager.detachWorkspace('one');
	await client.manager.deleteWorkspace('one');
	await client.manager.deleteVm('guest');
	await client.manager.deleteImage('base');
	const {exitCode, log} = await daemon.stop();
	t.is(exitCode, 0, log);
	const lines = log.trim().split('\n');
	for (const line of lines) {
		t.regex(line, /^<[3-6]>\S/, log);
	}

	t.deepEqual(lines.filter(line => line.startsWith('<6>')).map(line => line.slice(3).replace(/ (from|with|to) .*/, '')), [
		'import of image "base"',
		'image "base" imported',
		'workspace "one" created',
		'VM "guest" created',
		'workspace "one" attached',
		'workspace "one" detached',
		'workspace "one" deleted',
		'VM "guest" deleted',
		'image "base" deleted',
	]);
});

rootTest('a second daemon on the same name, database or pool says so and harms nothing', async t => {
	const {bus, folder, client, workspaces, database, daemon, cleanup} = await startNexus(t);
	await importImage(client, 'base', await makeSource(folder));
	await client.manager.createWorkspace('base', 'one', {});
	const elsewhere = path.join(folder, 'elsewhere');
	await mkdir(elsewhere);
	const others = [
		{workspaces: path.join(elsewhere, 'ws'), database: path.join(elsewhere, 'nexus.db'), reason: /another nexusd already owns org\.workfort\.Nexus1/},
		{workspaces: path.join(elsewhere, 'ws'), database, reason: new RegExp(`database .* in use by another nexusd \\(process ${daemon.pid}\\)`)},
		{workspaces, database: path.join(elsewhere, 'nexus.db'), reason: new RegExp(`workspaces folder .* in use by another nexusd \\(process ${daemon.pid}\\)`)},
	];
	for (const {reason, ...options} of others) {
		/* eslint-disable no-await-in-loop */
		const other = await spawnDaemon({
			...options, bus, folder: elsewhere, cleanup,
		});
		const {exitCode, log} = await other.exit;
		t.is(exitCode, 1, log);
		t.regex(log.trim().split('\n').at(-1)!, reason);
		/* eslint-enable no-await-in-loop */
	}

	await client.manager.createWorkspace('base', 'two', {});
	const rows = await client.manager.listWorkspaces('');
	t.deepEqual(rows.map(({name}) => name), ['one', 'two']);
});

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
	rootTest(`${signal} cancels the import that runs, and leaves what was done before`, async t => {
		const nexus = await startNexus(t);
		const {daemon, client, folder, workspaces, restart, bus, cleanup} = nexus;
		await client.manager.createVm('guest', 'work', 1, 128);
		const halted = await haltImport(nexus, 'base', await makeSource(folder, 'source', 96));
		daemon.kill(signal);
		t.deepEqual(await halted.ended, {result: 'canceled', object: '/', message: 'nexusd was stopped'});
		t.is((await daemon.exit).exitCode, 0);
		t.deepEqual(await contentsOf(workspaces, 'all'), []);

		await restart();
		const again = await connectClient(bus, cleanup);
		t.deepEqual(await again.manager.listImages(), []);
		t.deepEqual((await again.manager.listVms()).map(({name}) => name), ['guest']);
	});
}

rootTest('a daemon that loses its bus ends with an error, and leaves everything in order', async t => {
	const {daemon, client, folder, bus, workspaces, database, cleanup} = await startNexus(t);
	await importImage(client, 'base', await makeSource(folder));
	await client.manager.importImage('large', await makeSource(folder, 'large', 96), {});
	await bus.stop();
	const {exitCode, log} = await daemon.exit;
	t.is(exitCode, 1);
	t.regex(log, /<3>the connection to the bus is lost/);
	t.notRegex(log, /\n\s+at /, 'no stack trace');
	t.deepEqual(await contentsOf(workspaces, 'all'), ['@base']);

	const second = await startBus('system', await temporaryFolder(cleanup), cleanup);
	await startDaemon({
		bus: second, folder, workspaces, database, cleanup,
	});
	const {stdout} = await callManager(second, 'GetImage', 's', 'base');
	t.regex(stdout, /^o /);
});

rootTest('without a bus, or without the right to the name, it says what is missing', async t => {
	const cleanup = cleanupOf(t);
	const folder = await temporaryFolder(cleanup);
	const bus = await startBus('system', folder, cleanup);
	const options = {
		folder, workspaces: path.join(folder, 'ws'), database: path.join(folder, 'nexus.db'), cleanup,
	};
	const nowhere = await spawnDaemon({...options, bus: {...bus, env: {DBUS_SYSTEM_BUS_ADDRESS: `unix:path=${folder}/none`}}});
	const lost = await nowhere.exit;
	t.is(lost.exitCode, 1);
	t.regex(lost.log, /<3>the system bus at unix:path=.*\/none cannot be reached/);
	await t.notThrowsAsync(access(options.database), 'the database is whole and free for the next');
	await t.notThrowsAsync(startDaemon({...options, bus}));
});

rootTest('a daemon killed in the middle of an import removes the rest when it starts again', async t => {
	const nexus = await startNexus(t);
	const {daemon, folder, workspaces, restart} = nexus;
	await haltImport(nexus, 'base', await makeSource(folder, 'source', 96));
	daemon.kill('SIGKILL');
	await daemon.exit;
	const again = await restart();
	t.regex(again.log(), /removed what unfinished work left/);
	t.deepEqual(await contentsOf(workspaces, 'all'), []);
});

rootTest('a workspace that was recorded and not yet moved into place is moved at the next start', async t => {
	const {daemon, client, folder, workspaces, restart, bus, cleanup} = await startNexus(t);
	await importImage(client, 'base', await makeSource(folder));
	const {id} = await client.properties('Workspace', await client.manager.createWorkspace('base', 'one', {}));
	await daemon.stop();
	await mkdir(path.join(workspaces, '.stock', '3'));
	await run('mv', [path.join(workspaces, '@one'), path.join(workspaces, '.stock', '3', id)]);
	const again = await restart();
	t.regex(again.log(), /recovered "one"/);
	const {allocated} = await (await connectClient(bus, cleanup)).properties('Workspace', await (await connectClient(bus, cleanup)).manager.getWorkspace('one'));
	t.true(allocated > 0);
});

rootTest('records of another pool are refused', async t => {
	const {daemon, client, folder, bus, database, cleanup} = await startNexus(t);
	await importImage(client, 'base', await makeSource(folder));
	await daemon.stop();
	const wrong = await spawnDaemon({
		bus, folder, database, workspaces: path.join(folder, 'other'), cleanup,
	});
	const {exitCode, log} = await wrong.exit;
	t.is(exitCode, 1);
	t.regex(log, /<3>the database records "base" in .*, but storage\.workspaces is /);
});

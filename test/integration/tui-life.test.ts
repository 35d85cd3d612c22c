// What the terminal UI shows while others work, while nexusd and the bus come and go, and to somebody who has no rights.
import {mkdir, writeFile} from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import test, {type ExecutionContext} from 'ava';
import {execa} from 'execa';
import {stringify} from 'yaml';
import type {NexusClient} from '../../dbus/client.js';
import {busName} from '../../dbus/paths.js';
import {address} from '../../scripts/bus-config.js';
import {strangerUid} from '../support/as-user.js';
import {startBus, type TestBus} from '../support/bus.js';
import {openCheckout} from '../support/checkout.js';
import {cleanupOf, type Cleanup} from '../support/cleanup.js';
import {startDaemon} from '../support/daemon.js';
import {temporaryFolder} from '../support/folder.js';
import {haltImport} from '../support/imports.js';
import {
	connectClient, importImage, makeSource, startNexus, type TestNexus,
} from '../support/nexus.js';
import {rootTest} from '../support/requirements.js';
import {
	openLiveTui, openTui, type Frame, type Tui,
} from '../support/tui.js';
import {takingTurns} from '../support/turns.js';

const inTurn = takingTurns(2);

/** A Nexus with an image `debian`. */
async function startFurnished(t: ExecutionContext): Promise<TestNexus> {
	const nexus = await startNexus(t);
	await importImage(nexus.client, 'debian', await makeSource(nexus.folder, 'source', 1));
	return nexus;
}

const namesOf = async ({manager}: NexusClient): Promise<string[]> => (await manager.listWorkspaces('')).map(({name}) => name);

/** The tab of a frame that shows a list whole. */
const has = (wanted: string) => ({lines}: Frame): boolean => lines[1]!.includes(wanted);

rootTest('what others do is shown, and nothing stays that is gone', inTurn(async t => {
	const nexus = await startFurnished(t);
	const {client, folder} = nexus;
	const other = await nexus.connect();
	const {manager} = other;
	const tui = await openLiveTui({...nexus, columns: 99});
	await manager.createWorkspace('debian', 'm', {});
	await tui.lists('m');
	// What comes before it moves it down, and the cursor stays with it.
	await manager.createWorkspace('debian', 'a', {});
	await tui.lists('a', 'm');
	await tui.standsAt('m');
	await manager.createVm('guest', 'work', 1, 128);
	await tui.frame('the VM is counted', has('3 VMs 1 '));
	await manager.attachWorkspace('m', 'guest', {rootDevice: true});
	await tui.shows(/> m +debian +guest .* root/);
	await manager.detachWorkspace('m');
	await tui.shows(/> m +debian +- .* -/);
	await importImage(other, 'alpine', await makeSource(folder, 'alpine', 1));
	await tui.frame('the image is counted', has('1 Images 2 '));
	await tui.press('4');
	await tui.shows(/> alpine +done/);
	await tui.press('2');
	await tui.lists('a', 'm');

	// Marks go with what they mark, and so does the cursor's row.
	await tui.press('g', 'Space', 'Space');
	await tui.frame('both are marked', ({list}) => list?.title === 'Workspaces · 2 marked');
	await manager.deleteWorkspace('m');
	const left = await tui.lists('a');
	t.is(left.list!.title, 'Workspaces · 1 marked');
	await tui.standsAt('a');

	// What is asked about may go meanwhile.
	await tui.press('d');
	await tui.asks('Delete workspace "a"?');
	await manager.deleteWorkspace('a');
	await tui.frame('the list is empty', has('[2 Workspaces 0]'));
	await tui.press('y');
	await tui.shows('✗ it is not there any more. Somebody else has deleted it meanwhile.', 'There is no workspace yet.');

	// Many at once, of which some go again at once.
	const made = Array.from({length: 30}, (_, index) => `web-${String(index).padStart(2, '0')}`);
	await Promise.all(made.map(async (name, index) => {
		const object = await manager.createWorkspace('debian', name, {});
		if (index % 3 > 0) {
			await other.object('Workspace', object).delete();
		}
	}));
	const rest = made.filter((_, index) => index % 3 === 0);
	t.deepEqual(await namesOf(client), rest);
	await tui.lists(...rest);
	await Promise.all(rest.map(async name => manager.deleteWorkspace(name)));
	await manager.deleteVm('guest');
	await manager.deleteImage('alpine');
	await tui.frame('all is gone', ({text, rows}) => text.includes(' 1 Images 1  [2 Workspaces 0]  3 VMs 0 ') && text.includes('There is no workspace yet.') && rows.length === 0);

	// Who leaves meanwhile is not held up.
	const changes = Promise.all(made.map(async name => manager.createWorkspace('debian', name, {})));
	await tui.press('q');
	t.deepEqual(await tui.ended, {exitCode: 0, signal: undefined});
	await changes;
}));

rootTest('nexusd is killed and started again: it is said, what was begun is lost, and all is there again', inTurn(async t => {
	const nexus = await startFurnished(t);
	const {client, daemon, folder, restart} = nexus;
	await client.manager.createWorkspace('debian', 'one', {});
	const tui = await openLiveTui({...nexus});
	await tui.lists('one');
	await tui.press('4');
	await haltImport(nexus, 'large', await makeSource(folder, 'large', 96));
	await tui.shows(/> large +running/);
	daemon.kill('SIGKILL');
	await daemon.exit;
	await tui.shows('○ nexusd is not running', 'nexusd has left the bus.', 'R starts it');
	await tui.press('2');
	await tui.frame('nothing is shown that may have changed, and nothing counted', ({lines, rows}) => lines[1] === ' 1 Images  [2 Workspaces]  3 VMs   4 Jobs' && rows.length === 0);

	// What nobody can do now is refused in words.
	await tui.press('n');
	await tui.asks('Create workspaces');
	await tui.type('debian');
	await tui.press('Enter');
	await tui.shows('✗ nexusd is not running. R starts it', /> Image +debian /);
	await tui.press('Escape');
	await tui.isFree();
	// This bus starts nothing.
	await tui.press('R');
	await tui.shows('✗ nexusd does not answer', 'it is not running', 'R tries again');

	await restart();
	await tui.shows('● live on the system bus');
	await tui.lists('one');
	await tui.press('4');
	await tui.shows(/> large +lost/);
	await tui.press('Enter');
	await tui.shows(/State +lost/, /Message +nexusd went away/);
	await tui.press('1');
	t.is((await tui.lists('debian')).tab, '1 Images 1');
}));

rootTest('nexusd hangs: what is shown can be looked through, and Ctrl-C leads out', inTurn(async t => {
	const nexus = await startFurnished(t);
	await Promise.all(['one', 'two'].map(async name => nexus.client.manager.createWorkspace('debian', name, {})));
	const tui = await openLiveTui({...nexus});
	await tui.standsAt('one');
	nexus.daemon.kill('SIGSTOP');
	nexus.cleanup(() => {
		nexus.daemon.kill('SIGCONT');
	});
	await tui.press('j');
	await tui.standsAt('two');
	await tui.press('n');
	await tui.asks('Create workspaces');
	await tui.press('Enter');
	await tui.shows('… nexusd is at it');
	await tui.press('C-c');
	t.deepEqual(await tui.ended, {exitCode: 0, signal: undefined});
}));

type Activating = {folder: string; bus: TestBus; client: NexusClient; cleanup: Cleanup};

/** A bus that runs a command when somebody wants nexusd, and has none yet. */
async function startActivating(t: ExecutionContext, commandIn: (folder: string) => string = nexusdIn): Promise<Activating> {
	const cleanup = cleanupOf(t);
	const folder = await temporaryFolder(cleanup);
	const services = path.join(folder, 'services');
	await mkdir(services);
	await writeFile(path.join(services, 'org.workfort.Nexus1.service'), `[D-BUS Service]\nName=${busName}\nExec=${commandIn(folder)}\nUser=root\n`);
	await writeFile(path.join(folder, 'nexus.yaml'), stringify({
		storage: {workspaces: path.join(folder, 'workspaces'), database: path.join(folder, 'nexus.db'), backend: 'directory'},
		http: {socket: path.join(folder, 'nexusd.sock')},
	}));
	const activation = path.join(folder, 'activation.conf');
	await writeFile(activation, `<busconfig><servicedir>${services}</servicedir></busconfig>`);
	const bus = await startBus('system', folder, cleanup, {policies: [activation]});
	const client = await connectClient(bus, cleanup);
	// It ends before its files go.
	cleanup(async () => stopOwner(bus, client));
	return {
		folder, bus, client, cleanup,
	};
}

const nexusdIn = (folder: string): string =>
	`/usr/bin/env DBUS_SYSTEM_BUS_ADDRESS=${address(path.join(folder, 'system-bus.sock'))} ${process.execPath} ${path.resolve('dist/nexusd.js')} --config ${folder}/nexus.yaml`;

async function stopOwner(bus: TestBus, client: NexusClient): Promise<void> {
	if (client.owner === '') {
		return;
	}

	const {stdout} = await execa('busctl', [`--address=${bus.address}`, 'call', 'org.freedesktop.DBus', '/', 'org.freedesktop.DBus', 'GetConnectionUnixProcessID', 's', client.owner]);
	const pid = stdout.split(' ')[1]!;
	process.kill(Number(pid), 'SIGTERM');
	await execa('tail', [`--pid=${pid}`, '--follow', '/dev/null']);
}

rootTest('where the bus can start nexusd, opening starts it, and R does when it was stopped', inTurn(async t => {
	const {bus, client, cleanup} = await startActivating(t);
	t.is(client.owner, '');
	const tui = await openLiveTui({bus, cleanup});
	t.regex(client.owner, /^:/);
	await client.manager.createVm('guest', 'work', 1, 128);
	await tui.press('3');
	await tui.lists('guest');
	await stopOwner(bus, client);
	await tui.shows('○ nexusd is not running', 'R starts it');
	t.is(client.owner, '', 'nobody has started it again');
	await tui.press('R');
	await tui.shows('● live on the system bus');
	await tui.lists('guest');
	// While it runs R looks at all anew.
	await tui.press('R');
	await tui.lists('guest');
	await client.manager.createVm('other', 'work', 1, 128);
	await tui.lists('guest', 'other');
}));

rootTest('while the bus starts a nexusd that does not come up, it can be left', inTurn(async t => {
	// It fails when somebody opens the gate, and until then it says nothing.
	const {bus, cleanup, folder} = await startActivating(t, folder => `/bin/sh -c 'exec >/dev/null 2>&1; cat ${folder}/gate; exit 1'`);
	const gate = path.join(folder, 'gate');
	await execa('mkfifo', [gate]);
	const tui = await openTui({bus, cleanup, args: ['tui', '--system']});
	await tui.shows('◌ opening', 'Looking for nexusd on the system bus.');
	await writeFile(gate, '');
	await tui.shows('✗ nexusd does not answer', 'R tries again');
	await tui.press('R');
	await tui.shows('◌ starting nexusd');
	await tui.press('q');
	t.deepEqual(await tui.ended, {exitCode: 0, signal: undefined});
	const next = await openTui({bus, cleanup, args: ['tui', '--system']});
	await next.shows('◌ opening');
	await next.press('q');
	t.deepEqual(await next.ended, {exitCode: 0, signal: undefined});
	await writeFile(gate, '');
}));

test('opened before there is a bus, and before nexusd is on it', inTurn(async t => {
	const cleanup = cleanupOf(t);
	const folder = await temporaryFolder(cleanup);
	const env = {
		DBUS_SYSTEM_BUS_ADDRESS: address(path.join(folder, 'nowhere')), DBUS_SESSION_BUS_ADDRESS: address(path.join(folder, 'session-bus.sock')),
	};
	const tui = await openTui({bus: {env}, cleanup});
	await tui.shows('✗ ');
	await tui.shows('✗ no bus', 'It is tried again and again.');
	const bus = await startBus('session', folder, cleanup);
	await tui.frame('there is a bus', ({text}) => !text.includes('no bus'));
	await tui.frame('nexusd is missed', ({lines, rows}) => /○|✗/.test(lines[0]!) && rows.length === 0);
	await startDaemon({
		bus, folder, workspaces: path.join(folder, 'ws'), database: path.join(folder, 'nexus.db'), backend: 'directory', cleanup,
	});
	await tui.shows('● live on the session bus', 'There is no image yet.');
	const client = await connectClient(bus, cleanup);
	await client.manager.createVm('guest', 'work', 1, 128);
	await tui.press('3');
	t.is((await tui.lists('guest')).tab, '3 VMs 1');
}));

rootTest('opened where nexusd is missing, it says so, and what to do', inTurn(async t => {
	const cleanup = cleanupOf(t);
	const folder = await temporaryFolder(cleanup);
	const bus = await startBus('system', folder, cleanup);
	const tui = await openTui({bus, cleanup, args: ['tui', '--system']});
	await tui.shows('✗ nexusd does not answer', 'it is not running', 'systemctl status nexusd', 'R tries again');
	await startDaemon({
		bus, folder, workspaces: path.join(folder, 'ws'), database: path.join(folder, 'nexus.db'), backend: 'directory', cleanup,
	});
	await tui.shows('● live on the system bus', 'There is no image yet.');
	await tui.press('q');
	t.is((await tui.ended).exitCode, 0);
}));

rootTest('the bus goes and comes back at the same address', inTurn(async t => {
	const nexus = await startNexus(t, {on: 'directory'});
	const {bus, client, cleanup, daemon, folder, restart} = nexus;
	await client.manager.createVm('guest', 'work', 1, 128);
	const tui = await openLiveTui(nexus);
	await tui.press('3');
	await tui.lists('guest');
	await bus.stop();
	await tui.frame('the bus is missed', ({text, rows}) => text.includes('✗ no bus') && text.includes('It is tried again and again.') && rows.length === 0);
	await daemon.exit;
	await tui.press('n');
	await tui.asks('Record a VM');
	await tui.type('ghost');
	await tui.press('Enter');
	await tui.shows('✗ there is no connection to the bus');
	await tui.press('Escape');
	await tui.isFree();

	await startBus('system', folder, cleanup);
	await restart();
	await tui.shows('● live on the system bus');
	await tui.lists('guest');
	const again = await connectClient(bus, cleanup);
	await again.manager.createVm('other', 'work', 1, 128);
	t.is((await tui.lists('guest', 'other')).tab, '3 VMs 2');
}));

/** The UI as somebody without any rights has it. */
async function openAsStranger(nexus: TestNexus): Promise<Tui> {
	const {node, nexusctl} = await openCheckout(nexus.folder, nexus.cleanup);
	return openLiveTui({
		...nexus, command: ['setpriv', '--reuid', String(strangerUid), '--regid', String(strangerUid), '--clear-groups', node, nexusctl, 'tui'],
	});
}

rootTest('to whom something is refused the right is named that is missing', inTurn(async t => {
	const nexus = await startFurnished(t);
	const {client} = nexus;
	await Promise.all(['one', 'two', 'three'].map(async name => client.manager.createWorkspace('debian', name, {})));
	const tui = await openAsStranger(nexus);
	await tui.lists('one', 'three', 'two');
	await tui.press('n');
	await tui.asks('Create workspaces');
	await tui.press('Enter');
	const form = await tui.shows(/✗ you are not authorised to create\s[│\s]*workspaces/, 'org.workfort.Nexus1.create-workspace', /> Image +\(debian if left empty/);
	t.is(form.panes.at(-1)!.title, 'Create workspaces');
	await tui.press('Escape');
	await tui.isFree();

	await tui.press('*', 'd');
	await tui.asks('Delete 3 workspaces?');
	await tui.press('y');
	// It is asked for once, and not once for each.
	await tui.shows('✗ you are not authorised to delete workspaces', 'org.workfort.Nexus1.delete-workspace');
	await tui.lists('one', 'three', 'two');
	t.deepEqual(await namesOf(client), ['one', 'three', 'two']);
	await tui.press('q');
	t.deepEqual(await tui.ended, {exitCode: 0, signal: undefined});
}));

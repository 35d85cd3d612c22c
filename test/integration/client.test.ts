// What a client learns of nexusd's coming and going, and what it does when a person has to be asked.
import path from 'node:path';
import process from 'node:process';
import test, {type ExecutionContext} from 'ava';
import {Message} from 'dbus-next';
import {BusUnreachableError} from '../../dbus/bus.js';
import {
	connect, DaemonUnreachableError, isBusError, reach, type NexusClient,
} from '../../dbus/client.js';
import {busErrors} from '../../dbus/errors.js';
import {objectPath} from '../../dbus/paths.js';
import {startBus} from '../support/bus.js';
import {cleanupOf} from '../support/cleanup.js';
import {startDaemon} from '../support/daemon.js';
import {temporaryFolder} from '../support/folder.js';
import {impersonate} from '../support/impostor.js';

async function startSession(t: ExecutionContext) {
	const cleanup = cleanupOf(t);
	const folder = await temporaryFolder(cleanup);
	const bus = await startBus('session', folder, cleanup);
	Object.assign(process.env, bus.env);
	return {bus, folder, cleanup};
}

const nextOwner = async (client: NexusClient): Promise<string> => new Promise(resolve => {
	client.once('owner', resolve);
});

test.serial('a client can be there before nexusd and after it', async t => {
	const {bus, folder, cleanup} = await startSession(t);
	const client = await reach('session');
	cleanup(async () => client.close());
	t.is(client.kind, 'session');
	await client.listen();
	t.is(client.owner, '');
	await t.throwsAsync(client.start(), {instanceOf: DaemonUnreachableError, message: /session bus: it is not running$/});

	const coming = nextOwner(client);
	const daemon = await startDaemon({
		bus, folder, workspaces: path.join(folder, 'ws'), database: path.join(folder, 'nexus.db'), backend: 'directory', cleanup,
	});
	t.regex(await coming, /^:/);
	t.is(client.owner, await coming);
	await client.start();
	t.deepEqual(await client.manager.listImages(), []);

	const going = nextOwner(client);
	await daemon.stop();
	t.is(await going, '');
	t.is(client.owner, '');
});

test.serial('who listens late knows who is there', async t => {
	const {bus, cleanup} = await startSession(t);
	const nexusd = await impersonate(bus, cleanup, async () => undefined);
	const client = await reach('session');
	cleanup(async () => client.close());
	await client.listen();
	t.is(client.owner, nexusd);
});

test.serial('connecting needs a bus, and a nexusd on it', async t => {
	await startSession(t);
	await t.throwsAsync(reach('system'), {instanceOf: BusUnreachableError});
	await t.throwsAsync(connect('system'), {instanceOf: BusUnreachableError});
	await t.throwsAsync(connect('session'), {instanceOf: DaemonUnreachableError});
	await t.throwsAsync(connect(), {instanceOf: BusUnreachableError}, 'the system\'s nexusd is the one that is missed');
});

async function clientOfAsking(t: ExecutionContext): Promise<{client: NexusClient; told: string[]}> {
	const {bus, cleanup} = await startSession(t);
	await impersonate(bus, cleanup, async call => call.member === 'Cancel' ? Message.newMethodReturn(call) : undefined);
	const client = await connect('session');
	cleanup(async () => client.close());
	const told: string[] = [];
	client.preparePrompt = async () => {
		told.push('prepared');
		return async () => {
			told.push('ended');
		};
	};

	return {client, told};
}

test.serial('who prepares a prompt learns of its end, whatever the answer was', async t => {
	const {client, told} = await clientOfAsking(t);
	await client.object('Job', objectPath('job', 1)).cancel();
	t.deepEqual(told, ['prepared', 'ended']);
	const error = await t.throwsAsync(client.manager.deleteImage('base'));
	t.true(isBusError(error, busErrors.accessDenied));
	t.deepEqual(told, ['prepared', 'ended', 'prepared', 'ended']);
});

test.serial('where nobody can be asked the call is not made again', async t => {
	const {client} = await clientOfAsking(t);
	client.preparePrompt = async () => undefined;
	const error = await t.throwsAsync(client.manager.deleteImage('base'));
	t.true(isBusError(error, busErrors.interactiveAuthorizationRequired));
});

// How the mirror is kept on a bus: what no terminal is quick enough to show.
import {once} from 'node:events';
import path from 'node:path';
import process from 'node:process';
import test, {type ExecutionContext} from 'ava';
import {Watcher, type LinkState} from '../../tui/mirror/watcher.js';
import {startBus} from '../support/bus.js';
import {cleanupOf} from '../support/cleanup.js';
import {startDaemon} from '../support/daemon.js';
import {temporaryFolder} from '../support/folder.js';

// Where nobody can start nexusd.
async function watchEmptyBus(t: ExecutionContext): Promise<Watcher> {
	const cleanup = cleanupOf(t);
	const bus = await startBus('session', await temporaryFolder(cleanup), cleanup);
	process.env['DBUS_SESSION_BUS_ADDRESS'] = bus.address;
	const watcher = new Watcher('session');
	cleanup(async () => watcher.close());
	return watcher;
}

test.serial('once it is said that nexusd could not be started, it can be tried again', async t => {
	const watcher = await watchEmptyBus(t);
	const states: string[] = [];
	const isTriedAgain = new Promise<void>(resolve => {
		watcher.on('link', ({state}) => {
			states.push(state);
			if (state === 'failed' && states.includes('starting')) {
				resolve();
			} else if (state === 'failed') {
				void watcher.restart();
			}
		});
	});
	watcher.open();
	await isTriedAgain;
	t.deepEqual(states, ['failed', 'starting', 'failed']);
});

test.serial('who has it started before it is known that it is not running is told how that ends, and nothing else', async t => {
	const watcher = await watchEmptyBus(t);
	const states: string[] = [];
	watcher.on('link', ({state}) => {
		states.push(state);
	});
	watcher.open();
	while (!watcher.client) {
		// eslint-disable-next-line no-await-in-loop -- as soon as there is a connection
		await new Promise(resolve => {
			setImmediate(resolve);
		});
	}

	await watcher.restart();
	t.is(states.at(0), 'starting');
	t.false(states.includes('away'));
	t.is(states.at(-1), 'failed');
});

test.serial('until nexusd was seen it may turn up on either bus', async t => {
	const cleanup = cleanupOf(t);
	const folder = await temporaryFolder(cleanup);
	const system = await startBus('system', folder, cleanup);
	const session = await startBus('session', folder, cleanup);
	process.env['DBUS_SYSTEM_BUS_ADDRESS'] = system.address;
	process.env['DBUS_SESSION_BUS_ADDRESS'] = session.address;
	const watcher = new Watcher(undefined);
	cleanup(async () => watcher.close());
	const reaches = async (wanted: LinkState['state']): Promise<void> => {
		while (watcher.link.state !== wanted) {
			// eslint-disable-next-line no-await-in-loop
			await once(watcher, 'link');
		}
	};

	watcher.open();
	await reaches('failed');
	t.is(watcher.kind, undefined);
	await startDaemon({
		bus: session, folder, workspaces: path.join(folder, 'workspaces'), database: path.join(folder, 'nexus.db'), backend: 'directory', cleanup,
	});
	await reaches('live');
	t.is(watcher.kind, 'session');
	t.is(watcher.client?.kind, 'session');
});

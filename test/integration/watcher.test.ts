// How the mirror is kept on a bus: what no terminal is quick enough to show.
import process from 'node:process';
import test from 'ava';
import {Watcher} from '../../tui/mirror/watcher.js';
import {startBus} from '../support/bus.js';
import {cleanupOf} from '../support/cleanup.js';
import {temporaryFolder} from '../support/folder.js';

test.serial('once it is said that nexusd could not be started, it can be tried again', async t => {
	const cleanup = cleanupOf(t);
	const bus = await startBus('session', await temporaryFolder(cleanup), cleanup);
	process.env['DBUS_SESSION_BUS_ADDRESS'] = bus.address;
	const watcher = new Watcher('session');
	cleanup(async () => watcher.close());
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
	const cleanup = cleanupOf(t);
	const bus = await startBus('session', await temporaryFolder(cleanup), cleanup);
	process.env['DBUS_SESSION_BUS_ADDRESS'] = bus.address;
	const watcher = new Watcher('session');
	cleanup(async () => watcher.close());
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

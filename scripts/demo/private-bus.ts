// A message bus for the demo alone: a system bus with the policy that Nexus installs, or a session bus. It starts
// no services: what is installed on the machine stays out of the demo.
import {writeFile} from 'node:fs/promises';
import path from 'node:path';
import {connectBus, type BusKind} from '../../dbus/bus.js';
import {busName} from '../../dbus/paths.js';
import {address, busConfig} from '../bus-config.js';
import {startAnnouncedDaemon, type Daemon} from './daemon.js';

/** Starts a bus in a folder; it is not ready yet. */
export async function startBus(kind: BusKind, folder: string): Promise<{daemon: Daemon; announcement: Promise<unknown>}> {
	const config = path.join(folder, 'bus.conf');
	await writeFile(config, busConfig(kind, path.join(folder, 'bus')));
	return startAnnouncedDaemon(
		'dbus-daemon',
		['dbus-daemon', '--nofork', '--nopidfile', '--print-address=1', `--config-file=${config}`],
		path.join(folder, 'bus.log'),
	);
}

/** The variables with which a program finds the bus of that kind, and none of the other. */
export const busEnvironment = (kind: BusKind, folder: string): Record<string, string> => ({
	DBUS_SYSTEM_BUS_ADDRESS: address(path.join(folder, kind === 'system' ? 'bus' : 'no-system-bus')),
	DBUS_SESSION_BUS_ADDRESS: address(path.join(folder, kind === 'session' ? 'bus' : 'no-session-bus')),
});

/** Waits until a daemon has taken Nexus's name on the bus. */
export async function nexusOnBus(kind: BusKind, daemon: Daemon, signal: AbortSignal): Promise<void> {
	const bus = await connectBus(kind);
	try {
		const owned = new Promise<void>(resolve => {
			bus.onSignal(({sender, member, body}) => {
				if (sender === 'org.freedesktop.DBus' && member === 'NameOwnerChanged' && body[0] === busName && body[2] !== '') {
					resolve();
				}
			});
		});
		await bus.callBus('AddMatch', 's', [`type='signal',sender='org.freedesktop.DBus',member='NameOwnerChanged',arg0='${busName}'`]);
		const [isOwned] = await bus.callBus('NameHasOwner', 's', [busName]);
		if (!isOwned) {
			await daemon.ready(owned, signal);
		}
	} finally {
		await bus.close();
	}
}

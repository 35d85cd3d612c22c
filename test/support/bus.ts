// A real dbus-daemon: a system bus that runs the project's own policy, or a session bus.
import {once} from 'node:events';
import {writeFile} from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import {execa} from 'execa';
import type {BusKind} from '../../dbus/bus.js';
import {address, busConfig} from '../../scripts/bus-config.js';
import type {Cleanup} from './cleanup.js';

export type TestBus = {
	kind: BusKind;
	address: string;
	/** Variables by which programs find this bus and no other. */
	env: Record<string, string>;
	stop: () => Promise<void>;
};

type BusOptions = {
	/** The user that runs it; this process's own when it is left out. */
	uid?: number;
	/** Files with policies for a system bus, beside Nexus's. */
	policies?: string[];
};

/** Starts a bus whose files are in a folder. */
export async function startBus(kind: BusKind, folder: string, cleanup: Cleanup, {uid = process.getuid!(), policies = []}: BusOptions = {}): Promise<TestBus> {
	const socket = path.join(folder, `${kind}-bus.sock`);
	const config = path.join(folder, `${kind}-bus.conf`);
	await writeFile(config, busConfig(kind, socket, policies));
	const daemon = execa('dbus-daemon', ['--nofork', '--print-address', `--config-file=${config}`], {reject: false, forceKillAfterDelay: 1000, uid});
	const stop = async (): Promise<void> => {
		daemon.kill('SIGTERM');
		await daemon;
	};

	cleanup(stop);
	// It prints its address when it listens.
	await once(daemon.stdout, 'data');
	const nowhere = address(path.join(folder, 'no-bus'));
	const here = address(socket);
	return {
		kind,
		address: here,
		env: {
			DBUS_SYSTEM_BUS_ADDRESS: kind === 'system' ? here : nowhere,
			DBUS_SESSION_BUS_ADDRESS: kind === 'session' ? here : nowhere,
		},
		stop,
	};
}

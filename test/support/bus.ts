// A real dbus-daemon: a system bus that runs the project's own policy, or a session bus.
import {once} from 'node:events';
import {writeFile} from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import {execa} from 'execa';
import type {BusKind} from '../../dbus/bus.js';
import type {Cleanup} from './cleanup.js';

export type TestBus = {
	kind: BusKind;
	address: string;
	/** Variables by which programs find this bus and no other. */
	env: Record<string, string>;
	stop: () => Promise<void>;
};

// The rules of a system bus as Debian ships them, and the project's own file on top.
const systemConfig = (socket: string): string => `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN" "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>system</type>
  <listen>unix:path=${socket}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow user="*"/>
    <deny own="*"/>
    <deny send_type="method_call"/>
    <allow send_type="signal"/>
    <allow send_requested_reply="true" send_type="method_return"/>
    <allow send_requested_reply="true" send_type="error"/>
    <allow receive_type="method_call"/>
    <allow receive_type="method_return"/>
    <allow receive_type="error"/>
    <allow receive_type="signal"/>
    <allow send_destination="org.freedesktop.DBus"/>
  </policy>
  <include>${path.resolve('dbus/org.workfort.Nexus1.conf')}</include>
</busconfig>
`;

const sessionConfig = (socket: string): string => `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN" "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:path=${socket}</listen>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
`;

/** Starts a bus whose files are in a folder, as another user when one is named. */
export async function startBus(kind: BusKind, folder: string, cleanup: Cleanup, uid = process.getuid!()): Promise<TestBus> {
	const socket = path.join(folder, `${kind}-bus.sock`);
	const config = path.join(folder, `${kind}-bus.conf`);
	await writeFile(config, kind === 'system' ? systemConfig(socket) : sessionConfig(socket));
	const daemon = execa('dbus-daemon', ['--nofork', '--print-address', `--config-file=${config}`], {reject: false, forceKillAfterDelay: 1000, uid});
	const stop = async (): Promise<void> => {
		daemon.kill('SIGTERM');
		await daemon;
	};

	cleanup(stop);
	// It prints its address when it listens.
	await once(daemon.stdout, 'data');
	const address = `unix:path=${socket}`;
	const nowhere = `unix:path=${path.join(folder, 'no-bus')}`;
	return {
		kind,
		address,
		env: {
			DBUS_SYSTEM_BUS_ADDRESS: kind === 'system' ? address : nowhere,
			DBUS_SESSION_BUS_ADDRESS: kind === 'session' ? address : nowhere,
		},
		stop,
	};
}

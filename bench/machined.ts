// systemd-machined, the peer that does the same job over D-Bus, on a bus of ours. It looks for its images in
// /var/lib/machines: a mount namespace of its own puts a pool there, and nothing of this machine's own changes.
import {execa} from 'execa';
import {connectBus, type Bus} from '../dbus/bus.js';
import type {TestBus} from '../test/support/bus.js';
import type {Cleanup} from '../test/support/cleanup.js';
import {Names} from './names.js';

/** The policies that let machined, and systemd-importd for machinectl, on a bus. */
export const machinedPolicies = ['machine1', 'import1'].map(name => `/usr/share/dbus-1/system.d/org.freedesktop.${name}.conf`);

export type Machined = {
	/** Clones the image. */
	clone: () => Promise<void>;
	/** Removes what was cloned or imported last. */
	remove: () => Promise<void>;
	/** Lists all images and returns how many there are. */
	list: () => Promise<number>;
	/** Imports a folder by machinectl. Machined enables quotas for that. */
	importFolder: (folder: string) => Promise<void>;
};

/** Starts it on a bus that has its policies, on a pool with an image in it. */
export async function startMachined(bus: TestBus, {pool, image}: {pool: string; image: string}, cleanup: Cleanup): Promise<Machined> {
	const connection = await connectBus(bus.kind, bus.address);
	cleanup(async () => connection.close());
	const start = async (name: string, file: string, ...args: string[]): Promise<number> => {
		const service = execa(file, args, {env: bus.env, reject: false, stdin: 'ignore'});
		cleanup(async () => {
			service.kill('SIGTERM');
			await service;
		});
		const ended = await Promise.race([awaitOwner(connection, name), service]);
		if (ended) {
			throw new Error(`${name} did not start: ${ended.stderr}`);
		}

		return service.pid!;
	};

	const machined = await start('org.freedesktop.machine1', 'unshare', '--mount', 'sh', '-e', '-c', enterPool, 'sh', pool);
	const inside = [`--target=${machined}`, '--mount', '--'];
	await start('org.freedesktop.import1', 'nsenter', ...inside, '/lib/systemd/systemd-importd');
	const call = async (member: string, signature = '', body: unknown[] = []): Promise<unknown[]> => connection.call({
		destination: 'org.freedesktop.machine1', path: '/org/freedesktop/machine1', interface: 'org.freedesktop.machine1.Manager', member, signature, body,
	});
	const names = new Names();
	return {
		async clone() {
			await call('CloneImage', 'ssb', [image, names.next(), false]);
		},
		async remove() {
			await call('RemoveImage', 's', [names.last()]);
		},
		async list() {
			const [images] = await call('ListImages') as [unknown[]];
			return images.length;
		},
		async importFolder(folder) {
			await execa('nsenter', [...inside, 'machinectl', 'import-fs', folder, names.next()], {env: bus.env});
		},
	};
}

// Without that folder machinectl takes the machine for one without systemd.
const enterPool = `
mount -t tmpfs tmpfs /run/systemd
mkdir /run/systemd/system
mount --bind "$1" /var/lib/machines
exec /lib/systemd/systemd-machined
`;

async function awaitOwner(bus: Bus, name: string): Promise<void> {
	const owned = new Promise<void>(resolve => {
		bus.onSignal(({member, body}) => {
			const [changed, , owner] = body as unknown[];
			if (member === 'NameOwnerChanged' && changed === name && owner !== '') {
				resolve();
			}
		});
	});
	await bus.callBus('AddMatch', 's', [`type='signal',sender='org.freedesktop.DBus',member='NameOwnerChanged',arg0='${name}'`]);
	// It may have been there before the match was.
	const [isOwned] = await bus.callBus('NameHasOwner', 's', [name]) as [boolean];
	if (!isOwned) {
		await owned;
	}
}

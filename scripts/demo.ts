// The demo: what `npm start` runs once the clone is set up. It plays Nexus on real parts, in a folder of its own,
// and leaves nothing behind:
//
//   a pool     a btrfs in a file, mounted; without root or btrfs a plain folder, and the directory backend
//   a bus      a dbus-daemon with the policy that Nexus installs; without the pool a session bus
//   nexusd     on that bus, and nobody's other nexusd
//   the story  a root filesystem becomes an image, two workspaces are made from it; what is written to the one is
//              neither in the other nor in the image
//   a shell    on a terminal: nexusctl and busctl find that bus until `exit`
import {
	mkdir, open, readFile, rm, symlink, writeFile,
} from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import {fileURLToPath} from 'node:url';
import {execa} from 'execa';
import type {BusKind} from '../dbus/bus.js';
import {connect, type NexusClient} from '../dbus/client.js';
import {busName, rootPath} from '../dbus/paths.js';
import {Cleanups} from './demo/cleanups.js';
import {startDaemon} from './demo/daemon.js';
import {Interruption} from './demo/interruption.js';
import {mountFile, unmountBelow} from './demo/mounts.js';
import {makePlace, removePlace, sweepPlaces} from './demo/place.js';
import {busEnvironment, nexusOnBus, startBus} from './demo/private-bus.js';
import {say, type, typeDebugfs} from './demo/typing.js';
import {makeRootFilesystem} from './root-filesystem.js';

async function main(): Promise<void> {
	const interruption = new Interruption();
	const cleanups = new Cleanups();
	let log: string | undefined;
	try {
		await sweep();
		const folder = await enterPlace(cleanups);
		log = path.join(folder, 'nexusd.log');
		const scene = await setScene(folder, log, cleanups, interruption.signal);
		await play(scene);
		await openShell(scene, interruption);
	} catch (error) {
		if (!interruption.signal.aborted) {
			await report(error, log);
			process.exitCode = 1;
		}
	} finally {
		const isClean = await cleanups.run();
		if (interruption.signal.aborted) {
			process.exitCode = interruption.exitCode;
		} else if (!isClean) {
			process.exitCode = 1;
		} else if (process.exitCode === undefined) {
			console.log('\nThat was the demo. The pool, the bus and nexusd are gone again.');
		}
	}
}

type Scene = {
	folder: string;
	bus: BusKind;
	/** Whether disks can be mounted. */
	canMount: boolean;
	client: NexusClient;
	signal: AbortSignal;
};

async function sweep(): Promise<void> {
	for (const folder of await sweepPlaces()) {
		console.log(`Cleaned up after a demo that was killed: ${folder}`);
	}
}

async function enterPlace(cleanups: Cleanups): Promise<string> {
	const folder = await makePlace();
	cleanups.add(`remove ${folder}`, async () => removePlace(folder));
	return folder;
}

// Each part is there, and its undo in place, before an interruption is looked at: none is left half made.
async function setScene(folder: string, log: string, cleanups: Cleanups, signal: AbortSignal): Promise<Scene> {
	const canMount = await makePool(folder, cleanups);
	signal.throwIfAborted();

	const kind = canMount ? 'system' : 'session';
	await enterEnvironment(kind, folder);
	const {daemon: bus, announcement} = await startBus(kind, folder);
	cleanups.add('stop the bus', async () => bus.stop());
	await bus.ready(announcement, signal);

	const nexusd = await startDaemon('nexusd', await nexusdCommand(folder, canMount), log);
	cleanups.add('stop nexusd', async () => nexusd.stop());
	await nexusOnBus(kind, nexusd, signal);

	const client = await connect(kind);
	cleanups.add('leave the bus', async () => client.close());
	return {
		folder, bus: kind, canMount, client, signal,
	};
}

// Whether the kernel knows btrfs, has a loop device left and lets this root mount: only trying tells.
async function makePool(folder: string, cleanups: Cleanups): Promise<boolean> {
	const pool = poolFolder(folder);
	await mkdir(pool);
	if (process.getuid!() !== 0) {
		console.log('Without root there is no pool to mount: the demo uses a folder, the directory backend and a session bus.');
		return false;
	}

	const file = path.join(folder, 'pool.img');
	try {
		await makeSparseFile(file, 4 * (1024 ** 3));
		await execa('mkfs.btrfs', ['-q', file], {detached: true, stdin: 'ignore'});
		await mountFile(file, pool);
	} catch (error) {
		console.log(`There is no btrfs to be had here, so the demo uses a folder, the directory backend and a session bus: ${reasonOf(error)}`);
		await rm(file, {force: true});
		return false;
	}

	cleanups.add('unmount the pool', async () => unmountBelow(folder));
	return true;
}

const poolFolder = (folder: string): string => path.join(folder, 'pool');

async function makeSparseFile(file: string, size: number): Promise<void> {
	const handle = await open(file, 'w');
	try {
		await handle.truncate(size);
	} finally {
		await handle.close();
	}
}

// From here on whatever this process starts finds the bus, and the programs: ours before others, administrators' too.
async function enterEnvironment(kind: BusKind, folder: string): Promise<void> {
	const bin = path.join(folder, 'bin');
	await mkdir(bin);
	await Promise.all(['nexusctl', 'nxc'].map(async name => symlink(built('nexusctl.js'), path.join(bin, name))));
	Object.assign(process.env, busEnvironment(kind, folder), {
		PATH: [bin, process.env['PATH'], '/usr/sbin', '/sbin'].filter(Boolean).join(path.delimiter),
	});
}

const built = (file: string): string => fileURLToPath(new URL(`../dist/${file}`, import.meta.url));

async function nexusdCommand(folder: string, hasPool: boolean): Promise<string[]> {
	const config = path.join(folder, 'nexus.yaml');
	// JSON is YAML, and quotes any path.
	await writeFile(config, JSON.stringify({
		storage: {
			workspaces: path.join(poolFolder(folder), 'workspaces'),
			database: path.join(folder, 'nexus.db'),
			backend: hasPool ? 'btrfs' : 'directory',
		},
		http: {socket: path.join(folder, 'nexusd.sock')},
	}, undefined, '\t'));
	return [process.execPath, built('nexusd.js'), '--config', config, ...(hasPool ? [] : ['--user'])];
}

async function play(scene: Scene): Promise<void> {
	await importImage(scene);
	await makeWorkspaces(scene);
	await lookFromTheBus(scene);
	await writeToAlpha(scene);
	await closingLook(scene);
}

async function importImage({folder, signal}: Scene): Promise<void> {
	say('A root filesystem, here one made of this machine\'s own programs, becomes an image, once.');
	const source = path.join(folder, 'rootfs');
	await makeRootFilesystem(source);
	signal.throwIfAborted();
	await type(signal, 'nexusctl', 'image', 'import', source, '--name', 'base', '--size', '128M');
}

async function makeWorkspaces({signal}: Scene): Promise<void> {
	say('A workspace is a snapshot of it: a disk for one VM.');
	await type(signal, 'nexusctl', 'ws', 'create', '--base', 'base', '--name', 'alpha');
	await type(signal, 'nexusctl', 'ws', 'create', '--base', 'base', '--name', 'beta');
	await type(signal, 'nexusctl', 'image', 'list');
	await type(signal, 'nexusctl', 'ws', 'list');
}

async function lookFromTheBus({bus, signal}: Scene): Promise<void> {
	say('It is all on the bus, for any client.');
	const flags = bus === 'session' ? ['--user'] : [];
	await type(signal, 'busctl', ...flags, 'call', busName, rootPath, `${busName}.Manager`, 'ListWorkspaces', 's', '');
	await type(signal, 'busctl', ...flags, 'tree', busName);
}

const note = 'written by alpha\n';

async function writeToAlpha(scene: Scene): Promise<void> {
	const {alpha, beta, base} = await disksOf(scene.client);

	say('What is written to alpha …');
	await writeNote(scene, alpha);
	expect(await typeDebugfs(scene.signal, 'cat /note', alpha) === note.trim(), 'alpha does not have what was written to it');

	const isWithoutNote = async (disk: string): Promise<boolean> => {
		const answer = await typeDebugfs(scene.signal, 'cat /note', disk);
		return answer.includes('File not found');
	};

	say('… is neither in beta nor in the image.');
	expect(await isWithoutNote(beta), 'beta has what was written to alpha');
	expect(await isWithoutNote(base), 'the image has what was written to alpha');

	say('Byte for byte, beta is still the image.');
	await type(scene.signal, 'cmp', beta, base);
}

async function disksOf(client: NexusClient): Promise<{alpha: string; beta: string; base: string}> {
	const workspaces = await client.manager.listWorkspaces('');
	const disk = (wanted: string): string => workspaces.find(({name}) => name === wanted)!.devicePath;
	const {devicePath} = await client.properties('Image', await client.manager.getImage('base'));
	return {alpha: disk('alpha'), beta: disk('beta'), base: devicePath};
}

async function writeNote({folder, canMount, signal}: Scene, disk: string): Promise<void> {
	const file = path.join(folder, 'note');
	await writeFile(file, note);
	if (!canMount) {
		await typeDebugfs(signal, `write "${file}" note`, disk, '-w');
		return;
	}

	// An interruption in between leaves a mount, which goes with the pool's.
	const mount = path.join(folder, 'alpha');
	await mkdir(mount);
	await type(signal, 'mount', '-o', 'loop', disk, mount);
	await type(signal, 'cp', file, mount);
	await type(signal, 'umount', mount);
}

async function closingLook({signal}: Scene): Promise<void> {
	say('And this is how things stand.');
	await type(signal, 'nexusctl', 'ws', 'inspect', 'alpha');
	await type(signal, 'nexusctl', 'status');
}

async function openShell({bus, signal}: Scene, interruption: Interruption): Promise<void> {
	signal.throwIfAborted();
	if (!process.stdin.isTTY || !process.stdout.isTTY) {
		return;
	}

	const flag = bus === 'session' ? '--user ' : '';
	say('A shell, to go on with. Some things to try, and `exit` cleans up:');
	console.log([
		'  nexusctl',
		'  nexusctl ws create --base base --name gamma',
		'  nexusctl ws delete beta --yes',
		`  busctl ${flag}introspect ${busName} ${rootPath}`,
	].join('\n'));
	interruption.isCtrlCForOthers = true;
	// An interactive shell ignores SIGTERM; SIGHUP is what it gets when its terminal goes.
	await execa(process.env['SHELL'] ?? '/bin/sh', {
		stdio: 'inherit', reject: false, cancelSignal: signal, killSignal: 'SIGHUP',
	});
	interruption.isCtrlCForOthers = false;
}

function expect(isTrue: boolean, otherwise: string): void {
	if (!isTrue) {
		throw new Error(otherwise);
	}
}

async function report(error: unknown, log: string | undefined): Promise<void> {
	console.error(`\ndemo: ${reasonOf(error)}`);
	const text = log ? await readFile(log, 'utf8').catch(() => '') : '';
	if (text) {
		// The level in front of a line is for the journal.
		const lines = text.trimEnd().split('\n').slice(-15).map(line => `  ${line.replace(/^<\d>/, '')}`);
		console.error(['The last of what nexusd said:', ...lines].join('\n'));
	}
}

// Of a program that failed, the first thing it said tells more than that it failed.
function reasonOf(error: unknown): string {
	if (!(error instanceof Error)) {
		return String(error);
	}

	const firstWords = 'stderr' in error && typeof error.stderr === 'string' ? error.stderr.trim().split('\n')[0] : undefined;
	return firstWords === undefined || firstWords === '' ? error.message : firstWords;
}

// Last, when all constants above have their values.
await main();

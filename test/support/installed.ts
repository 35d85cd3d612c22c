// A machine on which the package is installed and nothing else of Nexus is there, with people of each kind.
import {existsSync} from 'node:fs';
import {stat} from 'node:fs/promises';
import path from 'node:path';
import {connectBus} from '../../dbus/bus.js';
import {NexusClient} from '../../dbus/client.js';
import {busName, rootPath} from '../../dbus/paths.js';
import packageJson from '../../package.json' with {type: 'json'};
import {makeCleanup, type Cleanup} from './cleanup.js';
import {bootMachine, type CommandOptions, type Machine} from './machine.js';
import {run, type Run} from './run.js';
import {takingTurns} from './turns.js';

export type Installed = Machine & {
	/** The address of the machine's system bus, from here. */
	busAddress: string;
	/** Connects to the machine's bus as root and listens. Does not start the daemon. */
	connect: () => Promise<NexusClient>;
	/** Calls a method of the Manager with busctl. */
	callManager: (method: string, args?: string[], options?: CommandOptions) => Promise<Run>;
	/** Sends a request with curl; the output ends with a line that is the status code. */
	curl: (route: string, args?: string[], options?: CommandOptions) => Promise<Run>;
};

/** For a test file: one machine that is booted when it is first asked for and ends with the file, and a way to let its tests take turns on it. */
export function shareMachine<M>(afterAll: (cleanUp: () => Promise<void>) => void, boot: (cleanup: Cleanup) => Promise<M>): {machine: () => Promise<M>; inTurn: ReturnType<typeof takingTurns>} {
	const {cleanup, run: cleanUp} = makeCleanup();
	afterAll(cleanUp);
	let booted: Promise<M> | undefined;
	return {
		async machine() {
			booted ??= boot(cleanup);
			return booted;
		},
		inTurn: takingTurns(1),
	};
}

/** Users of every such machine: two who are in the group nexus, and one who is nobody special. */
export const people = {member: 'member', colleague: 'colleague', stranger: 'stranger'} as const;

/** Boots a machine and installs the package that `npm run package` has built. */
export async function bootInstalled(cleanup: Cleanup): Promise<Installed> {
	const machine = await bootMachine(cleanup);
	await machine.installDeb(await builtPackage());
	await machine.addUser(people.member, ['nexus']);
	await machine.addUser(people.colleague, ['nexus']);
	await machine.addUser(people.stranger);
	const busAddress = `unix:path=/proc/${machine.pid}/root/run/dbus/system_bus_socket`;
	return {
		...machine,
		busAddress,
		async connect() {
			const client = new NexusClient(await connectBus('system', busAddress));
			cleanup(async () => client.close());
			await client.listen();
			return client;
		},
		callManager: async (method, args = [], options = {}) =>
			machine.run('busctl', ['call', busName, rootPath, `${busName}.Manager`, method, ...args], options),
		curl: async (route, args = [], options = {}) =>
			machine.run('curl', ['--silent', '--show-error', '--unix-socket', '/run/nexus/nexusd.sock', '--write-out', String.raw`\n%{http_code}`, ...args, `http://nexus${route}`], options),
	};
}

async function builtPackage(): Promise<string> {
	const {stdout: architecture} = await run('dpkg', ['--print-architecture']);
	const file = path.resolve('.cache/package', `nexus_${packageJson.version}_${architecture}.deb`);
	if (!existsSync(file) || (await stat(file)).mtimeMs < (await stat('dist/nexusd.js')).mtimeMs) {
		throw new Error(`${file} is missing or older than the build: run npm run package`);
	}

	return file;
}

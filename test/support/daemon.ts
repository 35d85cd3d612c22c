// A real nexusd, as its own process from `dist/`, and the ways to talk to it.
import {writeFile} from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import {execa} from 'execa';
import {stringify} from 'yaml';
import type {TestBus} from './bus.js';
import type {Cleanup} from './cleanup.js';
import {run, type Run} from './run.js';
import {inSandbox} from './sandboxed.js';

export type DaemonOptions = {
	bus: TestBus;
	/** Where the configuration is written. */
	folder: string;
	workspaces: string;
	database: string;
	backend?: string;
	/** What is run instead of node with `dist/nexusd.js`; the daemon's own options follow. */
	command?: [file: string, ...args: string[]];
	env?: Record<string, string>;
	cleanup: Cleanup;
};

export type Exit = {exitCode: number | undefined; signal: string | undefined; log: string};

export type TestDaemon = {
	pid: number;
	/** What it has logged so far. */
	log: () => string;
	/** Resolves when a line of its log matches, at once when one has already. */
	logged: (pattern: RegExp) => Promise<void>;
	/** Sends a signal. */
	kill: (signal: NodeJS.Signals) => void;
	/** Resolves when it has ended. */
	exit: Promise<Exit>;
	/** Ends it with SIGTERM. */
	stop: () => Promise<Exit>;
};

/** Starts a daemon and waits until it serves its name; rejects with its log when it ends instead. */
export async function startDaemon(options: DaemonOptions): Promise<TestDaemon> {
	const daemon = await spawnDaemon(options);
	const ended = await Promise.race([daemon.logged(/serves org\.workfort\.Nexus1/), daemon.exit]);
	if (ended) {
		throw new Error(`nexusd did not start:\n${ended.log}`);
	}

	return daemon;
}

/** Starts a daemon and does not wait for it. */
export async function spawnDaemon({bus, folder, workspaces, database, backend = 'auto', command = [process.execPath, 'dist/nexusd.js'], env = {}, cleanup}: DaemonOptions): Promise<TestDaemon> {
	const config = path.join(folder, 'nexus.yaml');
	await writeFile(config, stringify({storage: {workspaces, database, backend}, http: {socket: path.join(folder, 'nexusd.sock')}}));
	const words: [string, ...string[]] = [...command, '--config', config, ...(bus.kind === 'session' ? ['--user'] : [])];
	const environment = {...bus.env, ...env};
	// In the system tests all daemons run in the sandbox of the unit.
	const unit = bus.kind === 'system' ? process.env['NEXUS_TEST_UNIT'] : undefined;
	const elsewhere = [workspaces, database].map(name => path.dirname(name)).filter(name => !name.startsWith(`${folder}/`));
	const [file, ...args] = unit ? await inSandbox(unit, [folder, ...elsewhere], words, environment) : words;
	const child = execa(file, args, {
		env: unit ? {} : environment, reject: false, buffer: false, stdin: 'ignore',
	});
	let pid = child.pid!;
	let log = '';
	const watchers = new Set<() => void>();
	child.stderr.setEncoding('utf8').on('data', (chunk: string) => {
		log += chunk;
		const announced = unit && /^pid (\d+)\n/.exec(log);
		if (announced) {
			pid = Number(announced[1]);
			log = log.slice(announced[0].length);
		}

		for (const watcher of watchers) {
			watcher();
		}
	});
	const exit = (async () => {
		const {exitCode, signal} = await child;
		return {exitCode, signal, log};
	})();
	const kill = (signal: NodeJS.Signals): void => {
		if (child.exitCode === null && child.signalCode === null) {
			process.kill(pid, signal);
		}
	};

	const stop = async (): Promise<Exit> => {
		kill('SIGTERM');
		return exit;
	};

	cleanup(async () => {
		await stop();
	});
	return {
		get pid() {
			return pid;
		},
		log: () => log,
		logged: async pattern => new Promise(resolve => {
			const watcher = (): void => {
				if (pattern.test(log)) {
					watchers.delete(watcher);
					resolve();
				}
			};

			watchers.add(watcher);
			watcher();
		}),
		kill,
		exit,
		stop,
	};
}

/** Runs nexusctl as a process of its own. */
export const nexusctl = async (bus: TestBus, ...args: string[]): Promise<Run> => run(process.execPath, ['dist/nexusctl.js', ...args], bus.env);

/** Runs busctl against a bus. */
export const busctl = async (bus: TestBus, ...args: string[]): Promise<Run> => run('busctl', [`--address=${bus.address}`, ...args]);

/** Calls a method of the Manager with busctl. */
export const callManager = async (bus: TestBus, method: string, ...args: string[]): Promise<Run> =>
	busctl(bus, 'call', 'org.workfort.Nexus1', '/org/workfort/Nexus1', 'org.workfort.Nexus1.Manager', method, ...args);

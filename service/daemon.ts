// The life of the daemon: it takes its name when all is ready, and ends when it is told to, when nobody has needed it for a
// while, or when the bus is gone.
//
// Ending must lose no call. Before the name is given back, systemd is told that this process is about to end: whoever calls
// from then on starts the next one, and waits for it. Calls that came before are answered.
import process from 'node:process';
import type {Bus, BusKind} from '../dbus/bus.js';
import {busName} from '../dbus/paths.js';
import packageJson from '../package.json' with {type: 'json'};
import {messageOf} from '../src/errors.js';
import type {Nexus} from '../src/nexus.js';
import {Activity} from './activity.js';
import {Authority} from './authority.js';
import {Callers} from './bus/callers.js';
import {serveCalls} from './bus/dispatch.js';
import {giveNameBack, takeName} from './bus/name.js';
import {Objects} from './bus/objects.js';
import {Outbox} from './bus/outbox.js';
import {PoolSpace} from './bus/pool-space.js';
import {emitSignals} from './bus/signals.js';
import type {HttpFace} from './http/server.js';
import {log} from './log.js';
import {Operations} from './operations.js';
import {Polkit} from './polkit.js';
import type {Settings} from './settings.js';
import {showStatus} from './status.js';
import {
	feedWatchdog, handedSocket, isStartedOnDemand, notify,
} from './systemd.js';

export type DaemonOptions = {
	kind: BusKind;
	bus: Bus;
	nexus: Nexus;
	settings: Settings;
};

/** Puts Nexus on the bus and on the socket. Rejects when the name cannot be had. */
export async function startDaemon(options: DaemonOptions): Promise<Daemon> {
	const daemon = new Daemon(options);
	await daemon.start();
	return daemon;
}

export class Daemon {
	/** The exit code, when it has ended. */
	readonly ended: Promise<number>;

	readonly #kind: BusKind;
	readonly #bus: Bus;
	readonly #nexus: Nexus;
	readonly #settings: Settings;
	readonly #activity = new Activity();
	readonly #authority: Authority;
	readonly #operations: Operations;
	readonly #outbox = new Outbox(log);
	readonly #space: PoolSpace;
	#hideStatus: (() => void) | undefined;
	#http: HttpFace | undefined;
	#mayAnswer: Promise<unknown> = Promise.resolve();
	#patience: NodeJS.Timeout | undefined;
	#isEnding = false;
	#end!: (exitCode: number) => void;

	/** For `startDaemon` alone. */
	constructor({kind, bus, nexus, settings}: DaemonOptions) {
		this.#kind = kind;
		this.#bus = bus;
		this.#nexus = nexus;
		this.#settings = settings;
		this.#authority = new Authority(kind === 'system' ? new Polkit(bus) : undefined);
		this.#operations = new Operations(nexus, this.#authority);
		this.#space = new PoolSpace(nexus.pool);
		this.ended = new Promise(resolve => {
			this.#end = resolve;
		});
	}

	/** For `startDaemon` alone. */
	async start(): Promise<void> {
		// Taken at once, lest a child inherit it.
		const socket = handedSocket();
		await this.#serveBus();
		this.#watch();
		this.#hideStatus = showStatus(this.#nexus);
		feedWatchdog();
		const {images, workspaces, vms} = this.#nexus.counts();
		log('notice', `nexusd ${packageJson.version} serves ${busName} on the ${this.#kind} bus: ${images} images, ${workspaces} workspaces, ${vms} VMs in ${this.#nexus.pool.root}`);
		notify('READY=1');
		await this.#serveHttp(socket);
		this.#applySettings();
		await this.#warn();
	}

	// Behind the first answers: all of the pool is looked at. What keeps it from that is no reason to end.
	async #warn(): Promise<void> {
		const warnings = await this.#nexus.warnings().catch((error: unknown) => [messageOf(error)]);
		for (const warning of warnings) {
			log('warning', warning);
		}
	}

	async #serveBus(): Promise<void> {
		const callers = new Callers(this.#bus);
		const [bus, nexus, space, outbox] = [this.#bus, this.#nexus, this.#space, this.#outbox];
		const objects = new Objects(nexus, this.#operations, {callers, space, reload: async () => this.#reload()});
		emitSignals({
			nexus, objects, space, bus, outbox,
		});
		serveCalls({
			bus,
			objects,
			authority: this.#authority,
			callers,
			nexus,
			activity: this.#activity,
			mayAnswer: async () => this.#mayAnswer,
			outbox,
			log,
		});
		this.#activity.holdWhile(callers);
		space.watchWhile(callers);
		await callers.watch();
		await takeName(this.#bus, this.#kind);
	}

	// Loaded when the bus is served already: most callers do without.
	async #serveHttp(socket: number | undefined): Promise<void> {
		if (socket === undefined && isStartedOnDemand) {
			log('notice', 'no socket was handed over: the REST interface is off');
			return;
		}

		const {openHttp} = await import('./http/server.js');
		const {http, storage} = this.#settings.config;
		this.#http = openHttp({
			nexus: this.#nexus, operations: this.#operations, authority: this.#authority, activity: this.#activity, log, databaseFile: storage.database,
		});
		try {
			await this.#http.listen(socket === undefined ? {path: http.socket, mode: this.#kind === 'system' ? 0o666 : 0o600} : {fd: socket});
		} catch (error) {
			log('error', `the REST interface is off: ${messageOf(error)}`);
		}
	}

	#watch(): void {
		this.#nexus.on('job-added', job => {
			void job.ended.finally(this.#activity.begin());
		});
		this.#activity.on('idle', () => {
			void this.#endWhenIdle();
		});

		for (const signal of ['SIGTERM', 'SIGINT'] as const) {
			process.on(signal, () => {
				void this.#endBecause(signal);
			});
		}

		process.on('SIGHUP', () => {
			this.#reload().catch((error: unknown) => {
				log('error', `the configuration in use is kept: ${messageOf(error)}`);
			});
		});
		void this.#bus.ended.then(async () => this.#endWithoutBus());
	}

	async #reload(): Promise<void> {
		await this.#settings.reload();
		this.#applySettings();
	}

	// Where nobody would start it again it stays.
	#applySettings(): void {
		if (!this.#patience) {
			this.#activity.setIdleTime(isStartedOnDemand ? this.#settings.config.daemon.idleSeconds : 0);
		}
	}

	async #endWhenIdle(): Promise<void> {
		if (this.#isEnding) {
			return;
		}

		notify('STOPPING=1');
		const isNeeded = this.#stayIfNeeded();
		this.#mayAnswer = isNeeded;
		if (await isNeeded || this.#isEnding) {
			return;
		}

		this.#isEnding = true;
		await this.#finish();
		log('notice', 'nexusd has stopped, because nobody needs it now');
		this.#end(0);
	}

	// Whoever came at the last moment is answered under the name that was called.
	async #stayIfNeeded(): Promise<boolean> {
		await this.#giveNameBack();
		if (!this.#activity.isBusy || this.#isEnding) {
			return false;
		}

		try {
			await takeName(this.#bus, this.#kind);
		} catch (error) {
			log('error', `the name cannot be taken again: ${messageOf(error)}`);
			return false;
		}

		this.#linger();
		return true;
	}

	// The bus may be gone, as will be noticed elsewhere.
	async #giveNameBack(): Promise<void> {
		try {
			await giveNameBack(this.#bus);
		} catch (error) {
			log('warning', `the name could not be given back: ${messageOf(error)}`);
		}
	}

	// Systemd believes that we are ending, and is asked for patience, but not for ever. Only the work that has come is
	// waited for: who is subscribed finds the next daemon.
	#linger(): void {
		this.#activity.dropSubscribers();
		this.#activity.setIdleTime(0.1);
		this.#patience ??= extendTimeout();
	}

	async #endBecause(signal: NodeJS.Signals): Promise<void> {
		if (this.#isEnding) {
			return;
		}

		this.#isEnding = true;
		log('notice', `${signal}: stopping`);
		notify('STOPPING=1');
		// Those who follow a job listen to the name.
		await this.#cancelJobs('nexusd was stopped');
		await this.#outbox.sent();
		await this.#giveNameBack();
		await this.#finish();
		log('notice', 'nexusd has stopped');
		this.#end(0);
	}

	async #endWithoutBus(): Promise<void> {
		if (this.#isEnding) {
			return;
		}

		this.#isEnding = true;
		log('error', 'the connection to the bus is lost: stopping');
		await this.#cancelJobs('nexusd lost its connection to the bus');
		this.#hideStatus?.();
		this.#space.stop();
		await this.#http?.close();
		this.#end(1);
	}

	async #cancelJobs(reason: string): Promise<void> {
		await Promise.all(this.#nexus.jobs().map(async job => job.cancel(reason)));
	}

	async #finish(): Promise<void> {
		await this.#cancelJobs('nexusd was stopped');
		// Requests under way still need what they ask for.
		await this.#http?.close();
		this.#hideStatus?.();
		this.#space.stop();
		await this.#nexus.close();
		await this.#outbox.sent();
		await this.#bus.close();
	}
}

function extendTimeout(): NodeJS.Timeout {
	const microseconds = 60_000_000;
	let left = 30;
	const ask = (): void => {
		if (left > 0) {
			left--;
			notify(`EXTEND_TIMEOUT_USEC=${microseconds}`);
		}
	};

	ask();
	return setInterval(ask, microseconds / 1000 / 2).unref();
}

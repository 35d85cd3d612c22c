// A daemon whose disks fail, driven by hand: what it was asked and how it answered is noted, and it is held to that.
import type {NexusClient} from '../../../dbus/client.js';
import {startBus} from '../bus.js';
import type {Cleanup} from '../cleanup.js';
import {startDaemon, type DaemonOptions, type TestDaemon} from '../daemon.js';
import {refusal} from '../errors.js';
import {connectClient, importImage, makeSource} from '../nexus.js';
import {Checker, hashSource} from './check.js';
import {
	Lane, withEntry, withoutEntry, type WorkspaceState, type World,
} from './ledger.js';
import {diskOf, imageBytes, writeSlot} from './slots.js';

/** How something was refused; an import that fails as a job has no code. */
export type Refusal = {code: string; text: string};

type Places = {folder: string; workspaces: string; database: string; cleanup: Cleanup};

/** Starts a daemon with an image `x-base`, a workspace `x-one` that somebody has written to, and a VM `x-vm`. */
export async function startSubject({folder, workspaces, database, cleanup}: Places): Promise<Subject> {
	const bus = await startBus('system', folder, cleanup);
	const options = {
		bus, folder, workspaces, database, cleanup,
	};
	const daemon = await startDaemon(options);
	const source = await makeSource(folder, 'source', 1);
	const checker = new Checker(new Map([[source, await hashSource(source)]]));
	const subject = new Subject({
		options, daemon, client: await connectClient(bus, cleanup), source, checker,
	});
	await subject.mustWork('x');
	return subject;
}

type Parts = {options: DaemonOptions; daemon: TestDaemon; client: NexusClient; source: string; checker: Checker};

export class Subject {
	readonly client: NexusClient;
	readonly #options: DaemonOptions;
	readonly #source: string;
	readonly #checker: Checker;
	readonly #lane = new Lane('x');
	#daemon: TestDaemon;
	#written = 0;

	/** For `startSubject` alone. */
	constructor({options, daemon, client, source, checker}: Parts) {
		this.#options = options;
		this.#daemon = daemon;
		this.client = client;
		this.#source = source;
		this.#checker = checker;
	}

	get daemon(): TestDaemon {
		return this.#daemon;
	}

	/** Imports an image, from a source of its own kind when one is named. */
	async importImage(name: string, source = this.#source): Promise<Refusal | undefined> {
		return this.#note(async () => {
			const {result, message} = await importImage(this.client, name, source, {size: imageBytes});
			return result === 'done' ? undefined : {code: '', text: message};
		}, world => ({...world, images: withEntry(world.images, name, {source, object: undefined})}));
	}

	async deleteImage(name: string): Promise<Refusal | undefined> {
		return this.#note(async () => refusal(this.client.manager.deleteImage(name)), world => ({...world, images: withoutEntry(world.images, name)}));
	}

	/** Makes a workspace of `x-base`, or of another image. */
	async create(name: string, base = 'x-base'): Promise<Refusal | undefined> {
		return this.#note(async () => refusal(this.client.manager.createWorkspace(base, name, {})), world => ({
			...world,
			workspaces: withEntry(world.workspaces, name, {
				base, object: undefined, attached: undefined, written: new Map<number, string>(),
			}),
		}));
	}

	async delete(name: string): Promise<Refusal | undefined> {
		return this.#note(async () => refusal(this.client.manager.deleteWorkspace(name)), world => ({...world, workspaces: withoutEntry(world.workspaces, name)}));
	}

	async createVm(name: string): Promise<Refusal | undefined> {
		return this.#note(async () => refusal(this.client.manager.createVm(name, 'work', 1, 128)), world => ({
			...world,
			vms: withEntry(world.vms, name, {
				role: 'work', vcpus: 1, memoryMib: 128, object: undefined,
			}),
		}));
	}

	async deleteVm(name: string): Promise<Refusal | undefined> {
		return this.#note(async () => refusal(this.client.manager.deleteVm(name)), world => ({...world, vms: withoutEntry(world.vms, name)}));
	}

	async attach(name: string, vm: string): Promise<Refusal | undefined> {
		return this.#note(async () => refusal(this.client.manager.attachWorkspace(name, vm, {})), world => withAttached(world, name, {vm, rootDevice: false, readOnly: false}));
	}

	async detach(name: string): Promise<Refusal | undefined> {
		return this.#note(async () => refusal(this.client.manager.detachWorkspace(name)), world => withAttached(world, name, undefined));
	}

	/** Writes to a workspace's disk, as its VM would. */
	async write(name: string, slot: number): Promise<void> {
		this.#written++;
		const mark = `${name} ${slot} ${this.#written}`;
		await this.#note(async () => {
			await writeSlot(diskOf(this.#options.workspaces, name), slot, mark);
			return undefined;
		}, world => {
			const workspace = world.workspaces.get(name)!;
			return {...world, workspaces: withEntry(world.workspaces, name, {...workspace, written: withEntry(workspace.written, slot, mark)})};
		});
	}

	/** Makes VMs until one is refused: how much a database can take before that is its own affair. */
	async createVmsUntilRefused(prefix: string): Promise<Refusal> {
		for (let number = 0; number < 3000; number++) {
			// eslint-disable-next-line no-await-in-loop
			const refused = await this.createVm(`${prefix}-${number}`);
			if (refused) {
				return refused;
			}
		}

		throw new Error('no VM is refused');
	}

	/** Does a bit of everything, and leaves an image `<prefix>-base`, a workspace `<prefix>-one` and a VM `<prefix>-vm`. Throws when anything is refused. */
	async mustWork(prefix: string): Promise<void> {
		const steps = [
			async () => this.importImage(`${prefix}-base`),
			async () => this.create(`${prefix}-one`, `${prefix}-base`),
			async () => this.create(`${prefix}-two`, `${prefix}-base`),
			async () => this.delete(`${prefix}-two`),
			async () => this.createVm(`${prefix}-vm`),
			async () => this.importImage(`${prefix}-other`),
			async () => this.deleteImage(`${prefix}-other`),
		];
		for (const step of steps) {
			// eslint-disable-next-line no-await-in-loop
			const refused = await step();
			if (refused) {
				throw new Error(`refused, where it should work: ${refused.code}: ${refused.text}`);
			}
		}

		await this.write(`${prefix}-one`, 1);
	}

	/** Holds the daemon to its answers. Throws when anything is wrong. */
	async check(): Promise<void> {
		await this.#checker.check(this.#scene(), [this.#lane.possible], 'everything');
	}

	/**
	Kills the daemon and starts the next one, which is held to all that was ever answered.

	@param between What happens while none runs.
	*/
	async restart(between: () => Promise<void> = async () => undefined): Promise<void> {
		this.#daemon.kill('SIGKILL');
		await this.#daemon.exit;
		await between();
		this.#daemon = await startDaemon(this.#options);
		await this.check();
	}

	/** The same, and everything is to be in order when that one is stopped. */
	async checkNext(between?: () => Promise<void>): Promise<void> {
		await this.restart(between);
		const {lists} = await this.#checker.check(this.#scene(), [this.#lane.possible], 'everything');
		await this.#daemon.stop();
		await this.#checker.checkStopped(this.#scene(), lists);
	}

	#scene(): {client: NexusClient; workspaces: string; database: string} {
		return {client: this.client, workspaces: this.#options.workspaces, database: this.#options.database};
	}

	async #note(work: () => Promise<Refusal | undefined>, outcome: (world: World) => World): Promise<Refusal | undefined> {
		const after = outcome(this.#lane.world);
		this.#lane.begin('a step', after);
		const refused = await work();
		this.#lane.settle(refused ? this.#lane.world : after);
		return refused;
	}
}

function withAttached(world: World, name: string, attached: WorkspaceState['attached']): World {
	return {...world, workspaces: withEntry(world.workspaces, name, {...world.workspaces.get(name)!, attached})};
}

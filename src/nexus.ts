// Nexus itself: the one place that moves disk and records together. Every operation checks first, claims what it works
// on in the same turn of the event loop, and undoes its steps in reverse when a later one fails.
import {randomUUID} from 'node:crypto';
import {EventEmitter} from 'node:events';
import {
	chmod, mkdir, realpath,
} from 'node:fs/promises';
import path from 'node:path';
import {allOf} from './all-of.js';
import {planAdoption, type NewRecord} from './adoption.js';
import {chooseBackend} from './backend/choose-backend.js';
import {largestSize, smallestSize} from './backend/ext4-size.js';
import {Claims, type Claim, type Release} from './claims.js';
import type {Config} from './config.js';
import {
	NexusError, asNexusError, messageOf,
} from './errors.js';
import {lockFile, type FileLock} from './file-lock.js';
import {Jobs, type Job, type JobContext} from './jobs.js';
import type {Actor, Log} from './log.js';
import {
	diskFile, isWorkspace, kindOf, now, vmRoles, vmStates, type Image, type Vm, type VmRole, type Workspace,
} from './model.js';
import {checkName, generateName, quote} from './names.js';
import {passableMode} from './files.js';
import {inspect, type Finding} from './inspection.js';
import {imageLabel, workspaceLabel} from './label.js';
import {openPool, poolLock, type Pool} from './pool.js';
import {recover} from './recovery.js';
import {reverting, type Undo} from './reverter.js';
import type {Reader} from './reader.js';
import {openStore} from './store/open-store.js';
import type {Change, StateStore} from './store/state-store.js';
import {Stock} from './stock.js';

/** What happened, once it is durable. */
export type NexusEvents = {
	'image-added': [Image];
	'image-removed': [Image];
	/** How many bytes it occupies is told where it is known. */
	'workspace-added': [Workspace, allocated?: number | undefined];
	'workspace-changed': [Workspace, vmIds: string[]];
	'workspace-removed': [Workspace];
	'vm-added': [Vm];
	'vm-removed': [Vm];
	'job-added': [Job];
	'job-changed': [Job];
	'job-removed': [Job];
};

export type ImportOptions = {
	name: string;
	/** Absolute path of the folder. */
	source: string;
	/** Bytes of the filesystem; from the tree when left out. */
	sizeBytes?: number | undefined;
	/** With whose rights the folder is read; the daemon's own when left out. */
	reader?: Reader | undefined;
	by?: Actor | undefined;
};

export type VmOptions = {
	name: string;
	/** One of `vmRoles`. */
	role: string;
	vcpuCount: number;
	memSizeMib: number;
};

export type AttachOptions = {rootDevice?: boolean | undefined; readOnly?: boolean | undefined};

/** What a Nexus works on: its records, its pool, and the lock that keeps others from it. */
export type Parts = {store: StateStore; pool: Pool; lock: FileLock};

/**
Opens the pool and the records and brings them to one state.

@throws NexusError Conflict when another daemon has one of them; Unsupported when they cannot be used; Io.
*/
export async function openNexus(config: Pick<Config, 'storage'>, log: Log): Promise<Nexus> {
	return startNexus(await openParts(config, log), log);
}

/** Opens what a Nexus works on, and changes nothing in it. Throws as `openNexus`. */
export async function openParts({storage}: Pick<Config, 'storage'>, log: Log): Promise<Parts> {
	const root = await openRoot(storage.workspaces);
	const lock = lockFile(poolLock(root), `the workspaces folder ${root}`);
	try {
		const backend = await chooseBackend(storage.backend, root, log);
		return {pool: await openPool(root, backend), store: await openStore(storage.database, log), lock};
	} catch (error) {
		lock.release();
		throw error;
	}
}

/** Brings pool and records to one state and begins to work on them. Throws as `openNexus`. */
export async function startNexus({store, pool, lock}: Parts, log: Log): Promise<Nexus> {
	try {
		refuseOtherRoot(store, pool.root);
		await recover(store, pool, log);
		return new Nexus({store, pool, lock}, log);
	} catch (error) {
		await store.close();
		lock.release();
		throw error;
	}
}

async function openRoot(folder: string): Promise<string> {
	try {
		const outermost = await mkdir(folder, {recursive: true});
		if (outermost) {
			await openWay(outermost, folder);
		}

		return await realpath(folder);
	} catch (error) {
		throw asNexusError(error, `cannot use the workspaces folder ${folder}`);
	}
}

// Everybody may walk through what was made to the disk that is theirs; nobody may look around.
async function openWay(outermost: string, innermost: string): Promise<void> {
	for (let folder = innermost; folder.length >= outermost.length; folder = path.dirname(folder)) {
		// From the inside out, one after the other: there are few.
		// eslint-disable-next-line no-await-in-loop
		await chmod(folder, passableMode);
	}
}

// The records hold whole paths; with another root they would point to somebody else's files.
function refuseOtherRoot(store: StateStore, root: string): void {
	const prefix = path.join(root, '@');
	const stranger = [...store.images(), ...store.workspaces()].find(({subvolumePath}) => !subvolumePath.startsWith(prefix));
	if (stranger) {
		const recorded = path.dirname(stranger.subvolumePath);
		throw new NexusError('Unsupported', `the database records "${stranger.name}" in ${recorded}, but storage.workspaces is ${root}: name the folder of this database, or another database`);
	}
}

export class Nexus extends EventEmitter<NexusEvents> {
	readonly pool: Pool;

	readonly #store: StateStore;
	readonly #lock: FileLock;
	readonly #log: Log;
	readonly #claims = new Claims();
	readonly #jobs: Jobs;
	readonly #stock: Stock;
	/** Bytes that images occupy, which never change. */
	readonly #allocated = new WeakMap<Image, number>();
	readonly #running = new Set<Promise<unknown>>();
	/** Operations that have to do with the pool what the records say already. */
	readonly #settling = new Set<Promise<unknown>>();
	#stopping = false;
	#closed: Promise<void> | undefined;

	/** For `startNexus` alone. */
	constructor({store, pool, lock}: Parts, log: Log) {
		super();
		this.#store = store;
		this.pool = pool;
		this.#lock = lock;
		this.#log = log;
		this.#stock = new Stock({
			clone: async (image, id) => this.pool.clone(image.name, id),
			discard: async id => this.pool.discard(id),
		}, log, pool.backend.isCloneCheap ? {} : {largest: 0});
		store.onCheckpoint(async () => this.#settle());
		this.#jobs = new Jobs({
			added: job => this.emit('job-added', job),
			changed: job => this.emit('job-changed', job),
			removed: job => this.emit('job-removed', job),
		});
	}

	get schemaVersion(): number {
		return this.#store.schemaVersion;
	}

	/** How many tables the database has. */
	tableCount(): number {
		return this.#store.tableCount();
	}

	/** How many images, workspaces and VMs there are. */
	counts(): {images: number; workspaces: number; vms: number} {
		return this.#store.counts();
	}

	/** All images by name. */
	images(): Image[] {
		return this.#store.images();
	}

	/** How many workspaces are based on each image, by the image's id; one with none is left out. */
	workspaceCounts(): Map<string, number> {
		return this.#store.workspaceCounts();
	}

	/** How many workspaces are based on an image. */
	workspaceCount(imageId: string): number {
		return this.#store.workspaceCount(imageId);
	}

	/**
	An image by its id or its name.

	@throws NexusError NotFound
	*/
	image(nameOrId: string): Image {
		return this.#store.image(nameOrId) ?? missing('image', nameOrId, 'nexusctl image list');
	}

	/** Bytes that the disk of an image occupies; 0 when it is gone. Throws NexusError Io. */
	async allocated(image: Image): Promise<number> {
		const known = this.#allocated.get(image);
		if (known !== undefined) {
			return known;
		}

		const allocated = await this.pool.allocated(image.name);
		if (allocated > 0) {
			this.#allocated.set(image, allocated);
		}

		return allocated;
	}

	/**
	Starts the import of a folder as a new image.

	@throws NexusError InvalidName, InvalidArgument, AlreadyExists or NotFound before anything is touched; what goes wrong
	later is the job's.
	*/
	async importImage(options: ImportOptions): Promise<Job> {
		this.#refuseWhenStopping();
		checkName(options.name);
		checkSize(options.sizeBytes);
		const release = this.#claimNewName(options.name);
		return this.#track(this.#startImport(options, release));
	}

	/**
	Deletes an image.

	@throws NexusError NotFound; Conflict while workspaces are based on it; Io
	*/
	async deleteImage(nameOrId: string, by?: Actor): Promise<void> {
		this.#refuseWhenStopping();
		const image = this.image(nameOrId);
		const count = this.workspaceCount(image.id);
		if (count > 0) {
			throw new NexusError('Conflict', `image "${image.name}" is in use by ${count} ${count === 1 ? 'workspace' : 'workspaces'}: delete ${count === 1 ? 'it' : 'them'} first`);
		}

		await this.#claiming([claimOf('image', image), this.#nameClaim(image.name)], async () => {
			await this.#remove(image);
			this.#stock.drop(image);
			this.#log('info', `image "${image.name}" deleted`, {operation: 'delete-image', object: `image ${image.name}`, by});
			this.emit('image-removed', image);
		});
		this.#emptyTrash(image);
	}

	/**
	Workspaces by name.

	@param base Only those of this image, by its name or id.
	@throws NexusError NotFound when there is no such image.
	*/
	workspaces(base?: string): Workspace[] {
		return this.#store.workspaces(base === undefined ? undefined : {imageId: this.image(base).id});
	}

	/** Up to `limit` workspaces by name, from the one after a name: all, or those of an image. To read thousands at once would keep everybody else waiting. */
	workspacesAfter(name: string, limit: number, imageId?: string): Workspace[] {
		return this.#store.workspacesAfter(name, limit, imageId);
	}

	/** The workspaces attached to a VM, by name. */
	workspacesOf(vm: Vm): Workspace[] {
		return this.#store.workspaces({vmId: vm.id});
	}

	/**
	A workspace by its id or its name.

	@throws NexusError NotFound
	*/
	workspace(nameOrId: string): Workspace {
		return this.#store.workspace(nameOrId) ?? missing('workspace', nameOrId, 'nexusctl ws list');
	}

	/**
	Makes a workspace from an image.

	@param name `undefined` generates one.
	@param by For whom: it is theirs.
	@throws NexusError InvalidName, NotFound, AlreadyExists; Conflict while the image is being deleted; NoSpace, Io
	*/
	async createWorkspace(base: string, name: string | undefined, by: Actor): Promise<Workspace> {
		this.#refuseWhenStopping();
		if (name !== undefined) {
			checkName(name);
		}

		const image = this.image(base);
		const finalName = name ?? this.#freeName(image.name);
		const release = this.#claimNewName(finalName);
		const creation = this.#claiming([{...claimOf('image', image), shared: true}], async () =>
			this.#stock.serve(image, async ready => this.#create(image, {name: finalName, ownerUid: by.uid, ready})));
		// Nobody can have written to it: a snapshot occupies what its image does. A copy may have more holes.
		const allocated = this.pool.backend.isCloneCheap ? this.allocated(image).catch(() => undefined) : undefined;
		let workspace: Workspace;
		try {
			workspace = await creation;
		} finally {
			release();
		}

		this.#log('info', `workspace "${workspace.name}" created from image "${image.name}"`, {operation: 'create-workspace', object: `workspace ${workspace.name}`, by});
		this.emit('workspace-added', workspace, await allocated);
		return workspace;
	}

	/**
	Deletes a workspace and all that was written to it.

	@throws NexusError NotFound; Conflict while it is attached; Io
	*/
	async deleteWorkspace(nameOrId: string, by?: Actor): Promise<void> {
		this.#refuseWhenStopping();
		const workspace = this.workspace(nameOrId);
		if (workspace.vmId) {
			throw new NexusError('Conflict', `workspace "${workspace.name}" is attached to VM "${this.vm(workspace.vmId).name}": detach it first`);
		}

		await this.#claiming([claimOf('workspace', workspace), this.#nameClaim(workspace.name)], async () => {
			await this.#remove(workspace);
			this.#log('info', `workspace "${workspace.name}" deleted`, {operation: 'delete-workspace', object: `workspace ${workspace.name}`, by});
			this.emit('workspace-removed', workspace);
		});
		this.#emptyTrash(workspace);
	}

	/**
	Attaches a workspace to a VM.

	@throws NexusError NotFound; Conflict when it is attached already, being deleted, or a second root device
	*/
	async attachWorkspace(nameOrId: string, vmNameOrId: string, {rootDevice = false, readOnly = false}: AttachOptions = {}, by?: Actor): Promise<void> {
		this.#refuseWhenStopping();
		const workspace = this.workspace(nameOrId);
		const vm = this.vm(vmNameOrId);
		if (workspace.vmId) {
			throw new NexusError('Conflict', `workspace "${workspace.name}" is already attached to VM "${this.vm(workspace.vmId).name}": detach it first`);
		}

		const root = rootDevice && this.workspacesOf(vm).find(({isRootDevice}) => isRootDevice);
		if (root) {
			throw new NexusError('Conflict', `VM "${vm.name}" already has a root device, workspace "${root.name}": detach that first, or attach this one without root-device`);
		}

		const attached: Workspace = {
			...workspace, vmId: vm.id, isRootDevice: rootDevice, isReadOnly: readOnly, attachedAt: now(), detachedAt: undefined,
		};
		await this.#claiming([claimOf('workspace', workspace)], async () =>
			this.#commit({put: 'workspace', record: attached}, {put: 'vm', record: {...vm, updatedAt: now()}}));
		this.#log('info', `workspace "${workspace.name}" attached to VM "${vm.name}"`, {operation: 'attach-workspace', object: `workspace ${workspace.name}`, by});
		this.emit('workspace-changed', attached, [vm.id]);
	}

	/**
	Detaches a workspace from its VM.

	@throws NexusError NotFound; Conflict when it is not attached
	*/
	async detachWorkspace(nameOrId: string, by?: Actor): Promise<void> {
		this.#refuseWhenStopping();
		const workspace = this.workspace(nameOrId);
		if (!workspace.vmId) {
			throw new NexusError('Conflict', `workspace "${workspace.name}" is not attached to a VM`);
		}

		const vm = this.vm(workspace.vmId);
		const detached = detach(workspace);
		await this.#claiming([claimOf('workspace', workspace)], async () =>
			this.#commit({put: 'workspace', record: detached}, {put: 'vm', record: {...vm, updatedAt: now()}}));
		this.#log('info', `workspace "${workspace.name}" detached from VM "${vm.name}"`, {operation: 'detach-workspace', object: `workspace ${workspace.name}`, by});
		this.emit('workspace-changed', detached, [vm.id]);
	}

	/** All VMs by name. */
	vms(): Vm[] {
		return this.#store.vms();
	}

	/** Up to `limit` VMs by name, from the one after a name. */
	vmsAfter(name: string, limit: number): Vm[] {
		return this.#store.vmsAfter(name, limit);
	}

	/**
	A VM by its id or its name.

	@throws NexusError NotFound
	*/
	vm(nameOrId: string): Vm {
		return this.#store.vm(nameOrId) ?? missing('VM', nameOrId, 'nexusctl vm list');
	}

	/**
	Records a VM and gives it the lowest free CID.

	@throws NexusError InvalidName, InvalidArgument, AlreadyExists
	*/
	async createVm({name, role, vcpuCount, memSizeMib}: VmOptions, by?: Actor): Promise<Vm> {
		this.#refuseWhenStopping();
		checkName(name);
		checkVm(role, vcpuCount, memSizeMib);
		if (this.#store.isVmName(name)) {
			throw new NexusError('AlreadyExists', `a VM named "${name}" exists already: choose another name`);
		}

		const time = now();
		const vm: Vm = {
			id: randomUUID(),
			name,
			role,
			state: vmStates[0],
			cid: this.#store.freeCid(),
			vcpuCount,
			memSizeMib,
			configJson: undefined,
			pid: undefined,
			socketPath: undefined,
			udsPath: undefined,
			consoleLogPath: undefined,
			createdAt: time,
			updatedAt: time,
			startedAt: undefined,
			stoppedAt: undefined,
		};
		await this.#track(this.#commit({put: 'vm', record: vm}));
		this.#log('info', `VM "${name}" created with CID ${vm.cid}`, {operation: 'create-vm', object: `vm ${name}`, by});
		this.emit('vm-added', vm);
		return vm;
	}

	/**
	Deletes the record of a VM and detaches its workspaces.

	@throws NexusError NotFound; Conflict while it runs
	*/
	async deleteVm(nameOrId: string, by?: Actor): Promise<void> {
		this.#refuseWhenStopping();
		const vm = this.vm(nameOrId);
		if (vm.state === 'running') {
			throw new NexusError('Conflict', `VM "${vm.name}" is running: stop it first`);
		}

		const detached = this.workspacesOf(vm).map(workspace => detach(workspace));
		await this.#claiming(detached.map(workspace => claimOf('workspace', workspace)), async () =>
			this.#commit(...detached.map(record => ({put: 'workspace', record} as const)), {remove: 'vm', id: vm.id}));
		this.#log('info', `VM "${vm.name}" deleted`, {operation: 'delete-vm', object: `vm ${vm.name}`, by});
		for (const workspace of detached) {
			this.emit('workspace-changed', workspace, []);
		}

		this.emit('vm-removed', vm);
	}

	/** The jobs that run. */
	jobs(): Job[] {
		return this.#jobs.all();
	}

	/** A running job by its number. */
	job(id: number): Job | undefined {
		return this.#jobs.get(id);
	}

	/** What an administrator should know, a sentence each. */
	async warnings(): Promise<string[]> {
		return [...await this.pool.backend.warnings(), ...this.#store.mishaps, ...await this.#differences()];
	}

	/** How many deleted images and workspaces still occupy space, which the system is freeing. */
	async countRemoving(): Promise<number> {
		return this.pool.countRemoving();
	}

	/** Where the records and the pool differ. Throws NexusError Io. */
	async findings(): Promise<Finding[]> {
		return inspect(this.#store, this.pool);
	}

	/**
	Takes what lies under a name in the pool into the records, as what its label says. What the records know under another
	name, where it is missing, is moved back there.

	@throws NexusError InvalidName; AlreadyExists when the records know the name; NotFound; Unsupported when nothing says
	what it is; Conflict when its image is not in the records; Io
	*/
	async adopt(name: string, by?: Actor): Promise<Image | Workspace> {
		this.#refuseWhenStopping();
		return this.#withStray(name, async () => {
			const adoption = await planAdoption(name, this.#store, this.pool);
			await (adoption.isKnown ? this.#claiming([this.#nameClaim(adoption.record.name)], async () => this.pool.move(name, adoption.record.name)) : this.#enlist(adoption));

			this.#log('notice', `"${name}" adopted from the pool`, {operation: 'adopt', object: name, by});
			return adoption.record;
		});
	}

	/**
	Removes what lies under a name in the pool and is not in the records.

	@throws NexusError InvalidName; AlreadyExists when the records know the name; NotFound; Io
	*/
	async removeUnknown(name: string, by?: Actor): Promise<void> {
		this.#refuseWhenStopping();
		await this.#withStray(name, async () => this.pool.remove(name));
		this.#log('notice', `"${name}" removed from the pool, which the records did not know`, {operation: 'remove-unknown', object: name, by});
	}

	/** Begins nothing new, waits until what runs has ended, and lets go of the files. */
	async close(): Promise<void> {
		this.#closed ??= this.#close();
		return this.#closed;
	}

	async #close(): Promise<void> {
		this.#stopping = true;
		while (this.#running.size > 0) {
			// What has ended may have begun another step.
			// eslint-disable-next-line no-await-in-loop
			await Promise.allSettled(this.#running);
		}

		await this.#stock.close();
		await this.pool.tidy();
		await this.#store.close();
		this.#lock.release();
	}

	// The name stays claimed until the job has ended.
	async #startImport({name, source, ...options}: ImportOptions, release: Release): Promise<Job> {
		const {by} = options;
		try {
			await this.#refuseStray(name);
			// What only an import needs is loaded for it.
			const {checkSource} = await import('./import-source.js');
			const folder = await checkSource(source, this.pool.root, options.reader);
			this.#log('info', `import of image "${name}" from ${folder} started`, {operation: 'import-image', object: `image ${name}`, by});
			const job = this.#jobs.start('import', {name, source: folder}, async context => {
				const image = await this.#import({...options, name, source: folder}, context);
				return {kind: 'image', id: image.id};
			});
			void this.#track(this.#finishImport(job, {name, by}, release));
			return job;
		} catch (error) {
			release();
			throw error;
		}
	}

	async #finishImport(job: Job, {name, by}: Pick<ImportOptions, 'name' | 'by'>, release: Release): Promise<void> {
		await job.ended;
		release();
		if (job.state !== 'done') {
			this.#log('warning', `import of image "${name}" ${job.state}: ${job.message}`, {operation: 'import-image', object: `image ${name}`, by});
		}
	}

	async #import({name, source, sizeBytes, reader, by}: ImportOptions, {signal, report}: JobContext): Promise<Image> {
		const id = randomUUID();
		const image = await reverting(this.#log, async onFailure => {
			onFailure(async () => this.pool.discard(id));
			const folder = await this.pool.stage(id);
			const {makeExt4Image} = await import('./backend/ext4-image.js');
			const size = await makeExt4Image({
				source, reader, file: path.join(folder, diskFile), sizeBytes, signal, onProgress: report, makeRoom: async bytes => this.pool.makeRoom(bytes, signal),
			});
			signal.throwIfAborted();
			const image: Image = {
				id, name, subvolumePath: this.pool.folder(name), sizeBytes: size, createdAt: now(),
			};
			await this.pool.prepare(id, name, imageLabel(image));
			await this.#untilSettled(async () => {
				await this.#commit({put: 'image', record: image});
				onFailure(async () => this.#takeBack({put: 'image', record: image}));
				await this.pool.publish(id, name);
				onFailure(async () => this.pool.remove(name));
				await this.pool.setReadOnly(name, true);
			});
			return image;
		});
		this.#log('info', `image "${name}" imported from ${source}`, {operation: 'import-image', object: `image ${name}`, by});
		this.emit('image-added', image);
		return image;
	}

	// A copy in stock lies on disk whole already: what is left is to say whose it is and to give it its name.
	async #create(image: Image, {name, ownerUid, ready}: Pick<Workspace, 'name' | 'ownerUid'> & {ready: string | undefined}): Promise<Workspace> {
		const id = ready ?? randomUUID();
		const workspace = this.#newWorkspace(image, {id, name, ownerUid});
		await reverting(this.#log, async onFailure => {
			onFailure(async () => this.pool.discard(id));
			// What takes longest begins first.
			await allOf([...(ready === undefined ? [this.pool.clone(image.name, id)] : []), this.#refuseStray(name)]);
			await this.#untilSettled(async () => {
				const record = async (): Promise<void> => {
					await this.#commit({put: 'workspace', record: workspace});
					onFailure(async () => this.#takeBack({put: 'workspace', record: workspace}));
				};

				await allOf([record(), this.pool.prepare(id, name, workspaceLabel(workspace))]);
				await this.pool.publish(id, name);
			});
		});
		return workspace;
	}

	#newWorkspace(image: Image, {id, name, ownerUid}: Pick<Workspace, 'id' | 'name' | 'ownerUid'>): Workspace {
		return {
			id,
			name,
			vmId: undefined,
			subvolumePath: this.pool.folder(name),
			masterImageId: image.id,
			parentWorkspaceId: undefined,
			sizeBytes: image.sizeBytes,
			isRootDevice: false,
			isReadOnly: false,
			attachedAt: undefined,
			detachedAt: undefined,
			createdAt: now(),
			ownerUid,
		};
	}

	#freeName(base: string): string {
		for (;;) {
			const name = generateName(base);
			if (!this.#store.holderOf(name)) {
				return name;
			}
		}
	}

	// Images and workspaces share their names.
	#claimNewName(name: string): Release {
		const holder = this.#store.holderOf(name);
		if (holder) {
			throw new NexusError('AlreadyExists', `the name "${name}" is taken by ${holder === 'image' ? 'an image' : 'a workspace'}: choose another name`);
		}

		return this.#claims.take(this.#nameClaim(name));
	}

	#nameClaim(name: string): Claim {
		return {
			key: `name ${name}`,
			busy: () => new NexusError('AlreadyExists', `the name "${name}" is taken by something that is being made or deleted: choose another name, or try again`),
		};
	}

	// Something that the records do not know is never overwritten.
	async #refuseStray(name: string): Promise<void> {
		if (await this.pool.exists(name)) {
			throw new NexusError('AlreadyExists', `${this.pool.folder(name)} is there although nothing is recorded under that name: choose another name, or move it away`);
		}
	}

	async #claiming<T>(claims: Claim[], work: () => Promise<T>): Promise<T> {
		const release = this.#claims.take(...claims);
		try {
			return await this.#track(work());
		} finally {
			release();
		}
	}

	async #track<T>(work: Promise<T>): Promise<T> {
		this.#running.add(work);
		try {
			return await work;
		} finally {
			this.#running.delete(work);
		}
	}

	async #differences(): Promise<string[]> {
		try {
			const {length: count} = await this.findings();
			return count === 0 ? [] : [`pool and records differ in ${count} ${count === 1 ? 'point' : 'points'}: see nexusctl doctor`];
		} catch (error) {
			return [messageOf(error)];
		}
	}

	async #withStray<T>(name: string, work: () => Promise<T>): Promise<T> {
		checkName(name);
		const release = this.#claimNewName(name);
		try {
			await this.pool.requireHere();
			if (!await this.pool.exists(name)) {
				throw new NexusError('NotFound', `there is nothing under the name "${name}" in the pool: see nexusctl doctor`);
			}

			return await this.#track(work());
		} finally {
			release();
		}
	}

	async #enlist({kind, record, label}: NewRecord): Promise<void> {
		await this.pool.relabel(record.name, label);
		if (kind === 'image') {
			await this.#commit({put: kind, record});
			this.emit('image-added', record);
		} else {
			await this.#commit({put: kind, record});
			this.emit('workspace-added', record);
		}
	}

	// When the pool is so full that nothing can be moved in it, what is deleted stays in its place until its record is gone,
	// and is removed then, which takes no space. Should we die in between, the next start removes it.
	async #remove(thing: Image | Workspace): Promise<void> {
		await this.#untilSettled(async () => {
			const isInPlace = await reverting(this.#log, async onFailure => {
				const isInPlace = !await this.#retire(thing, onFailure);
				await this.#commit({remove: kindOf(thing), id: thing.id});
				return isInPlace;
			});
			if (isInPlace) {
				await this.#freeing(thing, async () => this.pool.remove(thing.name));
			}
		});
	}

	// Whether it is out of its place; not when there is no space for that. What has gone already is deleted all the same.
	async #retire(thing: Image | Workspace, onFailure: (undo: Undo) => void): Promise<boolean> {
		const {id, name} = thing;
		try {
			if (!isWorkspace(thing)) {
				await this.pool.setReadOnly(name, false);
				onFailure(async () => this.pool.setReadOnly(name, true));
			}

			await this.pool.retire(name, id);
			onFailure(async () => this.pool.restore(id, name));
			return true;
		} catch (error) {
			const isThere = await this.#isThere(thing);
			if (isThere && !(error instanceof NexusError && error.code === 'NoSpace')) {
				throw error;
			}

			return !isThere;
		}
	}

	async #isThere({name}: Image | Workspace): Promise<boolean> {
		await this.pool.requireHere();
		return this.pool.exists(name);
	}

	// Nobody waits for it. What cannot be removed now is removed at the next start.
	#emptyTrash(thing: Image | Workspace): void {
		void this.#track(this.#freeing(thing, async () => this.pool.empty(thing.id)));
	}

	async #freeing({name}: Image | Workspace, work: () => Promise<void>): Promise<void> {
		try {
			await work();
		} catch (error) {
			this.#log('error', `"${name}" is deleted, but its space could not be freed: ${messageOf(error)}`);
		}
	}

	// What is being written can be read already. When it is lost, whoever has read it is told how things are.
	async #commit(...changes: Change[]): Promise<void> {
		try {
			await this.#store.commit(...changes);
		} catch (error) {
			for (const change of changes) {
				this.#tell(change);
			}

			throw error;
		}
	}

	async #takeBack(change: Extract<Change, {put: 'image' | 'workspace'}>): Promise<void> {
		await this.#commit({remove: change.put, id: change.record.id});
		this.#tell(change);
	}

	/** Tells how it is now with what a change was about. */
	#tell(change: Change): void {
		const id = 'put' in change ? change.record.id : change.id;
		const [image, workspace, vm] = [this.#store.image(id), this.#store.workspace(id), this.#store.vm(id)];
		if (image?.id === id) {
			this.emit('image-added', image);
		}

		if (workspace?.id === id) {
			this.emit('workspace-added', workspace);
		}

		if (vm?.id === id) {
			this.emit('vm-added', vm);
		}

		if ('put' in change && ![image, workspace, vm].some(record => record?.id === id)) {
			this.#tellAbsent(change);
		}
	}

	#tellAbsent(change: Extract<Change, {put: string}>): void {
		switch (change.put) {
			case 'image': {
				this.emit('image-removed', change.record);
				break;
			}

			case 'workspace': {
				this.emit('workspace-removed', change.record);
				break;
			}

			case 'vm': {
				this.emit('vm-removed', change.record);
				break;
			}
		}
	}

	// From a change of the records to what it means for the pool.
	async #untilSettled<T>(work: () => Promise<T>): Promise<T> {
		const settling = work();
		this.#settling.add(settling);
		try {
			return await settling;
		} finally {
			this.#settling.delete(settling);
		}
	}

	async #settle(): Promise<void> {
		await Promise.allSettled(this.#settling);
		await this.pool.sync();
	}

	#refuseWhenStopping(): void {
		if (this.#stopping) {
			throw new NexusError('Conflict', 'nexusd is stopping: try again when it has started anew');
		}
	}
}

const claimOf = (kind: 'image' | 'workspace', {id, name}: Image | Workspace): Claim => ({
	key: `${kind} ${id}`,
	busy: () => new NexusError('Conflict', `${kind} "${name}" is busy with another operation: try again`),
});

function missing(kind: string, nameOrId: string, list: string): never {
	throw new NexusError('NotFound', `there is no ${kind} ${quote(nameOrId)}: see ${list}`);
}

const detach = (workspace: Workspace): Workspace => ({
	...workspace, vmId: undefined, isRootDevice: false, isReadOnly: false, detachedAt: now(),
});

function checkSize(sizeBytes: number | undefined): void {
	if (sizeBytes !== undefined && !(sizeBytes >= smallestSize && sizeBytes <= largestSize)) {
		throw new NexusError('InvalidArgument', `a filesystem of ${sizeBytes} bytes is not possible: the size must be between ${smallestSize} and ${largestSize}`);
	}
}

// As much as the bus can tell of.
const largestMemoryMib = (2 ** 32) - 1;

function checkVm(role: string, vcpuCount: number, memSizeMib: number): asserts role is VmRole {
	if (!(vmRoles as readonly string[]).includes(role)) {
		throw new NexusError('InvalidArgument', `unknown role ${quote(role)}: a VM is one of ${vmRoles.join(', ')}`);
	}

	if (vcpuCount < 1 || vcpuCount > 1024) {
		throw new NexusError('InvalidArgument', `${vcpuCount} vCPUs are not possible: use 1 to 1024`);
	}

	if (memSizeMib < 1 || memSizeMib > largestMemoryMib) {
		throw new NexusError('InvalidArgument', `${memSizeMib} MiB of memory are not possible: use 1 to ${largestMemoryMib}`);
	}
}

// The folder that holds images and workspaces, `@name` each, and what happens in it. A thing appears under its name by a
// rename and disappears by one; on its way it lies in a folder of Nexus's own, under its id:
//
//   .work/<id>           is being made
//   .stock/<room>/<id>   is a copy of an image, some made ahead of time
//   .trash/<id>          is deleted
//
// A copy has a room of its own, because the kernel makes snapshots in one folder only one after the other. Rooms are used
// again: to make and remove one costs as much as to move a copy out of it.
//
// A rename, a label and an owner are on disk when `sync` resolves, and may be lost in a power cut before. Recovery makes
// them again: an id ties a folder to its record wherever it lies.
import {
	chmod, lchown, lstat, mkdir, open, readdir, rename, rmdir, stat, statfs,
} from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import {setTimeout} from 'node:timers/promises';
import {isDeepStrictEqual} from 'node:util';
import {allOf} from './all-of.js';
import type {WorkspaceBackend} from './backend/workspace-backend.js';
import {NexusError, asNexusError, errnoOf} from './errors.js';
import {isThere, passableMode} from './files.js';
import {readLabel, writeLabel, type Label} from './label.js';
import {diskFile} from './model.js';
import {loadLibrary, mustCallInBackground, type Native} from './native.js';

const syncFilesystem = loadLibrary('libc.so.6').func('int syncfs(int fd)') as Native;

export class Pool {
	readonly root: string;
	readonly backend: WorkspaceBackend;

	readonly #identity: string;
	/** The room of each copy, by its id. */
	readonly #rooms = new Map<string, string>();
	readonly #emptyRooms: string[] = [];
	#roomCount = 0;
	#looking: Promise<string | undefined> | undefined;

	/** For `openPool` alone. */
	constructor(root: string, backend: WorkspaceBackend, identity: string) {
		this.root = root;
		this.backend = backend;
		this.#identity = identity;
	}

	/** The folder of an image or a workspace. */
	folder(name: string): string {
		return path.join(this.root, `@${name}`);
	}

	/** Moves what is under a name to another one. */
	async move(from: string, to: string): Promise<void> {
		await this.#doing(`cannot move "${from}" to "${to}"`, async () => rename(this.folder(from), this.folder(to)));
	}

	/** How many deleted images and workspaces still occupy space. */
	async countRemoving(): Promise<number> {
		const [retired, removed] = await this.#doing('cannot look into the pool', async () => Promise.all([this.retired(), this.backend.countRemoving()]));
		return retired.length + removed;
	}

	/** Whether there is anything under a name, known to the records or not. */
	async exists(name: string): Promise<boolean> {
		return isThere(this.folder(name));
	}

	/** Everything that there is under a name. */
	async names(): Promise<string[]> {
		const entries = await this.#doing('cannot look into the pool', async () => readdir(this.root));
		return entries.filter(entry => entry.startsWith('@')).map(entry => entry.slice(1));
	}

	/** What the folder under a name says it is; `undefined` when it is not there or says nothing. */
	async label(name: string): Promise<Label | undefined> {
		return readLabel(this.folder(name));
	}

	/** Makes an empty folder for a new image, not under its name yet, and returns its path. */
	async stage(id: string): Promise<string> {
		return this.#doing('cannot make a folder in the pool', async () => {
			await this.requireHere();
			const folder = this.#waiting(id);
			await this.backend.create(folder);
			await chmod(folder, passableMode);
			return folder;
		});
	}

	/** Makes a copy of an image, not under a name yet. What a failure leaves is the caller's to discard. */
	async clone(image: string, id: string): Promise<void> {
		await this.#doing(`cannot clone the image "${image}"`, async () => {
			// Together: where it is not, there is hardly such an image either, and who failed discards what was made.
			await allOf([this.#cloneHere(image, id), this.requireHere()]);
		});
	}

	/** Labels what was staged or cloned; the disk of a workspace becomes its owner's file. */
	async prepare(id: string, name: string, label: Label): Promise<void> {
		await this.#doing(`cannot prepare "${name}"`, async () => dress(this.#waiting(id), label));
	}

	/** Brings what was staged or cloned under its name. */
	async publish(id: string, name: string): Promise<void> {
		await this.#doing(`cannot move "${name}" into place`, async () => rename(this.#waiting(id), this.folder(name)));
		const room = this.#rooms.get(id);
		if (room !== undefined) {
			this.#rooms.delete(id);
			this.#emptyRooms.push(room);
		}
	}

	/** Labels what is under a name, as `prepare`, where it is not so already: a full disk takes nothing. An image is read-only afterwards. */
	async relabel(name: string, label: Label): Promise<void> {
		if (await this.#doing(`cannot look at "${name}"`, async () => isDressed(this.folder(name), label))) {
			return;
		}

		const isImage = label.kind === 'image';
		if (isImage) {
			await this.setReadOnly(name, false);
		}

		await this.#doing(`cannot label "${name}"`, async () => dress(this.folder(name), label));
		if (isImage) {
			await this.setReadOnly(name, true);
		}
	}

	/** Makes an image read-only, or writable again so that it can be moved. */
	async setReadOnly(name: string, readOnly: boolean): Promise<void> {
		await this.#doing(`cannot make "${name}" ${readOnly ? 'read-only' : 'writable'}`, async () => this.backend.setReadOnly(this.folder(name), readOnly));
	}

	/** Takes what is under a name out of sight; `restore` brings it back, `empty` removes it. */
	async retire(name: string, id: string): Promise<void> {
		await this.#doing(`cannot move "${name}" out of its place`, async () => {
			const work = [this.requireHere(), rename(this.folder(name), this.#retired(id))];
			const [here, moved] = await Promise.allSettled(work);
			if (here!.status === 'rejected' && moved!.status === 'fulfilled') {
				// It was something else, in the pool's place.
				await rename(this.#retired(id), this.folder(name));
			}

			await Promise.all(work);
		});
	}

	/** Brings what was retired back under its name. */
	async restore(id: string, name: string): Promise<void> {
		await this.#doing(`cannot move "${name}" into place`, async () => rename(this.#retired(id), this.folder(name)));
	}

	/** Removes what is under a name, at once. */
	async remove(name: string): Promise<void> {
		await this.#doing(`cannot remove "${name}"`, async () => this.backend.remove(this.folder(name)));
	}

	/** Removes what was retired; nothing there is no error. */
	async empty(id: string): Promise<void> {
		await this.#doing('cannot remove a folder from the pool', async () => this.backend.remove(this.#retired(id)));
	}

	/** Removes what was staged or cloned; nothing there is no error. */
	async discard(id: string): Promise<void> {
		await this.#doing('cannot remove a folder from the pool', async () => this.backend.discard(this.#waiting(id)));
		const room = this.#rooms.get(id);
		if (room !== undefined) {
			this.#rooms.delete(id);
			// It is not used again: the copy may have failed because of it.
			await rmdir(this.#stock(room)).catch(() => undefined);
		}
	}

	/** The ids of all that another process has staged or cloned, and that has no name. */
	async left(): Promise<{staged: string[]; cloned: string[]}> {
		const rooms = await readdir(this.#stock(), {withFileTypes: true});
		for (const {name: room} of rooms.filter(entry => entry.isDirectory())) {
			// A clean stop leaves none.
			// eslint-disable-next-line no-await-in-loop
			for (const id of await readdir(this.#stock(room))) {
				this.#rooms.set(id, room);
			}
		}

		return {staged: await readdir(path.join(this.root, '.work')), cloned: [...this.#rooms.keys()]};
	}

	/** Removes the rooms that are empty, while no copy is made. */
	async tidy(): Promise<void> {
		this.#emptyRooms.length = 0;
		const rooms = await readdir(this.#stock()).catch((): string[] => []);
		await Promise.allSettled(rooms.map(async room => rmdir(this.#stock(room))));
	}

	/** The ids of all that was retired. */
	async retired(): Promise<string[]> {
		return readdir(path.join(this.root, '.trash'));
	}

	/** Whether what was staged or cloned is there whole. */
	async isWhole(id: string): Promise<boolean> {
		return isThere(path.join(this.#waiting(id), diskFile));
	}

	/** Whether there is a disk under a name. */
	async hasDisk(name: string): Promise<boolean> {
		const found = await lstat(path.join(this.folder(name), diskFile)).catch(() => undefined);
		return found?.isFile() ?? false;
	}

	/** Bytes that the disk of an image or workspace occupies, shared ones included; 0 when it is gone. */
	async allocated(name: string): Promise<number> {
		try {
			const {blocks} = await stat(path.join(this.folder(name), diskFile));
			return blocks * 512;
		} catch (error) {
			if (errnoOf(error) === 'ENOENT') {
				return 0;
			}

			throw asNexusError(error, `cannot look at "${name}"`);
		}
	}

	/** Bytes of the filesystem that holds the pool, and how many of them are free. */
	async space(): Promise<{size: number; free: number}> {
		const {bsize, blocks, bavail} = await this.#doing('cannot look at the pool', async () => statfs(this.root));
		return {size: bsize * blocks, free: bsize * bavail};
	}

	/** Waits for the space of what was removed, when so many bytes are not free without it. */
	async makeRoom(bytes: number, signal: AbortSignal): Promise<void> {
		let {free} = await this.space();
		if (free >= bytes) {
			return;
		}

		await this.#doing('cannot reclaim space in the pool', async () => this.backend.reclaim());
		// Nothing tells when it is done: it is waited for as long as there is more and more.
		for (let idle = 0; idle < 10 && free < bytes; idle++) {
			/* eslint-disable no-await-in-loop -- time passes between two looks */
			await setTimeout(100, undefined, {signal}).catch(() => undefined);
			signal.throwIfAborted();
			const {free: freeNow} = await this.space();
			/* eslint-enable no-await-in-loop */
			if (freeNow > free) {
				idle = 0;
			}

			free = freeNow;
		}
	}

	/** Waits until all that was done is on disk. */
	async sync(): Promise<void> {
		await this.#doing('cannot write the pool to its disk', async () => {
			const handle = await open(this.root, 'r');
			try {
				await mustCallInBackground(() => 'syncfs failed', syncFilesystem, handle.fd);
			} finally {
				await handle.close();
			}
		});
	}

	/** Throws Io when the folder is not the one that was opened: its filesystem was unmounted, or another one mounted over it. */
	async requireHere(): Promise<void> {
		// One look serves all who ask meanwhile.
		this.#looking ??= identityOf(this.root).catch(() => undefined).finally(() => {
			this.#looking = undefined;
		});
		if (await this.#looking !== this.#identity) {
			throw new NexusError('Io', `the pool in ${this.root} is not there: mount it again, or restart nexusd if it is to be another one`);
		}
	}

	async #doing<T>(what: string, work: () => Promise<T>): Promise<T> {
		try {
			return await work();
		} catch (error) {
			await this.requireHere();
			throw asNexusError(error, what);
		}
	}

	async #cloneHere(image: string, id: string): Promise<void> {
		this.#rooms.set(id, this.#emptyRooms.pop() ?? await this.#makeRoom());
		await this.backend.clone(this.folder(image), this.#waiting(id));
	}

	// A room that is there already is another process's, and may have something in it.
	async #makeRoom(): Promise<string> {
		for (;;) {
			const room = String(this.#roomCount++);
			try {
				// eslint-disable-next-line no-await-in-loop -- the first that is free
				await mkdir(this.#stock(room));
				return room;
			} catch (error) {
				if (errnoOf(error) !== 'EEXIST') {
					throw error;
				}
			}
		}
	}

	#waiting(id: string): string {
		const room = this.#rooms.get(id);
		return room === undefined ? path.join(this.root, '.work', id) : path.join(this.#stock(room), id);
	}

	#stock(room = ''): string {
		return path.join(this.root, '.stock', room);
	}

	#retired(id: string): string {
		return path.join(this.root, '.trash', id);
	}
}

/** Opens the pool in a folder that exists and has no symlink in it. It must be locked: its lock file tells it from others. */
export async function openPool(root: string, backend: WorkspaceBackend): Promise<Pool> {
	await Promise.all(['.work', '.stock', '.trash'].map(async name => mkdir(path.join(root, name), {recursive: true})));
	return new Pool(root, backend, await identityOf(root));
}

/** The lock file of a pool. */
export const poolLock = (root: string): string => path.join(root, '.lock');

async function identityOf(root: string): Promise<string> {
	const {dev, ino} = await stat(poolLock(root));
	return `${dev} ${ino}`;
}

async function dress(folder: string, label: Label): Promise<void> {
	await Promise.all([
		writeLabel(folder, label),
		isGivenAway(label) && lchown(path.join(folder, diskFile), label.ownerUid, process.getgid!()),
	]);
}

async function isDressed(folder: string, label: Label): Promise<boolean> {
	if (!isDeepStrictEqual(await readLabel(folder), label)) {
		return false;
	}

	if (!isGivenAway(label)) {
		return true;
	}

	const {uid} = await lstat(path.join(folder, diskFile));
	return uid === label.ownerUid;
}

const isGivenAway = (label: Label): label is Label & {kind: 'workspace'} => label.kind === 'workspace' && label.ownerUid !== process.getuid!();

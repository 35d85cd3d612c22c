// The folder that holds images and workspaces, `@name` each, and what happens in it: a thing is made in a folder of
// Nexus's own, appears under its name by a rename, and disappears by one.
import {constants} from 'node:fs';
import {
	chmod, mkdir, open, readdir, rename, rm, rmdir, stat, statfs,
} from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import {setTimeout} from 'node:timers/promises';
import type {WorkspaceBackend} from './backend/workspace-backend.js';
import {isThere, passableMode} from './files.js';
import {asNexusError, errnoOf} from './errors.js';
import {diskFile} from './model.js';

export class Pool {
	readonly root: string;
	readonly backend: WorkspaceBackend;

	/** `root` exists and has no symlink in it. */
	constructor(root: string, backend: WorkspaceBackend) {
		this.root = root;
		this.backend = backend;
	}

	/** The folder of an image or a workspace. */
	folder(name: string): string {
		return path.join(this.root, `@${name}`);
	}

	/** Whether there is anything under a name, known to the records or not. */
	async exists(name: string): Promise<boolean> {
		return isThere(this.folder(name));
	}

	/** Makes an empty folder for a new image, not under its name yet, and returns its path. */
	async stage(id: string): Promise<string> {
		return doing('cannot make a folder in the pool', async () => {
			const folder = await this.#workFolder(id);
			await this.backend.create(folder);
			await chmod(folder, passableMode);
			return folder;
		});
	}

	/** Makes a copy of an image for a new workspace, not under its name yet. The disk in it is the owner's file. */
	async clone(image: string, id: string, ownerUid: number): Promise<void> {
		await doing(`cannot clone the image "${image}"`, async () => {
			const folder = await this.#workFolder(id);
			await this.backend.clone(this.folder(image), folder);
			await giveFile(path.join(folder, diskFile), ownerUid);
		});
	}

	/** Brings what was staged, cloned or retired under its name. */
	async publish(id: string, name: string): Promise<void> {
		await doing(`cannot move "${name}" into place`, async () => {
			await rename(this.#staged(id), this.folder(name));
			await rmdir(path.dirname(this.#staged(id)));
		});
	}

	/** Makes an image read-only, or writable again so that it can be moved. */
	async setReadOnly(name: string, readOnly: boolean): Promise<void> {
		await doing(`cannot make "${name}" ${readOnly ? 'read-only' : 'writable'}`, async () => this.backend.setReadOnly(this.folder(name), readOnly));
	}

	/** Takes what is under a name out of sight; `publish` brings it back, `purge` removes it. */
	async retire(name: string, id: string): Promise<void> {
		await doing(`cannot move "${name}" out of its place`, async () => {
			const folder = await this.#workFolder(id);
			try {
				await rename(this.folder(name), folder);
			} catch (error) {
				await rmdir(path.dirname(folder));
				throw error;
			}
		});
	}

	/** Removes what is staged or retired; nothing there is no error. */
	async purge(id: string): Promise<void> {
		await doing('cannot remove a folder from the pool', async () => {
			await this.backend.remove(this.#staged(id));
			await rm(path.dirname(this.#staged(id)), {recursive: true, force: true});
		});
	}

	/** The ids of all that is staged or retired. */
	async unfinished(): Promise<string[]> {
		await mkdir(this.#work, {recursive: true});
		return readdir(this.#work);
	}

	/** Whether what has this id is staged or retired whole. */
	async isUnfinished(id: string): Promise<boolean> {
		return isThere(path.join(this.#staged(id), diskFile));
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
		const {bsize, blocks, bavail} = await doing('cannot look at the pool', async () => statfs(this.root));
		return {size: bsize * blocks, free: bsize * bavail};
	}

	/** Waits for the space of what was removed, when so many bytes are not free without it. */
	async makeRoom(bytes: number, signal: AbortSignal): Promise<void> {
		let {free} = await this.space();
		if (free >= bytes) {
			return;
		}

		await doing('cannot reclaim space in the pool', async () => this.backend.reclaim());
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

	// Each thing has a parent folder of its own: the kernel makes snapshots in one folder only one after the other.
	async #workFolder(id: string): Promise<string> {
		const folder = this.#staged(id);
		try {
			await mkdir(path.dirname(folder));
		} catch (error) {
			// What is left there is this id's own.
			if (errnoOf(error) !== 'EEXIST') {
				throw error;
			}
		}

		return folder;
	}

	get #work(): string {
		return path.join(this.root, '.work');
	}

	#staged(id: string): string {
		return path.join(this.#work, id, 'disk');
	}
}

// On disk before it returns: nobody looks at it again.
async function giveFile(file: string, ownerUid: number): Promise<void> {
	if (ownerUid === process.getuid!()) {
		return;
	}

	const handle = await open(file, constants.O_RDONLY | constants.O_NOFOLLOW); // eslint-disable-line no-bitwise
	try {
		await handle.chown(ownerUid, process.getgid!());
		await handle.sync();
	} finally {
		await handle.close();
	}
}

async function doing<T>(what: string, work: () => Promise<T>): Promise<T> {
	try {
		return await work();
	} catch (error) {
		throw asNexusError(error, what);
	}
}

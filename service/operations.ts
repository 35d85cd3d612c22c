// What callers may have done, and who it was: what somebody makes is theirs, and what is somebody else's takes a right of
// its own. The right to the operation itself has been checked before.
//
// A name is looked up once. What was authorised is then meant by its id: the name may be another workspace's by now.
import {NexusError} from '../src/errors.js';
import type {Job} from '../src/jobs.js';
import type {Image, Vm, Workspace} from '../src/model.js';
import type {
	AttachOptions, ImportOptions, Nexus, VmOptions,
} from '../src/nexus.js';
import type {Authority} from './authority.js';
import {actorOf, type Caller} from './caller.js';
import {Quota} from './quota.js';

// Each is a process, of which there may be so many only.
const mostImports = 16;

export class Operations {
	readonly #nexus: Nexus;
	readonly #authority: Authority;
	readonly #imports = new Quota(mostImports);

	constructor(nexus: Nexus, authority: Authority) {
		this.#nexus = nexus;
		this.#authority = authority;
	}

	/** Starts an import that reads what the caller may read. Throws as `Nexus.importImage`. */
	async importImage(caller: Caller, options: Omit<ImportOptions, 'reader' | 'by'>): Promise<Job> {
		const reader = await caller.credentials();
		const release = this.#imports.take(reader.uid);
		if (!release) {
			throw new NexusError('Conflict', `${mostImports} imports of yours are under way: wait until one has ended`);
		}

		try {
			const job = await this.#nexus.importImage({...options, reader, by: {name: caller.name, uid: reader.uid}});
			void job.ended.finally(release);
			return job;
		} catch (error) {
			release();
			throw error;
		}
	}

	/** Deletes an image. Throws as `Nexus.deleteImage`. */
	async deleteImage(caller: Caller, nameOrId: string): Promise<void> {
		await this.#nexus.deleteImage(nameOrId, await actorOf(caller));
	}

	/** Makes a workspace that is the caller's. Throws as `Nexus.createWorkspace`. */
	async createWorkspace(caller: Caller, base: string, name: string | undefined): Promise<Workspace> {
		return this.#nexus.createWorkspace(base, name, await actorOf(caller));
	}

	/** Deletes a workspace. Throws DeniedError, and as `Nexus.deleteWorkspace`. */
	async deleteWorkspace(caller: Caller, nameOrId: string): Promise<void> {
		const {id} = await this.#owned(caller, nameOrId);
		await this.#nexus.deleteWorkspace(id, await actorOf(caller));
	}

	/** Attaches a workspace to a VM. Throws DeniedError, and as `Nexus.attachWorkspace`. */
	async attachWorkspace(caller: Caller, nameOrId: string, vmNameOrId: string, options: AttachOptions): Promise<void> {
		const {id} = await this.#owned(caller, nameOrId);
		await this.#nexus.attachWorkspace(id, vmNameOrId, options, await actorOf(caller));
	}

	/** Detaches a workspace. Throws DeniedError, and as `Nexus.detachWorkspace`. */
	async detachWorkspace(caller: Caller, nameOrId: string): Promise<void> {
		const {id} = await this.#owned(caller, nameOrId);
		await this.#nexus.detachWorkspace(id, await actorOf(caller));
	}

	/** Records a VM. Throws as `Nexus.createVm`. */
	async createVm(caller: Caller, options: VmOptions): Promise<Vm> {
		return this.#nexus.createVm(options, await actorOf(caller));
	}

	/** Deletes a VM record, which detaches its workspaces. Throws DeniedError, and as `Nexus.deleteVm`. */
	async deleteVm(caller: Caller, nameOrId: string): Promise<void> {
		const by = await actorOf(caller);
		const vm = this.#nexus.vm(nameOrId);
		await this.#authorizeAttached(caller, vm);
		// In the same turn: nothing is attached between.
		await this.#nexus.deleteVm(vm.id, by);
	}

	/** Takes something in the pool into the records. Throws as `Nexus.adopt`. */
	async adopt(caller: Caller, name: string): Promise<Image | Workspace> {
		return this.#nexus.adopt(name, await actorOf(caller));
	}

	/** Removes something from the pool that the records do not know. Throws as `Nexus.removeUnknown`. */
	async removeUnknown(caller: Caller, name: string): Promise<void> {
		await this.#nexus.removeUnknown(name, await actorOf(caller));
	}

	async #owned(caller: Caller, nameOrId: string): Promise<Workspace> {
		const workspace = this.#nexus.workspace(nameOrId);
		await this.#authority.authorizeOwner(caller, [workspace]);
		return workspace;
	}

	// Until no more were attached while a person was asked.
	async #authorizeAttached(caller: Caller, vm: Vm): Promise<void> {
		let authorized = '';
		for (;;) {
			const workspaces = this.#nexus.workspacesOf(vm);
			const ids = workspaces.map(({id}) => id).join(' ');
			if (ids === authorized) {
				return;
			}

			// eslint-disable-next-line no-await-in-loop
			await this.#authority.authorizeOwner(caller, workspaces);
			authorized = ids;
		}
	}
}

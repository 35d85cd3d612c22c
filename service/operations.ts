// The operations in which it matters who calls: what somebody makes is theirs, and what is somebody else's takes a right
// of its own. The right to the operation itself has been checked before.
//
// A name is looked up once. What was authorised is then meant by its id: the name may be another workspace's by now.
import {NexusError} from '../src/errors.js';
import type {Job} from '../src/jobs.js';
import type {Vm, Workspace} from '../src/model.js';
import type {AttachOptions, ImportOptions, Nexus} from '../src/nexus.js';
import type {Authority} from './authority.js';
import type {Caller} from './caller.js';
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
	async importImage(caller: Caller, options: Omit<ImportOptions, 'reader'>): Promise<Job> {
		const reader = await caller.credentials();
		const release = this.#imports.take(reader.uid);
		if (!release) {
			throw new NexusError('Conflict', `${mostImports} imports of yours are under way: wait until one has ended`);
		}

		try {
			const job = await this.#nexus.importImage({...options, reader});
			void job.ended.finally(release);
			return job;
		} catch (error) {
			release();
			throw error;
		}
	}

	/** Makes a workspace that is the caller's. Throws as `Nexus.createWorkspace`. */
	async createWorkspace(caller: Caller, base: string, name: string | undefined): Promise<Workspace> {
		const {uid} = await caller.credentials();
		return this.#nexus.createWorkspace(base, name, uid);
	}

	/** Deletes a workspace. Throws DeniedError, and as `Nexus.deleteWorkspace`. */
	async deleteWorkspace(caller: Caller, nameOrId: string): Promise<void> {
		const {id} = await this.#owned(caller, nameOrId);
		await this.#nexus.deleteWorkspace(id);
	}

	/** Attaches a workspace to a VM. Throws DeniedError, and as `Nexus.attachWorkspace`. */
	async attachWorkspace(caller: Caller, nameOrId: string, vmNameOrId: string, options: AttachOptions): Promise<void> {
		const {id} = await this.#owned(caller, nameOrId);
		await this.#nexus.attachWorkspace(id, vmNameOrId, options);
	}

	/** Detaches a workspace. Throws DeniedError, and as `Nexus.detachWorkspace`. */
	async detachWorkspace(caller: Caller, nameOrId: string): Promise<void> {
		const {id} = await this.#owned(caller, nameOrId);
		await this.#nexus.detachWorkspace(id);
	}

	/** Deletes a VM record, which detaches its workspaces. Throws DeniedError, and as `Nexus.deleteVm`. */
	async deleteVm(caller: Caller, nameOrId: string): Promise<void> {
		const vm = this.#nexus.vm(nameOrId);
		await this.#authorizeAttached(caller, vm);
		await this.#nexus.deleteVm(vm.id);
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

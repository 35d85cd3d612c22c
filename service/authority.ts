// Who may do what. Reading is free; a change takes the right that the contract names for it, and one to another user's
// workspace a second right. On a session bus everybody is the user. On the system bus root may do all, and nobody is asked;
// about all others polkit decides.
import type {Workspace} from '../src/model.js';
import type {Caller, Details} from './caller.js';
import type {Polkit} from './polkit.js';

/** A caller may not do something. */
export class DeniedError extends Error {
	/** Whether a caller who allows to be asked for a password might be let in. */
	readonly isPromptNeeded: boolean;

	constructor(message: string, isPromptNeeded = false) {
		super(message);
		this.isPromptNeeded = isPromptNeeded;
	}
}

const root = 0;

/** What each action allows, in words, and who has it by the rule that Nexus installs. */
const rights: Readonly<Record<string, {words: string; isGroups: boolean}>> = {
	'import-image': {words: 'import images', isGroups: true},
	'delete-image': {words: 'delete images', isGroups: true},
	'create-workspace': {words: 'create workspaces', isGroups: true},
	'delete-workspace': {words: 'delete workspaces', isGroups: true},
	'attach-workspace': {words: 'attach and detach workspaces', isGroups: true},
	'manage-vms': {words: 'manage VMs', isGroups: true},
	'manage-others-workspaces': {words: 'change workspaces of other users', isGroups: false},
	repair: {words: 'repair the records', isGroups: false},
	reload: {words: 'reload the configuration', isGroups: false},
};

export class Authority {
	readonly #polkit: Polkit | undefined;

	/** Without polkit everybody may do all: only one user can reach the bus and the socket. */
	constructor(polkit: Polkit | undefined) {
		this.#polkit = polkit;
	}

	/**
	Lets a caller pass or throws.

	@param action The polkit action, without its prefix.
	@throws DeniedError
	*/
	async authorize(caller: Caller, action: string, details: Details): Promise<void> {
		if (!this.#polkit) {
			return;
		}

		const user = await caller.credentials().catch(() => undefined);
		if (user?.uid === root) {
			return;
		}

		if (!user) {
			throw new DeniedError('you have left, and nobody has no rights');
		}

		const {words, isGroups} = rights[action]!;
		const denial = `you are not authorised to ${words} (org.workfort.Nexus1.${action})`;
		const answer = await this.#polkit.check(caller, `org.workfort.Nexus1.${action}`, details);
		switch (answer.verdict) {
			case 'yes': {
				return;
			}

			case 'ask': {
				throw caller.mayPrompt
					? new DeniedError(`${denial}: nobody authenticated`)
					: new DeniedError(`${denial} without authentication: root is${isGroups ? ', and members of the group nexus are' : ''}`, true);
			}

			case 'no': {
				throw new DeniedError(denial);
			}

			case 'unknown': {
				throw new DeniedError(`${denial}: polkit does not answer (${answer.reason}), and without it only root may`);
			}
		}
	}

	/**
	Lets a caller pass who owns the workspaces, or has the right to those of others.

	@throws DeniedError
	*/
	async authorizeOwner(caller: Caller, workspaces: readonly Workspace[]): Promise<void> {
		const {uid} = await caller.credentials();
		const stranger = workspaces.find(({ownerUid}) => ownerUid !== uid);
		if (stranger) {
			await this.authorize(caller, 'manage-others-workspaces', {name: stranger.name, owner: String(stranger.ownerUid)});
		}
	}
}

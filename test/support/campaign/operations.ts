// What a lane can do next: each operation with what it makes of the lane's world, or with the refusal that is due.
import type {ObjectPath} from '../../../dbus/contract.js';
import {
	withEntry, withoutEntry, type Lane, type WorkspaceState, type World,
} from './ledger.js';
import type {Random} from './random.js';
import {
	diskOf, imageBytes, slots, writeSlot,
} from './slots.js';
import type {Caller} from './caller.js';

export type Operation = {
	/** For people. */
	what: string;
	/** @returns The object that was made, if one was. */
	run: (caller: Caller) => Promise<ObjectPath | undefined>;
	/** @param object The object that was made; `undefined` while nobody has said. */
	outcome: (object?: ObjectPath) => World;
	/** The error that it must be answered with; it changes nothing then. */
	refusal?: string;
};

export type Surroundings = {
	/** Folders to import. */
	sources: readonly string[];
	/** Images that all may use and nobody deletes. */
	sharedImages: readonly string[];
	/** The folder of the workspaces. */
	workspaces: string;
};

const mostImages = 2;
const mostWorkspaces = 6;
const mostVms = 3;

/** Draws an operation that makes sense in the lane's world. */
export function nextOperation(lane: Lane, random: Random, surroundings: Surroundings): Operation {
	for (;;) {
		const operation = random.pick(makers)(new Draw(lane, random, surroundings));
		if (operation) {
			return operation;
		}
	}
}

class Draw {
	readonly world: World;
	readonly random: Random;
	readonly surroundings: Surroundings;
	readonly #lane: string;

	constructor({name, world}: Lane, random: Random, surroundings: Surroundings) {
		this.#lane = name;
		this.world = world;
		this.random = random;
		this.surroundings = surroundings;
	}

	/** A name of the lane's own that nothing has yet, when there are fewer than so many. */
	freeName(kind: string, taken: ReadonlyMap<string, unknown>, most: number): string | undefined {
		const free = Array.from({length: most}, (_, number) => `${this.#lane}-${kind}-${number}`).filter(name => !taken.has(name));
		return free.length > 0 ? this.random.pick(free) : undefined;
	}

	workspace(isRight: (workspace: WorkspaceState) => boolean): [string, WorkspaceState] | undefined {
		const right = [...this.world.workspaces].filter(([, workspace]) => isRight(workspace));
		return right.length > 0 ? this.random.pick(right) : undefined;
	}

	oneOf(names: Iterable<string>): string | undefined {
		const all = [...names];
		return all.length > 0 ? this.random.pick(all) : undefined;
	}
}

type Make = (draw: Draw) => Operation | undefined;

const isAttached = ({attached}: WorkspaceState): boolean => attached !== undefined;
const isFree = ({attached}: WorkspaceState): boolean => attached === undefined;

const importImage: Make = draw => {
	const {world, random, surroundings} = draw;
	const name = draw.freeName('image', world.images, mostImages);
	if (name === undefined) {
		return undefined;
	}

	const source = random.pick(surroundings.sources);
	return {
		what: `import ${name}`,
		run: async caller => caller.import(name, source, imageBytes),
		outcome: object => ({...world, images: withEntry(world.images, name, {source, object})}),
	};
};

const deleteImage: Make = draw => {
	const {world} = draw;
	const name = draw.oneOf(world.images.keys());
	if (name === undefined) {
		return undefined;
	}

	const isInUse = [...world.workspaces.values()].some(({base}) => base === name);
	return {
		what: `delete ${name}`,
		async run({client}) {
			await client.manager.deleteImage(name);
			return undefined;
		},
		outcome: () => isInUse ? world : {...world, images: withoutEntry(world.images, name)},
		...(isInUse && {refusal: 'Conflict'}),
	};
};

const createWorkspace: Make = draw => {
	const {world, surroundings} = draw;
	const name = draw.freeName('ws', world.workspaces, mostWorkspaces);
	const base = draw.oneOf([...world.images.keys(), ...surroundings.sharedImages]);
	if (name === undefined || base === undefined) {
		return undefined;
	}

	return {
		what: `create ${name} from ${base}`,
		run: async ({client}) => client.manager.createWorkspace(base, name, {}),
		outcome: object => ({
			...world,
			workspaces: withEntry(world.workspaces, name, {
				base, object, attached: undefined, written: new Map<number, string>(),
			}),
		}),
	};
};

const createAgain: Make = draw => {
	const {world, surroundings} = draw;
	const name = draw.oneOf([...world.workspaces.keys(), ...world.images.keys()]);
	if (name === undefined) {
		return undefined;
	}

	return {
		what: `create ${name} once more`,
		run: async ({client}) => client.manager.createWorkspace(surroundings.sharedImages[0]!, name, {}),
		outcome: () => world,
		refusal: 'AlreadyExists',
	};
};

const deleteWorkspace: Make = draw => {
	const {world} = draw;
	const [name, workspace] = draw.workspace(() => true) ?? [];
	if (name === undefined || workspace === undefined) {
		return undefined;
	}

	return {
		what: `delete ${name}`,
		async run({client}) {
			await client.manager.deleteWorkspace(name);
			return undefined;
		},
		outcome: () => workspace.attached ? world : {...world, workspaces: withoutEntry(world.workspaces, name)},
		...(workspace.attached && {refusal: 'Conflict'}),
	};
};

const write: Make = draw => {
	const {world, random, surroundings} = draw;
	const [name, workspace] = draw.workspace(() => true) ?? [];
	if (name === undefined || workspace === undefined) {
		return undefined;
	}

	const slot = random.pick(slots);
	const mark = `${name} ${slot} ${random.below(2 ** 40)}`;
	return {
		what: `write slot ${slot} of ${name}`,
		async run() {
			await writeSlot(diskOf(surroundings.workspaces, name), slot, mark);
			return undefined;
		},
		outcome: () => ({...world, workspaces: withEntry(world.workspaces, name, {...workspace, written: withEntry(workspace.written, slot, mark)})}),
	};
};

const createVm: Make = draw => {
	const {world, random} = draw;
	const name = draw.freeName('vm', world.vms, mostVms);
	if (name === undefined) {
		return undefined;
	}

	const role = random.pick(['portal', 'work', 'service']);
	const vcpus = 1 + random.below(8);
	const memoryMib = 128 * (1 + random.below(16));
	return {
		what: `create ${name}`,
		run: async ({client}) => client.manager.createVm(name, role, vcpus, memoryMib),
		outcome: object => ({
			...world,
			vms: withEntry(world.vms, name, {
				role, vcpus, memoryMib, object,
			}),
		}),
	};
};

const deleteVm: Make = draw => {
	const {world} = draw;
	const name = draw.oneOf(world.vms.keys());
	if (name === undefined) {
		return undefined;
	}

	return {
		what: `delete ${name}`,
		async run({client}) {
			await client.manager.deleteVm(name);
			return undefined;
		},
		outcome: () => ({
			...world,
			vms: withoutEntry(world.vms, name),
			workspaces: new Map([...world.workspaces].map(([of, workspace]) => [of, workspace.attached?.vm === name ? {...workspace, attached: undefined} : workspace])),
		}),
	};
};

const attach: Make = draw => {
	const {world, random} = draw;
	const [name, workspace] = draw.workspace(isFree) ?? [];
	const vm = draw.oneOf(world.vms.keys());
	if (name === undefined || workspace === undefined || vm === undefined) {
		return undefined;
	}

	const hasRoot = [...world.workspaces.values()].some(({attached}) => attached?.vm === vm && attached.rootDevice);
	const rootDevice = random.oneIn(3);
	const readOnly = random.oneIn(2);
	const isRefused = hasRoot && rootDevice;
	return {
		what: `attach ${name} to ${vm}`,
		async run({client}) {
			await client.manager.attachWorkspace(name, vm, {rootDevice, readOnly});
			return undefined;
		},
		outcome: () => isRefused ? world : {...world, workspaces: withEntry(world.workspaces, name, {...workspace, attached: {vm, rootDevice, readOnly}})},
		...(isRefused && {refusal: 'Conflict'}),
	};
};

const detach: Make = draw => {
	const {world} = draw;
	const [name, workspace] = draw.workspace(isAttached) ?? [];
	if (name === undefined || workspace === undefined) {
		return undefined;
	}

	return {
		what: `detach ${name}`,
		async run({client}) {
			await client.manager.detachWorkspace(name);
			return undefined;
		},
		outcome: () => ({...world, workspaces: withEntry(world.workspaces, name, {...workspace, attached: undefined})}),
	};
};

// As often as they stand here.
const makers: readonly Make[] = [
	...[importImage, importImage, deleteImage],
	...[createWorkspace, createWorkspace, createWorkspace, createWorkspace, createAgain],
	...[deleteWorkspace, deleteWorkspace, deleteWorkspace],
	...[write, write, write],
	...[createVm, deleteVm],
	...[attach, attach, detach],
];

// What was acknowledged. Each lane of work has names of its own and does one thing after the other; so at any moment its part
// of the world is as the last answer left it, or, while something is in flight, as that or as what is in flight makes of it.
// There is no third: whatever is found halfway is a fault.
import type {ObjectPath} from '../../../dbus/contract.js';

/** What a workspace holds, by slot (see `slots.ts`): a mark that stands for the bytes. A slot without one is as the image has it. */
export type Written = ReadonlyMap<number, string>;

export type ImageState = {
	source: string;
	/** Its object; `undefined` when nobody has said yet. */
	object: ObjectPath | undefined;
};

export type WorkspaceState = {
	base: string;
	object: ObjectPath | undefined;
	attached: {vm: string; rootDevice: boolean; readOnly: boolean} | undefined;
	written: Written;
};

export type VmState = {
	role: string;
	vcpus: number;
	memoryMib: number;
	object: ObjectPath | undefined;
};

/** Records by name. It never changes: an operation makes another one. */
export type World = {
	readonly images: ReadonlyMap<string, ImageState>;
	readonly workspaces: ReadonlyMap<string, WorkspaceState>;
	readonly vms: ReadonlyMap<string, VmState>;
};

export const emptyWorld: World = {images: new Map(), workspaces: new Map(), vms: new Map()};

/** A map with one entry more, or another one. */
export const withEntry = <K, V>(map: ReadonlyMap<K, V>, key: K, value: V): ReadonlyMap<K, V> => new Map([...map, [key, value]]);

/** A map with one entry less. */
export const withoutEntry = <K, V>(map: ReadonlyMap<K, V>, key: K): ReadonlyMap<K, V> => new Map([...map].filter(([other]) => other !== key));

/** What a lane may look like at some moment, and what was in flight then. */
export type Possible = {lane: string; worlds: readonly World[]; inFlight: string | undefined};

export class Lane {
	/** Its names are this, a dash, and more. */
	readonly name: string;
	#world: World;
	#inFlight: {what: string; outcome: World} | undefined;

	constructor(name: string, world = emptyWorld) {
		this.name = name;
		this.#world = world;
	}

	/** As the last answer left it. */
	get world(): World {
		return this.#world;
	}

	/** All that it may look like now. */
	get possible(): Possible {
		return {lane: this.name, worlds: [this.#world, ...(this.#inFlight ? [this.#inFlight.outcome] : [])], inFlight: this.#inFlight?.what};
	}

	/** Notes something before it is sent, and what it makes of the world. */
	begin(what: string, outcome: World): void {
		if (this.#inFlight) {
			throw new Error(`lane ${this.name}: ${what} begins while ${this.#inFlight.what} is in flight`);
		}

		this.#inFlight = {what, outcome};
	}

	/** What is in flight was acknowledged, was refused, or was seen later to have happened or not: this is the world now. */
	settle(world: World): void {
		this.#world = world;
		this.#inFlight = undefined;
	}
}

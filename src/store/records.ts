// The records in memory: all that is read comes from here. What they may be is SQLite's to say (database.ts); what is put
// and removed here has passed there.
import type {Image, Vm, Workspace} from '../model.js';
import {ByName} from './by-name.js';
import type {RecordKind, Records} from './rows.js';

/** What happened to one record; there is no `before` when it is new, and no `after` when it is gone. */
export type Effect = {
	[K in RecordKind]: {kind: K; before: Records[K] | undefined; after: Records[K] | undefined};
}[RecordKind];

export class RecordsInMemory {
	readonly images: Kind<Image>;
	readonly workspaces: Kind<Workspace>;
	readonly vms: Kind<Vm>;

	readonly #byImage: Index;
	readonly #byVm: Index;
	readonly #byParent: Index;
	readonly #cids = new Cids();

	/** Takes frozen records, each kind in the order of their names. */
	constructor({image, workspace, vm}: {[K in RecordKind]: Array<Records[K]>}) {
		this.images = new Kind(image);
		this.workspaces = new Kind(workspace);
		this.vms = new Kind(vm);
		this.#byImage = new Index(workspace, ({masterImageId}) => masterImageId);
		this.#byVm = new Index(workspace, ({vmId}) => vmId);
		this.#byParent = new Index(workspace, ({parentWorkspaceId}) => parentWorkspaceId);
		for (const {cid} of vm) {
			this.#cids.replace(undefined, cid);
		}
	}

	/** Workspaces of an image or of a VM. */
	of(key: {imageId: string} | {vmId: string}): ByName<Workspace> {
		return 'imageId' in key ? this.#byImage.get(key.imageId) : this.#byVm.get(key.vmId);
	}

	/** How many workspaces each image has, for those that have some. */
	workspaceCounts(): Map<string, number> {
		return this.#byImage.sizes();
	}

	freeCid(): number {
		return this.#cids.lowestFree;
	}

	/** Puts a frozen record in the place of the one with its id. */
	put<K extends RecordKind>(kind: K, record: Records[K]): Effect[] {
		const effect = effectOf(kind, this.#of(kind).get(record.id), record);
		this.#do(effect);
		return [effect];
	}

	/** Removes a record, and what others say of it, as the schema does; the removal itself is the last of the effects, if it was there. */
	remove(kind: RecordKind, id: string): Effect[] {
		const before = this.#of(kind).get(id);
		if (!before) {
			return [];
		}

		const effects: Effect[] = [...this.#release(kind, id), effectOf(kind, before, undefined)];
		for (const effect of effects) {
			this.#do(effect);
		}

		return effects;
	}

	/** Does the contrary of effects, the last first; returns them as effects. */
	undo(effects: readonly Effect[]): Effect[] {
		const contrary = [...effects].reverse().map(({kind, before, after}) => effectOf(kind, after, before));
		for (const effect of contrary) {
			this.#do(effect);
		}

		return contrary;
	}

	// Those that point to what goes point to nothing then.
	#release(kind: RecordKind, id: string): Effect[] {
		if (kind === 'image') {
			return [];
		}

		const pointing = (kind === 'vm' ? this.#byVm : this.#byParent).get(id).all().filter(workspace => workspace.id !== id);
		const field = kind === 'vm' ? 'vmId' : 'parentWorkspaceId';
		return pointing.map(before => ({kind: 'workspace', before, after: Object.freeze({...before, [field]: undefined})}));
	}

	#do({kind, before, after}: Effect): void {
		// A kind and its records go together.
		(this.#of(kind) as Kind<{id: string; name: string}>).replace(before, after);
		if (kind === 'workspace') {
			for (const index of [this.#byImage, this.#byVm, this.#byParent]) {
				index.replace(before, after);
			}
		} else if (kind === 'vm') {
			this.#cids.replace(before?.cid, after?.cid);
		}
	}

	#of(kind: RecordKind): Kind<Image> | Kind<Workspace> | Kind<Vm> {
		return {image: this.images, workspace: this.workspaces, vm: this.vms}[kind];
	}
}

function effectOf(kind: RecordKind, before: Records[RecordKind] | undefined, after: Records[RecordKind] | undefined): Effect {
	const effect = {kind, before, after};
	// The caller has them from one place, so they go together.
	return effect as Effect;
}

/** The records of one kind. */
class Kind<T extends {id: string; name: string}> {
	readonly inOrder: ByName<T>;

	readonly #byId = new Map<string, T>();
	readonly #byName = new Map<string, T>();

	constructor(inOrder: T[]) {
		this.inOrder = new ByName(inOrder);
		for (const record of inOrder) {
			this.#byId.set(record.id, record);
			this.#byName.set(record.name, record);
		}
	}

	get size(): number {
		return this.#byId.size;
	}

	get(id: string): T | undefined {
		return this.#byId.get(id);
	}

	lookUp(idOrName: string): T | undefined {
		return this.#byId.get(idOrName) ?? this.#byName.get(idOrName);
	}

	has(name: string): boolean {
		return this.#byName.has(name);
	}

	replace(before: T | undefined, after: T | undefined): void {
		if (before && before.name !== after?.name) {
			this.#byName.delete(before.name);
			this.inOrder.delete(before.name);
		}

		if (after) {
			this.#byId.set(after.id, after);
			this.#byName.set(after.name, after);
			this.inOrder.put(after);
		} else if (before) {
			this.#byId.delete(before.id);
		}
	}
}

/** Workspaces by what they point to. */
class Index {
	readonly #keyOf: (workspace: Workspace) => string | undefined;
	readonly #lists: Map<string, ByName<Workspace>>;

	constructor(inOrder: readonly Workspace[], keyOf: (workspace: Workspace) => string | undefined) {
		this.#keyOf = keyOf;
		const lists = new Map<string, Workspace[]>();
		for (const workspace of inOrder) {
			const key = keyOf(workspace);
			if (key !== undefined) {
				const list = lists.get(key);
				if (list) {
					list.push(workspace);
				} else {
					lists.set(key, [workspace]);
				}
			}
		}

		this.#lists = new Map([...lists].map(([key, list]) => [key, new ByName(list)]));
	}

	get(key: string): ByName<Workspace> {
		return this.#lists.get(key) ?? new ByName();
	}

	sizes(): Map<string, number> {
		return new Map([...this.#lists].map(([key, {size}]) => [key, size]));
	}

	replace(before: Workspace | undefined, after: Workspace | undefined): void {
		const [from, to] = [before, after].map(workspace => workspace && this.#keyOf(workspace));
		if (before && from !== undefined && (from !== to || before.name !== after?.name)) {
			const list = this.#lists.get(from)!;
			list.delete(before.name);
			if (list.size === 0) {
				this.#lists.delete(from);
			}
		}

		if (after && to !== undefined) {
			const list = this.get(to);
			list.put(after);
			this.#lists.set(to, list);
		}
	}
}

/** The CIDs that are taken, and the lowest from 3 up that is not. */
class Cids {
	lowestFree = 3;

	readonly #taken = new Set<number>();

	replace(before: number | undefined, after: number | undefined): void {
		if (before !== undefined && before !== after) {
			this.#taken.delete(before);
			this.lowestFree = before >= 3 ? Math.min(this.lowestFree, before) : this.lowestFree;
		}

		if (after !== undefined) {
			this.#taken.add(after);
			while (this.#taken.has(this.lowestFree)) {
				this.lowestFree++;
			}
		}
	}
}

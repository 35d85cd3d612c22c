// The records of the daemon as people and scripts want them: with names where the bus has object paths.
import type {NexusClient} from '../dbus/client.js';
import type {ImageProperties, ObjectPath} from '../dbus/contract.js';
import {noObject} from '../dbus/paths.js';

export type Image = ImageProperties & {readonly object: ObjectPath};

/** A workspace. `base`, `parent` and `vm` are names, "" for none, as in lists. */
export type Workspace = {
	readonly id: string;
	readonly name: string;
	readonly base: string;
	readonly baseId: string;
	readonly parent: string;
	readonly parentId: string;
	readonly vm: string;
	readonly vmId: string;
	readonly subvolumePath: string;
	readonly devicePath: string;
	/** The uid of the user whose it is. */
	readonly owner: number;
	readonly rootDevice: boolean;
	readonly readOnly: boolean;
	readonly size: number;
	readonly allocated: number;
	readonly attachedAt: number;
	readonly detachedAt: number;
	readonly createdAt: number;
	readonly object: ObjectPath;
};

/** A workspace as its VM sees it. */
export type AttachedWorkspace = Pick<Workspace, 'id' | 'name' | 'devicePath' | 'rootDevice' | 'readOnly'>;

export type Vm = {
	readonly id: string;
	readonly name: string;
	readonly role: string;
	readonly state: string;
	readonly cid: number;
	readonly vcpus: number;
	/** Spelled as in lists. */
	readonly memoryMib: number;
	readonly workspaces: readonly AttachedWorkspace[];
	readonly createdAt: number;
	readonly updatedAt: number;
	readonly object: ObjectPath;
};

/** Reads an image. */
export const readImage = async (client: NexusClient, object: ObjectPath): Promise<Image> =>
	({...await client.properties('Image', object), object});

/** Reads a workspace and the names of what it belongs to. */
export async function readWorkspace(client: NexusClient, object: ObjectPath): Promise<Workspace> {
	const {
		id, name, baseImage, parent: parentObject, vm: vmObject, ...others
	} = await client.properties('Workspace', object);
	const [base, parent, vm] = await Promise.all([
		nameOf(client, 'Image', baseImage),
		nameOf(client, 'Workspace', parentObject),
		nameOf(client, 'Vm', vmObject),
	]);
	return {
		id,
		name,
		base: base.name,
		baseId: base.id,
		parent: parent.name,
		parentId: parent.id,
		vm: vm.name,
		vmId: vm.id,
		...others,
		object,
	};
}

/** Reads a VM and the workspaces attached to it. */
export async function readVm(client: NexusClient, object: ObjectPath): Promise<Vm> {
	const {workspaces: objects, memoryMiB: memoryMib, createdAt, updatedAt, ...others} = await client.properties('Vm', object);
	const workspaces = await Promise.all(objects.map(async workspace => {
		const {
			id, name, devicePath, rootDevice, readOnly,
		} = await client.properties('Workspace', workspace);
		return {
			id, name, devicePath, rootDevice, readOnly,
		};
	}));
	return {
		...others, memoryMib, workspaces, createdAt, updatedAt, object,
	};
}

const nobody = {id: '', name: ''};

const nameOf = async (client: NexusClient, kind: 'Image' | 'Workspace' | 'Vm', object: ObjectPath): Promise<{id: string; name: string}> =>
	object === noObject ? nobody : client.properties(kind, object);

// What a daemon may have, in objects that are like those of its signals.
import type {ManagerProperties, ObjectPath} from '../../../../dbus/contract.js';
import {noObject, objectPath, type Kind} from '../../../../dbus/paths.js';
import type {Surroundings} from '../../../../tui/app/columns.js';
import {Mirror, type Objects} from '../../../../tui/mirror/mirror.js';
import type {
	Image, Job, RecordOf, Vm, Workspace,
} from '../../../../tui/mirror/records.js';

export type World = {readonly [K in Kind as `${K}s`]?: ReadonlyArray<RecordOf[K]>};

const gibibyte = 1024 ** 3;

/** Seconds since the epoch: all that is made here was made in the hour before. */
export const noon = Date.UTC(2026, 0, 1, 12) / 1000;

const idOf = (number: number): string => `00000000-0000-4000-8000-${number.toString(16).padStart(12, '0')}`;

export function imageOf(number: number, properties: Partial<Image> = {}): Image {
	const id = idOf(number);
	const name = properties.name ?? `image-${number}`;
	return {
		id,
		name,
		subvolumePath: `/srv/nexus/images/${name}`,
		devicePath: `/srv/nexus/images/${name}/disk.raw`,
		size: 2 * gibibyte,
		allocated: gibibyte,
		createdAt: noon - 3600,
		workspaces: 0,
		path: objectPath('image', id),
		...properties,
	};
}

export function workspaceOf(number: number, properties: Partial<Workspace> = {}): Workspace {
	const id = idOf(number);
	const name = properties.name ?? `ws-${number}`;
	return {
		id,
		name,
		subvolumePath: `/srv/nexus/workspaces/${name}`,
		devicePath: `/srv/nexus/workspaces/${name}/disk.raw`,
		owner: 0,
		baseImage: noObject,
		parent: noObject,
		vm: noObject,
		rootDevice: false,
		readOnly: false,
		size: 2 * gibibyte,
		allocated: gibibyte,
		attachedAt: 0,
		detachedAt: 0,
		createdAt: noon - 60,
		path: objectPath('workspace', id),
		...properties,
	};
}

export function vmOf(number: number, properties: Partial<Vm> = {}): Vm {
	const id = idOf(number);
	return {
		id,
		name: `vm-${number}`,
		role: 'work',
		state: 'created',
		cid: 3 + number,
		vcpus: 2,
		memoryMiB: 512,
		workspaces: [],
		createdAt: noon - 60,
		updatedAt: noon - 30,
		path: objectPath('vm', id),
		...properties,
	};
}

export const jobOf = (number: number, properties: Partial<Job> = {}): Job => ({
	id: number,
	kind: 'import',
	name: `job-${number}`,
	state: 'running',
	progress: 0.25,
	size: gibibyte,
	message: 'writing',
	object: noObject,
	path: objectPath('job', number),
	...properties,
});

const byPath = <T extends {readonly path: ObjectPath}>(records: readonly T[] = []): Map<ObjectPath, T> =>
	new Map(records.map(record => [record.path, record]));

export const objectsOf = ({images, workspaces, vms, jobs}: World): Objects => ({
	image: byPath(images), workspace: byPath(workspaces), vm: byPath(vms), job: byPath(jobs),
});

export const managerOf = ({images = [], workspaces = [], vms = []}: World, properties: Partial<ManagerProperties> = {}): ManagerProperties => ({
	version: '0.1.0',
	schemaVersion: 5,
	backend: 'btrfs',
	workspacesRoot: '/srv/nexus',
	warnings: [],
	poolSize: 100 * gibibyte,
	poolFree: 75 * gibibyte,
	removing: 0,
	images: images.length,
	workspaces: workspaces.length,
	vms: vms.length,
	...properties,
});

export function mirrorOf(world: World): Mirror {
	const mirror = new Mirror();
	mirror.begin();
	mirror.load(objectsOf(world), managerOf(world), noon);
	return mirror;
}

/** What cells are told of a mirror; users have no names here. */
export const surroundingsOf = (mirror: Mirror, surroundings: Partial<Surroundings> = {}): Surroundings => ({
	nameOf: object => (['image', 'workspace', 'vm', 'job'] as const).map(kind => mirror.all(kind).get(object)?.name).find(name => name !== undefined) ?? '',
	userOf: String,
	now: noon * 1000,
	exact: false,
	...surroundings,
});

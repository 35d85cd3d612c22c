// What must be so after a crash: the records, the objects, the folders and the bytes against what was acknowledged. All that
// is wrong is told at once.
import {createHash} from 'node:crypto';
import {readdir, stat} from 'node:fs/promises';
import path from 'node:path';
import {isDeepStrictEqual} from 'node:util';
import {execa} from 'execa';
import type {NexusClient} from '../../../dbus/client.js';
import {
	contract, type ImageRow, type ObjectPath, type VmRow, type WorkspaceRow,
} from '../../../dbus/contract.js';
import {rootPath} from '../../../dbus/paths.js';
import {faultsOf} from '../ext4.js';
import {contentsOf, isReadOnlySubvolume, subvolumes} from '../pool-witness.js';
import {
	emptyWorld, type Possible, type WorkspaceState, type World,
} from './ledger.js';
import {diskOf, slotFaults, strayBytes} from './slots.js';

/** A daemon that is to be checked, and where its files are seen from here. */
export type Scene = {
	client: NexusClient;
	workspaces: string;
	database: string;
};

/** What the daemon lists. */
export type Lists = {images: ImageRow[]; workspaces: WorkspaceRow[]; vms: VmRow[]};

export class Checker {
	/** The images that were looked into already; they never change. */
	readonly #known = new Set<ObjectPath>();
	readonly #content: ReadonlyMap<string, string>;

	/** @param content What the file `data/random` of each source hashes to, by the source's path. */
	constructor(content: ReadonlyMap<string, string>) {
		this.#content = content;
	}

	/**
	Checks a daemon that runs and does nothing.

	@param scope Whether images that were looked into before and all bytes of workspaces are looked at too.
	@returns The worlds that were found, and the lists.
	@throws Error that says all that is wrong.
	*/
	async check(scene: Scene, possible: readonly Possible[], scope: 'changes' | 'everything'): Promise<{worlds: Map<string, World>; lists: Lists}> {
		const lists = await listAll(scene.client);
		const faults: string[] = [];
		const found = worldsOf(lists);
		const worlds = new Map<string, World[]>();
		for (const {lane, worlds: candidates, inFlight} of possible) {
			const seen = found.get(lane) ?? emptyWorld;
			found.delete(lane);
			const matching = candidates.filter(world => isSameWorld(world, seen));
			worlds.set(lane, matching);
			if (matching.length === 0) {
				faults.push(`lane ${lane}${inFlight ? `, with "${inFlight}" in flight,` : ''} should be\n${candidates.map(world => outline(world)).join('\nor\n')}\nand is\n${outline(seen)}`);
			}
		}

		faults.push(
			...[...found].map(([lane, world]) => `nobody made these of ${lane}:\n${outline(world)}`),
			...await objectFaults(scene.client, lists),
			...await folderFaults(scene.workspaces, lists),
			...await databaseFaults(scene.database),
		);
		for (const [name, candidates] of workspacesOf([...worlds.values()])) {
			const [disk, base] = [diskOf(scene.workspaces, name), diskOf(scene.workspaces, candidates[0]!.base)];
			// One after the other, as fast as the disk is.
			/* eslint-disable no-await-in-loop */
			faults.push(...await telling(slotFaults(disk, base, candidates.map(({written}) => written))));
			if (scope === 'everything') {
				faults.push(...await telling(strayBytes(disk, base).then(fault => fault ? [fault] : [])));
			}
			/* eslint-enable no-await-in-loop */
		}

		for (const [, [world]] of worlds) {
			for (const [name, {source}] of world?.images ?? []) {
				const {object} = lists.images.find(image => image.name === name)!;
				if (scope === 'everything' || !this.#known.has(object)) {
					this.#known.add(object);
					// eslint-disable-next-line no-await-in-loop
					faults.push(...await telling(imageFaults(scene.workspaces, name, this.#content.get(source)!)));
				}
			}
		}

		refuse(faults);
		return {worlds: new Map([...worlds].map(([lane, [world]]) => [lane, withObjects(world!, lists)])), lists};
	}

	/**
	Checks what a daemon left that has ended in good order.

	@param lists What it listed at its end.
	@throws Error that says all that is wrong.
	*/
	async checkStopped({workspaces, database}: Omit<Scene, 'client'>, lists: Lists): Promise<void> {
		const top = path.basename(workspaces);
		const expected = [...lists.images, ...lists.workspaces].map(({name}) => `${top}/@${name}`).sort();
		const present = await subvolumes(path.dirname(workspaces), 'all');
		refuse([
			...await folderFaults(workspaces, lists),
			...(isDeepStrictEqual(present, expected) ? [] : [`the subvolumes of the pool are\n${present.join(' ')}\ninstead of\n${expected.join(' ')}`]),
			...(await contentsOf(workspaces, 'all')).filter(name => name.startsWith('.')).map(name => `${name} is left behind`),
			...await databaseFaults(database),
			...await rowFaults(database, lists),
		]);
	}
}

/** What the file `data/random` of a source hashes to. */
export const hashSource = async (source: string): Promise<string> => {
	const {stdout} = await execa('sha256sum', [path.join(source, 'data/random')]);
	return stdout.split(' ')[0]!;
};

function refuse(faults: readonly string[]): void {
	if (faults.length > 0) {
		throw new Error(faults.join('\n'));
	}
}

async function listAll({manager}: NexusClient): Promise<Lists> {
	const [images, workspaces, vms] = await Promise.all([manager.listImages(), manager.listWorkspaces(''), manager.listVms()]);
	return {images, workspaces, vms};
}

// By lane: what is in front of the first dash of a name.
function worldsOf({images, workspaces, vms}: Lists): Map<string, World> {
	const worlds = new Map<string, World>();
	const laneOf = (name: string): {lane: string; world: World} => {
		const lane = name.split('-')[0]!;
		return {lane, world: worlds.get(lane) ?? emptyWorld};
	};

	for (const {name, object} of images) {
		const {lane, world} = laneOf(name);
		worlds.set(lane, {...world, images: new Map([...world.images, [name, {source: '', object}]])});
	}

	for (const {
		name, base, vm, rootDevice, readOnly, object,
	} of workspaces) {
		const {lane, world} = laneOf(name);
		const attached = vm === '' && !rootDevice && !readOnly ? undefined : {vm, rootDevice, readOnly};
		worlds.set(lane, {
			...world, workspaces: new Map([...world.workspaces, [name, {
				base, object, attached, written: new Map<number, string>(),
			}]]),
		});
	}

	for (const {
		name, role, vcpus, memoryMib, object,
	} of vms) {
		const {lane, world} = laneOf(name);
		worlds.set(lane, {
			...world, vms: new Map([...world.vms, [name, {
				role, vcpus, memoryMib, object,
			}]]),
		});
	}

	return worlds;
}

// The same but for what no list tells: sources and bytes. An object that was told once is the same for ever.
function isSameWorld(noted: World, seen: World): boolean {
	const objects = [[noted.images, seen.images], [noted.workspaces, seen.workspaces], [noted.vms, seen.vms]] as const;
	return outline(noted) === outline(seen) && objects.every(([ours, theirs]) =>
		[...ours].every(([name, {object}]) => object === undefined || object === theirs.get(name)?.object));
}

function outline({images, workspaces, vms}: World): string {
	return [
		...[...images.keys()].map(name => `  image ${name}`),
		...[...workspaces].map(([name, {base, attached}]) => `  workspace ${name} of ${base}${attached ? `, attached to ${wordsOf(attached)}` : ''}`),
		...[...vms].map(([name, {role, vcpus, memoryMib}]) => `  vm ${name}: ${role}, ${vcpus} vcpus, ${memoryMib} MiB`),
	].sort().join('\n') || '  nothing';
}

const wordsOf = ({vm, rootDevice, readOnly}: NonNullable<WorkspaceState['attached']>): string => `${vm}${rootDevice ? ' as root' : ''}${readOnly ? ' read-only' : ''}`;

function withObjects(world: World, lists: Lists): World {
	const complete = <T>(records: ReadonlyMap<string, T>, rows: ReadonlyArray<{name: string; object: ObjectPath}>): Map<string, T & {object: ObjectPath}> =>
		new Map([...records].map(([name, record]) => [name, {...record, object: rows.find(row => row.name === name)!.object}]));
	return {
		images: complete(world.images, lists.images), workspaces: complete(world.workspaces, lists.workspaces), vms: complete(world.vms, lists.vms),
	};
}

// The workspaces of all lanes, each with all that it may be.
function workspacesOf(lanes: ReadonlyArray<readonly World[]>): Map<string, WorkspaceState[]> {
	return new Map(lanes.flatMap(worlds => [...worlds[0]?.workspaces.keys() ?? []].map(name => [name, worlds.map(world => world.workspaces.get(name)!)] as const)));
}

// The object tree says the same as the lists, and both sides of an attachment the same.
async function objectFaults(client: NexusClient, {images, workspaces, vms}: Lists): Promise<string[]> {
	const objects = await client.object('ObjectManager', rootPath).getManagedObjects();
	const expected = [...images, ...workspaces, ...vms].map(({object}) => object).sort();
	const present = Object.keys(objects).filter(object => object !== rootPath).sort();
	const faults = isDeepStrictEqual(present, expected) ? [] : [`the objects are\n${present.join('\n')}\ninstead of\n${expected.join('\n')}`];
	for (const vm of vms) {
		const attached = objects[vm.object]?.[contract.Vm.name]?.['Workspaces']?.value as ObjectPath[] | undefined;
		const listed = workspaces.filter(({vm: name}) => name === vm.name).map(({object}) => object);
		if (!isDeepStrictEqual([...attached ?? []].sort(), listed.sort())) {
			faults.push(`${vm.name} says that ${String(attached)} are attached to it, and the list says ${String(listed)}`);
		}
	}

	for (const image of images) {
		const count = workspaces.filter(({base}) => base === image.name).length;
		if (image.workspaces !== count) {
			faults.push(`${image.name} counts ${image.workspaces} workspaces instead of ${count}`);
		}
	}

	const cids = vms.map(({cid}) => cid);
	return new Set(cids).size === cids.length ? faults : [...faults, `two VMs share a CID: ${cids.join(' ')}`];
}

async function folderFaults(workspaces: string, lists: Lists): Promise<string[]> {
	const records = [...lists.images, ...lists.workspaces];
	const expected = ['.lock', '.stock', '.trash', '.work', ...records.map(({name}) => `@${name}`)].sort();
	const present = (await readdir(workspaces)).sort();
	const faults = isDeepStrictEqual(present, expected) ? [] : [`in the folder of the workspaces are\n${present.join(' ')}\ninstead of\n${expected.join(' ')}`];
	const disks = await Promise.all(records.map(async ({name, size}) => {
		const found = await stat(diskOf(workspaces, name)).catch(() => undefined);
		return found?.size === size ? [] : [`the disk of ${name} has ${String(found?.size)} bytes instead of ${size}`];
	}));
	return [...faults, ...disks.flat()];
}

const sqlite = async (database: string, statement: string, ...options: string[]): Promise<string> => {
	const {stdout} = await execa('sqlite3', [...options, '-readonly', database, statement]);
	return stdout;
};

async function databaseFaults(database: string): Promise<string[]> {
	const said = await telling(sqlite(database, 'PRAGMA integrity_check; PRAGMA foreign_key_check;').then(said => said === 'ok' ? [] : [said]));
	return said.map(fault => `the database: ${fault}`);
}

async function rowFaults(database: string, {images, workspaces, vms}: Lists): Promise<string[]> {
	const select = {
		images: 'SELECT id, name, size_bytes AS size FROM master_images ORDER BY name',
		workspaces: `SELECT w.id, w.name, i.name AS base, ifnull(v.name, '') AS vm, is_root_device AS rootDevice, is_read_only AS readOnly, w.size_bytes AS size
			FROM workspaces w JOIN master_images i ON i.id = w.master_image_id LEFT JOIN vms v ON v.id = w.vm_id ORDER BY w.name`,
		vms: 'SELECT id, name, role, state, cid, vcpu_count AS vcpus, mem_size_mib AS memoryMib FROM vms ORDER BY name',
	};
	const listed = {
		images: images.map(({id, name, size}) => ({id, name, size})),
		workspaces: workspaces.map(({
			id, name, base, vm, rootDevice, readOnly, size,
		}) => ({
			id, name, base, vm, rootDevice: Number(rootDevice), readOnly: Number(readOnly), size,
		})),
		vms: vms.map(({
			id, name, role, state, cid, vcpus, memoryMib,
		}) => ({
			id, name, role, state, cid, vcpus, memoryMib,
		})),
	};
	const faults = await Promise.all((['images', 'workspaces', 'vms'] as const).map(async kind => {
		const rows = JSON.parse(await sqlite(database, select[kind], '-json') || '[]') as unknown;
		return isDeepStrictEqual(rows, listed[kind]) ? [] : [`the database holds the ${kind}\n${JSON.stringify(rows)}\nand the daemon listed\n${JSON.stringify(listed[kind])}`];
	}));
	return faults.flat();
}

async function imageFaults(workspaces: string, name: string, hash: string): Promise<string[]> {
	const disk = diskOf(workspaces, name);
	const faults = await faultsOf(disk);
	// Random bytes may end as a line does.
	const {stdout: content} = await execa('debugfs', ['-R', 'cat /data/random', disk], {encoding: 'buffer', stripFinalNewline: false, maxBuffer: 64 * 1024 * 1024});
	return [
		...(faults ? [`e2fsck on ${disk}: ${faults}`] : []),
		...(createHash('sha256').update(content).digest('hex') === hash
			? []
			: [`${disk} does not hold what was imported, but ${content.length} bytes, ${content.filter(byte => byte === 0).length} of them zero`]),
		...(await isReadOnlySubvolume(path.dirname(disk)) ? [] : [`the image ${name} is not read-only`]),
	];
}

// What cannot be looked at is a fault too.
async function telling(work: Promise<string[]>): Promise<string[]> {
	try {
		return await work;
	} catch (error) {
		return [error instanceof Error ? error.message : String(error)];
	}
}

// Makes a btrfs in a file, mounts it where nexusd keeps images and workspaces, and has it mounted at every boot.
import {existsSync} from 'node:fs';
import {
	chmod, open, realpath, rm, stat, writeFile,
} from 'node:fs/promises';
import path from 'node:path';
import type {NexusClient} from '../../dbus/client.js';
import type {ManagerProperties} from '../../dbus/contract.js';
import {rootPath} from '../../dbus/paths.js';
import type {Invocation} from '../cli/command.js';
import {UsageError} from '../cli/usage-error.js';
import {ConflictError, MissingError, RefusedError} from '../errors.js';
import {formatSize} from '../output/format.js';
import {quoted} from '../output/printable.js';
import {reverting, stepsOf, type Course} from './reverting.js';
import {
	freeBytes, isMountPoint, isOnBtrfs, mountUnitOf, requireEmpty, requireNothingKept, runProgram, systemctl,
} from './system.js';
import {isNameable, mountUnit} from './unit.js';

export type Wish = {
	/** Where the file is to be, absolute. */
	readonly file: string;
	readonly size: number;
};

export type CreatedPool = Wish & {
	/** Where it is mounted. */
	readonly root: string;
	/** The unit that mounts it. */
	readonly unit: string;
	/** What nexusd makes of it: its configuration may insist on plain folders. */
	readonly backend: ManagerProperties['backend'];
};

/** What `checkPool` found in order. */
export type Plan = Wish & {readonly root: string; readonly unit: string; readonly unitFile: string};

// Below this mkfs.btrfs makes filesystems of another kind, and soon none at all.
const smallest = 256 * (1024 ** 2);

/**
Finds everything that stands in the way of a pool, before anything is touched.

@throws UsageError, ConflictError, MissingError, RefusedError
*/
export async function checkPool({file, size}: Wish, client: NexusClient, invocation: Pick<Invocation, 'path' | 'suggest'>): Promise<Plan> {
	if (size < smallest) {
		throw new UsageError(`a pool has at least ${formatSize(smallest)}`, invocation.path);
	}

	if (!isNameable(file)) {
		throw new UsageError('the path of the file cannot be written in a unit of systemd', invocation.path);
	}

	const manager = await client.properties('Manager', rootPath);
	const root = manager.workspacesRoot;
	if (await isOnBtrfs(root)) {
		throw new ConflictError(`${quoted(root)} is on btrfs already`, {hint: `See it with: ${invocation.suggest('status')}`});
	}

	requireNothingKept(manager, invocation);
	await requireEmpty(root);
	if (await isMountPoint(root)) {
		throw new ConflictError(`something is mounted on ${quoted(root)} already`);
	}

	await checkFile({file, size}, root);
	const {unit, unitFile} = await mountUnitOf(root);
	if (existsSync(unitFile)) {
		throw new ConflictError(`${quoted(unitFile)} exists already`);
	}

	await runProgram('mkfs.btrfs', ['--version']).catch((error: unknown) => {
		throw new RefusedError('mkfs.btrfs is not here', {cause: error, hint: 'Install it with: apt install btrfs-progs'});
	});
	return {
		file, size, root, unit, unitFile,
	};
}

async function checkFile({file, size}: Wish, root: string): Promise<void> {
	const folder = path.dirname(file);
	if (`${folder}/`.startsWith(`${root}/`)) {
		throw new ConflictError(`${quoted(file)} would lie below the place that it is mounted on`);
	}

	if (existsSync(file)) {
		throw new ConflictError(`${quoted(file)} exists already`, {hint: 'Name another file with --file.'});
	}

	if (!existsSync(folder)) {
		throw new MissingError(`there is no folder ${quoted(folder)}`);
	}

	await requireRootsOwn(folder);
	const free = await freeBytes(folder);
	if (free < size) {
		throw new RefusedError(`${quoted(folder)} has room for ${formatSize(free)}, and all ${formatSize(size)} of the pool are reserved at once`);
	}
}

// Whoever may write to a folder above could put something else in the file's place.
async function requireRootsOwn(folder: string): Promise<void> {
	for (let above = await realpath(folder); ; above = path.dirname(above)) {
		// From the inside out.
		// eslint-disable-next-line no-await-in-loop
		const {uid, mode} = await stat(above);
		const isSticky = (mode & 0o1000) !== 0; // eslint-disable-line no-bitwise
		if (uid !== 0 || ((mode & 0o022) !== 0 && !isSticky)) { // eslint-disable-line no-bitwise
			throw new RefusedError(`others than root may write to ${quoted(above)}`, {hint: 'Name a file in a folder of root\'s with --file.'});
		}

		if (above === '/') {
			return;
		}
	}
}

/** Makes the pool; when a step fails, or is broken off, nothing is left of it. */
export async function createPool(plan: Plan, client: NexusClient, course: Course): Promise<CreatedPool> {
	const {file, size, root, unit, unitFile} = plan;
	const {onUndoFailed, signal} = course;
	const step = stepsOf(6, course);
	return reverting(onUndoFailed, async onFailure => {
		step(`reserving ${formatSize(size)} in ${file}`);
		const handle = await open(file, 'wx', 0o600);
		await handle.close();
		onFailure(async () => rm(file));
		await runProgram('fallocate', ['--length', String(size), file], signal);

		step('making a btrfs');
		// The file's blocks stay reserved.
		await runProgram('mkfs.btrfs', ['--quiet', '--nodiscard', file], signal);

		step(`writing ${unitFile}`);
		await writeFile(unitFile, mountUnit({file, root}), {flag: 'wx'});
		onFailure(async () => {
			await rm(unitFile);
			await systemctl('daemon-reload');
		});
		await systemctl('daemon-reload');
		// From here on nexusd cannot start without the pool: a call that starts it waits for the mount.
		onFailure(async () => systemctl('disable', unit));
		await systemctl('enable', unit);

		step('stopping nexusd');
		await systemctl('stop', 'nexusd.service');
		// It may have been given something since it was asked.
		await requireEmpty(root);

		step(`mounting it on ${root}`);
		onFailure(async () => systemctl('stop', unit));
		await systemctl('start', unit).catch((error: unknown) => {
			throw new RefusedError(`the pool cannot be mounted on ${quoted(root)}`, {cause: error, hint: `See why with: journalctl --unit ${unit}`});
		});
		if (!(await isMountPoint(root) && await isOnBtrfs(root))) {
			throw new RefusedError(`${unit} was started, and yet no btrfs is mounted on ${quoted(root)}`);
		}

		// Everybody may walk through to the disk that is theirs.
		await chmod(root, 0o711);

		step('starting nexusd');
		const {backend} = await client.properties('Manager', rootPath);
		return {
			file, size, root, unit, backend,
		};
	});
}

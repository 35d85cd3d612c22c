// Takes back what `createPool` made: the mount, its unit, the file.
import {existsSync} from 'node:fs';
import {readFile, rm, writeFile} from 'node:fs/promises';
import type {NexusClient} from '../../dbus/client.js';
import {rootPath} from '../../dbus/paths.js';
import type {Invocation} from '../cli/command.js';
import {ConflictError, MissingError} from '../errors.js';
import {quoted} from '../output/printable.js';
import {reverting, stepsOf, type Course} from './reverting.js';
import {
	isMountPoint, mountUnitOf, requireEmpty, requireNothingKept, systemctl,
} from './system.js';
import {mountUnit, parseMountUnit, type Pool} from './unit.js';

/** A pool that was made by `createPool`. */
export type FoundPool = Pool & {readonly unit: string; readonly unitFile: string};

/**
Finds the pool of the daemon, and everything that speaks against its removal.

@throws ConflictError, MissingError, RefusedError
*/
export async function findPool(client: NexusClient, invocation: Pick<Invocation, 'suggest'>): Promise<FoundPool> {
	const manager = await client.properties('Manager', rootPath);
	const root = manager.workspacesRoot;
	const {unit, unitFile} = await mountUnitOf(root);
	if (!existsSync(unitFile)) {
		throw new MissingError(`no pool was made for ${quoted(root)} by nexusctl pool create: there is no ${quoted(unitFile)}`);
	}

	const pool = parseMountUnit(await readFile(unitFile, 'utf8'));
	if (pool?.root !== root) {
		throw new ConflictError(`${quoted(unitFile)} was not written by nexusctl pool create: what it mounts is not for nexusctl to remove`);
	}

	requireNothingKept(manager, invocation);
	await requireEmpty(root);
	return {...pool, unit, unitFile};
}

/** Removes the pool and all in it. What fails, or is broken off, leaves it as it was. */
export async function deletePool({file, root, unit, unitFile}: FoundPool, course: Course): Promise<void> {
	const step = stepsOf(4, course);
	await reverting(course.onUndoFailed, async onFailure => {
		step('stopping nexusd');
		await systemctl('stop', 'nexusd.service');
		// It may have been given something since it was asked.
		await requireEmpty(root);

		step(`unmounting ${root}`);
		onFailure(async () => systemctl('start', unit));
		await systemctl('stop', unit);
		if (await isMountPoint(root)) {
			throw new ConflictError(`something else is mounted on ${quoted(root)}`);
		}

		step(`removing ${unitFile}`);
		onFailure(async () => systemctl('enable', unit));
		await systemctl('disable', unit);

		onFailure(async () => {
			await writeFile(unitFile, mountUnit({file, root}));
			await systemctl('daemon-reload');
		});
		await rm(unitFile);
		await systemctl('daemon-reload');

		step(`removing ${file}`);
		await rm(file);
	});
}

// Reading thousands of records, beside machined's list of as many images.
import path from 'node:path';
import {rootPath} from '../dbus/paths.js';
import {libraryCalls} from '../src/backend/btrfs-calls.js';
import {startMachined} from './machined.js';
import {inFlight, race, timed} from './measure.js';
import type {Surroundings} from './part.js';
import {
	image, makePool, many,
} from './place.js';
import {showProgress} from './progress.js';
import {beside, type Row} from './row.js';

/** Lists of all workspaces, and all objects. */
export async function measureLists({cleanup, crowded}: Surroundings): Promise<Row[]> {
	const {bus, client} = await crowded();
	const pool = await makePool(cleanup);
	// Machined lists the host itself too.
	await makeSubvolumes(pool, many - 1);
	const machined = await startMachined(bus, {pool, image}, cleanup);
	const workspaces = await client.manager.listWorkspaces('');
	const listed = await machined.list();
	if (workspaces.length !== many || listed !== many) {
		throw new Error(`${many} are to be listed by both, not ${workspaces.length} and ${listed}`);
	}

	const objectManager = client.object('ObjectManager', rootPath);
	const {lists, objects, images} = await race('lists', {
		lists: async () => [await timed(async () => client.manager.listWorkspaces(''))],
		objects: async () => [await timed(async () => objectManager.getManagedObjects())],
		images: async () => [await timed(machined.list)],
	}, {rounds: 200, warmUps: 3});
	const reference = 'machined\'s list of as many';
	const how = 'From the call to the last value read by the client. Machined\'s images are plain subvolumes, and quotas are off, with which its list takes longer.';
	return [
		beside({
			what: '`ListWorkspaces` of 10,000', how, nexus: lists, reference, times: images, goal: 1.5,
		}),
		beside({
			what: '`GetManagedObjects` of 10,000', how: 'Likewise: every object with all its properties.', nexus: objects, reference, times: images, goal: 6,
		}),
	];
}

async function makeSubvolumes(pool: string, count: number): Promise<void> {
	const btrfs = libraryCalls()!;
	showProgress(`making ${count} subvolumes`);
	let made = 0;
	await inFlight(count, 4, async () => btrfs.createSubvolume(path.join(pool, `image-${made++}`)));
}

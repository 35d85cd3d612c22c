// Whole processes: the daemon until it answers, and the command line from its start to its end.
import {readFile} from 'node:fs/promises';
import process from 'node:process';
import {execa} from 'execa';
import {rootPath} from '../dbus/paths.js';
import type {NexusClient} from '../dbus/client.js';
import {connectClient} from '../test/support/nexus.js';
import {oneByOne, race, timed} from './measure.js';
import type {Surroundings} from './part.js';
import {fill, openPlace} from './place.js';
import {showProgress} from './progress.js';
import {alone, beside, type Row} from './row.js';

/** Starts of nexusd with many workspaces, and the memory it takes then. */
export async function measureStarts({cleanup, crowded}: Surroundings): Promise<Row[]> {
	const place = await crowded();
	const client = await connectClient(place.bus, cleanup);
	const starts: number[] = [];
	const memory: number[] = [];
	const memoryAfterLists: number[] = [];
	const rounds = 200;
	for (let round = 0; round < rounds; round++) {
		showProgress(`start: round ${round + 1} of ${rounds}`);
		/* eslint-disable no-await-in-loop -- there is one daemon at a time */
		await place.stop();
		const owned = nextOwner(client);
		let pid = 0;
		starts.push(await timed(async () => {
			({pid} = await place.start());
			await owned;
			await client.manager.getWorkspace('made-0');
		}));
		memory.push(await residentMegabytes(pid));
		if (round % 10 === 0) {
			await client.manager.listWorkspaces('');
			await client.object('ObjectManager', rootPath).getManagedObjects();
			memoryAfterLists.push(await residentMegabytes(pid));
		}
		/* eslint-enable no-await-in-loop */
	}

	return [
		alone({
			what: '`nexusd` with 10,000: start to first answer',
			how: 'From the start of the process to the answer of a `GetWorkspace`.',
			unit: 'ms',
			values: starts,
			limit: {most: 500, of: 'median'},
		}),
		alone({
			what: 'its resident memory then', how: '`VmRSS` after that answer.', unit: 'MB', values: memory, limit: {most: 150, of: 'median'},
		}),
		alone({
			what: 'its resident memory after both lists', how: '`VmRSS` after a `ListWorkspaces` and a `GetManagedObjects`.', unit: 'MB', values: memoryAfterLists,
		}),
	];
}

async function nextOwner(client: NexusClient): Promise<void> {
	await new Promise<void>(resolve => {
		const look = (name: string): void => {
			// The one before may be leaving still.
			if (name !== '') {
				client.off('owner', look);
				resolve();
			}
		};

		client.on('owner', look);
	});
}

async function residentMegabytes(pid: number): Promise<number> {
	const [, kibibytes] = /^VmRSS:\s*(\d+) kB$/m.exec(await readFile(`/proc/${pid}/status`, 'utf8'))!;
	return Number(kibibytes) * 1024 / 1e6;
}

/** A list by nexusctl. */
export async function measureNexusctl({cleanup}: Surroundings): Promise<Row[]> {
	const place = await openPlace(cleanup);
	await fill(place, 100);
	const node = async (...args: string[]): Promise<unknown> => execa(process.execPath, args, {env: place.bus.env, stdin: 'ignore'});
	const {nexus, nothing} = await race('nexusctl ws list', {
		nexus: async () => oneByOne(10, async () => node('dist/nexusctl.js', 'ws', 'list')),
		nothing: async () => oneByOne(10, async () => node('-e', '0')),
	}, {rounds: 20});
	return [beside({
		what: '`nexusctl ws list` with 100, whole process',
		how: 'From the start of the process to its end, its output read.',
		nexus,
		reference: '`node -e 0`',
		times: nothing,
		goal: 3,
	})];
}

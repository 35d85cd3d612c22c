// `npm run bench`: what Nexus's work costs over D-Bus, each beside the bare operation underneath, on a pool, a bus and a
// daemon of its own. Prints a table, then the same as JSON; `-- --json` prints the JSON alone. Needs root.
import {mkdir, rm} from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import {execa} from 'execa';
import {rootPath} from '../dbus/paths.js';
import {libraryCalls} from '../src/backend/btrfs-calls.js';
import {makeCleanup} from '../test/support/cleanup.js';
import {
	importImage, makeSource, startNexusFor, type TestNexus,
} from '../test/support/nexus.js';
import {compare, type Comparison, type Figures} from './measure.js';

const {cleanup, run} = makeCleanup();
try {
	const nexus = await startNexusFor(cleanup);
	await report([
		...await compareWorkspaces(nexus),
		await compareLists(nexus),
		await compareImports(nexus),
	]);
} finally {
	await run();
}

async function compareWorkspaces({client, workspaces, folder}: TestNexus): Promise<Comparison[]> {
	await importImage(client, 'base', await makeSource(folder));
	const btrfs = libraryCalls();
	if (!btrfs) {
		throw new Error('libbtrfsutil1 is not installed');
	}

	const image = path.join(workspaces, '@base');
	const bare = path.join(path.dirname(workspaces), 'bare');
	await mkdir(bare);
	const created: string[] = [];
	let count = 0;
	const create = await compare({
		what: 'create a workspace',
		reference: 'a snapshot by libbtrfsutil',
		runs: 100,
		async nexus() {
			created.push(await client.manager.createWorkspace('base', '', {}));
		},
		async bare() {
			await btrfs.snapshot(image, path.join(bare, String(count++)));
		},
	});
	const remove = await compare({
		what: 'delete a workspace',
		reference: 'a subvolume deleted by libbtrfsutil',
		runs: 99,
		async nexus() {
			await client.object('Workspace', created.pop()!).delete();
		},
		async bare() {
			await btrfs.deleteSubvolume(path.join(bare, String(--count)));
		},
	});
	return [create, remove];
}

async function compareLists({client}: TestNexus): Promise<Comparison> {
	await Promise.all(Array.from({length: 100}, async () => client.manager.createWorkspace('base', '', {})));
	const peer = client.object('Peer', rootPath);
	return compare({
		what: 'list 100 workspaces',
		reference: 'a round trip to the daemon',
		runs: 100,
		async nexus() {
			await client.manager.listWorkspaces('');
		},
		bare: async () => peer.ping(),
	});
}

async function compareImports({client, folder, workspaces}: TestNexus): Promise<Comparison> {
	const megabytes = 250;
	const source = await makeSource(folder, 'large', megabytes);
	const file = path.join(path.dirname(workspaces), 'bare.ext4');
	return compare({
		what: `import ${megabytes} MB`,
		reference: 'mke2fs -d',
		runs: 5,
		async prepare() {
			await rm(file, {force: true});
			const images = await client.manager.listImages();
			if (images.some(({name}) => name === 'large')) {
				await client.manager.deleteImage('large');
			}
		},
		async nexus() {
			const {result, message} = await importImage(client, 'large', source);
			if (result !== 'done') {
				throw new Error(message);
			}
		},
		async bare() {
			await execa('mke2fs', ['-q', '-F', '-t', 'ext4', '-d', source, file, '2G']);
		},
	});
}

async function report(comparisons: Comparison[]): Promise<void> {
	if (!process.argv.includes('--json')) {
		for (const {what, reference, nexus, bare, ratio} of comparisons) {
			console.log(`${what.padEnd(20)} ${figures(nexus)}   ${rounded(ratio)} × ${reference}`);
			console.log(`${''.padEnd(20)} ${figures(bare)}`);
		}

		console.log('(first line: Nexus; second: the reference; milliseconds)\n');
	}

	console.log(JSON.stringify(comparisons, undefined, '\t'));
}

function figures({median, p95}: Figures): string {
	return `median ${String(rounded(median)).padStart(6)}  p95 ${String(rounded(p95)).padStart(6)}`;
}

function rounded(value: number): number {
	return Number(value.toPrecision(3));
}

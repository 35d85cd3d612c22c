// A kill between every two steps of every operation: what a process that dies there leaves, the next one finishes or
// undoes, and nothing in between is ever seen.
import {stat} from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import {isDeepStrictEqual} from 'node:util';
import type {ExecutionContext} from 'ava';
import {build} from 'esbuild';
import {execa} from 'execa';
import {openNexus, type Nexus} from '../../src/nexus.js';
import {cleanupOf} from '../support/cleanup.js';
import {temporaryFolder} from '../support/folder.js';
import {makeDisk} from '../support/campaign/disk.js';
import {makeSource} from '../support/nexus.js';
import {contentsOf, subvolumes} from '../support/pool-witness.js';
import {mountBtrfs} from '../support/pool.js';
import {rootTest} from '../support/requirements.js';
import type {Deed} from '../support/seams/deeds.js';

const bundle = path.resolve('node_modules/.cache/nexus-seams.mjs');
const owner = {name: 'owner', uid: 65_534};

// Started many times: a bundle starts quickly.
const built = build({
	entryPoints: ['test/support/seams/process.ts'],
	outfile: bundle,
	bundle: true,
	platform: 'node',
	format: 'esm',
	target: 'node20',
	packages: 'external',
	logLevel: 'warning',
});

type Place = {folder: string; workspaces: string; source: string};

async function makePlace(t: ExecutionContext): Promise<Place> {
	await built;
	const cleanup = cleanupOf(t);
	const folder = await temporaryFolder(cleanup);
	const pool = await mountBtrfs(folder, cleanup, 1024 * 1024 * 1024);
	return {folder, workspaces: path.join(pool, 'workspaces'), source: await makeSource(folder, 'source', 1)};
}

/** Opens Nexus as the next process would, works with it, and closes it. */
async function withNexus<T>({folder, workspaces}: Place, work: (nexus: Nexus) => Promise<T>): Promise<T> {
	const nexus = await openNexus({storage: {workspaces, database: path.join(folder, 'nexus.db'), backend: 'btrfs'}}, () => undefined);
	try {
		return await work(nexus);
	} finally {
		await nexus.close();
	}
}

/** Has a process do something and die at a moment. Returns whether there was such a moment. */
async function dieAt(moment: number | string, {folder}: Place, deed: Deed): Promise<boolean> {
	const {signal, exitCode, stderr} = await execa(process.execPath, [bundle, folder, JSON.stringify(deed), String(moment)], {reject: false});
	if (signal === 'SIGKILL') {
		return true;
	}

	if (exitCode !== 0) {
		throw new Error(stderr);
	}

	return false;
}

async function importNow(nexus: Nexus, name: string, source: string): Promise<void> {
	const job = await nexus.importImage({name, source});
	await job.ended;
	if (job.failure) {
		throw job.failure;
	}
}

/** What users see. */
const stateOf = (nexus: Nexus): Record<string, string> => Object.fromEntries([
	...nexus.images().map(({name}) => [name, 'image'] as const),
	...nexus.workspaces().map(({name, vmId}) => [name, vmId ? `attached to ${nexus.vm(vmId).name}` : 'workspace'] as const),
]);

type Case = {
	deed: (name: string) => Deed;
	/** What is there before, beside the image and the VM. */
	prepare?: (nexus: Nexus, name: string) => Promise<void>;
	/** What another process was killed at before. */
	interrupted?: {deed: (name: string) => Deed; moment: string};
	/** What the name may be afterwards: as if nothing had happened, or all of it. */
	outcomes: (name: string) => Array<Record<string, string>>;
};

const make = async (nexus: Nexus, name: string): Promise<void> => {
	await nexus.createWorkspace('base', name, owner);
};

const attach = async (nexus: Nexus, name: string): Promise<void> => {
	await make(nexus, name);
	await nexus.attachWorkspace(name, 'vm', {rootDevice: true});
};

const cases = (source: string): Record<string, Case> => ({
	import: {
		deed: name => ({do: 'import', name, source}),
		outcomes: name => [{}, {[name]: 'image'}],
	},
	'create without stock': {
		deed: name => ({do: 'create', base: 'base', name}),
		outcomes: name => [{}, {[name]: 'workspace'}],
	},
	'create from stock': {
		deed: name => ({
			do: 'create from stock', base: 'base', name, before: `${name}-before`,
		}),
		outcomes: name => [{}, {[`${name}-before`]: 'workspace'}, {[name]: 'workspace'}],
	},
	'delete a workspace': {
		prepare: make,
		deed: name => ({do: 'delete workspace', name}),
		outcomes: name => [{[name]: 'workspace'}, {}],
	},
	'delete an image': {
		prepare: async (nexus, name) => importNow(nexus, name, source),
		deed: name => ({do: 'delete image', name}),
		outcomes: name => [{[name]: 'image'}, {}],
	},
	'recover a create': {
		interrupted: {deed: name => ({do: 'create', base: 'base', name}), moment: 'commit'},
		deed: () => ({do: 'nothing'}),
		outcomes: name => [{[name]: 'workspace'}],
	},
	'recover a delete': {
		prepare: make,
		interrupted: {deed: name => ({do: 'delete workspace', name}), moment: 'retire'},
		deed: () => ({do: 'nothing'}),
		outcomes: name => [{[name]: 'workspace'}],
	},
	attach: {
		prepare: make,
		deed: name => ({do: 'attach', name, vm: 'vm'}),
		outcomes: name => [{[name]: 'workspace'}, {[name]: 'attached to vm'}],
	},
	detach: {
		prepare: attach,
		deed: name => ({do: 'detach', name}),
		outcomes: name => [{[name]: 'attached to vm'}, {[name]: 'workspace'}],
	},
});

async function assertInOrder(t: ExecutionContext, place: Place, when: string): Promise<void> {
	const expected = await withNexus(place, async nexus => {
		t.deepEqual(await nexus.findings(), [], when);
		for (const {name, ownerUid} of nexus.workspaces()) {
			// eslint-disable-next-line no-await-in-loop
			const {uid} = await stat(path.join(place.workspaces, `@${name}`, 'rootfs.ext4'));
			t.is(uid, ownerUid, `${when}: the owner of ${name}`);
		}

		return [...nexus.images(), ...nexus.workspaces()].map(({name}) => `@${name}`).sort();
	});
	t.deepEqual(await contentsOf(place.workspaces, 'all'), expected, when);
	t.deepEqual(await subvolumes(place.workspaces, 'all'), expected.map(name => `workspaces/${name}`), when);
}

for (const title of Object.keys(cases(''))) {
	rootTest(`${title}: a kill at any step leaves all or nothing`, async t => {
		const place = await makePlace(t);
		const {deed, prepare, interrupted, outcomes} = cases(place.source)[title]!;
		await withNexus(place, async nexus => {
			await importNow(nexus, 'base', place.source);
			await nexus.createVm({
				name: 'vm', role: 'work', vcpuCount: 1, memSizeMib: 128,
			});
		});
		/* eslint-disable no-await-in-loop -- one kill after the other, until there is no such moment */
		let moment = 0;
		for (let isDead = true; isDead; moment++) {
			const name = `m${moment}`;
			await withNexus(place, async nexus => prepare?.(nexus, name));
			if (interrupted) {
				t.true(await dieAt(interrupted.moment, place, interrupted.deed(name)));
			}

			isDead = await dieAt(moment, place, deed(name));
			const when = `${title}, moment ${moment}`;
			await assertInOrder(t, place, when);
			await withNexus(place, async nexus => {
				const {base, ...state} = stateOf(nexus);
				t.is(base, 'image');
				t.true(outcomes(name).some(outcome => isDeepStrictEqual(outcome, state)), `${when}: ${JSON.stringify(state)}`);
				await clear(nexus);
			});
		}

		/* eslint-enable no-await-in-loop */
		t.true(moment > 2);
		t.log(`${moment - 1} kills`);
	});
}

rootTest('what is deleted in a pool too full to move it, and still in its place at a kill, is removed by the next', async t => {
	await built;
	const cleanup = cleanupOf(t);
	const folder = await temporaryFolder(cleanup);
	const pool = await makeDisk(folder, cleanup, {kind: 'mixed-btrfs', name: 'pool', bytes: 160 * 1024 * 1024});
	const place = {folder, workspaces: path.join(pool.mountPoint, 'workspaces'), source: await makeSource(folder, 'source', 1)};
	await withNexus(place, async nexus => {
		await importNow(nexus, 'base', place.source);
		await importNow(nexus, 'spare', place.source);
		await make(nexus, 'one');
	});
	// What the next process looks at again is in order, and nothing is written to it.
	t.true(await dieAt('publish', place, {do: 'create', base: 'base', name: 'two'}));
	const undo = await pool.fillUp();
	const deeds = [{do: 'delete workspace', name: 'one'}, {do: 'delete image', name: 'spare'}] as const;
	for (const deed of deeds) {
		/* eslint-disable no-await-in-loop */
		t.true(await dieAt('commit', place, deed));
		t.true((await contentsOf(place.workspaces)).includes(`@${deed.name}`));
		await assertInOrder(t, place, deed.do);
		/* eslint-enable no-await-in-loop */
	}

	await withNexus(place, async nexus => {
		t.deepEqual(stateOf(nexus), {base: 'image', two: 'workspace'});
	});
	await undo();
});

async function clear(nexus: Nexus): Promise<void> {
	for (const {name, vmId} of nexus.workspaces()) {
		/* eslint-disable no-await-in-loop -- a workspace may need its own state left alone meanwhile */
		if (vmId) {
			await nexus.detachWorkspace(name);
		}

		await nexus.deleteWorkspace(name);
		/* eslint-enable no-await-in-loop */
	}

	await Promise.all(nexus.images().filter(({name}) => name !== 'base').map(async ({name}) => nexus.deleteImage(name)));
}

// Full and failing disks: each fault is told by an error that helps and loses nothing, and when its cause is gone all works
// again with the same daemon.
import {mkdir} from 'node:fs/promises';
import path from 'node:path';
import type {ExecutionContext} from 'ava';
import {execa} from 'execa';
import {makeDisk, type Disk, type DiskKind} from '../support/campaign/disk.js';
import {startSubject, type Refusal, type Subject} from '../support/campaign/subject.js';
import {cleanupOf} from '../support/cleanup.js';
import {temporaryFolder} from '../support/folder.js';
import {haltImport} from '../support/imports.js';
import {makeSource, startNexus} from '../support/nexus.js';
import {contentsOf} from '../support/pool-witness.js';
import {rootTest} from '../support/requirements.js';
import {takingTurns} from '../support/turns.js';

const mebi = 1024 * 1024;

// Each has a daemon and disks of its own, and this machine may be small.
const inTurn = takingTurns(3);

type Stage = {folder: string; pool: Disk; records: Disk; subject: Subject};

/** Starts a daemon whose pool and database lie on small disks, on the same one when told so. */
async function stage(t: ExecutionContext, {kind = 'btrfs', records = 'apart'}: {kind?: DiskKind; records?: 'apart' | 'in the pool'} = {}): Promise<Stage> {
	const cleanup = cleanupOf(t);
	const folder = await temporaryFolder(cleanup);
	const pool = await makeDisk(folder, cleanup, {kind, name: 'pool', bytes: 160 * mebi});
	const disk = records === 'apart' ? await makeDisk(folder, cleanup, {kind: 'ext4', name: 'records', bytes: 16 * mebi}) : pool;
	const subject = await startSubject({
		folder, workspaces: path.join(pool.mountPoint, 'workspaces'), database: path.join(disk.mountPoint, 'nexus.db'), cleanup,
	});
	return {
		folder, pool, records: disk, subject,
	};
}

function assertRefused(t: ExecutionContext, refused: Refusal | undefined, code: string, words: RegExp): void {
	t.is(refused?.code, code, refused?.text ?? 'it was not refused');
	t.regex(refused!.text, words);
}

/** All that was answered holds, all works, and both are so for the next daemon. */
async function assertWell(t: ExecutionContext, scene: Stage): Promise<void> {
	const {subject} = scene;
	await t.notThrowsAsync(subject.check());
	await t.notThrowsAsync(subject.mustWork('x-then'));
	await t.notThrowsAsync(subject.check());
	await t.notThrowsAsync(subject.checkNext(async () => remount(scene)));
}

/** Only what is on disk is left then. */
async function remount({records, pool}: Stage): Promise<void> {
	for (const disk of new Set([records, pool])) {
		/* eslint-disable no-await-in-loop */
		await disk.unmount();
		await disk.mount();
		/* eslint-enable no-await-in-loop */
	}
}

/** Something of each kind that can be deleted. */
async function makeExpendable({subject}: Stage): Promise<void> {
	const results = [
		await subject.importImage('x-spare'),
		await subject.create('x-attached'),
		await subject.create('x-free'),
		await subject.createVm('x-old'),
		await subject.attach('x-attached', 'x-old'),
	];
	if (results.some(Boolean)) {
		throw new Error(`refused: ${results.map(refused => refused?.text).join('; ')}`);
	}
}

/** Whatever makes nothing new can be done, deleting above all. */
async function assertRoomCanBeMade(t: ExecutionContext, {subject}: Stage): Promise<void> {
	t.is(await subject.attach('x-free', 'x-old'), undefined);
	t.is(await subject.detach('x-attached'), undefined);
	t.is(await subject.delete('x-attached'), undefined);
	t.is(await subject.deleteVm('x-old'), undefined);
	t.is(await subject.delete('x-free'), undefined);
	t.is(await subject.deleteImage('x-spare'), undefined);
	await t.notThrowsAsync(subject.check());
}

for (const kind of ['btrfs', 'mixed-btrfs'] as const) {
	rootTest(`an import that fills up a pool on ${kind} fails, and says so`, inTurn(async t => {
		const scene = await stage(t, {kind});
		const {pool, subject, folder} = scene;
		const source = await makeSource(folder, 'large', 14);
		const undo = await pool.fillUp(6 * mebi);
		assertRefused(t, await subject.importImage('x-large', source), '', /the pool is full: \d+ bytes.*delete workspaces or grow the pool/);
		await t.notThrowsAsync(subject.check());
		await undo();
		await assertWell(t, scene);
	}));
}

rootTest('in a full pool nothing can be made', inTurn(async t => {
	const scene = await stage(t, {kind: 'mixed-btrfs'});
	const {pool, subject} = scene;
	await makeExpendable(scene);
	const undo = await pool.fillUp();
	assertRefused(t, await subject.create('x-new'), 'NoSpace', /"x-(base|new)".*no space is left; delete workspaces or grow the pool/);
	assertRefused(t, await subject.importImage('x-new'), '', /no space|full/);
	t.is(await subject.createVm('x-new'), undefined, 'the database is elsewhere');
	await assertRoomCanBeMade(t, scene);
	await undo();
	await assertWell(t, scene);
}));

for (const kind of ['btrfs', 'mixed-btrfs'] as const) {
	rootTest(`a pool on ${kind} that is full for the database too refuses what is new, and room can be made in it`, inTurn(async t => {
		const scene = await stage(t, {kind, records: 'in the pool'});
		const {pool, subject} = scene;
		await makeExpendable(scene);
		const undo = await pool.fillUp();
		assertRefused(t, await subject.createVmsUntilRefused('x-full'), 'NoSpace', /nexus\.db.*no space is left/);
		assertRefused(t, await subject.create('x-new'), 'NoSpace', /no space is left/);
		await t.notThrowsAsync(subject.restart(async () => remount(scene)));
		await assertRoomCanBeMade(t, scene);
		await pool.reclaim();
		t.is(await subject.createVm('x-again'), undefined, 'the space of what was deleted is free');
		await t.notThrowsAsync(subject.restart(async () => remount(scene)));
		await undo();
		await assertWell(t, scene);
	}));
}

for (const bytesLeft of [0, 64 * 1024]) {
	rootTest(`a full disk under the database, with ${bytesLeft} bytes left at first, refuses what is new and keeps what was answered`, inTurn(async t => {
		const scene = await stage(t);
		const {records, subject} = scene;
		await makeExpendable(scene);
		const undo = await records.fillUp(bytesLeft);
		assertRefused(t, await subject.createVmsUntilRefused('x-full'), 'NoSpace', /nexus\.db.*no space is left/);
		assertRefused(t, await subject.create('x-new'), 'NoSpace', /nexus\.db.*no space is left/);
		assertRefused(t, await subject.importImage('x-new'), '', /nexus\.db.*no space is left/);
		await t.notThrowsAsync(subject.restart(async () => remount(scene)));
		await assertRoomCanBeMade(t, scene);
		await undo();
		await assertWell(t, scene);
	}));
}

rootTest('a disk under the database that fails to write refuses changes and keeps what was answered', inTurn(async t => {
	const scene = await stage(t);
	const {records, subject} = scene;
	const undo = await records.breakFiles();
	assertRefused(t, await subject.createVmsUntilRefused('x-broken'), 'Io', /nexus\.db.*EIO/);
	assertRefused(t, await subject.create('x-new'), 'Io', /nexus\.db.*EIO/);
	assertRefused(t, await subject.delete('x-one'), 'Io', /nexus\.db.*EIO/);
	assertRefused(t, await subject.importImage('x-new'), '', /nexus\.db.*EIO/);
	await undo();
	await assertWell(t, scene);
}));

rootTest('a read-only pool refuses changes', inTurn(async t => {
	const scene = await stage(t);
	const {pool, subject} = scene;
	const undo = await pool.makeReadOnly();
	assertRefused(t, await subject.create('x-new'), 'Io', /"x-(base|new)".*(EROFS|[Rr]ead-only)/);
	assertRefused(t, await subject.delete('x-one'), 'Io', /"x-one".*(EROFS|[Rr]ead-only)/);
	assertRefused(t, await subject.importImage('x-new'), '', /EROFS|[Rr]ead-only/);
	t.is(await subject.createVm('x-new'), undefined, 'the database is elsewhere');
	await t.notThrowsAsync(subject.check());
	await undo();
	await assertWell(t, scene);
}));

rootTest('a read-only database keeps what was answered', inTurn(async t => {
	const scene = await stage(t);
	const {records, subject} = scene;
	const undo = await records.makeReadOnly();
	// What nexusd has open stays writable: these may work or not.
	for (const refused of [await subject.createVm('x-new'), await subject.create('x-new'), await subject.delete('x-one'), await subject.importImage('x-new-image')]) {
		t.true(refused === undefined || /nexus\.db.*(EROFS|[Rr]ead-only)/.test(refused.text), refused?.text);
	}

	await undo();
	await t.notThrowsAsync(subject.check());
	if (await subject.create('x-one') === undefined) {
		await subject.write('x-one', 2);
	}

	await assertWell(t, scene);
}));

/** Nothing can be changed in a pool that is not there. */
async function assertPoolMissed(t: ExecutionContext, subject: Subject): Promise<void> {
	assertRefused(t, await subject.create('x-new'), 'Io', /x-base|x-new|workspaces/);
	assertRefused(t, await subject.delete('x-one'), 'Io', /x-one|workspaces/);
	t.truthy(await subject.importImage('x-new'));
	const image = await subject.deleteImage('x-spare');
	assertRefused(t, image, 'Io', /x-spare|workspaces/);
}

rootTest('a pool that is unmounted refuses changes until it is back', inTurn(async t => {
	const scene = await stage(t);
	const {pool, subject} = scene;
	t.is(await subject.importImage('x-spare'), undefined);
	const undo = await pool.takeAway();
	await assertPoolMissed(t, subject);
	await undo();
	await assertWell(t, scene);
}));

rootTest('what lies under the mount point of an unmounted pool is not taken for it', inTurn(async t => {
	const cleanup = cleanupOf(t);
	const folder = await temporaryFolder(cleanup);
	const below = await makeDisk(folder, cleanup, {kind: 'btrfs', name: 'below', bytes: 160 * mebi});
	const records = await makeDisk(folder, cleanup, {kind: 'ext4', name: 'records', bytes: 16 * mebi});
	const pool = await makeDisk(below.mountPoint, cleanup, {kind: 'btrfs', name: 'workspaces', bytes: 120 * mebi});
	// As a daemon leaves it that was started once without its pool.
	await pool.unmount();
	await mkdir(path.join(pool.mountPoint, '.work'));
	await pool.mount();
	const subject = await startSubject({
		folder, workspaces: pool.mountPoint, database: path.join(records.mountPoint, 'nexus.db'), cleanup,
	});
	t.is(await subject.importImage('x-spare'), undefined);
	const undo = await pool.takeAway();
	await assertPoolMissed(t, subject);
	t.deepEqual(await contentsOf(pool.mountPoint), []);
	await undo();
	await t.notThrowsAsync(subject.check());
	await t.notThrowsAsync(subject.mustWork('x-then'));
	await t.notThrowsAsync(subject.check());
}));

rootTest('an import whose mke2fs is killed fails, says so, and can be done again', inTurn(async t => {
	const nexus = await startNexus(t);
	const {client, folder, workspaces} = nexus;
	const source = await makeSource(folder, 'source', 96);
	const {mke2fs, ended} = await haltImport(nexus, 'base', source);
	await execa('kill', ['-KILL', String(mke2fs)]);
	const {result, message} = await ended;
	t.is(result, 'failed');
	t.regex(message, /mke2fs failed, killed by SIGKILL/);
	t.deepEqual(await client.manager.listImages(), []);
	t.deepEqual((await contentsOf(workspaces)).filter(name => name.startsWith('@')), []);
	const again = await haltImport(nexus, 'base', source);
	again.goOn();
	t.is((await again.ended).result, 'done');
}));

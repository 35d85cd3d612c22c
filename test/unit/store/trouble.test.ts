// Disks that refuse: nothing that was acknowledged is lost, nothing that was refused stays, and it goes on when they are well again.
import {
	mkdir, rename, rm, rmdir, stat, truncate, writeFile,
} from 'node:fs/promises';
import path from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {execa} from 'execa';
import {NexusError, type ErrorCode} from '../../../src/errors.js';
import type {Change} from '../../../src/store/state-store.js';
import {cleanupOf, type Cleanup} from '../../support/cleanup.js';
import {temporaryFolder} from '../../support/folder.js';
import {unmountAfterwards} from '../../support/mounts.js';
import {mountBtrfs} from '../../support/pool.js';
import {rootTest} from '../../support/requirements.js';
import {
	beside, databaseFile, everything, image, killedCopy, onDisk, openFor, segmentsOf, sqlite, uuid, vm, workspace,
} from './_records.js';

/** Something in the way, and how it goes away. */
type Obstacle = {put: () => Promise<unknown>; remove: () => Promise<unknown>};

rootTest('the disk is full', async t => {
	const {folder, obstacle} = await smallTmpfs(t, '4m');
	await assertFailsAndRecovers(t, path.join(folder, 'nexus.db'), 'NoSpace', obstacle);
});

rootTest('the disk is full, on ext4', async t => {
	const folder = await mountSmallExt4(await temporaryFolder(cleanupOf(t)), cleanupOf(t), ['-m', '0']);
	await assertFailsAndRecovers(t, path.join(folder, 'nexus.db'), 'NoSpace', fillerIn(folder));
});

rootTest('the disk cannot be written to', async t => {
	const {folder: below} = await smallTmpfs(t, '64m');
	const folder = await mountSmallExt4(below, cleanupOf(t), ['-O', '^has_journal']);
	await assertFailsAndRecovers(t, path.join(folder, 'nexus.db'), 'Io', shorteningOf(below, folder));
});

async function assertFailsAndRecovers(t: ExecutionContext, file: string, code: ErrorCode, {put, remove}: Obstacle): Promise<void> {
	const {store, close} = await openFor(t, file);
	await store.commit({put: 'image', record: image(1)}, {put: 'workspace', record: workspace(2, uuid(1))}, {put: 'vm', record: vm(3)});
	const before = everything(store);
	const [one, other, third] = [store.image(uuid(1)), store.workspace(uuid(2)), store.vm(uuid(3))];
	const [segment] = await segmentsOf(file);
	const {size} = await stat(segment!);
	// More than the journal has in hand beside its reserve.
	const big = vm(9, {configJson: 'x'.repeat(300_000)});

	await put();
	// The first is being written while the others wait; they build on it and on each other.
	const commits = [
		store.commit({put: 'image', record: image(3)}, {put: 'vm', record: big}),
		store.commit({put: 'workspace', record: workspace(4, uuid(3), {vmId: big.id})}),
		store.commit({put: 'workspace', record: workspace(2, uuid(1), {vmId: uuid(3), parentWorkspaceId: uuid(4)})}),
		store.commit({remove: 'vm', id: big.id}, {remove: 'vm', id: uuid(3)}),
		store.commit({remove: 'workspace', id: uuid(4)}),
		store.commit({remove: 'workspace', id: uuid(2)}, {remove: 'image', id: uuid(1)}),
		store.commit({put: 'vm', record: vm(5, {name: 'vm-3', cid: 3})}),
	];
	t.deepEqual(store.counts(), {images: 1, workspaces: 0, vms: 1});
	for (const result of await Promise.allSettled(commits)) {
		if (result.status === 'fulfilled') {
			t.fail('a commit that was not written was acknowledged');
			continue;
		}

		t.true(result.reason instanceof NexusError);
		t.is((result.reason as NexusError).code, code);
		t.true((result.reason as NexusError).message.startsWith(`cannot write the journal of the database ${file}: `), (result.reason as NexusError).message);
	}

	t.deepEqual(everything(store), before);
	// The very same records, for those who keep something by them.
	t.is(store.image(uuid(1)), one);
	t.is(store.workspace(uuid(2)), other);
	t.is(store.vm(uuid(3)), third);
	// Once more, alone: the failure was no accident of the first time.
	await t.throwsAsync(store.commit({put: 'vm', record: big}), {code});
	t.deepEqual(everything(store), before);

	await remove();
	await store.commit({put: 'image', record: image(3)});
	await t.throwsAsync(store.commit({put: 'workspace', record: workspace(9, uuid(99))}), {code: 'Conflict'});
	const after = everything(store);
	t.true((await stat(segment!)).size - size < 1000);
	t.is(await sqlite(await onDisk(t, file), 'SELECT group_concat(name) FROM (SELECT name FROM master_images ORDER BY name); PRAGMA integrity_check'), 'image-1,image-3\nok');
	await close();
	const {store: again, close: closeAgain} = await openFor(t, file);
	t.deepEqual(everything(again), after);
	t.deepEqual(again.mishaps, []);
	await closeAgain();
}

/** A tmpfs, an ext4 and a btrfs, and what fills each of them to the last byte. */
const smallDisks: Readonly<Record<string, (t: ExecutionContext) => Promise<{folder: string; obstacle: Obstacle}>>> = {
	tmpfs: async t => smallTmpfs(t, '8m'),
	async ext4(t) {
		const folder = await mountSmallExt4(await temporaryFolder(cleanupOf(t)), cleanupOf(t), ['-m', '0']);
		return {folder, obstacle: fillerIn(folder, 0)};
	},
	async btrfs(t) {
		const folder = await mountBtrfs(await temporaryFolder(cleanupOf(t)), cleanupOf(t), 160 * 1024 * 1024);
		return {folder, obstacle: fillerIn(folder, 0)};
	},
};

for (const [title, make] of Object.entries(smallDisks)) {
	rootTest(`on a full ${title} nothing new can be made, and all else goes on`, async t => {
		const {folder, obstacle} = await make(t);
		const file = path.join(folder, 'nexus.db');
		const {store} = await openFor(t, file);
		await store.commit({put: 'image', record: image(1)}, ...numbersTo(600).map(number => ({put: 'workspace', record: workspace(number, uuid(1))} as const)));
		await obstacle.put();
		let made = 0;
		await t.throwsAsync(async () => {
			for (; made < 10_000; made++) {
				// eslint-disable-next-line no-await-in-loop
				await store.commit({put: 'vm', record: vm(10_000 + made)});
			}
		}, {code: 'NoSpace'});
		const withoutNew = everything(store);
		for (const number of numbersTo(600)) {
			/* eslint-disable no-await-in-loop */
			await store.commit({put: 'workspace', record: workspace(number, uuid(1), {isReadOnly: true})});
			await store.commit({remove: 'workspace', id: uuid(number)});
			await t.throwsAsync(store.commit({put: 'workspace', record: workspace(number, uuid(1))}), {code: 'NoSpace'});
			/* eslint-enable no-await-in-loop */
		}

		t.deepEqual(everything(store), {...withoutNew, workspaces: [], counts: {...withoutNew.counts, workspaces: 0}});
		const {store: killed, close} = await openFor(t, await killedCopy(t, file));
		t.deepEqual(everything(killed), everything(store));
		t.deepEqual(killed.mishaps, []);
		await close();
		await obstacle.remove();
		await store.commit({put: 'workspace', record: workspace(2, uuid(1))});
	});
}

const numbersTo = (count: number): number[] => Array.from({length: count}, (_, index) => index + 2);

rootTest('of what waits together on a full disk, only what is new is refused, and what was built on it', async t => {
	const {folder, obstacle} = await smallTmpfs(t, '8m');
	const file = path.join(folder, 'nexus.db');
	const {store} = await openFor(t, file);
	await store.commit({put: 'image', record: image(1)}, {put: 'vm', record: vm(3)}, ...[4, 5, 6].map(number => ({put: 'workspace', record: workspace(number, uuid(1))} as const)));
	await obstacle.put();
	const big = vm(9, {configJson: 'x'.repeat(300_000)});
	const commits: ReadonlyArray<[changes: Change[], isWritten: boolean]> = [
		[[{put: 'workspace', record: workspace(4, uuid(1), {vmId: uuid(3)})}], true],
		[[{put: 'vm', record: big}, {put: 'workspace', record: workspace(6, uuid(1), {isReadOnly: true})}], false],
		[[{put: 'workspace', record: workspace(4, uuid(1), {detachedAt: 5})}], true],
		[[{put: 'workspace', record: workspace(5, uuid(1), {vmId: big.id})}], false],
		[[{remove: 'vm', id: uuid(3)}], true],
		[[{put: 'vm', record: vm(8, {name: 'vm-3', cid: 3})}], false],
		[[{remove: 'workspace', id: uuid(6)}], false],
		[[{remove: 'workspace', id: uuid(4)}], true],
	];
	const results = await Promise.allSettled(commits.map(async ([changes]) => store.commit(...changes)));
	t.deepEqual(results.map(({status}) => status), commits.map(([, isWritten]) => isWritten ? 'fulfilled' : 'rejected'));
	t.true(results.every(result => result.status === 'fulfilled' || (result.reason as NexusError).code === 'NoSpace'));
	t.deepEqual(store.workspaces(), [workspace(5, uuid(1)), workspace(6, uuid(1))]);
	t.deepEqual(store.vms(), []);
	const {store: killed} = await openFor(t, await killedCopy(t, file));
	t.deepEqual(everything(killed), everything(store));
	t.deepEqual(killed.mishaps, []);
});

rootTest('a disk that is full at the start is no obstacle to it, and room can be made', async t => {
	const {folder, obstacle} = await smallTmpfs(t, '8m');
	const file = path.join(folder, 'nexus.db');
	const first = await openFor(t, file);
	await first.store.commit({put: 'image', record: image(1)});
	await first.close();
	await obstacle.put();
	const {store} = await openFor(t, file);
	t.is(store.counts().images, 1);
	await t.throwsAsync(store.commit({put: 'vm', record: vm(3, {configJson: 'x'.repeat(300_000)})}), {code: 'NoSpace'});
	await store.commit({remove: 'image', id: uuid(1)});
	await obstacle.remove();
	await store.commit({put: 'image', record: image(2)});
});

rootTest('a disk that has no room for a reserve can be read', async t => {
	const {folder} = await smallTmpfs(t, '1m');
	const {store} = await openFor(t, path.join(folder, 'nexus.db'));
	t.is(store.counts().images, 0);
	await t.throwsAsync(store.commit({put: 'image', record: image(1)}), {code: 'NoSpace'});
	t.is(store.counts().images, 0);
});

/** What keeps a checkpoint from being written; the journal goes on. */
const inTheWay: Readonly<Record<string, (file: string) => Obstacle>> = {
	'the new file cannot be made': file => ({put: async () => mkdir(`${file}.new`), remove: async () => rmdir(`${file}.new`)}),
	'the folder is gone': file => ({
		put: async () => rename(path.dirname(file), `${path.dirname(file)}.away`),
		remove: async () => rename(`${path.dirname(file)}.away`, path.dirname(file)),
	}),
	'the file cannot be replaced': file => ({
		async put() {
			await rename(file, `${file}.away`);
			await mkdir(file);
		},
		async remove() {
			await rmdir(file);
			await rename(`${file}.away`, file);
		},
	}),
	'the file before cannot be replaced': file => ({
		async put() {
			await rm(`${file}.previous`);
			await mkdir(`${file}.previous`);
		},
		remove: async () => rmdir(`${file}.previous`),
	}),
};

for (const [title, obstacleFor] of Object.entries(inTheWay)) {
	test(`a checkpoint fails, because ${title}: nothing is lost, and it is told once`, async t => {
		const folder = path.join(path.dirname(await databaseFile(t)), 'state');
		const file = path.join(folder, 'nexus.db');
		const obstacle = obstacleFor(file);
		const log: string[] = [];
		const {store, close} = await openFor(t, file, (level, message) => log.push(`${level}: ${message}`));
		await store.commit({put: 'image', record: image(1)});
		await obstacle.put();
		await close();
		t.is(log.length, 1);
		t.true(log[0]!.startsWith(`warning: cannot write the database ${file}: `), log[0]);
		t.regex(log[0]!, /Nothing is lost, it is all in the journal; nexusd tries again\.$/);
		await obstacle.remove();

		const {store: again, close: closeAgain} = await openFor(t, file);
		t.deepEqual(again.mishaps, []);
		t.is(again.counts().images, 1);
		t.deepEqual([...again.inDoubt.put], [uuid(1)]);
		await closeAgain();
		t.is(await sqlite(file, 'SELECT count(*) FROM master_images'), '1');
		t.false((await beside(file)).some(name => name.endsWith('.new')));
	});
}

rootTest('a checkpoint for which there is no space is written when there is some, and both are told once', async t => {
	const {folder, obstacle} = await smallTmpfs(t, '4m');
	const file = path.join(folder, 'nexus.db');
	const log: string[] = [];
	const again = new EventTarget();
	const {store} = await openFor(t, file, (level, message) => {
		log.push(`${level}: ${message}`);
		again.dispatchEvent(new Event('log'));
	});
	const logged = async (): Promise<unknown> => new Promise(resolve => {
		again.addEventListener('log', resolve, {once: true});
	});
	await store.commit({put: 'image', record: image(1)});
	await obstacle.put();
	// It takes some seconds without a change.
	await eventually(logged());
	t.deepEqual(log, [`warning: cannot write the database ${file}: no space could be allocated (ENOSPC). Nothing is lost, it is all in the journal; nexusd tries again.`]);
	await obstacle.remove();
	await store.commit({put: 'image', record: image(2)});
	await eventually(logged());
	t.deepEqual(log.slice(1), [`notice: the database ${file} can be written again`]);
	t.is(await sqlite(file, 'SELECT count(*) FROM master_images'), '2');
});

/** Waits although the store's own timers keep no process alive. */
async function eventually<T>(promise: Promise<T>): Promise<T> {
	const alive = setInterval(() => undefined, 1000);
	try {
		return await promise;
	} finally {
		clearInterval(alive);
	}
}

async function smallTmpfs(t: ExecutionContext, size: string): Promise<{folder: string; obstacle: Obstacle}> {
	const cleanup = cleanupOf(t);
	const folder = path.join(await temporaryFolder(cleanup), 'small');
	await mkdir(folder);
	await execa('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', folder]);
	unmountAfterwards(folder, cleanup);
	return {folder, obstacle: fillerIn(folder)};
}

/** Fills a filesystem but for so many bytes, a part of what is written next when nothing is said. */
function fillerIn(folder: string, bytesLeft = 16_384): Obstacle {
	const filler = path.join(folder, 'filler');
	return {
		put: async () => execa('sh', ['-c', 'dd if=/dev/zero of="$0" bs=4096 conv=fsync 2>/dev/null; truncate -s "-$1" "$0"; sync "$0"', filler, String(bytesLeft)]),
		remove: async () => rm(filler),
	};
}

/** Takes the most of a device away below its filesystem, and gives it back as it was. */
function shorteningOf(below: string, mountPoint: string): Obstacle {
	const script = (commands: string) => async () => execa('sh', ['-ec', `device=$(findmnt -no SOURCE "$0")\n${commands}\nlosetup -c "$device"`, mountPoint], {cwd: below});
	return {
		put: script('sync -f ext4; cp ext4.img copy; truncate -s 64K ext4.img'),
		remove: script('dd if=copy of=ext4.img bs=64K skip=1 seek=1 conv=notrunc status=none'),
	};
}

async function mountSmallExt4(folder: string, cleanup: Cleanup, options: string[]): Promise<string> {
	const [device, mountPoint] = [path.join(folder, 'ext4.img'), path.join(folder, 'ext4')];
	await writeFile(device, '');
	await truncate(device, 16 * 1024 * 1024);
	await execa('mkfs.ext4', ['-q', '-F', ...options, device]);
	await mkdir(mountPoint);
	await execa('mount', ['-o', 'loop', device, mountPoint]);
	unmountAfterwards(mountPoint, cleanup);
	return mountPoint;
}

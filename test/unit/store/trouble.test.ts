// Disks that refuse: nothing that was acknowledged is lost, nothing that was refused stays, and it goes on when they are well again.
import {
	mkdir, rename, rm, rmdir, stat, truncate, writeFile,
} from 'node:fs/promises';
import path from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {execa} from 'execa';
import {NexusError, type ErrorCode} from '../../../src/errors.js';
import {cleanupOf, type Cleanup} from '../../support/cleanup.js';
import {temporaryFolder} from '../../support/folder.js';
import {rootTest} from '../../support/requirements.js';
import {
	beside, databaseFile, everything, image, onDisk, openFor, segmentsOf, sqlite, uuid, vm, workspace,
} from './_records.js';

/** Something in the way, and how it goes away. */
type Obstacle = {put: () => Promise<unknown>; remove: () => Promise<unknown>};

rootTest('the disk is full', async t => {
	const {folder, obstacle} = await smallTmpfs(t);
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
	// More than what is left of the last block.
	const big = vm(9, {configJson: 'x'.repeat(100_000)});

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
	t.deepEqual(log, [`warning: cannot write the database ${file}: ENOSPC: no space left on device, write. Nothing is lost, it is all in the journal; nexusd tries again.`]);
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

async function smallTmpfs(t: ExecutionContext, size = '1m'): Promise<{folder: string; obstacle: Obstacle}> {
	const cleanup = cleanupOf(t);
	const folder = path.join(await temporaryFolder(cleanup), 'small');
	await mkdir(folder);
	await execa('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', folder]);
	cleanup(async () => {
		await execa('umount', [folder]);
	});
	return {folder, obstacle: fillerIn(folder)};
}

/** Fills a filesystem but for a part of what is written next. */
function fillerIn(folder: string): Obstacle {
	const filler = path.join(folder, 'filler');
	return {
		put: async () => execa('sh', ['-c', 'dd if=/dev/zero of="$0" bs=4096 conv=fsync 2>/dev/null; truncate -s -16384 "$0"; sync "$0"', filler]),
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
	cleanup(async () => {
		await execa('umount', [mountPoint]);
	});
	return mountPoint;
}

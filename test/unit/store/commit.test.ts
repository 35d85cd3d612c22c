import {statSync} from 'node:fs';
import {
	mkdir, readdir, rename, rm, rmdir,
} from 'node:fs/promises';
import path from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {execa} from 'execa';
import {NexusError, type ErrorCode} from '../../../src/errors.js';
import type {Change, StateStore} from '../../../src/store/state-store.js';
import {openStore} from '../../../src/store/open-store.js';
import {cleanupOf} from '../../support/cleanup.js';
import {temporaryFolder} from '../../support/folder.js';
import {rootTest} from '../../support/requirements.js';
import {
	databaseFile, image, openFor, rows, silent, snapshot, sqlite, uuid, vm, workspace,
} from './_records.js';

test('a new database is on disk when it is open, its folder made', async t => {
	const file = path.join(path.dirname(await databaseFile(t)), 'a/b/nexus.db');
	const {store} = await openFor(t, file);
	t.is(store.schemaVersion, 4);
	t.deepEqual(store.counts(), {images: 0, workspaces: 0, vms: 0});
	t.is(await sqlite(file, 'SELECT value FROM schema_meta'), '4');
});

test('what is acknowledged is on disk, every column of it', async t => {
	const file = await databaseFile(t);
	const {store} = await openFor(t, file);
	const big = 16 * (1024 ** 4);

	await store.commit({put: 'image', record: image(1, {sizeBytes: big, createdAt: 4_000_000_000})});
	t.deepEqual(await rows(file, 'SELECT *, typeof(size_bytes) AS type FROM master_images'), [{
		id: uuid(1), name: 'image-1', subvolume_path: '/pool/@image-1', size_bytes: big, created_at: 4_000_000_000, type: 'integer',
	}]);

	await store.commit({
		put: 'vm',
		record: vm(3, {
			role: 'portal', state: 'running', cid: 4_294_967_295, vcpuCount: 8, memSizeMib: 65_536, configJson: '{"a":"it\'s"}',
			pid: 77, socketPath: '/s', udsPath: '/u', consoleLogPath: '/c', startedAt: 5, stoppedAt: 6,
		}),
	});
	t.deepEqual(await rows(file, 'SELECT * FROM vms'), [{
		id: uuid(3), name: 'vm-3', role: 'portal', state: 'running', cid: 4_294_967_295, vcpu_count: 8, mem_size_mib: 65_536, config_json: '{"a":"it\'s"}',
		pid: 77, socket_path: '/s', uds_path: '/u', console_log_path: '/c', created_at: 1_700_000_000, updated_at: 1_700_000_000, started_at: 5, stopped_at: 6,
	}]);

	await store.commit({
		put: 'workspace',
		record: workspace(4, uuid(1), {
			name: 'w', subvolumePath: '/tmp/ünïcode \' " 😀\n/@w', vmId: uuid(3), isRootDevice: true, isReadOnly: true, attachedAt: 7, detachedAt: 8, sizeBytes: big, ownerUid: 4_294_967_294,
		}),
	});
	t.deepEqual(await rows(file, 'SELECT * FROM workspaces'), [{
		id: uuid(4), name: 'w', vm_id: uuid(3), subvolume_path: '/tmp/ünïcode \' " 😀\n/@w', master_image_id: uuid(1), parent_workspace_id: null, size_bytes: big,
		is_root_device: 1, is_read_only: 1, attached_at: 7, detached_at: 8, created_at: 1_700_000_000, owner_uid: 4_294_967_294,
	}]);

	await store.commit({put: 'workspace', record: workspace(4, uuid(1), {name: 'w2'})});
	t.deepEqual(await rows(file, 'SELECT name, vm_id, is_root_device, attached_at FROM workspaces'), [{
		name: 'w2', vm_id: null, is_root_device: 0, attached_at: null,
	}]);

	await store.commit({remove: 'workspace', id: uuid(4)}, {remove: 'vm', id: uuid(3)}, {remove: 'image', id: uuid(1)});
	t.is(await sqlite(file, 'SELECT (SELECT count(*) FROM master_images) + (SELECT count(*) FROM vms) + (SELECT count(*) FROM workspaces)'), '0');
	t.is(await sqlite(file, 'PRAGMA integrity_check'), 'ok');
});

test('records come back as they were put', async t => {
	const file = await databaseFile(t);
	const first = await openFor(t, file);
	const records = {
		image: image(1, {sizeBytes: 16 * (1024 ** 4)}),
		vm: vm(3, {configJson: '', pid: 1, stoppedAt: 0}),
		workspace: workspace(4, uuid(1), {isReadOnly: true, attachedAt: 0, parentWorkspaceId: uuid(4)}),
	};
	await first.store.commit({put: 'image', record: records.image}, {put: 'vm', record: records.vm}, {put: 'workspace', record: records.workspace});
	const check = (store: StateStore): void => {
		t.deepEqual(store.image(uuid(1)), records.image);
		t.deepEqual(store.vm('vm-3'), records.vm);
		t.deepEqual(store.workspace('workspace-4'), records.workspace);
	};

	check(first.store);
	await first.close();
	const second = await openFor(t, file);
	check(second.store);
});

test('a change can be read at once, before it is on disk', async t => {
	const {store} = await openFor(t, await databaseFile(t));
	const committing = store.commit({put: 'image', record: image(1)});
	t.is(store.image('image-1')?.id, uuid(1));
	await committing;
});

test('an id wins over a name that looks the same', async t => {
	const {store} = await openFor(t, await databaseFile(t));
	await store.commit({put: 'image', record: image(1, {name: uuid(2)})}, {put: 'image', record: image(2)});
	t.is(store.image(uuid(2))?.name, 'image-2');
	await store.commit({remove: 'image', id: uuid(2)});
	t.is(store.image(uuid(2))?.id, uuid(1));
});

const contradictions: ReadonlyArray<[title: string, changes: Change[], message: RegExp]> = [
	['a name that is taken', [{put: 'image', record: image(9, {name: 'image-1'})}], /UNIQUE.*master_images\.name/],
	['a path that is taken', [{put: 'workspace', record: workspace(9, uuid(1), {subvolumePath: '/pool/@workspace-4'})}], /UNIQUE.*subvolume_path/],
	['a CID that is taken', [{put: 'vm', record: vm(9, {cid: 3})}], /UNIQUE.*cid/],
	['a workspace of no image', [{put: 'workspace', record: workspace(9, uuid(99))}], /FOREIGN KEY/],
	['a workspace of no VM', [{put: 'workspace', record: workspace(9, uuid(1), {vmId: uuid(99)})}], /FOREIGN KEY/],
	['an image that is in use', [{remove: 'image', id: uuid(1)}], /FOREIGN KEY/],
	['the second of two changes', [{put: 'image', record: image(8)}, {put: 'image', record: image(9, {name: 'image-1'})}], /UNIQUE/],
	['the last of three, after a removal', [{remove: 'workspace', id: uuid(4)}, {put: 'vm', record: vm(3, {name: 'other'})}, {put: 'vm', record: vm(9, {name: 'other', cid: 9})}], /UNIQUE/],
	['an unknown role', [{put: 'vm', record: vm(9, {role: 'boss' as 'work'})}], /CHECK/],
];

for (const [title, changes, message] of contradictions) {
	test(`refused with Conflict, nothing changed, nothing written: ${title}`, async t => {
		const file = await databaseFile(t);
		const {store} = await openFor(t, file);
		await store.commit({put: 'image', record: image(1)}, {put: 'vm', record: vm(3)}, {put: 'workspace', record: workspace(4, uuid(1), {vmId: uuid(3)})});
		const before = [everything(store), await snapshot(file)];
		const error = await t.throwsAsync(store.commit(...changes), {instanceOf: NexusError, code: 'Conflict'});
		t.regex(error.message, message);
		t.deepEqual([everything(store), await snapshot(file)], before);
		// And it goes on.
		await store.commit({put: 'image', record: image(50)});
		t.is(await sqlite(file, 'SELECT count(*) FROM master_images'), '2');
	});
}

test('a contradiction among many leaves the others alone', async t => {
	const file = await databaseFile(t);
	const {store} = await openFor(t, file);
	const results = await Promise.allSettled([1, 2, 2, 3].map(async (name, index) => store.commit({put: 'image', record: image(index + 10, {name: String(name)})})));
	t.deepEqual(results.map(({status}) => status), ['fulfilled', 'fulfilled', 'rejected', 'fulfilled']);
	t.is(await sqlite(file, 'SELECT group_concat(name) FROM (SELECT name FROM master_images ORDER BY name)'), '1,2,3');
});

test('references are enforced after a write too', async t => {
	const {store} = await openFor(t, await databaseFile(t));
	for (let time = 0; time < 3; time++) {
		/* eslint-disable no-await-in-loop */
		await store.commit({put: 'image', record: image(time)});
		await t.throwsAsync(store.commit({put: 'workspace', record: workspace(time, uuid(99))}), {code: 'Conflict'});
		/* eslint-enable no-await-in-loop */
	}
});

test('a hundred commits at once share their writes, and all are on disk when they are acknowledged', async t => {
	const file = await databaseFile(t);
	const {store, close} = await openFor(t, file);
	const versions = new Set<string>();
	const acknowledged: number[] = [];
	await Promise.all(Array.from({length: 100}, async (_, index) => {
		await store.commit({put: 'image', record: image(index + 1)});
		const {ino, mtimeNs} = statSync(file, {bigint: true});
		versions.add(`${ino} ${mtimeNs}`);
		acknowledged.push(index);
		// The first that is acknowledged by a write speaks for all of that write.
		if (index <= 1) {
			t.true(Number(await sqlite(file, 'SELECT count(*) FROM master_images')) > index);
		}
	}));
	t.is(acknowledged.length, 100);
	t.true(versions.size < 10, `${versions.size} writes`);
	t.is(await sqlite(file, 'SELECT count(*) FROM master_images'), '100');
	t.is(await sqlite(file, 'PRAGMA integrity_check'), 'ok');
	await close();
	const {store: again} = await openFor(t, file);
	t.is(again.counts().images, 100);
});

test('close waits for what is being written', async t => {
	const file = await databaseFile(t);
	const store = await openStore(file, silent);
	const committing = Promise.all([1, 2, 3].map(async index => store.commit({put: 'image', record: image(index)})));
	await store.close();
	t.is(await sqlite(file, 'SELECT count(*) FROM master_images'), '3');
	await committing;
	const folder = await readdir(path.dirname(file));
	t.deepEqual(folder.sort(), ['nexus.db', 'nexus.db.lock']);
});

test('a reader with the program sees one state or the next, never a half', async t => {
	const file = await databaseFile(t);
	const {store} = await openFor(t, file);
	const over = new AbortController();
	const write = async (): Promise<void> => {
		for (let index = 0; index < 2000 && !over.signal.aborted; index += 2) {
			// eslint-disable-next-line no-await-in-loop
			await store.commit({put: 'image', record: image(index)}, {put: 'image', record: image(index + 1)});
		}
	};

	const read = async (): Promise<number[]> => {
		const counts: number[] = [];
		try {
			while (counts.length < 30) {
				// eslint-disable-next-line no-await-in-loop
				counts.push(Number(await sqlite(file, 'SELECT count(*) FROM master_images')));
			}
		} finally {
			over.abort();
		}

		return counts;
	};

	const [counts] = await Promise.all([read(), write()]);
	t.deepEqual(counts.filter(count => count % 2 !== 0), []);
	t.deepEqual(counts, [...counts].sort((one, other) => one - other));
	t.true(counts.at(-1)! > 0);
});

/** Ways to make a write fail, without and with root, and how the store should call it. */
type Obstacle = {put: (file: string) => Promise<void>; remove: (file: string) => Promise<void>};

const obstacles: Readonly<Record<string, Obstacle>> = {
	'the new file cannot be made': {
		async put(file) {
			await mkdir(`${file}.new`);
		},
		remove: async file => rmdir(`${file}.new`),
	},
	'the folder is gone': {
		put: async file => rename(path.dirname(file), `${path.dirname(file)}.away`),
		remove: async file => rename(`${path.dirname(file)}.away`, path.dirname(file)),
	},
	'the file cannot be replaced': {
		async put(file) {
			await rename(file, `${file}.away`);
			await mkdir(file);
		},
		async remove(file) {
			await rmdir(file);
			await rename(`${file}.away`, file);
		},
	},
};

for (const [title, {put, remove}] of Object.entries(obstacles)) {
	test(`a write that fails, because ${title}`, async t => {
		const folder = path.join(await temporaryFolder(cleanupOf(t)), 'state');
		await mkdir(folder);
		await assertFailsAndRecovers(t, path.join(folder, 'nexus.db'), 'Io', {put, remove});
	});
}

rootTest('a write that fails, because nothing can be made in the folder', async t => {
	const cleanup = cleanupOf(t);
	const folder = await temporaryFolder(cleanup);
	const {failed} = await execa('chattr', ['+i', folder], {reject: false});
	await execa('chattr', ['-i', folder], {reject: false});
	if (failed) {
		t.log('the filesystem of the temporary folder has no such attribute');
		t.pass();
		return;
	}

	cleanup(async () => {
		await execa('chattr', ['-i', folder]);
	});
	await assertFailsAndRecovers(t, path.join(folder, 'nexus.db'), 'Io', {
		async put() {
			await execa('chattr', ['+i', folder]);
		},
		async remove() {
			await execa('chattr', ['-i', folder]);
		},
	});
});

rootTest('a write that fails, because the disk is full', async t => {
	const cleanup = cleanupOf(t);
	const small = path.join(await temporaryFolder(cleanup), 'small');
	await mkdir(small);
	await execa('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', small]);
	cleanup(async () => {
		await execa('umount', [small]);
	});
	const filler = path.join(small, 'filler');
	await assertFailsAndRecovers(t, path.join(small, 'nexus.db'), 'NoSpace', {
		async put() {
			// Space for a part of the new file only.
			await execa('sh', ['-c', 'dd if=/dev/zero of="$0" bs=4096 2>/dev/null; truncate -s -16384 "$0"', filler]);
		},
		remove: async () => rm(filler),
	});
});

async function assertFailsAndRecovers(t: ExecutionContext, file: string, code: ErrorCode, {put, remove}: Obstacle): Promise<void> {
	const {store, close} = await openFor(t, file);
	await store.commit({put: 'image', record: image(1)}, {put: 'workspace', record: workspace(2, uuid(1))});
	const before = everything(store);
	const written = await snapshot(file);

	await put(file);
	// The first is being written while the others wait; they build on it.
	const commits = [
		store.commit({put: 'image', record: image(3)}),
		store.commit({put: 'workspace', record: workspace(4, uuid(3))}),
		store.commit({remove: 'workspace', id: uuid(2)}, {remove: 'image', id: uuid(1)}),
		store.commit({put: 'vm', record: vm(5)}),
	];
	t.deepEqual(store.counts(), {images: 1, workspaces: 1, vms: 1});
	for (const result of await Promise.allSettled(commits)) {
		if (result.status === 'fulfilled') {
			t.fail('a commit that was not written was acknowledged');
			continue;
		}

		t.true(result.reason instanceof NexusError);
		t.is((result.reason as NexusError).code, code);
		t.true((result.reason as NexusError).message.startsWith(`cannot write the database ${file}: `), (result.reason as NexusError).message);
	}

	t.deepEqual(everything(store), before);
	// Once more, alone: the failure was no accident of the first time.
	await t.throwsAsync(store.commit({put: 'vm', record: vm(6)}), {code});
	t.deepEqual(everything(store), before);
	await remove(file);
	t.deepEqual(await snapshot(file), written);
	const names = await readdir(path.dirname(file));
	t.deepEqual(names.sort(), ['nexus.db', 'nexus.db.lock']);

	await store.commit({put: 'image', record: image(3)});
	await t.throwsAsync(store.commit({put: 'workspace', record: workspace(9, uuid(99))}), {code: 'Conflict'});
	const after = everything(store);
	t.is(await sqlite(file, 'SELECT group_concat(name) FROM (SELECT name FROM master_images ORDER BY name)'), 'image-1,image-3');
	t.is(await sqlite(file, 'PRAGMA integrity_check'), 'ok');
	await close();
	const {store: again, close: closeAgain} = await openFor(t, file);
	t.deepEqual(everything(again), after);
	await closeAgain();
}

const everything = (store: StateStore) => ({
	images: store.images(), workspaces: store.workspaces(), vms: store.vms(), counts: store.counts(), cid: store.freeCid(),
});

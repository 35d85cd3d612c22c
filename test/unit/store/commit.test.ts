import {readFileSync} from 'node:fs';
import {readdir, stat} from 'node:fs/promises';
import path from 'node:path';
import test from 'ava';
import {NexusError} from '../../../src/errors.js';
import type {Change, StateStore} from '../../../src/store/state-store.js';
import {openStore} from '../../../src/store/open-store.js';
import {
	databaseFile, everything, image, onDisk, openFor, rows, segmentsOf, silent, snapshot, sqlite, uuid, vm, workspace,
} from './_records.js';

test('a new database is on disk when it is open, its folder made', async t => {
	const file = path.join(path.dirname(await databaseFile(t)), 'a/b/nexus.db');
	const {store} = await openFor(t, file);
	t.is(store.schemaVersion, 5);
	t.is(store.migratedFrom, undefined);
	t.deepEqual(store.mishaps, []);
	t.deepEqual(store.counts(), {images: 0, workspaces: 0, vms: 0});
	t.is(await sqlite(file, 'SELECT value FROM schema_meta WHERE key IN (\'schema_version\', \'sequence\') ORDER BY value'), '0\n5');
});

test('what is acknowledged is on disk, every column of it', async t => {
	const file = await databaseFile(t);
	const {store} = await openFor(t, file);
	const big = 16 * (1024 ** 4);

	await store.commit({put: 'image', record: image(1, {sizeBytes: big, createdAt: 4_000_000_000})});
	t.deepEqual(await rows(await onDisk(t, file), 'SELECT *, typeof(size_bytes) AS type FROM master_images'), [{
		id: uuid(1), name: 'image-1', subvolume_path: '/pool/@image-1', size_bytes: big, created_at: 4_000_000_000, type: 'integer',
	}]);

	await store.commit({
		put: 'vm',
		record: vm(3, {
			role: 'portal', state: 'running', cid: 4_294_967_295, vcpuCount: 8, memSizeMib: 65_536, configJson: '{"a":"it\'s"}',
			pid: 77, socketPath: '/s', udsPath: '/u', consoleLogPath: '/c', startedAt: 5, stoppedAt: 6,
		}),
	});
	t.deepEqual(await rows(await onDisk(t, file), 'SELECT * FROM vms'), [{
		id: uuid(3), name: 'vm-3', role: 'portal', state: 'running', cid: 4_294_967_295, vcpu_count: 8, mem_size_mib: 65_536, config_json: '{"a":"it\'s"}',
		pid: 77, socket_path: '/s', uds_path: '/u', console_log_path: '/c', created_at: 1_700_000_000, updated_at: 1_700_000_000, started_at: 5, stopped_at: 6,
	}]);

	await store.commit({
		put: 'workspace',
		record: workspace(4, uuid(1), {
			name: 'w', subvolumePath: '/tmp/ünïcode \' " 😀\n/@w', vmId: uuid(3), isRootDevice: true, isReadOnly: true, attachedAt: 7, detachedAt: 8, sizeBytes: big, ownerUid: 4_294_967_294,
		}),
	});
	t.deepEqual(await rows(await onDisk(t, file), 'SELECT * FROM workspaces'), [{
		id: uuid(4), name: 'w', vm_id: uuid(3), subvolume_path: '/tmp/ünïcode \' " 😀\n/@w', master_image_id: uuid(1), parent_workspace_id: null, size_bytes: big,
		is_root_device: 1, is_read_only: 1, attached_at: 7, detached_at: 8, created_at: 1_700_000_000, owner_uid: 4_294_967_294,
	}]);

	await store.commit({put: 'workspace', record: workspace(4, uuid(1), {name: 'w2'})});
	t.deepEqual(await rows(await onDisk(t, file), 'SELECT name, vm_id, is_root_device, attached_at FROM workspaces'), [{
		name: 'w2', vm_id: null, is_root_device: 0, attached_at: null,
	}]);

	await store.commit({remove: 'workspace', id: uuid(4)}, {remove: 'vm', id: uuid(3)}, {remove: 'image', id: uuid(1)});
	t.is(await sqlite(await onDisk(t, file), 'SELECT (SELECT count(*) FROM master_images) + (SELECT count(*) FROM vms) + (SELECT count(*) FROM workspaces)'), '0');
	t.is(await sqlite(await onDisk(t, file), 'PRAGMA integrity_check'), 'ok');
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
		const [segment] = await segmentsOf(file);
		const before = [everything(store), await snapshot(segment!)];
		const error = await t.throwsAsync(store.commit(...changes), {instanceOf: NexusError, code: 'Conflict'});
		t.regex(error.message, message);
		t.deepEqual([everything(store), await snapshot(segment!)], before);
		// And it goes on.
		await store.commit({put: 'image', record: image(50)});
		t.is(await sqlite(await onDisk(t, file), 'SELECT count(*) FROM master_images'), '2');
	});
}

test('a contradiction among many leaves the others alone', async t => {
	const file = await databaseFile(t);
	const {store} = await openFor(t, file);
	const results = await Promise.allSettled([1, 2, 2, 3].map(async (name, index) => store.commit({put: 'image', record: image(index + 10, {name: String(name)})})));
	t.deepEqual(results.map(({status}) => status), ['fulfilled', 'fulfilled', 'rejected', 'fulfilled']);
	t.is(await sqlite(await onDisk(t, file), 'SELECT group_concat(name) FROM (SELECT name FROM master_images ORDER BY name)'), '1,2,3');
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
	const {store} = await openFor(t, file);
	const [segment] = await segmentsOf(file);
	let first: string | undefined;
	const commit = async (number: number): Promise<void> => {
		await store.commit({put: 'image', record: image(number)});
		first ??= readFileSync(segment!, 'latin1');
	};

	const before = framesIn(readFileSync(segment!, 'latin1'));
	// One begins to be written, the others come while it is.
	const commits = [commit(1)];
	await Promise.resolve();
	await Promise.resolve();
	commits.push(...Array.from({length: 99}, async (_, index) => commit(index + 2)));
	await Promise.all(commits);
	t.regex(first!, /"image-1"/);
	const content = readFileSync(segment!, 'latin1');
	t.true([1, 2].includes(framesIn(content) - before), `${framesIn(content)} frames`);
	t.is(content.match(/"put":"image"/g)?.length, 100);
	t.is(await sqlite(await onDisk(t, file), 'SELECT count(*) FROM master_images; PRAGMA integrity_check'), '100\nok');
});

const framesIn = (content: string): number => content.split('\u00F5\u00FE\u00FA\u00FD').length - 1;

test('close waits for what is being written', async t => {
	const file = await databaseFile(t);
	const store = await openStore(file, silent);
	const committing = Promise.all([1, 2, 3].map(async index => store.commit({put: 'image', record: image(index)})));
	await store.close();
	t.is(await sqlite(file, 'SELECT count(*) FROM master_images'), '3');
	await committing;
	const folder = await readdir(path.dirname(file));
	t.deepEqual(folder.sort(), ['nexus.db', 'nexus.db.lock', 'nexus.db.previous', `nexus.db.redo.${'1'.padStart(16, '0')}`, `nexus.db.redo.${'4'.padStart(16, '0')}`]);
	for (const name of folder) {
		// eslint-disable-next-line no-await-in-loop
		const {mode} = await stat(path.join(path.dirname(file), name));
		t.is(mode % 0o1000, 0o600, `${name} is for its owner alone`);
	}
});

test('what a commit adds to the journal does not depend on how much there is', async t => {
	const file = await databaseFile(t);
	const {store} = await openFor(t, file);
	await store.commit({put: 'image', record: image(1)});
	const [segment] = await segmentsOf(file);
	const growth = async (number: number): Promise<number> => {
		const before = await stat(segment!);
		await store.commit({put: 'workspace', record: workspace(number, uuid(1), {name: `w-${String(number).padStart(6, '0')}`, subvolumePath: `/pool/@w-${String(number).padStart(6, '0')}`})});
		const {size} = await stat(segment!);
		return size - before.size;
	};

	const few = await growth(2);
	// Without a checkpoint in between: the segment must be the same.
	let goOn = (): void => undefined;
	store.onCheckpoint(async () => new Promise(resolve => {
		goOn = resolve;
	}));
	await store.commit(...Array.from({length: 10_000}, (_, index) => ({put: 'workspace', record: workspace(index + 1000, uuid(1))} as const)));
	t.is(await growth(3), few);
	store.onCheckpoint(async () => undefined);
	goOn();
});

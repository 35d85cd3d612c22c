import {
	mkdir, readFile, readdir, rm, writeFile,
} from 'node:fs/promises';
import path from 'node:path';
import test from 'ava';
import {execa} from 'execa';
import {NexusError} from '../../../src/errors.js';
import {openStore} from '../../../src/store/open-store.js';
import {cleanupOf} from '../../support/cleanup.js';
import {temporaryFolder} from '../../support/folder.js';
import {unmountAfterwards} from '../../support/mounts.js';
import {rootTest} from '../../support/requirements.js';
import {
	beside, databaseFile, image, openFor, rows, segmentsOf, snapshot, sqlite, uuid, version2, version2Rows, vm, workspace,
} from './_records.js';

const namesIn = async (file: string): Promise<string[]> => {
	const names = await readdir(path.dirname(file));
	return names.sort();
};

test('a version-2 file becomes version 5 with everything in it, and is kept', async t => {
	const file = await databaseFile(t);
	await sqlite(file, version2 + version2Rows);
	const old = await readFile(file);
	const settings = await rows(file, 'SELECT * FROM settings ORDER BY key');
	const vms = await rows(file, 'SELECT * FROM vms ORDER BY id');
	t.is(settings.length, 4);

	const log: string[] = [];
	const {store, close} = await openFor(t, file, (level, message) => log.push(`${level}: ${message}`));
	t.deepEqual(log, [`notice: database ${file} migrated from schema version 2 to 5; the old file is kept as ${file}.v2`]);
	t.is(store.schemaVersion, 5);
	t.is(store.migratedFrom, 2);
	t.deepEqual(store.counts(), {images: 0, workspaces: 0, vms: 2});
	t.deepEqual(store.vm('web'), vm(1, {
		name: 'web', role: 'portal', state: 'running', cid: 3, vcpuCount: 4, memSizeMib: 4096, configJson: '{"kernel":"/boot/k"}', pid: 4711,
		socketPath: '/run/web.sock', udsPath: '/run/web.vsock', consoleLogPath: '/var/log/web', createdAt: 1_600_000_000, updatedAt: 1_600_000_001, startedAt: 1_600_000_002,
	}));
	t.deepEqual(store.vm(uuid(2)), vm(2, {
		name: 'db', role: 'service', state: 'stopped', cid: 5, createdAt: 1_600_000_003, updatedAt: 1_600_000_004,
	}));
	t.is(store.freeCid(), 4);

	t.deepEqual(await rows(file, 'SELECT * FROM settings ORDER BY key'), settings);
	t.deepEqual(await rows(file, 'SELECT * FROM vms ORDER BY id'), vms);
	t.deepEqual(await rows(file, 'SELECT * FROM schema_meta WHERE key != \'database_id\' ORDER BY key'), [
		{key: 'created_by', value: 'an older nexusd'}, {key: 'schema_version', value: '5'}, {key: 'sequence', value: '0'},
	]);
	const tables = await sqlite(file, '.tables');
	t.deepEqual(tables.trim().split(/\s+/), ['master_images', 'schema_meta', 'settings', 'vms', 'workspaces']);
	t.is(await sqlite(file, 'PRAGMA integrity_check'), 'ok');
	t.true(old.equals(await readFile(`${file}.v2`)));
	await close();
	t.deepEqual(await namesIn(file), ['nexus.db', 'nexus.db.lock', 'nexus.db.previous', 'nexus.db.redo.0000000000000001', 'nexus.db.v2']);
});

// The tables that version 3 added, as its nexusd made them.
const version3 = `${version2}
	CREATE TABLE master_images (id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, subvolume_path TEXT NOT NULL UNIQUE, size_bytes INTEGER NOT NULL, created_at INTEGER NOT NULL);
	CREATE TABLE workspaces (
		id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE, vm_id TEXT REFERENCES vms (id) ON DELETE SET NULL, subvolume_path TEXT NOT NULL UNIQUE,
		master_image_id TEXT NOT NULL REFERENCES master_images (id) ON DELETE RESTRICT, parent_workspace_id TEXT REFERENCES workspaces (id) ON DELETE SET NULL,
		size_bytes INTEGER NOT NULL, is_root_device INTEGER NOT NULL DEFAULT 0 CHECK (is_root_device IN (0, 1)),
		is_read_only INTEGER NOT NULL DEFAULT 0 CHECK (is_read_only IN (0, 1)), attached_at INTEGER, detached_at INTEGER, created_at INTEGER NOT NULL
	);
	CREATE INDEX workspaces_vm_id ON workspaces (vm_id);
	CREATE INDEX workspaces_master_image_id ON workspaces (master_image_id);
	UPDATE schema_meta SET value = '3' WHERE key = 'schema_version';`;

test('a version-3 file becomes version 5: its workspaces are root\'s', async t => {
	const file = await databaseFile(t);
	await sqlite(file, `${version3}${version2Rows}
		INSERT INTO master_images VALUES ('${uuid(1)}', 'image-1', '/pool/@image-1', 1024, 1700000000);
		INSERT INTO workspaces VALUES ('${uuid(2)}', 'workspace-2', '${uuid(2)}', '/pool/@workspace-2', '${uuid(1)}', NULL, 1024, 1, 0, 7, NULL, 1700000000);`);
	const log: string[] = [];
	const {store} = await openFor(t, file, (level, message) => log.push(`${level}: ${message}`));
	t.deepEqual(log, [`notice: database ${file} migrated from schema version 3 to 5; the old file is kept as ${file}.v3`]);
	t.deepEqual(store.workspaces(), [workspace(2, uuid(1), {
		vmId: uuid(2), isRootDevice: true, attachedAt: 7, ownerUid: 0,
	})]);
	t.is(await sqlite(file, 'PRAGMA foreign_key_check'), '');
	t.is(await sqlite(`${file}.v3`, 'SELECT value FROM schema_meta WHERE key = \'schema_version\''), '3');
});

test('a version-4 file becomes version 5, its tables as they were, with one more index', async t => {
	const file = await databaseFile(t);
	await sqlite(file, `${version3}${version2Rows}
		ALTER TABLE workspaces ADD COLUMN owner_uid INTEGER NOT NULL DEFAULT 0;
		UPDATE schema_meta SET value = '4' WHERE key = 'schema_version';`);
	const schema = await sqlite(file, '.schema');
	const {store, close} = await openFor(t, file);
	t.is(store.migratedFrom, 4);
	t.deepEqual(store.mishaps, []);
	t.is(store.counts().vms, 2);
	await close();
	const index = 'CREATE INDEX workspaces_parent_workspace_id ON workspaces (parent_workspace_id) WHERE parent_workspace_id IS NOT NULL;';
	t.is(await sqlite(file, '.schema'), `${schema}\n${index}`);
	t.is(await sqlite(`${file}.v4`, '.schema'), schema);
});

test('a journal of another database beside an older one is kept aside', async t => {
	const file = await databaseFile(t);
	const {store, close} = await openFor(t, file);
	await store.commit({put: 'image', record: image(1)});
	await close();
	const segments = await segmentsOf(file);
	await rm(file);
	await rm(`${file}.previous`);
	await sqlite(file, version2 + version2Rows);
	const {store: other, close: closeOther} = await openFor(t, file);
	t.is(other.migratedFrom, 2);
	t.deepEqual(other.counts(), {images: 0, workspaces: 0, vms: 2});
	// The second one has nothing in it.
	t.deepEqual(other.mishaps, [`${segments[0]} belongs to another database; it is kept as ${segments[0]}.damaged`]);
	t.deepEqual(await beside(file), ['previous', 'redo.0000000000000001', 'redo.0000000000000001.damaged', 'v2']);
	await closeOther();
	const {store: again} = await openFor(t, file);
	t.deepEqual(again.mishaps, []);
	t.is(again.counts().vms, 2);
});

test('a migrated file has the same schema as a new one', async t => {
	const [fresh, migrated] = [await databaseFile(t), await databaseFile(t)];
	await sqlite(migrated, version2);
	for (const file of [fresh, migrated]) {
		// eslint-disable-next-line no-await-in-loop
		const {close} = await openFor(t, file);
		// eslint-disable-next-line no-await-in-loop
		await close();
	}

	// Column by column: the text of the version-2 tables is that of whoever made them.
	const columns = `
		SELECT m.name AS "table", c.* FROM sqlite_master m JOIN pragma_table_info(m.name) c
		WHERE m.type = 'table' ORDER BY 1, c.cid`;
	const indexes = `
		SELECT m.name AS "table", i."unique", i.origin, c.name FROM sqlite_master m JOIN pragma_index_list(m.name) i JOIN pragma_index_info(i.name) c
		WHERE m.type = 'table' ORDER BY 1, 2, 3, 4`;
	t.deepEqual(await rows(migrated, columns), await rows(fresh, columns));
	t.deepEqual(await rows(migrated, indexes), await rows(fresh, indexes));
});

test('a migrated database takes changes, and is not migrated again', async t => {
	const file = await databaseFile(t);
	await sqlite(file, version2 + version2Rows);
	const first = await openFor(t, file);
	await first.store.commit({put: 'image', record: image(10)}, {put: 'workspace', record: workspace(11, uuid(10), {vmId: uuid(1)})});
	await first.close();
	const old = await snapshot(`${file}.v2`);

	const log: string[] = [];
	const second = await openFor(t, file, (level, message) => log.push(`${level}: ${message}`));
	t.deepEqual(log, []);
	t.is(second.store.migratedFrom, undefined);
	t.deepEqual(second.store.counts(), {images: 1, workspaces: 1, vms: 2});
	t.is(second.store.workspaces({vmId: uuid(1)}).length, 1);
	await second.close();
	t.deepEqual(await snapshot(`${file}.v2`), old);
	t.deepEqual(await beside(file), ['previous', 'redo.0000000000000001', 'redo.0000000000000002', 'v2']);
});

test('a second migration does not overwrite what the first one kept', async t => {
	const file = await databaseFile(t);
	await writeFile(`${file}.v2`, 'kept long ago');
	await sqlite(file, version2 + version2Rows);
	const old = await readFile(file);
	const log: string[] = [];
	await openFor(t, file, (_, message) => log.push(message));
	t.is(await readFile(`${file}.v2`, 'utf8'), 'kept long ago');
	t.true(old.equals(await readFile(`${file}.v2.2`)));
	t.regex(log[0]!, /the old file is kept as .*\/nexus\.db\.v2\.2$/);
});

test('a version-2 file in write-ahead mode is migrated as well', async t => {
	const file = await databaseFile(t);
	await sqlite(file, `PRAGMA journal_mode = WAL;${version2}${version2Rows}`);
	const {store} = await openFor(t, file);
	t.is(store.counts().vms, 2);
	t.is(await sqlite(file, 'SELECT count(*) FROM settings'), '4');
	t.is(await sqlite(file, 'PRAGMA integrity_check'), 'ok');
});

// A daemon that was killed leaves its last changes, or what it takes to undo half of one, in a file beside the database.
// Without that the database is not what it was, and a new file of its name would be spoiled by it.
const leftovers: ReadonlyArray<[suffix: string, change: string]> = [
	['-wal', 'PRAGMA journal_mode = WAL; PRAGMA wal_autocheckpoint = 0; UPDATE settings SET value = \'changed\';'],
	['-journal', 'PRAGMA cache_size = 1; BEGIN; UPDATE settings SET value = \'changed\'; UPDATE vms SET state = \'crashed\';'],
];

for (const [suffix, change] of leftovers) {
	test(`a version-2 file with its ${suffix} beside it is refused and untouched`, async t => {
		const file = await databaseFile(t);
		const original = path.join(path.dirname(file), 'original');
		await sqlite(original, version2 + version2Rows);
		// As they lie there while the writer is at work, which is how a killed one leaves them.
		await sqlite(original, `${change}\n.shell cp ${original} ${file}\n.shell cp ${original}${suffix} ${file}${suffix}\n`);
		const before = [await snapshot(file), await snapshot(`${file}${suffix}`)];
		const error = await t.throwsAsync(openStore(file, () => undefined), {instanceOf: NexusError, code: 'Unsupported'});
		t.true(error.message.includes(`${file}${suffix}`));
		t.deepEqual([await snapshot(file), await snapshot(`${file}${suffix}`)], before);
		t.false((await namesIn(file)).includes('nexus.db.v2'));

		// The program that made it, or any SQLite, brings it in order; then it can be used.
		const setting = await sqlite(file, 'PRAGMA journal_mode = DELETE; SELECT value FROM settings WHERE key = \'on\';');
		t.is(setting, suffix === '-wal' ? 'delete\nchanged' : 'delete\ntrue');
		const {store} = await openFor(t, file);
		t.is(store.counts().vms, 2);
	});
}

test('a version-2 file in which a table of version 3 is in the way is refused and untouched', async t => {
	const file = await databaseFile(t);
	await sqlite(file, `${version2}CREATE TABLE workspaces (mine);`);
	const before = await snapshot(file);
	const error = await t.throwsAsync(openStore(file, () => undefined), {instanceOf: NexusError, code: 'Unsupported'});
	t.true(error.message.includes(file));
	t.deepEqual(await snapshot(file), before);
	t.deepEqual(await namesIn(file), ['nexus.db', 'nexus.db.lock']);
});

test('a version-1 file is refused and untouched', async t => {
	const file = await databaseFile(t);
	await sqlite(file, `${version2}UPDATE schema_meta SET value = '1' WHERE key = 'schema_version';`);
	const before = await snapshot(file);
	const error = await t.throwsAsync(openStore(file, () => undefined), {instanceOf: NexusError, code: 'Unsupported'});
	t.regex(error.message, /nexus\.db has schema version 1, which this nexusd cannot bring up to date/);
	t.deepEqual(await snapshot(file), before);
	t.deepEqual(await namesIn(file), ['nexus.db', 'nexus.db.lock']);
});

rootTest('a migration for which the disk has no space leaves the file as it was, and works when there is some', async t => {
	const cleanup = cleanupOf(t);
	const folder = await temporaryFolder(cleanup);
	const small = path.join(folder, 'small');
	await mkdir(small);
	await execa('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', small]);
	unmountAfterwards(small, cleanup);
	const file = path.join(small, 'nexus.db');
	await sqlite(file, version2 + version2Rows);
	const before = await snapshot(file);
	const {length} = await readFile(file);

	// First there is not even space for the copy, then for nothing else.
	for (const free of [8192, length + 8192]) {
		/* eslint-disable no-await-in-loop */
		await execa('sh', ['-c', 'dd if=/dev/zero of="$0" bs=4096 2>/dev/null; truncate -s "-$1" "$0"', path.join(small, 'filler'), String(free)]);
		const error = await t.throwsAsync(openStore(file, () => undefined), {instanceOf: NexusError, code: 'NoSpace'});
		t.true(error.message.includes(file));
		t.deepEqual(await snapshot(file), before);
		t.is(await sqlite(file, 'SELECT value FROM schema_meta WHERE key = \'schema_version\''), '2');
		// Or every start of the daemon would leave another copy.
		t.deepEqual(await namesIn(file), ['filler', 'nexus.db', 'nexus.db.lock']);
		/* eslint-enable no-await-in-loop */
	}

	await execa('rm', [path.join(small, 'filler')]);
	const {store, close} = await openFor(t, file);
	t.is(store.counts().vms, 2);
	await close();
	t.is((await snapshot(`${file}.v2`)).content, before.content);
});

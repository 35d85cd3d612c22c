// The schema that other programs may rely on, as the program `sqlite3` sees it.
import {stat} from 'node:fs/promises';
import test, {type ExecutionContext} from 'ava';
import {
	databaseFile, image, openFor, refusedBy, rows, sqlite, uuid, vm, workspace,
} from './_records.js';

/** A closed database with an image, two workspaces on it and a VM that has one of them. */
async function closedDatabase(t: ExecutionContext): Promise<string> {
	const file = await databaseFile(t);
	const {store, close} = await openFor(t, file);
	await store.commit(
		{put: 'image', record: image(1)},
		{put: 'vm', record: vm(3)},
		{put: 'workspace', record: workspace(4, uuid(1), {vmId: uuid(3), attachedAt: 5})},
		{put: 'workspace', record: workspace(5, uuid(1), {parentWorkspaceId: uuid(4)})},
	);
	await close();
	return file;
}

test('a new database has exactly these tables and columns', async t => {
	const file = await closedDatabase(t);
	const tables = await sqlite(file, '.tables');
	t.deepEqual(tables.trim().split(/\s+/), ['master_images', 'schema_meta', 'settings', 'vms', 'workspaces']);
	const columns = await rows(file, `
		SELECT m.name AS "table", group_concat(c.name, ' ') AS columns FROM sqlite_master m JOIN pragma_table_info(m.name) c
		WHERE m.type = 'table' GROUP BY 1 ORDER BY 1`);
	t.deepEqual(columns, [
		{table: 'master_images', columns: 'id name subvolume_path size_bytes created_at'},
		{table: 'schema_meta', columns: 'key value'},
		{table: 'settings', columns: 'key value type'},
		{table: 'vms', columns: 'id name role state cid vcpu_count mem_size_mib config_json pid socket_path uds_path console_log_path created_at updated_at started_at stopped_at'},
		{table: 'workspaces', columns: 'id name vm_id subvolume_path master_image_id parent_workspace_id size_bytes is_root_device is_read_only attached_at detached_at created_at owner_uid'},
	]);
	const meta = await rows(file, 'SELECT * FROM schema_meta ORDER BY key');
	t.deepEqual(meta.slice(1), [{key: 'schema_version', value: '5'}, {key: 'sequence', value: '1'}]);
	t.is(meta[0]!['key'], 'database_id');
	t.regex(String(meta[0]!['value']), /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/);
});

test('keys, references and indexes', async t => {
	const file = await closedDatabase(t);
	const keys = await rows(file, 'SELECT m.name || \'.\' || c.name AS key FROM sqlite_master m JOIN pragma_table_info(m.name) c WHERE m.type = \'table\' AND c.pk ORDER BY 1');
	t.deepEqual(keys.map(({key}) => key), ['master_images.id', 'schema_meta.key', 'settings.key', 'vms.id', 'workspaces.id']);
	const references = await rows(file, 'SELECT f."from", f."table", f."to", f.on_delete FROM pragma_foreign_key_list(\'workspaces\') f ORDER BY 1');
	t.deepEqual(references, [
		{
			from: 'master_image_id', table: 'master_images', to: 'id', on_delete: 'RESTRICT',
		},
		{
			from: 'parent_workspace_id', table: 'workspaces', to: 'id', on_delete: 'SET NULL',
		},
		{
			from: 'vm_id', table: 'vms', to: 'id', on_delete: 'SET NULL',
		},
	]);
	const indexed = await rows(file, `
		SELECT m.name || '.' || c.name AS "column", i."unique" FROM sqlite_master m JOIN pragma_index_list(m.name) i JOIN pragma_index_info(i.name) c
		WHERE m.type = 'table' AND i.origin != 'pk' ORDER BY 1`);
	t.deepEqual(indexed.map(({column, unique}) => `${String(column)}${unique ? ' unique' : ''}`), [
		'master_images.name unique',
		'master_images.subvolume_path unique',
		'vms.cid unique',
		'vms.name unique',
		'vms.role',
		'vms.state',
		'workspaces.master_image_id',
		'workspaces.name unique',
		'workspaces.parent_workspace_id',
		'workspaces.subvolume_path unique',
		'workspaces.vm_id',
	]);
});

test('the file is sound, and nobody else may read it', async t => {
	const file = await closedDatabase(t);
	t.is(await sqlite(file, 'PRAGMA integrity_check'), 'ok');
	t.is(await sqlite(file, 'PRAGMA foreign_key_check'), '');
	const {mode} = await stat(file);
	t.is(mode % 0o1000, 0o600);
});

const insertVm = (over: Record<string, string>): string => insert('vms', {
	id: '\'v\'', name: '\'v\'', role: '\'work\'', state: '\'created\'', cid: '9', created_at: '1', updated_at: '1', ...over,
});
const insertImage = (over: Record<string, string>): string => insert('master_images', {
	id: '\'i\'', name: '\'i\'', subvolume_path: '\'/i\'', size_bytes: '1', created_at: '1', ...over,
});
const insertWorkspace = (over: Record<string, string>): string => insert('workspaces', {
	id: '\'w\'', name: '\'w\'', subvolume_path: '\'/w\'', master_image_id: `'${uuid(1)}'`, size_bytes: '1', created_at: '1', ...over,
});
const insert = (table: string, values: Record<string, string>): string =>
	`INSERT INTO ${table} (${Object.keys(values).join(', ')}) VALUES (${Object.values(values).join(', ')});`;

const accepted: readonly string[] = [
	...['portal', 'work', 'service'].map(role => insertVm({role: `'${role}'`})),
	...['created', 'running', 'stopped', 'crashed', 'failed'].map(state => insertVm({state: `'${state}'`})),
	...['string', 'int', 'bool', 'json'].map(type => insert('settings', {key: '\'k\'', value: '\'v\'', type: `'${type}'`})),
	insertImage({}),
	insertWorkspace({}),
	insertWorkspace({is_root_device: '1', is_read_only: '1'}),
	insertWorkspace({is_root_device: '0', is_read_only: '0'}),
	insertWorkspace({vm_id: `'${uuid(3)}'`, parent_workspace_id: `'${uuid(5)}'`}),
	`DELETE FROM workspaces; DELETE FROM master_images WHERE id = '${uuid(1)}';`,
];

const violations: ReadonlyArray<[sql: string, complaint: RegExp]> = [
	[insertVm({role: '\'boss\''}), /CHECK constraint failed/],
	[insertVm({role: '\'Work\''}), /CHECK constraint failed/],
	[insertVm({role: 'NULL'}), /NOT NULL constraint failed: vms\.role/],
	[insertVm({state: '\'paused\''}), /CHECK constraint failed/],
	[insertVm({state: '\'\''}), /CHECK constraint failed/],
	[insertVm({name: '\'vm-3\''}), /UNIQUE constraint failed: vms\.name/],
	[insertVm({cid: '3'}), /UNIQUE constraint failed: vms\.cid/],
	[insertVm({cid: 'NULL'}), /NOT NULL constraint failed: vms\.cid/],
	[insertVm({id: `'${uuid(3)}'`}), /UNIQUE constraint failed: vms\.id/],
	[insert('settings', {key: '\'k\'', value: '\'v\'', type: '\'text\''}), /CHECK constraint failed/],
	[insertImage({name: '\'image-1\''}), /UNIQUE constraint failed: master_images\.name/],
	[insertImage({subvolume_path: '\'/pool/@image-1\''}), /UNIQUE constraint failed: master_images\.subvolume_path/],
	[insertImage({name: 'NULL'}), /NOT NULL constraint failed/],
	[insertWorkspace({name: '\'workspace-4\''}), /UNIQUE constraint failed: workspaces\.name/],
	[insertWorkspace({subvolume_path: '\'/pool/@workspace-4\''}), /UNIQUE constraint failed: workspaces\.subvolume_path/],
	[insertWorkspace({is_read_only: '2'}), /CHECK constraint failed/],
	[insertWorkspace({is_root_device: '2'}), /CHECK constraint failed/],
	[insertWorkspace({is_root_device: '-1'}), /CHECK constraint failed/],
	[insertWorkspace({is_read_only: '\'yes\''}), /CHECK constraint failed/],
	[insertWorkspace({is_read_only: 'NULL'}), /NOT NULL constraint failed/],
	[insertWorkspace({master_image_id: 'NULL'}), /NOT NULL constraint failed: workspaces\.master_image_id/],
	[insertWorkspace({master_image_id: '\'nobody\''}), /FOREIGN KEY constraint failed/],
	[insertWorkspace({vm_id: '\'nobody\''}), /FOREIGN KEY constraint failed/],
	[insertWorkspace({parent_workspace_id: '\'nobody\''}), /FOREIGN KEY constraint failed/],
	[`DELETE FROM master_images WHERE id = '${uuid(1)}';`, /FOREIGN KEY constraint failed/],
	[`UPDATE workspaces SET is_read_only = 3 WHERE id = '${uuid(4)}';`, /CHECK constraint failed/],
	[`UPDATE vms SET state = 'gone' WHERE id = '${uuid(3)}';`, /CHECK constraint failed/],
];

const tried = (sql: string): string => `PRAGMA foreign_keys = ON; BEGIN; ${sql} ROLLBACK;`;

test('what the rules allow is accepted', async t => {
	const file = await closedDatabase(t);
	for (const sql of accepted) {
		// One after the other: they would lock each other out.
		// eslint-disable-next-line no-await-in-loop
		t.is(await refusedBy(file, tried(sql)), undefined, sql);
	}
});

test('what breaks a rule is refused by the file itself', async t => {
	const file = await closedDatabase(t);
	for (const [sql, complaint] of violations) {
		// eslint-disable-next-line no-await-in-loop
		t.regex(await refusedBy(file, tried(sql)) ?? '', complaint, sql);
	}
});

test('a VM that goes lets go of its workspaces, and a parent of its children', async t => {
	const file = await closedDatabase(t);
	await sqlite(file, `PRAGMA foreign_keys = ON; DELETE FROM vms WHERE id = '${uuid(3)}';`);
	t.deepEqual(await rows(file, `SELECT vm_id FROM workspaces WHERE id = '${uuid(4)}'`), [{vm_id: null}]);
	await sqlite(file, `PRAGMA foreign_keys = ON; DELETE FROM workspaces WHERE id = '${uuid(4)}';`);
	t.deepEqual(await rows(file, 'SELECT id, parent_workspace_id FROM workspaces'), [{id: uuid(5), parent_workspace_id: null}]);
});

test('a VM has one processor and 128 MiB unless told otherwise, a workspace is writable and no root device', async t => {
	const file = await closedDatabase(t);
	await sqlite(file, insertVm({}) + insertWorkspace({}));
	t.deepEqual(await rows(file, 'SELECT vcpu_count, mem_size_mib FROM vms WHERE id = \'v\''), [{vcpu_count: 1, mem_size_mib: 128}]);
	t.deepEqual(await rows(file, 'SELECT is_root_device, is_read_only FROM workspaces WHERE id = \'w\''), [{is_root_device: 0, is_read_only: 0}]);
});

// Between records (camelCase, booleans, `undefined`) and rows (snake_case, 0 and 1, NULL).
import type {SqlValue} from 'sql.js';
import type {Image, Vm, Workspace} from '../model.js';

const sqlNull = null;

export type Records = {image: Image; workspace: Workspace; vm: Vm};
export type RecordKind = keyof Records;

/** Those that others point to come first. */
export const recordKinds = ['image', 'vm', 'workspace'] as const satisfies RecordKind[];

type Table = {table: string; columns: readonly string[]};

/** The table behind each kind of record, and its columns. */
export const tables: Readonly<Record<RecordKind, Table>> = {
	image: {table: 'master_images', columns: ['id', 'name', 'subvolume_path', 'size_bytes', 'created_at']},
	workspace: {
		table: 'workspaces',
		columns: [
			'id',
			'name',
			'vm_id',
			'subvolume_path',
			'master_image_id',
			'parent_workspace_id',
			'size_bytes',
			'is_root_device',
			'is_read_only',
			'attached_at',
			'detached_at',
			'created_at',
			'owner_uid',
		],
	},
	vm: {
		table: 'vms',
		columns: [
			'id',
			'name',
			'role',
			'state',
			'cid',
			'vcpu_count',
			'mem_size_mib',
			'config_json',
			'pid',
			'socket_path',
			'uds_path',
			'console_log_path',
			'created_at',
			'updated_at',
			'started_at',
			'stopped_at',
		],
	},
};

/** The table without records of ours. */
export const settingsTable: Table = {table: 'settings', columns: ['key', 'value', 'type']};

type Field = {name: string; isBoolean: boolean};

const fieldOf = (column: string): Field => ({
	name: column.replaceAll(/_(\w)/g, (_, letter: string) => letter.toUpperCase()),
	isBoolean: column.startsWith('is_'),
});
const fields = Object.fromEntries(Object.entries(tables).map(([kind, {columns}]) => [kind, columns.map(column => fieldOf(column))]));

/** The values of a record in the order of its table's columns. */
export function toRow(kind: RecordKind, record: Records[RecordKind]): SqlValue[] {
	const values = record as unknown as Record<string, string | number | boolean | undefined>;
	return fields[kind]!.map(({name}) => {
		const value = values[name];
		return typeof value === 'boolean' ? Number(value) : value ?? sqlNull;
	});
}

/** The record, frozen, in a row that was selected with all columns in their order. */
export function fromRow<K extends RecordKind>(kind: K, row: readonly SqlValue[]): Records[K] {
	// One by one and always in the same order: there are thousands when a daemon starts.
	const record: Record<string, unknown> = {};
	for (const [index, {name, isBoolean}] of fields[kind]!.entries()) {
		record[name] = isBoolean ? row[index] === 1 : row[index] ?? undefined;
	}

	// The columns and the fields of the type are the same list; the schema checks the values.
	return Object.freeze(record) as Records[K];
}

/** A frozen copy of a record that has every field, whoever made it. */
export const copyOf = <K extends RecordKind>(kind: K, record: Records[K]): Records[K] => fromRow(kind, toRow(kind, record));

/** Inserts a record or replaces the one with its id. */
export function upsert(kind: RecordKind): string {
	const {table, columns} = tables[kind];
	const updates = columns.filter(column => column !== 'id').map(column => `${column} = excluded.${column}`);
	return `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')}) ON CONFLICT (id) DO UPDATE SET ${updates.join(', ')}`;
}

// Between records (camelCase, booleans, `undefined`) and rows (snake_case, 0 and 1, NULL).
import type {SqlValue} from 'sql.js';
import type {
	Image, Vm, VmRole, VmState, Workspace,
} from '../model.js';

const sqlNull = null;

export type Records = {image: Image; workspace: Workspace; vm: Vm};
export type RecordKind = keyof Records;

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

const fieldOf = (column: string): string => column.replaceAll(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
const fields = Object.fromEntries(Object.entries(tables).map(([kind, {columns}]) => [kind, columns.map(column => fieldOf(column))]));

/** The values of a record in the order of its table's columns. */
export function toRow(kind: RecordKind, record: Records[RecordKind]): SqlValue[] {
	const values = record as unknown as Record<string, string | number | boolean | undefined>;
	return fields[kind]!.map(field => {
		const value = values[field];
		return typeof value === 'boolean' ? Number(value) : value ?? sqlNull;
	});
}

type Text = string | typeof sqlNull;
type Integer = number | typeof sqlNull;

// A row with all columns in their order.
type Row = {
	image: [string, string, string, number, number];
	workspace: [string, string, Text, string, string, Text, number, number, number, Integer, Integer, number, number];
	vm: [string, string, VmRole, VmState, number, number, number, Text, Integer, Text, Text, Text, number, number, Integer, Integer];
};

// Written out, because thousands are made when a daemon starts.
const makers: {[K in RecordKind]: (row: Row[K]) => Records[K]} = {
	image: row => ({
		id: row[0],
		name: row[1],
		subvolumePath: row[2],
		sizeBytes: row[3],
		createdAt: row[4],
	}),
	workspace: row => ({
		id: row[0],
		name: row[1],
		vmId: row[2] ?? undefined,
		subvolumePath: row[3],
		masterImageId: row[4],
		parentWorkspaceId: row[5] ?? undefined,
		sizeBytes: row[6],
		isRootDevice: row[7] === 1,
		isReadOnly: row[8] === 1,
		attachedAt: row[9] ?? undefined,
		detachedAt: row[10] ?? undefined,
		createdAt: row[11],
		ownerUid: row[12],
	}),
	vm: row => ({
		id: row[0],
		name: row[1],
		role: row[2],
		state: row[3],
		cid: row[4],
		vcpuCount: row[5],
		memSizeMib: row[6],
		configJson: row[7] ?? undefined,
		pid: row[8] ?? undefined,
		socketPath: row[9] ?? undefined,
		udsPath: row[10] ?? undefined,
		consoleLogPath: row[11] ?? undefined,
		createdAt: row[12],
		updatedAt: row[13],
		startedAt: row[14] ?? undefined,
		stoppedAt: row[15] ?? undefined,
	}),
};

/** The record, frozen, in a row that was selected with all columns in their order. */
export function fromRow<K extends RecordKind>(kind: K, row: readonly SqlValue[]): Records[K] {
	// The schema checks the values.
	const record = makers[kind](row as Row[K]);
	Object.freeze(record);
	return record;
}

/** A frozen copy of a record that has every field, whoever made it. */
export const copyOf = <K extends RecordKind>(kind: K, record: Records[K]): Records[K] => fromRow(kind, toRow(kind, record));

/** Inserts a record or replaces the one with its id. */
export function upsert(kind: RecordKind): string {
	const {table, columns} = tables[kind];
	const updates = columns.filter(column => column !== 'id').map(column => `${column} = excluded.${column}`);
	return `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')}) ON CONFLICT (id) DO UPDATE SET ${updates.join(', ')}`;
}

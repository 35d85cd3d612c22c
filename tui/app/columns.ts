// The columns of each list: what a cell shows, and what it is sorted by.
import type {ObjectPath} from '../../dbus/contract.js';
import type {Kind} from '../../dbus/paths.js';
import type {EndedJob, Job, RecordOf} from '../mirror/records.js';
import {formatAge, formatMemory, formatSize} from '../output/format.js';
import {blocks} from '../progress/texts.js';

/** A row of a list. Jobs that have ended are listed among those that run. */
export type Row<K extends Kind = Kind> = K extends 'job' ? Job | EndedJob : RecordOf[K];

/** What a cell needs to know beside its row. */
export type Surroundings = {
	/** The name of an object, "" for none. */
	readonly nameOf: (object: ObjectPath) => string;
	readonly userOf: (uid: number) => string;
	/** Milliseconds since the epoch. */
	readonly now: number;
	/** Figures in full. */
	readonly exact: boolean;
};

export type Column<R> = {
	readonly title: string;
	/** Cells that it takes; with exact figures; the first column takes what is left, and at least this. */
	readonly width: number;
	readonly exactWidth?: number;
	readonly align?: 'right';
	readonly cell: (row: R, surroundings: Surroundings) => string;
	readonly sortBy: (row: R, surroundings: Surroundings) => string | number;
	/** The time since which it tells how long it is, in seconds since the epoch. */
	readonly since?: (row: R) => number;
};

type Columns = {readonly [K in Kind]: ReadonlyArray<Column<Row<K>>>};

const name = {
	title: 'NAME', width: 14, cell: ({name}: {name: string}) => name, sortBy: ({name}: {name: string}) => name,
} as const;

const size: Column<{size: number}> = {
	title: 'SIZE',
	width: 8,
	exactWidth: 14,
	align: 'right',
	cell: ({size}, {exact}) => exact ? String(size) : formatSize(size),
	sortBy: ({size}) => size,
};

const age: Column<{createdAt: number}> = {
	title: 'AGE',
	width: 5,
	exactWidth: 11,
	align: 'right',
	cell: ({createdAt}, {exact, now}) => exact ? String(createdAt) : formatAge(createdAt, now),
	// The youngest first.
	sortBy: ({createdAt}) => -createdAt,
	since: ({createdAt}) => createdAt,
};

/** By kind, the most important ones first: those at the end go first where there is no room. */
export const columns: Columns = {
	image: [
		name,
		size,
		{
			title: 'WORKSPACES', width: 10, align: 'right', cell: ({workspaces}) => String(workspaces), sortBy: ({workspaces}) => workspaces,
		},
		age,
	],
	workspace: [
		name,
		{
			title: 'BASE', width: 12, cell: ({baseImage}, {nameOf}) => nameOf(baseImage), sortBy: ({baseImage}, {nameOf}) => nameOf(baseImage),
		},
		{
			title: 'VM', width: 12, cell: ({vm}, {nameOf}) => nameOf(vm) || '-', sortBy: ({vm}, {nameOf}) => nameOf(vm),
		},
		size,
		age,
		{
			title: 'OWNER', width: 10, cell: ({owner}, {userOf}) => userOf(owner), sortBy: ({owner}, {userOf}) => userOf(owner),
		},
		{
			title: 'USE', width: 9, cell: use, sortBy: ({rootDevice, readOnly}) => (Number(rootDevice) * 2) + Number(readOnly),
		},
	],
	vm: [
		name,
		{
			title: 'STATE', width: 8, cell: ({state}) => state, sortBy: ({state}) => state,
		},
		{
			title: 'ROLE', width: 8, cell: ({role}) => role, sortBy: ({role}) => role,
		},
		{
			title: 'CID', width: 6, align: 'right', cell: ({cid}) => String(cid), sortBy: ({cid}) => cid,
		},
		{
			title: 'DISKS', width: 5, align: 'right', cell: ({workspaces}) => String(workspaces.length), sortBy: ({workspaces}) => workspaces.length,
		},
		{
			title: 'VCPUS', width: 5, align: 'right', cell: ({vcpus}) => String(vcpus), sortBy: ({vcpus}) => vcpus,
		},
		{
			title: 'MEMORY', width: 8, align: 'right', cell: ({memoryMiB}) => formatMemory(memoryMiB), sortBy: ({memoryMiB}) => memoryMiB,
		},
		age,
	],
	job: [
		name,
		{
			title: 'STATE', width: 8, cell: ({state}) => state, sortBy: ({state}) => state,
		},
		{
			title: 'DONE', width: 13, cell: ({progress}) => `${blocks(progress, 8)} ${Math.floor(progress * 100)}%`, sortBy: ({progress}) => progress,
		},
		{
			title: 'KIND', width: 7, cell: ({kind}) => kind, sortBy: ({kind}) => kind,
		},
		{
			title: 'MESSAGE', width: 30, cell: ({message}) => message, sortBy: ({message}) => message,
		},
	],
};

/** What the lists are called. */
export const titles: Readonly<Record<Kind, string>> = {
	image: 'Images', workspace: 'Workspaces', vm: 'VMs', job: 'Jobs',
};

/** The columns of any kind, for rows of that kind. */
export const columnsOf = (kind: Kind): ReadonlyArray<Column<Row>> => columns[kind] as ReadonlyArray<Column<Row>>;

/** The column of the names, which each kind has first. */
export const nameColumn = (kind: Kind): Column<Row> => columnsOf(kind)[0]!;

/** The column of a number; where there is none of it, that of the names. */
export const columnOf = (kind: Kind, number: number): Column<Row> => columnsOf(kind)[number] ?? nameColumn(kind);

// What its VM makes of it.
function use({rootDevice, readOnly}: {rootDevice: boolean; readOnly: boolean}): string {
	return [...(rootDevice ? ['root'] : []), ...(readOnly ? ['ro'] : [])].join(', ') || '-';
}

/** What a filter looks at. */
export function textOf(kind: Kind, row: Row, {nameOf, userOf}: Surroundings): string {
	if (kind === 'workspace') {
		const {name, baseImage, vm, owner} = row as Row<'workspace'>;
		return `${name} ${nameOf(baseImage)} ${nameOf(vm)} ${userOf(owner)}`;
	}

	if (kind === 'vm') {
		const {name, state, role} = row as Row<'vm'>;
		return `${name} ${state} ${role}`;
	}

	return kind === 'job' ? `${row.name} ${(row as Row<'job'>).state}` : row.name;
}

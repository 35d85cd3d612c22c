// The forms and questions behind the keys.
import type {ObjectPath} from '../../dbus/contract.js';
import {noObject, type Kind} from '../../dbus/paths.js';
import {parseValue} from '../cli/values.js';
import {RefusedError} from '../errors.js';
import {quoted} from '../output/printable.js';
import {
	attach, createVm, createWorkspaces, importImage, obstacleTo, remove, sumUp,
} from './actions.js';
import type {Row} from './columns.js';
import {completeFolder, resolvePath} from './paths.js';
import type {Session} from './session.js';
import {fieldOf, formOf} from './view.js';

/** Asks what to import. */
export function askImport(session: Session): void {
	session.open(formOf({
		title: 'Import a folder as an image',
		fields: [
			fieldOf({
				label: 'Folder', hint: 'holds a root filesystem; it must not change meanwhile', isRequired: true, isVerbatim: true, complete: completeFolder,
			}),
			fieldOf({label: 'Name', hint: 'of the image', isRequired: true}),
			fieldOf({label: 'Size', hint: 'such as 2G; left out, it is made to measure'}),
		],
		async submit([source, name, size]) {
			await importImage(session, {name: name!, source: resolvePath(source!), size: size === '' ? undefined : valueOf('Size', {type: 'size'}, size!)});
			session.closeDialog();
		},
	}));
}

/** Asks what workspaces to make. */
export function askCreate(session: Session, base: string): void {
	session.open(formOf({
		title: 'Create workspaces',
		fields: [
			fieldOf({
				label: 'Image', ...(base === '' ? {isRequired: true} : {fallback: base}), hint: 'to start from', complete: namesIn(session, 'image'),
			}),
			fieldOf({label: 'Name', hint: 'left out, it is made from the image\'s'}),
			fieldOf({
				label: 'How many', fallback: '1', hint: 'several get numbers',
			}),
		],
		async submit([image, name, count]) {
			const done = await createWorkspaces(session, {
				base: image!, name: name!, count: valueOf('How many', {type: 'integer', minimum: 1, maximum: 10_000}, count!),
			});
			session.closeDialog();
			session.notify({kind: 'done', text: done});
		},
	}));
}

/** Asks which VM workspaces are to be attached to. */
export function askAttach(session: Session, workspaces: readonly Row[]): void {
	session.open(formOf({
		title: `Attach ${sumUp('workspace', workspaces)}`,
		fields: [
			fieldOf({
				label: 'VM', hint: 'its name', isRequired: true, complete: namesIn(session, 'vm'),
			}),
			...usage,
		],
		async submit([vm, root, readOnly]) {
			await finishAttach(session, workspaces, vm!, {root, readOnly});
		},
	}));
}

/** Asks which workspace is to be attached to a VM. */
export function askAttachTo(session: Session, vm: Row): void {
	const free = (row: Row): boolean => (row as Row<'workspace'>).vm === noObject;
	session.open(formOf({
		title: `Attach a workspace to VM ${quoted(vm.name)}`,
		fields: [
			fieldOf({
				label: 'Workspace', hint: 'its name', isRequired: true, complete: namesIn(session, 'workspace', free),
			}),
			...usage,
		],
		async submit([name, root, readOnly]) {
			const workspace = [...session.watcher.mirror.all('workspace').values()].find(row => row.name === name);
			if (!workspace) {
				throw new RefusedError(`there is no workspace ${quoted(name!)}`);
			}

			await finishAttach(session, [workspace], vm.name, {root, readOnly});
		},
	}));
}

const usage = [
	fieldOf({
		label: 'Root disk', text: 'no', hint: 'a VM has one', isToggle: true,
	}),
	fieldOf({
		label: 'Read-only', text: 'no', hint: 'the VM must not write to it', isToggle: true,
	}),
];

async function finishAttach(session: Session, workspaces: readonly Row[], vm: string, {root, readOnly}: {root: string | undefined; readOnly: string | undefined}): Promise<void> {
	const done = await attach(session, workspaces, vm, {rootDevice: root === 'yes', readOnly: readOnly === 'yes'});
	session.closeDialog();
	session.notify({kind: 'done', text: done});
}

/** Asks what VM to record. */
export function askVm(session: Session): void {
	session.open(formOf({
		title: 'Record a VM',
		fields: [
			fieldOf({label: 'Name', hint: 'of the VM', isRequired: true}),
			fieldOf({
				label: 'Role', fallback: 'work', hint: 'portal, work or service', complete: text => ['portal', 'service', 'work'].filter(role => role.startsWith(text)),
			}),
			fieldOf({
				label: 'VCPUs', fallback: '1', hint: 'virtual processors',
			}),
			fieldOf({
				label: 'Memory MiB', fallback: '128', hint: 'of memory',
			}),
		],
		async submit([name, role, vcpus, memory]) {
			const done = await createVm(session, {
				name: name!,
				role: role!,
				vcpus: valueOf('VCPUs', {type: 'integer', minimum: 1, maximum: 1024}, vcpus!),
				memoryMib: valueOf('Memory MiB', {type: 'integer', minimum: 1, maximum: (2 ** 32) - 1}, memory!),
			});
			session.closeDialog();
			session.notify({kind: 'done', text: done});
		},
	}));
}

// What happens beside.
function consequenceOf(session: Session, kind: Exclude<Kind, 'job'>, rows: readonly Row[]): string[] {
	switch (kind) {
		case 'image': {
			return [];
		}

		case 'workspace': {
			return [`All that was written to ${rows.length === 1 ? 'it' : 'them'} is lost.`];
		}

		case 'vm': {
			const names = (rows as ReadonlyArray<Row<'vm'>>).flatMap(({workspaces}) => workspaces.map(object => ({name: session.nameOf(object)})));
			return names.length === 0 ? [] : [`Detached: ${named(names)}.`];
		}
	}
}

/** Asks whether things are to be deleted, and says what is in the way. */
export function askDelete(session: Session, kind: Exclude<Kind, 'job'>, rows: readonly Row[]): void {
	const judged = rows.map(row => ({row, obstacle: obstacleTo(kind, row, session.surroundings.nameOf)}));
	const free = judged.filter(({obstacle}) => obstacle === '').map(({row}) => row);
	session.open({
		kind: 'question',
		title: free.length > 0 ? `Delete ${sumUp(kind, free)}?` : `Cannot delete ${sumUp(kind, rows)}`,
		lines: [
			...(free.length > 1 ? [named(free)] : []),
			...(free.length > 0 ? consequenceOf(session, kind, free) : []),
			...obstacleLines(judged.filter(({obstacle}) => obstacle !== '')),
		],
		onYes: free.length > 0
			? () => {
				void session.perform(`Deleting ${sumUp(kind, free)}`, async () => remove(session, kind, free));
				session.updateList({marked: new Set()});
			}
			: undefined,
	});
}

/** The most characters of names, and lines of obstacles: thousands may be marked, and a question is to be read. */
const most = {names: 200, obstacles: 3} as const;

function named(rows: ReadonlyArray<{readonly name: string}>): string {
	const names: string[] = [];
	let length = 0;
	for (const {name} of rows) {
		length += name.length;
		if (length > most.names) {
			break;
		}

		names.push(name);
	}

	const rest = rows.length - names.length;
	return [...names, ...(rest > 0 ? [`and ${rest.toLocaleString('en')} more`] : [])].join(', ');
}

function obstacleLines(judged: ReadonlyArray<{row: Row; obstacle: string}>): string[] {
	const rest = judged.length - most.obstacles;
	return [
		...judged.slice(0, most.obstacles).map(({row, obstacle}) => `${quoted(row.name)} stays: ${obstacle}.`),
		...(rest > 0 ? [`${rest.toLocaleString('en')} more stay for such reasons.`] : []),
	];
}

const namesIn = (session: Session, kind: Kind, isWanted: (row: Row) => boolean = () => true) => (text: string): string[] =>
	[...session.watcher.mirror.all(kind).values() as Iterable<Row & {object: ObjectPath}>]
		.filter(row => row.name.startsWith(text) && isWanted(row))
		.map(({name}) => name)
		.sort();

// A number as the flags of nexusctl read it.
function valueOf(label: string, spec: {type: 'size'} | {type: 'integer'; minimum: number; maximum: number}, text: string): number {
	try {
		return parseValue({...spec, value: label, summary: ''}, text) as number;
	} catch (error) {
		throw new RefusedError(`${label} takes ${(error as RangeError).message}, not ${quoted(text)}`);
	}
}

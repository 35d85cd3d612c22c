// nexusctl ws …
import type {WorkspaceRow} from '../../dbus/contract.js';
import {defineCommand, type Group} from '../cli/command.js';
import {confirm, requireAnswerable, yesFlag} from '../confirm.js';
import {details} from '../output/details.js';
import {
	formatAge, formatExactSize, formatSize, formatTime, formatYesNo,
} from '../output/format.js';
import {printable, quoted} from '../output/printable.js';
import {table, type Column} from '../output/table.js';
import {userNames} from '../output/users.js';
import type {Terminal} from '../output/terminal.js';
import {readWorkspace, type Workspace} from '../records.js';

const nameArgument = {name: 'NAME', summary: 'The workspace: its name or its id', names: 'workspace'} as const;

const create = defineCommand({
	summary: 'Create a workspace from an image',
	arguments: [],
	flags: {
		base: {
			type: 'string', value: 'IMAGE', summary: 'The image to start from: its name or its id', required: true, names: 'image',
		},
		name: {type: 'string', value: 'NAME', summary: 'The name of the workspace; left out, one is made from the image\'s'},
	},
	examples: ['ws create --base debian', 'ws create --base debian --name web-root'],
	hints: {
		AlreadyExists: ({suggest}) => `See the names taken with: ${suggest('image list')}, ${suggest('ws list')}`,
	},
	async run({flags: {base, name}, connect}) {
		const client = await connect();
		const workspace = await readWorkspace(client, await client.manager.createWorkspace(base, name ?? '', {}));
		return {
			data: workspace,
			text: () => [
				`Created workspace ${quoted(workspace.name)} from base ${quoted(workspace.base)}`,
				`Device: ${printable(workspace.devicePath)}`,
			].join('\n'),
		};
	},
});

const list = defineCommand({
	summary: 'List the workspaces',
	arguments: [],
	flags: {
		base: {
			type: 'string', value: 'IMAGE', summary: 'Only those made from this image', names: 'image',
		},
	},
	examples: ['ws list', 'ws list --base debian'],
	async run({flags: {base}, connect}) {
		const client = await connect();
		const [rows, owners] = await Promise.all([client.manager.listWorkspaces(base ?? ''), client.manager.listWorkspaceOwners(base ?? '')]);
		// One that was made between the two answers has no owner in the second.
		const workspaces = rows.map(row => ({...row, owner: owners[row.object]}));
		return {data: workspaces, text: async terminal => workspaces.length === 0 ? 'No workspaces found.' : listed(workspaces, terminal)};
	},
});

const inspect = defineCommand({
	summary: 'Show all about a workspace',
	arguments: [nameArgument],
	flags: {},
	examples: ['ws inspect web-root'],
	async run({args: [name], connect}) {
		const client = await connect();
		const workspace = await readWorkspace(client, await client.manager.getWorkspace(name));
		return {data: workspace, text: async terminal => describe(workspace, terminal)};
	},
});

const remove = defineCommand({
	summary: 'Delete a workspace and all that was written to it',
	arguments: [nameArgument],
	flags: {yes: yesFlag},
	examples: ['ws delete web-root', 'ws delete web-root --yes'],
	hints: {
		Conflict: ({args: [name], suggest}) => `Detach it first with: ${suggest(`ws detach ${name}`)}`,
	},
	async run(invocation) {
		requireAnswerable(invocation);
		const client = await invocation.connect();
		const workspace = await readWorkspace(client, await client.manager.getWorkspace(invocation.args[0]));
		await confirm(`Delete workspace ${quoted(workspace.name)} and all that was written to it?`, invocation);
		await client.object('Workspace', workspace.object).delete();
		return {data: {deleted: workspace.name}, text: () => `Deleted workspace ${quoted(workspace.name)}`};
	},
});

const attach = defineCommand({
	summary: 'Attach a workspace to a VM',
	arguments: [nameArgument],
	flags: {
		vm: {
			type: 'string', value: 'VM', summary: 'The VM: its name or its id', required: true, names: 'vm',
		},
		root: {type: 'boolean', summary: 'It is the VM\'s root disk, of which a VM has one'},
		'read-only': {type: 'boolean', summary: 'The VM must not write to it'},
	},
	examples: ['ws attach web-root --vm web --root', 'ws attach shared-data --vm web --read-only'],
	hints: {
		Conflict: ({args: [name], flags: {vm}, suggest}) => `See what is attached where with: ${suggest(`ws inspect ${name}`)}, ${suggest(`vm inspect ${vm}`)}`,
	},
	async run({args: [name], flags: {vm, root, 'read-only': readOnly}, connect}) {
		const client = await connect();
		await client.manager.attachWorkspace(name, vm, {rootDevice: root, readOnly});
		const workspace = await readWorkspace(client, await client.manager.getWorkspace(name));
		return {data: workspace, text: () => `Attached workspace ${quoted(workspace.name)} to VM ${quoted(workspace.vm)}`};
	},
});

const detach = defineCommand({
	summary: 'Detach a workspace from its VM',
	arguments: [nameArgument],
	flags: {},
	examples: ['ws detach web-root'],
	hints: {
		Conflict: ({args: [name], suggest}) => `See how it stands with: ${suggest(`ws inspect ${name}`)}`,
	},
	async run({args: [name], connect}) {
		const client = await connect();
		const object = await client.manager.getWorkspace(name);
		const {vm} = await readWorkspace(client, object);
		await client.object('Workspace', object).detach();
		const workspace = await readWorkspace(client, object);
		return {data: workspace, text: () => `Detached workspace ${quoted(workspace.name)} from VM ${quoted(vm)}`};
	},
});

/** `nexusctl ws …` */
export const workspace: Group = {
	name: 'ws',
	aliases: ['workspace'],
	summary: 'Workspaces',
	verbs: {
		create, list, inspect, delete: remove, attach, detach,
	},
};

type Listed = WorkspaceRow & {owner: number | undefined};

async function listed(workspaces: Listed[], terminal: Terminal): Promise<string> {
	const names = await userNames(workspaces.flatMap(({owner}) => owner ?? []));
	return table(workspaces.map(workspace => ({...workspace, ownerName: names.get(workspace.owner!) ?? String(workspace.owner ?? '-')})), columns, terminal);
}

const columns: ReadonlyArray<Column<Listed & {ownerName: string}>> = [
	{header: 'NAME', cell: ({name}) => name, cut: 2},
	{header: 'PATH', cell: ({devicePath}) => devicePath, cut: 1},
	{header: 'READ-ONLY', cell: ({readOnly}) => formatYesNo(readOnly)},
	{header: 'BASE', cell: ({base}) => base, optional: true},
	{header: 'ATTACHED', cell: ({vm}) => vm || '-', optional: true},
	{header: 'OWNER', cell: ({ownerName}) => ownerName, optional: true},
	{header: 'SIZE', cell: ({size}) => formatSize(size), optional: true},
	{header: 'AGE', cell: ({createdAt}) => formatAge(createdAt), optional: true},
];

async function describe(workspace: Workspace, terminal: Terminal): Promise<string> {
	const names = await userNames([workspace.owner]);
	return details([
		['Name', workspace.name],
		['ID', workspace.id],
		['Owner', names.has(workspace.owner) ? `${names.get(workspace.owner)!} (${workspace.owner})` : String(workspace.owner)],
		['Base image', workspace.base],
		['Parent', workspace.parent || undefined],
		['Path', workspace.subvolumePath],
		['Device', workspace.devicePath],
		['Size', formatExactSize(workspace.size)],
		['Allocated', formatExactSize(workspace.allocated)],
		['Attached', workspace.vm ? `VM "${workspace.vm}"` : '(none)'],
		['Root device', formatYesNo(workspace.rootDevice)],
		['Read-only', formatYesNo(workspace.readOnly)],
		['Attached at', workspace.vm ? formatTime(workspace.attachedAt) : undefined],
		['Detached at', workspace.detachedAt ? formatTime(workspace.detachedAt) : undefined],
		['Created', formatTime(workspace.createdAt)],
	], terminal);
}

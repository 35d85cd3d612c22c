// nexusctl vm …
import type {VmRow} from '../../dbus/contract.js';
import {defineCommand, type Group} from '../cli/command.js';
import {confirm, requireAnswerable, yesFlag} from '../confirm.js';
import {details} from '../output/details.js';
import {formatMemory, formatTime} from '../output/format.js';
import {printable, quoted} from '../output/printable.js';
import {table, type Column} from '../output/table.js';
import type {Terminal} from '../output/terminal.js';
import {readVm, type AttachedWorkspace, type Vm} from '../records.js';

const roles = ['portal', 'work', 'service'] as const;
const states = ['created', 'running', 'stopped', 'crashed', 'failed'] as const;
const nameArgument = {name: 'NAME', summary: 'The VM: its name or its id', names: 'vm'} as const;

const create = defineCommand({
	summary: 'Record a VM',
	details: 'Nexus does not run it: the record gives it a vsock CID, and workspaces can be attached to it.',
	arguments: [{name: 'NAME', summary: 'The name of the VM'}],
	flags: {
		role: {
			type: 'string', value: 'ROLE', summary: 'What it is for', choices: roles, default: 'work',
		},
		vcpu: {
			type: 'integer', value: 'COUNT', summary: 'Virtual processors', minimum: 1, maximum: 1024, default: 1,
		},
		mem: {
			type: 'integer', value: 'MIB', summary: 'Memory in MiB', minimum: 1, maximum: (2 ** 32) - 1, default: 128,
		},
	},
	examples: ['vm create web', 'vm create gate --role portal --vcpu 2 --mem 512'],
	hints: {
		AlreadyExists: ({suggest}) => `See the names taken with: ${suggest('vm list')}`,
	},
	async run({args: [name], flags: {role, vcpu, mem}, connect}) {
		const client = await connect();
		const vm = await readVm(client, await client.manager.createVm(name, role, vcpu, mem));
		return {data: vm, text: () => `Created VM ${quoted(vm.name)} (state: ${printable(vm.state)}, CID: ${vm.cid})`};
	},
});

const list = defineCommand({
	summary: 'List the VMs',
	arguments: [],
	flags: {
		role: {
			type: 'string', value: 'ROLE', summary: 'Only those of this role', choices: roles,
		},
		state: {
			type: 'string', value: 'STATE', summary: 'Only those in this state', choices: states,
		},
	},
	examples: ['vm list', 'vm list --role work --state running'],
	async run({flags: {role, state}, connect}) {
		const client = await connect();
		const all = await client.manager.listVms();
		const vms = all.filter(vm => vm.role === (role ?? vm.role) && vm.state === (state ?? vm.state));
		return {data: vms, text: async terminal => vms.length === 0 ? 'No VMs found.' : table(vms, columns, terminal)};
	},
});

const inspect = defineCommand({
	summary: 'Show all about a VM and its workspaces',
	arguments: [nameArgument],
	flags: {},
	examples: ['vm inspect web'],
	async run({args: [name], connect}) {
		const client = await connect();
		const vm = await readVm(client, await client.manager.getVm(name));
		return {data: vm, text: terminal => describe(vm, terminal)};
	},
});

const remove = defineCommand({
	summary: 'Delete the record of a VM and detach its workspaces',
	arguments: [nameArgument],
	flags: {yes: yesFlag},
	examples: ['vm delete web', 'vm delete web --yes'],
	hints: {
		Conflict: ({args: [name], suggest}) => `See how it stands with: ${suggest(`vm inspect ${name}`)}`,
	},
	async run(invocation) {
		requireAnswerable(invocation);
		const client = await invocation.connect();
		const vm = await readVm(client, await client.manager.getVm(invocation.args[0]));
		await confirm(`Delete VM ${quoted(vm.name)} and detach its workspaces (${vm.workspaces.length})?`, invocation);
		await client.object('Vm', vm.object).delete();
		return {data: {deleted: vm.name}, text: () => `Deleted VM ${quoted(vm.name)}`};
	},
});

/** `nexusctl vm …` */
export const vm: Group = {
	name: 'vm',
	aliases: [],
	summary: 'VMs',
	verbs: {
		create, list, inspect, delete: remove,
	},
};

const columns: ReadonlyArray<Column<VmRow>> = [
	{header: 'NAME', cell: ({name}) => name, cut: 1},
	{header: 'ROLE', cell: ({role}) => role},
	{header: 'STATE', cell: ({state}) => state},
	{header: 'CID', cell: ({cid}) => String(cid)},
	{header: 'VCPUS', cell: ({vcpus}) => String(vcpus), optional: true},
	{header: 'MEMORY', cell: ({memoryMib}) => formatMemory(memoryMib), optional: true},
];

const describe = (vm: Vm, terminal: Terminal): string => details([
	['Name', vm.name],
	['ID', vm.id],
	['Role', vm.role],
	['State', vm.state],
	['CID', String(vm.cid)],
	['VCPUs', String(vm.vcpus)],
	['Memory', formatMemory(vm.memoryMib)],
	['Workspaces', vm.workspaces.length === 0 ? '(none)' : vm.workspaces.map(workspace => describeWorkspace(workspace))],
	['Created', formatTime(vm.createdAt)],
	['Updated', formatTime(vm.updatedAt)],
], terminal);

function describeWorkspace({name, devicePath, rootDevice, readOnly}: AttachedWorkspace): string {
	const remarks = [...(rootDevice ? ['root device'] : []), ...(readOnly ? ['read-only'] : [])];
	return [name, ...(remarks.length > 0 ? [`(${remarks.join(', ')})`] : []), devicePath].join('  ');
}

// /v1/vms
import * as z from 'zod';
import {vmRoles, vmStates} from '../../src/model.js';
import type {App} from './app.js';
import {addItemRoutes} from './item.js';
import {sendList} from './list.js';
import {bodyDetail} from './rights.js';
import {toVmRow, vmRow} from './rows.js';
import {
	json, nameForNew, problems,
} from './schemas.js';
import type {Services} from './services.js';

const tags = ['vms'];

const defaults = {role: 'work', vcpuCount: 1, memSizeMib: 128} as const;

// On the bus it is an unsigned 32-bit number.
const largestMemory = (2 ** 32) - 1;

/** Adds the routes of VM records. */
export function addVmRoutes(app: App, {nexus, operations}: Services): void {
	app.post('/v1/vms', {
		schema: {
			operationId: 'createVm',
			summary: 'Record a VM',
			description: 'It gets the lowest free vsock context id from 3 up.',
			tags,
			body: z.strictObject({
				name: nameForNew,
				role: z.enum(vmRoles).default(defaults.role),
				vcpu_count: z.int().min(1).max(1024).default(defaults.vcpuCount),
				mem_size_mib: z.int().min(1).max(largestMemory).default(defaults.memSizeMib),
			}),
			response: {201: json('The VM.', vmRow), ...problems(400, 403, 409, 503, 507)},
		},
		config: {
			right: {
				action: 'manage-vms',
				details: (_nexus, request) => ({
					name: bodyDetail(request, 'name'),
					role: bodyDetail(request, 'role', defaults.role),
					vcpus: bodyDetail(request, 'vcpu_count', defaults.vcpuCount),
					memory_mib: bodyDetail(request, 'mem_size_mib', defaults.memSizeMib),
				}),
			},
		},
	}, async ({caller, body: {name, role, vcpu_count: vcpuCount, mem_size_mib: memSizeMib}}, reply) => {
		const vm = await operations.createVm(caller, {
			name, role, vcpuCount, memSizeMib,
		});
		return reply.code(201).header('location', `/v1/vms/${vm.id}`).send(toVmRow(vm));
	});

	app.get('/v1/vms', {
		schema: {
			operationId: 'listVms',
			summary: 'VMs, by name',
			tags,
			querystring: z.strictObject({
				role: z.enum(vmRoles).optional().describe('Only those in this role.'),
				state: z.enum(vmStates).optional().describe('Only those in this state.'),
			}),
			response: {200: json('The VMs.', z.array(vmRow)), ...problems(400)},
		},
	}, async ({query: {role, state}}, reply) => sendList(
		reply,
		(after, limit) => nexus.vmsAfter(after, limit),
		page => page.filter(vm => vm.role === (role ?? vm.role) && vm.state === (state ?? vm.state)).map(vm => toVmRow(vm)),
	));

	addItemRoutes(app, {
		kind: 'vm',
		url: '/v1/vms',
		tags,
		noun: 'VM',
		row: vmRow,
		find: nameOrId => toVmRow(nexus.vm(nameOrId)),
		remove: async (caller, nameOrId) => operations.deleteVm(caller, nameOrId),
		deletion: {
			action: 'manage-vms',
			summary: 'Delete the record of a VM and detach its workspaces',
			description: 'Refused with 409 while it runs. Other users\' workspaces take a right of their own.',
		},
	});
}

// Records as JSON: objects with the column names of the tables. Unlike there, flags are booleans; the two times of an
// attachment are left out where there is none.
import * as z from 'zod';
import {
	vmRoles, vmStates, type Image, type Vm, type Workspace,
} from '../../src/model.js';

const id = z.uuidv4();
const count = z.int().min(0);
const seconds = count.describe('Seconds since the epoch.');
const bytes = count.describe('Bytes of the ext4 filesystem.');
const folder = z.string().describe('The folder that holds `rootfs.ext4`.');

export const imageRow = z.object({
	id,
	name: z.string(),
	subvolume_path: folder,
	size_bytes: bytes,
	created_at: seconds,
}).meta({id: 'Image', description: 'A master image: a row of `master_images`.'});

export const workspaceRow = z.object({
	id,
	name: z.string(),
	vm_id: id.nullable().describe('The VM that it is attached to.'),
	subvolume_path: folder,
	master_image_id: id.describe('The image that it was made from.'),
	parent_workspace_id: id.nullable(),
	size_bytes: bytes,
	is_root_device: z.boolean(),
	is_read_only: z.boolean(),
	attached_at: seconds.optional(),
	detached_at: seconds.optional(),
	created_at: seconds,
	owner_uid: count.describe('The user whose it is.'),
}).meta({id: 'Workspace', description: 'A workspace: a row of `workspaces`.'});

export const vmRow = z.object({
	id,
	name: z.string(),
	role: z.enum(vmRoles),
	state: z.enum(vmStates),
	cid: z.int().min(3).describe('The vsock context id.'),
	vcpu_count: count,
	mem_size_mib: count,
	config_json: z.string().nullable(),
	pid: count.nullable(),
	socket_path: z.string().nullable(),
	uds_path: z.string().nullable(),
	console_log_path: z.string().nullable(),
	created_at: seconds,
	updated_at: seconds,
	started_at: seconds.nullable(),
	stopped_at: seconds.nullable(),
}).meta({id: 'Vm', description: 'The record of a VM: a row of `vms`.'});

/** The row of an image. */
export const toImageRow = (image: Image): z.infer<typeof imageRow> => ({
	id: image.id,
	name: image.name,
	subvolume_path: image.subvolumePath,
	size_bytes: image.sizeBytes,
	created_at: image.createdAt,
});

/** The row of a workspace. */
export const toWorkspaceRow = (workspace: Workspace): z.infer<typeof workspaceRow> => ({
	id: workspace.id,
	name: workspace.name,
	vm_id: workspace.vmId ?? null,
	subvolume_path: workspace.subvolumePath,
	master_image_id: workspace.masterImageId,
	parent_workspace_id: workspace.parentWorkspaceId ?? null,
	size_bytes: workspace.sizeBytes,
	is_root_device: workspace.isRootDevice,
	is_read_only: workspace.isReadOnly,
	attached_at: workspace.attachedAt,
	detached_at: workspace.detachedAt,
	created_at: workspace.createdAt,
	owner_uid: workspace.ownerUid,
});

/** The row of a VM. */
export const toVmRow = (vm: Vm): z.infer<typeof vmRow> => ({
	id: vm.id,
	name: vm.name,
	role: vm.role,
	state: vm.state,
	cid: vm.cid,
	vcpu_count: vm.vcpuCount,
	mem_size_mib: vm.memSizeMib,
	config_json: vm.configJson ?? null,
	pid: vm.pid ?? null,
	socket_path: vm.socketPath ?? null,
	uds_path: vm.udsPath ?? null,
	console_log_path: vm.consoleLogPath ?? null,
	created_at: vm.createdAt,
	updated_at: vm.updatedAt,
	started_at: vm.startedAt ?? null,
	stopped_at: vm.stoppedAt ?? null,
});

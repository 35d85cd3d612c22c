// How a VM monitor is told of a workspace's disk.
import type {Workspace} from '../mirror/records.js';

type Disk = Pick<Workspace, 'name' | 'devicePath' | 'rootDevice' | 'readOnly' | 'vm'>;

/**
The body of Firecracker's `PUT /drives/{drive_id}`. One that is attached to no VM is taken for a root disk.

Source: firecracker.yaml in the Firecracker project, definition `Drive`.
*/
export const firecrackerDrive = ({name, devicePath, rootDevice, readOnly, vm}: Disk): string => JSON.stringify({
	// Its ids have no other characters.
	drive_id: name.replaceAll(/\W/g, '_'),
	path_on_host: devicePath,
	is_root_device: rootDevice || vm === '/',
	is_read_only: readOnly,
});

/** The words of QEMU's command line. In its options two commas stand for one. Source: qemu(1), `-drive`. */
export const qemuDrive = ({devicePath, readOnly}: Disk): string =>
	`-drive file=${devicePath.replaceAll(',', ',,')},format=raw,if=virtio${readOnly ? ',readonly=on' : ''}`;

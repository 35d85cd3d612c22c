// The words of the domain, as records. Times are seconds since the epoch, sizes are bytes.

/** A master image: a read-only root filesystem. */
export type Image = {
	id: string;
	name: string;
	/** The folder that is the image. */
	subvolumePath: string;
	sizeBytes: number;
	createdAt: number;
};

/** A writable copy of an image: one VM's disk. */
export type Workspace = {
	id: string;
	name: string;
	vmId: string | undefined;
	/** The folder that is the workspace. */
	subvolumePath: string;
	masterImageId: string;
	parentWorkspaceId: string | undefined;
	sizeBytes: number;
	isRootDevice: boolean;
	isReadOnly: boolean;
	attachedAt: number | undefined;
	detachedAt: number | undefined;
	createdAt: number;
	/** The user whose it is: who made it. Its disk is that user's file. */
	ownerUid: number;
};

export const isWorkspace = (record: Image | Workspace): record is Workspace => 'masterImageId' in record;

export const kindOf = (record: Image | Workspace): 'image' | 'workspace' => isWorkspace(record) ? 'workspace' : 'image';

export const vmRoles = ['portal', 'work', 'service'] as const;
export type VmRole = typeof vmRoles[number];

export const vmStates = ['created', 'running', 'stopped', 'crashed', 'failed'] as const;
export type VmState = typeof vmStates[number];

/** The record of a virtual machine; Nexus does not run it. */
export type Vm = {
	id: string;
	name: string;
	role: VmRole;
	state: VmState;
	/** vsock context id, from 3 up. */
	cid: number;
	vcpuCount: number;
	memSizeMib: number;
	configJson: string | undefined;
	pid: number | undefined;
	socketPath: string | undefined;
	udsPath: string | undefined;
	consoleLogPath: string | undefined;
	createdAt: number;
	updatedAt: number;
	startedAt: number | undefined;
	stoppedAt: number | undefined;
};

/** The file of an image or a workspace that a VM uses as its block device. */
export const diskFile = 'rootfs.ext4';

/** Now, as records keep it. */
export const now = (): number => Math.floor(Date.now() / 1000);

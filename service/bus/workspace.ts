// org.workfort.Nexus1.Workspace
import {noObject, objectPath, parseObjectPath} from '../../dbus/paths.js';
import {diskFile, type Workspace} from '../../src/model.js';
import type {Nexus} from '../../src/nexus.js';
import {NexusError} from '../../src/errors.js';
import type {Operations} from '../operations.js';
import type {Served} from './served.js';

/** Serves workspaces. */
export const serveWorkspace = (nexus: Nexus, operations: Operations): Served<'Workspace', Workspace> => ({
	methods: {
		async attach({target, caller}, vm, options) {
			const object = parseObjectPath(vm);
			if (object?.kind !== 'vm') {
				throw new NexusError('InvalidArgument', `${vm} is not the path of a VM: see Manager.GetVm`);
			}

			await operations.attachWorkspace(caller, target.id, object.id, options);
		},
		detach: async ({target, caller}) => operations.detachWorkspace(caller, target.id),
		delete: async ({target, caller}) => operations.deleteWorkspace(caller, target.id),
	},
	properties: {
		id: ({id}) => id,
		name: ({name}) => name,
		subvolumePath: ({subvolumePath}) => subvolumePath,
		devicePath: ({subvolumePath}) => `${subvolumePath}/${diskFile}`,
		owner: ({ownerUid}) => ownerUid,
		baseImage: ({masterImageId}) => objectPath('image', masterImageId),
		parent: ({parentWorkspaceId}) => pathOrNone('workspace', parentWorkspaceId),
		vm: ({vmId}) => pathOrNone('vm', vmId),
		rootDevice: ({isRootDevice}) => isRootDevice,
		readOnly: ({isReadOnly}) => isReadOnly,
		size: ({sizeBytes}) => sizeBytes,
		allocated: async ({name}) => nexus.pool.allocated(name),
		attachedAt: ({attachedAt = 0}) => attachedAt,
		detachedAt: ({detachedAt = 0}) => detachedAt,
		createdAt: ({createdAt}) => createdAt,
	},
});

const pathOrNone = (kind: 'workspace' | 'vm', id: string | undefined): string => id ? objectPath(kind, id) : noObject;

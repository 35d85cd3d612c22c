// org.workfort.Nexus1.Vm
import {objectPath} from '../../dbus/paths.js';
import type {Vm} from '../../src/model.js';
import type {Nexus} from '../../src/nexus.js';
import type {Operations} from '../operations.js';
import type {Served} from './served.js';

/** Serves VM records. */
export const serveVm = (nexus: Nexus, operations: Operations): Served<'Vm', Vm> => ({
	methods: {
		delete: async ({target, caller}) => operations.deleteVm(caller, target.id),
	},
	properties: {
		id: ({id}) => id,
		name: ({name}) => name,
		role: ({role}) => role,
		state: ({state}) => state,
		cid: ({cid}) => cid,
		vcpus: ({vcpuCount}) => vcpuCount,
		memoryMiB: ({memSizeMib}) => memSizeMib,
		workspaces: vm => nexus.workspacesOf(vm).map(({id}) => objectPath('workspace', id)),
		createdAt: ({createdAt}) => createdAt,
		updatedAt: ({updatedAt}) => updatedAt,
	},
});

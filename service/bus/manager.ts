// org.workfort.Nexus1.Manager
import {objectPath} from '../../dbus/paths.js';
import packageJson from '../../package.json' with {type: 'json'};
import {diskFile, kindOf} from '../../src/model.js';
import type {Nexus} from '../../src/nexus.js';
import type {Operations} from '../operations.js';
import type {Callers} from './callers.js';
import {LongList, source} from './long-list.js';
import type {PoolSpace} from './pool-space.js';
import type {Served} from './served.js';

/** What the Manager asks of the process around it. */
export type ManagerHost = {
	callers: Pick<Callers, 'subscribe' | 'unsubscribe'>;
	space: Pick<PoolSpace, 'look'>;
	/** Reads the configuration anew. Throws NexusError, and changes nothing, when it has a mistake. */
	reload: () => Promise<void>;
};

/** Serves the Manager of a Nexus. */
export const serveManager = (operations: Operations, {callers, space, reload}: ManagerHost): Served<'Manager', Nexus> => ({
	methods: {
		async importImage({caller}, name, source, {size}) {
			const job = await operations.importImage(caller, {name, source, sizeBytes: size});
			return objectPath('job', job.id);
		},
		listImages: async ({target}) => new LongList('GET /v1/images of the REST interface has no such limit', source({
			items: () => target.images(),
			element: image => ({
				id: image.id,
				name: image.name,
				subvolumePath: image.subvolumePath,
				size: image.sizeBytes,
				createdAt: image.createdAt,
				workspaces: target.workspaceCount(image.id),
				object: objectPath('image', image.id),
			}),
			isFixed: false,
		})),
		getImage: async ({target}, nameOrId) => objectPath('image', target.image(nameOrId).id),
		deleteImage: async ({caller}, nameOrId) => operations.deleteImage(caller, nameOrId),
		async createWorkspace({caller}, base, name) {
			const workspace = await operations.createWorkspace(caller, base, name === '' ? undefined : name);
			return objectPath('workspace', workspace.id);
		},
		async listWorkspaces({target}, base) {
			let names = new Map<string, string>();
			return new LongList(fewerWorkspaces, source({
				items() {
					names = new Map([...target.images(), ...target.vms()].map(({id, name}) => [id, name]));
					return target.workspaces(base === '' ? undefined : base);
				},
				element: workspace => ({
					id: workspace.id,
					name: workspace.name,
					base: names.get(workspace.masterImageId) ?? '',
					vm: names.get(workspace.vmId ?? '') ?? '',
					devicePath: `${workspace.subvolumePath}/${diskFile}`,
					rootDevice: workspace.isRootDevice,
					readOnly: workspace.isReadOnly,
					size: workspace.sizeBytes,
					createdAt: workspace.createdAt,
					object: objectPath('workspace', workspace.id),
				}),
				// Nobody renames images and VMs, and they are there as long as the record refers to them.
				isFixed: true,
			}));
		},
		listWorkspaceOwners: async ({target}, base) => new LongList(fewerWorkspaces, source({
			items: () => target.workspaces(base === '' ? undefined : base),
			element: ({id, ownerUid}) => [objectPath('workspace', id), ownerUid] as const,
			isFixed: true,
		})),
		getWorkspace: async ({target}, nameOrId) => objectPath('workspace', target.workspace(nameOrId).id),
		deleteWorkspace: async ({caller}, nameOrId) => operations.deleteWorkspace(caller, nameOrId),
		async createVm({caller}, ...[name, role, vcpuCount, memSizeMib]) {
			const vm = await operations.createVm(caller, {
				name, role, vcpuCount, memSizeMib,
			});
			return objectPath('vm', vm.id);
		},
		listVms: async ({target}) => new LongList('GET /v1/vms of the REST interface has no such limit', source({
			items: () => target.vms(),
			element: vm => ({
				id: vm.id,
				name: vm.name,
				role: vm.role,
				state: vm.state,
				cid: vm.cid,
				vcpus: vm.vcpuCount,
				memoryMib: vm.memSizeMib,
				object: objectPath('vm', vm.id),
			}),
			isFixed: true,
		})),
		getVm: async ({target}, nameOrId) => objectPath('vm', target.vm(nameOrId).id),
		deleteVm: async ({caller}, nameOrId) => operations.deleteVm(caller, nameOrId),
		attachWorkspace: async ({caller}, workspace, vm, options) => operations.attachWorkspace(caller, workspace, vm, options),
		detachWorkspace: async ({caller}, workspace) => operations.detachWorkspace(caller, workspace),
		reload: async () => reload(),
		examine: async ({target}) => target.findings(),
		async adopt({caller}, name) {
			const record = await operations.adopt(caller, name);
			return objectPath(kindOf(record), record.id);
		},
		removeUnknown: async ({caller}, name) => operations.removeUnknown(caller, name),
		async subscribe({caller}) {
			callers.subscribe(caller);
		},
		async unsubscribe({caller}) {
			callers.unsubscribe(caller);
		},
	},
	properties: {
		version: () => packageJson.version,
		schemaVersion: ({schemaVersion}) => schemaVersion,
		backend: ({pool}) => pool.backend.name,
		workspacesRoot: ({pool}) => pool.root,
		warnings: async nexus => nexus.warnings(),
		async poolSize() {
			const {size} = await space.look();
			return size;
		},
		async poolFree() {
			const {free} = await space.look();
			return free;
		},
		removing: async nexus => nexus.countRemoving(),
		images: nexus => nexus.counts().images,
		workspaces: nexus => nexus.counts().workspaces,
		vms: nexus => nexus.counts().vms,
	},
});

const fewerWorkspaces = 'list those of one image at a time; GET /v1/workspaces of the REST interface has no such limit';

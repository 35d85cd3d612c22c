// org.workfort.Nexus1.Image
import {diskFile, type Image} from '../../src/model.js';
import type {Nexus} from '../../src/nexus.js';
import type {Operations} from '../operations.js';
import type {Served} from './served.js';

/** Serves images. */
export const serveImage = (nexus: Nexus, operations: Operations): Served<'Image', Image> => ({
	methods: {
		delete: async ({target, caller}) => operations.deleteImage(caller, target.id),
	},
	properties: {
		id: ({id}) => id,
		name: ({name}) => name,
		subvolumePath: ({subvolumePath}) => subvolumePath,
		devicePath: ({subvolumePath}) => `${subvolumePath}/${diskFile}`,
		size: ({sizeBytes}) => sizeBytes,
		allocated: async image => nexus.allocated(image),
		createdAt: ({createdAt}) => createdAt,
		workspaces: ({id}) => nexus.workspaceCount(id),
	},
});

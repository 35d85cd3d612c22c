// /v1/workspaces
import * as z from 'zod';
import {recordDetails} from '../details.js';
import type {App} from './app.js';
import {addItemRoutes} from './item.js';
import {sendList} from './list.js';
import {bodyDetail} from './rights.js';
import {toWorkspaceRow, workspaceRow} from './rows.js';
import {
	json, nameForNew, problems,
} from './schemas.js';
import type {Services} from './services.js';

const tags = ['workspaces'];

/** Adds the routes of workspaces. */
export function addWorkspaceRoutes(app: App, {nexus, operations}: Services): void {
	app.post('/v1/workspaces', {
		schema: {
			operationId: 'createWorkspace',
			summary: 'Make a workspace from an image',
			description: 'It belongs to the user who asks.',
			tags,
			body: z.strictObject({
				name: nameForNew.optional().describe('Left out, `<base>-<8 hex digits>`.'),
				base: z.string().describe('The image, by its name or id.'),
			}),
			response: {201: json('The workspace.', workspaceRow), ...problems(400, 403, 404, 409, 503, 507)},
		},
		config: {
			right: {
				action: 'create-workspace',
				details: (nexus, request) => ({...recordDetails(nexus, 'image', 'base', bodyDetail(request, 'base')), name: bodyDetail(request, 'name')}),
			},
		},
	}, async ({caller, body: {base, name}}, reply) => {
		const workspace = await operations.createWorkspace(caller, base, name);
		return reply.code(201).header('location', `/v1/workspaces/${workspace.id}`).send(toWorkspaceRow(workspace));
	});

	app.get('/v1/workspaces', {
		schema: {
			operationId: 'listWorkspaces',
			summary: 'Workspaces, by name',
			tags,
			querystring: z.strictObject({
				base: z.string().optional().describe('Only those of this image, by its name or id.'),
			}),
			response: {200: json('The workspaces.', z.array(workspaceRow)), ...problems(400, 404)},
		},
	}, async ({query: {base}}, reply) => {
		const imageId = base === undefined ? undefined : nexus.image(base).id;
		return sendList(reply, (after, limit) => nexus.workspacesAfter(after, limit, imageId), page => page.map(workspace => toWorkspaceRow(workspace)));
	});

	addItemRoutes(app, {
		kind: 'workspace',
		url: '/v1/workspaces',
		tags,
		noun: 'workspace',
		row: workspaceRow,
		find: nameOrId => toWorkspaceRow(nexus.workspace(nameOrId)),
		remove: async (caller, nameOrId) => operations.deleteWorkspace(caller, nameOrId),
		deletion: {
			action: 'delete-workspace',
			summary: 'Delete a workspace and all that was written to it',
			description: 'Refused with 409 while it is attached to a VM. Another user\'s takes a right of its own.',
		},
	});
}

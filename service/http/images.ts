// /v1/images
import * as z from 'zod';
import {NexusError} from '../../src/errors.js';
import type {Job} from '../../src/jobs.js';
import type {Image} from '../../src/model.js';
import type {Nexus} from '../../src/nexus.js';
import type {App} from './app.js';
import {addItemRoutes} from './item.js';
import {bodyDetail} from './rights.js';
import {imageRow, toImageRow} from './rows.js';
import {
	json, nameForNew, problems,
} from './schemas.js';
import type {Services} from './services.js';

const tags = ['images'];

/** Adds the routes of images. */
export function addImageRoutes(app: App, {nexus, operations}: Services): void {
	app.post('/v1/images', {
		schema: {
			operationId: 'importImage',
			summary: 'Import a folder as an image',
			description: 'Answers when the image is there, which may take minutes. The import goes on when the client leaves.',
			tags,
			body: z.strictObject({
				name: nameForNew,
				source_path: z.string().describe('Absolute path of the folder that holds the root filesystem. It is read with the rights of the caller and must not change meanwhile.'),
			}),
			response: {201: json('The image.', imageRow), ...problems(400, 403, 409, 503, 507)},
		},
		config: {
			right: {
				action: 'import-image',
				details: (_nexus, request) => ({name: bodyDetail(request, 'name'), source: bodyDetail(request, 'source_path')}),
			},
		},
	}, async ({caller, body: {name, source_path: source}}, reply) => {
		const job = await operations.importImage(caller, {name, source}).catch(blameRequest);
		const image = await imported(nexus, job);
		return reply.code(201).header('location', `/v1/images/${image.id}`).send(toImageRow(image));
	});

	app.get('/v1/images', {
		schema: {
			operationId: 'listImages',
			summary: 'All images, by name',
			tags,
			querystring: z.strictObject({}),
			response: {200: json('The images.', z.array(imageRow)), ...problems(400)},
		},
	}, async () => nexus.images().map(image => toImageRow(image)));

	addItemRoutes(app, {
		kind: 'image',
		url: '/v1/images',
		tags,
		noun: 'image',
		row: imageRow,
		find: nameOrId => toImageRow(nexus.image(nameOrId)),
		remove: async (caller, nameOrId) => operations.deleteImage(caller, nameOrId),
		deletion: {action: 'delete-image', summary: 'Delete an image', description: 'Refused with 409 while workspaces are based on it.'},
	});
}

// What is not found here is no address of ours, but something that the body names.
function blameRequest(error: unknown): never {
	throw error instanceof NexusError && error.code === 'NotFound' ? new NexusError('InvalidArgument', error.message, {cause: error}) : error;
}

async function imported(nexus: Nexus, job: Job): Promise<Image> {
	await job.ended;
	if (!job.object) {
		throw job.failure!;
	}

	return nexus.image(job.object.id);
}

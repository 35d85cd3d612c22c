// /v1/health and /v1/openapi.json
import {stat} from 'node:fs/promises';
import * as z from 'zod';
import {asNexusError} from '../../src/errors.js';
import type {App} from './app.js';
import {json, problems} from './schemas.js';
import type {Services} from './services.js';

const health = z.object({
	status: z.literal('ok'),
	database: z.object({
		path: z.string(),
		table_count: z.int().min(0),
		size_bytes: z.int().min(0).describe('Bytes of the file.'),
	}),
}).meta({id: 'Health', description: 'That the daemon answers, and its database.'});

/** Adds the routes that tell about the daemon itself. */
export function addHealthRoutes(app: App, {nexus, databaseFile, describeRoutes}: Services): void {
	app.get('/v1/health', {
		schema: {
			operationId: 'getHealth',
			summary: 'Whether the daemon is well',
			tags: ['daemon'],
			querystring: z.strictObject({}),
			response: {200: json('It is.', health), ...problems()},
		},
	}, async () => {
		const {size} = await stat(databaseFile).catch((error: unknown) => {
			throw asNexusError(error, `cannot look at the database ${databaseFile}`);
		});
		return {status: 'ok', database: {path: databaseFile, table_count: nexus.tableCount(), size_bytes: size}} as const;
	});

	app.get('/v1/openapi.json', {
		schema: {
			operationId: 'getOpenApi',
			summary: 'This document',
			tags: ['daemon'],
			querystring: z.strictObject({}),
			response: {200: json('An OpenAPI 3.1 document.', z.looseObject({})), ...problems()},
		},
	}, async (_request, reply) => reply.send(await describeRoutes()));
}

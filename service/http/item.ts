// What can be done with one record of any kind: to get it and to delete it, by its name or id.
import * as z from 'zod';
import {upperFirst} from '../../dbus/codec.js';
import type {Caller} from '../caller.js';
import {recordDetails, type RecordKind} from '../details.js';
import type {App} from './app.js';
import {nameOrIdIn} from './rights.js';
import {itemParameters, json, problems} from './schemas.js';

export type Item = {
	readonly kind: RecordKind;
	/** Where the records are: `/v1/images`. */
	readonly url: string;
	readonly tags: string[];
	/** As a sentence names it: `image`. */
	readonly noun: string;
	readonly row: z.ZodType;
	/** The row of a record. */
	readonly find: (nameOrId: string) => unknown;
	readonly remove: (caller: Caller, nameOrId: string) => Promise<void>;
	/** What deleting takes and means. */
	readonly deletion: {readonly action: string; readonly summary: string; readonly description: string};
};

/** Adds `GET` and `DELETE` of one record. */
export function addItemRoutes(app: App, item: Item): void {
	const {
		kind, url, tags, noun, row, find, remove, deletion: {action, ...deletion},
	} = item;
	const schema = {tags, params: itemParameters, querystring: z.strictObject({})};

	app.get(`${url}/:name_or_id`, {
		schema: {
			operationId: `get${upperFirst(kind)}`,
			summary: `One ${noun}`,
			...schema,
			response: {200: json(`The ${noun}.`, row), ...problems(400, 404)},
		},
	}, async ({params}) => find(params.name_or_id));

	app.delete(`${url}/:name_or_id`, {
		schema: {
			operationId: `delete${upperFirst(kind)}`,
			...deletion,
			...schema,
			response: {204: z.undefined().describe('It is deleted.'), ...problems(400, 403, 404, 409, 503)},
		},
		config: {
			right: {
				action,
				details: (nexus, request) => recordDetails(nexus, kind, 'name', nameOrIdIn(request)),
			},
		},
	}, async ({caller, params}, reply) => {
		await remove(caller, params.name_or_id);
		return reply.code(204).send();
	});
}

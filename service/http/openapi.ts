// The OpenAPI document: made from the definitions of the routes, by whose schemas requests are validated.
import swagger from '@fastify/swagger';
import {jsonSchemaTransform, jsonSchemaTransformObject} from 'fastify-type-provider-zod';
import type {OpenAPIV3_1} from 'openapi-types';
import packageJson from '../../package.json' with {type: 'json'};
import {makeApp} from './app.js';
import type {MutatingRoute} from './rights.js';
import {addRoutes} from './routes.js';
import type {Services} from './services.js';

// Nothing is called while the routes are described.
const noServices: Partial<Services> = {};

/** Makes the document. */
export async function openApiDocument(): Promise<Record<string, unknown>> {
	const app = makeApp(() => undefined);
	await app.register(swagger, {
		openapi: {
			openapi: '3.1.0',
			info: {
				title: 'Nexus',
				summary: packageJson.description,
				description: 'The REST face of nexusd: HTTP/1.1 on a Unix socket, /run/nexus/nexusd.sock unless configured otherwise. Times are seconds since the epoch, sizes are bytes.',
				version: packageJson.version,
				license: {name: packageJson.license, identifier: packageJson.license},
			},
			servers: [{url: 'http://localhost/', description: 'The name of the host does not matter on the socket.'}],
		},
		transform(route) {
			const {schema, url} = jsonSchemaTransform(route);
			const {right} = route.route.config ?? {};
			return {schema: {...schema, ...(right && {'x-polkit-action': `org.workfort.Nexus1.${right.action}`})}, url};
		},
		transformObject: jsonSchemaTransformObject,
	});
	addRoutes(app, noServices as Services);
	await app.ready();
	const {components, ...document} = app.swagger() as OpenAPIV3_1.Document;
	// The library has every schema twice. Those of bodies stand where they are used.
	const schemas = Object.entries(components?.schemas ?? {}).filter(([name]) => !name.endsWith('Input'));
	return {...document, components: {schemas: Object.fromEntries(schemas)}};
}

/** Every route that changes something. */
export const mutatingRoutes = (): readonly MutatingRoute[] => addRoutes(makeApp(() => undefined), noServices as Services);

// What the routes are served from.
import type {Nexus} from '../../src/nexus.js';
import type {Authority} from '../authority.js';
import type {Operations} from '../operations.js';

export type Services = {
	nexus: Nexus;
	operations: Operations;
	authority: Authority;
	databaseFile: string;
	/** Makes the OpenAPI document. */
	describeRoutes: () => Promise<Record<string, unknown>>;
};

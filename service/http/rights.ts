// The rights that routes take. A route that changes something names its polkit action, or the daemon does not start; one
// hook asks for all of them, before anything is validated or looked up: a stranger learns first that it is denied.
import type {FastifyRequest} from 'fastify';
import type {Nexus} from '../../src/nexus.js';
import type {Authority} from '../authority.js';
import type {Caller, Details} from '../caller.js';
import {shown} from '../details.js';
import type {App} from './app.js';

/** The right that a route takes. */
export type Right = {
	/** The polkit action, without its prefix. */
	readonly action: string;
	/** What a polkit rule may know about a request, which nobody has validated. */
	readonly details: (nexus: Nexus, request: FastifyRequest) => Details;
};

declare module 'fastify' {
	// An interface can be added to, a type cannot.
	/* eslint-disable @typescript-eslint/consistent-type-definitions */
	interface FastifyContextConfig {
		right?: Right;
	}

	interface FastifyRequest {
		caller: Caller;
	}
	/* eslint-enable @typescript-eslint/consistent-type-definitions */
}

/** A route that changes something. */
export type MutatingRoute = {method: string; url: string; action: string};

/** Makes all routes that are added from now on take their rights. Returns a list that those which change something are added to. */
export function requireRights(app: App, nexus: Nexus, authority: Authority): readonly MutatingRoute[] {
	const routes: MutatingRoute[] = [];
	app.addHook('onRoute', route => {
		const {method, url, config} = route;
		if (method === 'GET' || method === 'HEAD') {
			return;
		}

		if (!config?.right) {
			throw new Error(`${String(method)} ${url} names no right`);
		}

		routes.push({method: String(method), url, action: config.right.action});
	});
	app.addHook('preValidation', async request => {
		const {right} = request.routeOptions.config;
		if (right) {
			await authority.authorize(request.caller, right.action, right.details(nexus, request));
		}
	});
	return routes;
}

/** What a body has under a key, as a person may be shown it; a fallback where it has nothing that could be meant. */
export function bodyDetail({body}: FastifyRequest, key: string, fallback: string | number = ''): string {
	const value: unknown = typeof body === 'object' && body !== null && Object.hasOwn(body, key) ? body[key as keyof typeof body] : fallback;
	return typeof value === 'string' || typeof value === 'number' ? shown(String(value)) : '';
}

/** The name or id in a path. */
export const nameOrIdIn = ({params}: FastifyRequest): string => (params as {name_or_id: string}).name_or_id; // The routes that ask for it have it.

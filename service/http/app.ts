// The framework, set up: schemas by zod, bodies in JSON, and one shape for every failure.
import type {IncomingMessage, Server, ServerResponse} from 'node:http';
import {
	fastify, LogController, type FastifyBaseLogger, type FastifyInstance, type FastifyReply, type FastifyRequest, type FastifySchemaValidationError,
} from 'fastify';
import {validatorCompiler, type ZodTypeProvider} from 'fastify-type-provider-zod';
import {errnoOf} from '../../src/errors.js';
import type {Log} from '../../src/log.js';
import {shown} from '../details.js';
import {
	HttpError, httpErrorOf, jsonType, wholeOf,
} from './errors.js';
import {bodyBytes, headerBytes} from './limits.js';

export type App = FastifyInstance<Server, IncomingMessage, ServerResponse, FastifyBaseLogger, ZodTypeProvider>;

/** Makes an application without routes. */
export function makeApp(log: Log): App {
	const fail = (error: unknown, _request: FastifyRequest, reply: FastifyReply): void => {
		const {status, message, headers} = httpErrorOf(error, log);
		void reply.code(status).headers(headers).type(jsonType).send({error: message});
	};

	const app = fastify({
		bodyLimit: bodyBytes,
		// Its own compilers take longer to load than all the rest of it.
		schemaController: {compilersFactory: {buildValidator: notNeeded, buildSerializer: notNeeded}},
		// Too long for a name is for the records to say.
		routerOptions: {maxParamLength: headerBytes},
		schemaErrorFormatter: invalid,
		logController: new Complaints(log),
		frameworkErrors: fail,
	}).withTypeProvider<ZodTypeProvider>();
	app.setErrorHandler(fail);
	app.setValidatorCompiler(validatorCompiler);
	// That an answer fits its schema is for TypeScript to check.
	app.setSerializerCompiler(() => data => JSON.stringify(data));
	takeJsonOnly(app);
	refuseUnknownRoutes(app);
	return app;
}

/** Of what the framework would log, only what went wrong here. */
class Complaints extends LogController {
	readonly #log: Log;

	constructor(log: Log) {
		super({disableRequestLogging: true});
		this.#log = log;
	}

	override streamError(error: Error): void {
		// A client that leaves is nobody's failure.
		if (errnoOf(error) !== 'ERR_STREAM_PREMATURE_CLOSE') {
			this.#log('error', `an answer was cut short: ${wholeOf(error)}`);
		}
	}

	override writeHeadError(error: Error): void {
		this.#log('error', `an answer could not be written: ${wholeOf(error)}`);
	}

	override serializerError(error: Error): void {
		this.writeHeadError(error);
	}
}

function notNeeded(): never {
	throw new Error('another compiler is set');
}

function takeJsonOnly(app: App): void {
	const parse = app.getDefaultJsonParser('error', 'error');
	app.removeAllContentTypeParsers();
	app.addContentTypeParser('application/json', {parseAs: 'string'}, (request, body, done) => {
		// Some clients name the type even where they send nothing, with a DELETE for example.
		if (body === '') {
			done(null);
		} else {
			void parse(request, body as string, done);
		}
	});
}

// Before a body is read, which might be wrong too.
function refuseUnknownRoutes(app: App): void {
	const routes: Array<{method: string; pattern: RegExp}> = [];
	app.addHook('onRoute', ({method, url}) => {
		routes.push({method: String(method), pattern: new RegExp(`^${url.replaceAll(/:\w+/g, '[^/]+')}$`)});
	});
	app.addHook('onRequest', async ({is404, method, url}) => {
		if (is404) {
			const [path] = url.split('?') as [string];
			const methods = routes.filter(({pattern}) => pattern.test(path)).map(({method}) => method).sort();
			throw methods.length > 0
				? new HttpError(405, `${method} is not possible here: use ${methods.join(', ')}`, {allow: methods.join(', ')})
				: new HttpError(404, 'there is nothing at this path: see /v1/openapi.json');
		}
	});
}

function invalid([error]: FastifySchemaValidationError[], part: string): Error {
	const {instancePath, message = 'invalid'} = error!;
	const key = instancePath.slice(1).replaceAll('/', '.');
	const where = part === 'querystring' ? 'the query' : `the ${part}`;
	return new HttpError(400, shown(`${key ? `${key} in ` : ''}${where}: ${message.slice(0, 1).toLowerCase()}${message.slice(1)}`));
}

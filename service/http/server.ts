// The REST face: HTTP on a Unix socket. Node reads and writes it within the limits; what it cannot make sense of is refused
// here, and everything else goes to the routes. They and their framework are loaded for the first request: it takes longer
// than all the rest of a start, and most callers do without.
import {
	createServer, type IncomingMessage, type Server, type ServerResponse,
} from 'node:http';
import type {Socket} from 'node:net';
import {errnoOf, messageOf} from '../../src/errors.js';
import type {Log} from '../../src/log.js';
import type {Activity} from '../activity.js';
import type {App} from './app.js';
import {Connections, type Connection} from './connections.js';
import {HttpError, httpErrorOf} from './errors.js';
import {
	arrivalMs, graceMs, headerBytes, idleMs, pipelined, stallMs,
} from './limits.js';
import {listenAt, type Place} from './place.js';
import {refuse, refuseConnection} from './refuse.js';
import type {Services} from './services.js';

export type HttpFace = {
	/** Accepts connections. Throws NexusError Conflict when another process listens there; Io */
	listen: (place: Place) => Promise<void>;
	/**
	Stops accepting. Resolves when every connection has ended: those without a request are closed at once, requests under
	way have a while to end. It may listen again afterwards.
	*/
	close: () => Promise<void>;
};

export type HttpOptions = Omit<Services, 'describeRoutes'> & {activity: Activity; log: Log};

/** Makes the REST face of a Nexus. It does not listen yet. */
export const openHttp = (options: HttpOptions): HttpFace => new Face(options);

class Face implements HttpFace {
	readonly #log: Log;
	readonly #connections: Connections;
	readonly #services: Services;
	readonly #server: Server;
	#app: Promise<App> | undefined;
	#isClosing = false;

	constructor({activity, log, ...services}: HttpOptions) {
		this.#log = log;
		this.#connections = new Connections(activity, log);
		this.#services = {...services, describeRoutes};
		this.#server = this.#makeServer();
	}

	async listen(place: Place): Promise<void> {
		this.#isClosing = false;
		await listenAt(this.#server, place);
	}

	async close(): Promise<void> {
		if (!this.#server.listening) {
			return;
		}

		this.#isClosing = true;
		const closed = new Promise<void>(resolve => {
			this.#server.close(() => {
				resolve();
			});
		});
		for (const connection of this.#connections.all()) {
			this.#closeIfDone(connection);
		}

		const grace = setTimeout(() => {
			this.#server.closeAllConnections();
		}, graceMs);
		await closed;
		clearTimeout(grace);
	}

	async #loadApp(): Promise<App> {
		const [{makeApp}, {addRoutes}] = await Promise.all([import('./app.js'), import('./routes.js')]);
		const app = makeApp(this.#log);
		app.decorateRequest('caller');
		app.addHook('onRequest', async request => {
			request.caller = this.#connections.on(request.raw.socket)!.caller;
		});
		// It may have waited until here for polkit, or for its own body.
		app.addHook('preHandler', async () => {
			if (this.#isClosing) {
				throw stopping;
			}
		});
		addRoutes(app, this.#services);
		await app.ready();
		return app;
	}

	#makeServer(): Server {
		const server = createServer({
			maxHeaderSize: headerBytes,
			headersTimeout: arrivalMs,
			requestTimeout: arrivalMs,
			connectionsCheckingInterval: 1000,
			keepAliveTimeout: idleMs,
			// Node would answer without a body.
			requireHostHeader: false,
		});
		server.setTimeout(stallMs);
		server.on('connection', socket => {
			this.#connections.open(socket);
		});
		server.on('request', (request, response) => {
			void this.#answer(request, response);
		});
		server.on('checkExpectation', (_request, response) => {
			refuse(response, new HttpError(417, 'the only expectation that can be met is 100-continue'));
		});
		server.on('connect', (_request, socket) => {
			this.#refuseConnection(socket as Socket, new HttpError(405, 'this is no proxy', {allow: 'DELETE, GET, HEAD, POST'}));
		});
		server.on('clientError', (error, socket) => {
			this.#refuseConnection(socket as Socket, clientErrors[errnoOf(error)] ?? new HttpError(400, `this is not valid HTTP: ${messageOf(error)}`));
		});
		server.on('error', error => {
			// Whoever makes it listen is told why it cannot.
			if (server.listening) {
				this.#log('error', `a connection could not be accepted: ${messageOf(error)}`);
			}
		});
		return server;
	}

	async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
		const connection = this.#connections.on(request.socket);
		if (!connection || connection.unanswered >= pipelined) {
			request.socket.destroy();
			return;
		}

		response.on('timeout', dropStalled);
		const turn = connection.turn(response, () => {
			if (this.#isClosing) {
				this.#closeIfDone(connection);
			}
		});
		const refusal = this.#refusal(request, connection);
		if (refusal) {
			refuse(response, refusal);
			return;
		}

		await turn;
		try {
			this.#app ??= this.#loadApp();
			const {routing} = await this.#app;
			// Nobody waits for what was not begun.
			if (!request.socket.destroyed) {
				routing(request, response);
			}
		} catch (error) {
			refuse(response, httpErrorOf(error, this.#log));
		}
	}

	#refusal(request: IncomingMessage, {isSurplus}: Connection): HttpError | undefined {
		if (this.#isClosing) {
			return stopping;
		}

		if (isSurplus) {
			return new HttpError(503, 'too many connections: close some, or try again');
		}

		return request.httpVersion === '1.1' && request.headers.host === undefined ? new HttpError(400, 'the header Host is missing') : undefined;
	}

	// While an earlier request waits for its answer, this would be taken for it.
	#refuseConnection(socket: Socket, error: HttpError): void {
		if (socket.writable && this.#connections.on(socket)?.isAwaitingAnswer === false) {
			refuseConnection(socket, error);
		} else {
			socket.destroy();
		}
	}

	#closeIfDone({socket, unanswered}: Connection): void {
		if (unanswered === 0) {
			socket.destroySoon();
		}
	}
}

const stopping = new HttpError(503, 'nexusd is stopping: try again when it has started anew');

const clientErrors: Readonly<Record<string, HttpError>> = {
	HPE_HEADER_OVERFLOW: new HttpError(431, `the request's line and headers are larger than ${headerBytes} bytes`),
	ERR_HTTP_REQUEST_TIMEOUT: new HttpError(408, `the request has not arrived within ${arrivalMs / 1000} seconds`),
};

// A connection may well be silent while a long import runs, but not while an answer waits to be taken.
function dropStalled(socket: Socket): void {
	if (socket.writableLength > 0) {
		socket.destroy();
	}
}

let document: Promise<Record<string, unknown>> | undefined;

// Made when somebody asks for it, which few do.
async function describeRoutes(): Promise<Record<string, unknown>> {
	document ??= import('./openapi.js').then(async ({openApiDocument}) => openApiDocument());
	return document;
}

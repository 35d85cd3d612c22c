// The REST face of a Nexus in this process, and clients of its socket.
import {Buffer} from 'node:buffer';
import {once} from 'node:events';
import {request, type IncomingHttpHeaders, type IncomingMessage} from 'node:http';
import {connect, type Socket} from 'node:net';
import path from 'node:path';
import {text} from 'node:stream/consumers';
import type {ExecutionContext} from 'ava';
import {Activity} from '../../service/activity.js';
import {Authority} from '../../service/authority.js';
import {openHttp, type HttpFace} from '../../service/http/server.js';
import {Operations} from '../../service/operations.js';
import type {LogLevel} from '../../src/log.js';
import {openNexus, type Nexus} from '../../src/nexus.js';
import {cleanupOf, type Cleanup} from './cleanup.js';
import {temporaryFolder} from './folder.js';
import {makeSource} from './nexus.js';

/** One object of a body. Each test knows what it asked for. */
export type Row = {id: string; name: string; error: string; subvolume_path: string} & Record<string, unknown>;

export type Answer = {
	status: number;
	headers: IncomingHttpHeaders;
	text: string;
	/** The body as JSON: whatever it is, an object, or a list of objects. */
	json: unknown;
	row: Row;
	rows: Row[];
};

export type Ask = (method: string, path: string, body?: unknown) => Promise<Answer>;

export type TestRest = {
	folder: string;
	socket: string;
	database: string;
	workspaces: string;
	nexus: Nexus;
	face: HttpFace;
	activity: Activity;
	/** Errors that were logged. */
	complaints: string[];
	/** Asks one thing on a connection of its own. */
	ask: Ask;
	cleanup: Cleanup;
};

type RestOptions = {
	/** Without one everybody may do all. */
	authority?: Pick<Authority, 'authorize' | 'authorizeOwner'>;
	/** Where images and workspaces are to be; in the test's folder when left out. */
	workspaces?: string;
	/** Called before the database is opened. */
	prepare?: (database: string, workspaces: string) => Promise<void>;
};

/** Opens a Nexus on plain folders and listens on a socket. */
export async function startRest(t: ExecutionContext, {authority = new Authority(undefined), prepare, ...options}: RestOptions = {}): Promise<TestRest> {
	const cleanup = cleanupOf(t);
	const folder = await temporaryFolder(cleanup);
	const database = path.join(folder, 'nexus.db');
	const workspaces = options.workspaces ?? path.join(folder, 'workspaces');
	const complaints: string[] = [];
	const log = (level: LogLevel, message: string): void => {
		if (level === 'error') {
			complaints.push(message);
		}
	};

	await prepare?.(database, workspaces);
	const nexus = await openNexus({storage: {workspaces, database, backend: 'directory'}}, log);
	const activity = new Activity();
	// Of an authority nothing is used but what it is asked.
	const theAuthority = authority as Authority;
	const face = openHttp({
		nexus, operations: new Operations(nexus, theAuthority), authority: theAuthority, activity, log, databaseFile: database,
	});
	const socket = path.join(folder, 'run/nexusd.sock');
	await face.listen({path: socket, mode: 0o666});
	cleanup(async () => {
		await face.close();
		await nexus.close();
	});
	return {
		folder, socket, database, workspaces, nexus, face, activity, complaints, ask: asker(socket), cleanup,
	};
}

/** Asks over a socket with node's client, on a connection of its own for each request. */
export const asker = (socketPath: string): Ask => async (method, path, body) => {
	const payload = body === undefined ? undefined : JSON.stringify(body);
	const sent = request({
		socketPath, method, path, agent: false, ...(payload !== undefined && {headers: {'content-type': 'application/json', 'content-length': Buffer.byteLength(payload)}}),
	});
	sent.end(payload);
	const [response] = await once(sent, 'response') as [IncomingMessage];
	return toAnswer(response.statusCode!, response.headers, await text(response));
};

function toAnswer(status: number, headers: IncomingHttpHeaders, text: string): Answer {
	const json = (/^[{[]/.test(text) ? JSON.parse(text) : undefined) as unknown;
	return {
		status, headers, text, json, row: json as Row, rows: json as Row[],
	};
}

/** Connects without saying anything. */
export async function connectTo(socketPath: string): Promise<Socket> {
	const socket = connect(socketPath);
	await once(socket, 'connect');
	// That it is cut off is what some tests wait for.
	socket.on('error', () => undefined);
	return socket;
}

/** Sends bytes as they are and returns all that comes back until the connection ends. */
export async function talk(socketPath: string, ...parts: Array<string | Uint8Array>): Promise<string> {
	const socket = await connectTo(socketPath);
	for (const part of parts) {
		socket.write(part);
	}

	return allFrom(socket);
}

/** All that comes until a connection ends. */
export async function allFrom(socket: Socket): Promise<string> {
	const chunks: Uint8Array[] = [];
	socket.on('data', (chunk: Uint8Array) => {
		chunks.push(chunk);
	});
	socket.resume();
	await new Promise(resolve => {
		socket.once('close', resolve);
	});
	return Buffer.concat(chunks).toString();
}

/** The first answer of those that came over the wire. */
export function parseAnswer(said: string): {status: number; head: string; row: Row} {
	const [head, body] = said.split('\r\n\r\n') as [string, string | undefined];
	return {status: Number(/^HTTP\/1\.1 (\d{3}) /.exec(head)?.[1]), head, row: (body ? JSON.parse(body) : undefined) as Row};
}

/** Imports a small image through the core, for tests of what comes after, and returns its id. */
export async function addImage({nexus, folder}: TestRest, name = 'base'): Promise<string> {
	const job = await nexus.importImage({name, source: await makeSource(folder, `source-of-${name}`, 1)});
	await job.ended;
	if (!job.object) {
		throw new Error(job.message);
	}

	return job.object.id;
}

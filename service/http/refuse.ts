// Answers that the framework has no part in: to requests that it is not handed, and to what is no request at all. The
// connection ends with them.
import {Buffer} from 'node:buffer';
import {STATUS_CODES, type ServerResponse} from 'node:http';
import type {Socket} from 'node:net';
import {jsonType, type HttpError} from './errors.js';

/** Answers a request. */
export function refuse(response: ServerResponse, {status, message, headers}: HttpError): void {
	response.statusCode = status;
	for (const [name, value] of Object.entries(headersOf(headers))) {
		response.setHeader(name, value);
	}

	response.end(bodyOf(message));
}

/** Answers on a connection that has no request to be answered. */
export function refuseConnection(socket: Socket, {status, message, headers}: HttpError): void {
	const body = bodyOf(message);
	const lines = [
		`HTTP/1.1 ${status} ${STATUS_CODES[status]}`,
		...Object.entries({...headersOf(headers), 'content-length': Buffer.byteLength(body)}).map(([name, value]) => `${name}: ${value}`),
	];
	socket.write(`${lines.join('\r\n')}\r\n\r\n${body}`);
	socket.destroySoon();
}

const headersOf = (more: HttpError['headers']): Record<string, string> => ({'content-type': jsonType, connection: 'close', ...more});

const bodyOf = (message: string): string => JSON.stringify({error: message});

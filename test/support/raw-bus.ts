// A connection to a bus that sends any bytes, also such as no library would.
import {Buffer} from 'node:buffer';
import {once} from 'node:events';
import {connect} from 'node:net';
import process from 'node:process';
import type {Cleanup} from './cleanup.js';

type Field = [code: number, type: 's' | 'o' | 'g', value: string];

const padded = (bytes: Uint8Array, to: number) => Buffer.concat([bytes, Buffer.alloc((to - (bytes.length % to)) % to)]);

function uint32(value: number) {
	const bytes = Buffer.alloc(4);
	bytes.writeUInt32LE(value);
	return bytes;
}

function marshalField(before: Uint8Array, [code, type, value]: Field) {
	const head = Buffer.concat([padded(before, 8), Buffer.from([code, 1, type.codePointAt(0)!, 0])]);
	const text = Buffer.from(`${value}\0`);
	return type === 'g'
		? Buffer.concat([head, Buffer.from([value.length]), text])
		: Buffer.concat([head, uint32(value.length), text]);
}

function message(type: number, serial: number, fields: Field[], body: Uint8Array) {
	let array = Buffer.alloc(0);
	for (const field of fields) {
		array = marshalField(array, field);
	}

	const noReplyExpected = 1;
	const fixed = Buffer.concat([Buffer.from(['l'.codePointAt(0)!, type, noReplyExpected, 1]), uint32(body.length), uint32(serial), uint32(array.length)]);
	return Buffer.concat([padded(Buffer.concat([fixed, array]), 8), body]);
}

export type RawBus = {
	/** Sends a call or a signal, to a name, with a body as it is. */
	send: (type: 'call' | 'signal', destination: string, signature: string, body: Uint8Array) => void;
};

/** Connects to a bus's socket as this process's user. */
export async function connectRaw(socketPath: string, cleanup: Cleanup): Promise<RawBus> {
	const socket = connect(socketPath);
	cleanup(() => {
		socket.destroy();
	});
	await once(socket, 'connect');
	socket.write(`\0AUTH EXTERNAL ${Buffer.from(String(process.getuid!())).toString('hex')}\r\n`);
	await once(socket, 'data');
	socket.write('BEGIN\r\n');
	let serial = 1;
	const bus = 'org.freedesktop.DBus';
	socket.write(message(1, serial, [[1, 'o', '/org/freedesktop/DBus'], [2, 's', bus], [3, 's', 'Hello'], [6, 's', bus]], Buffer.alloc(0)));
	await once(socket, 'data');
	socket.resume();
	return {
		send(type, destination, signature, body) {
			serial++;
			const fields: Field[] = [[1, 'o', '/org/workfort/Nexus1'], [2, 's', 'org.workfort.Nexus1.Manager'], [3, 's', 'ListImages'], [6, 's', destination], [8, 'g', signature]];
			socket.write(message(type === 'call' ? 1 : 4, serial, fields, Buffer.from(body)));
		},
	};
}

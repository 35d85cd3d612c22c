// What leaves for the bus: a message's header, then its body.
import process from 'node:process';
import type {Duplex} from 'node:stream';
import {Variant, type MessageLike} from 'dbus-next';
import {marshal} from './marshal.js';

/** A bus would not take the message, and end our connection. */
export class MessageTooLargeError extends Error {
	/** @param bytes Bytes of the body, or how many there are at least. */
	constructor(bytes: number) {
		super(`a message of ${bytes} bytes or more cannot be sent: the bus takes ${largestMessage}`);
	}
}

// What a bus for the system takes unless its configuration says otherwise, and some room for the header.
const largestMessage = 32 * 1024 * 1024;
export const largestBody = largestMessage - 4096;

/**
Puts a message on a stream.

@param body The body as bytes, in parts; from the message's own when left out.
@param whenSent Called when the bus has all of it, or the stream has ended.
@throws MessageTooLargeError; Error when the values do not fit the signature.
*/
export function writeMessage(stream: Duplex, message: MessageLike, body: readonly Uint8Array[] = [marshal(message.signature ?? '', message.body ?? [])], whenSent?: () => void): void {
	const length = lengthOf(body);
	if (length > largestBody) {
		throw new MessageTooLargeError(length);
	}

	const header = marshalHeader(message, length);
	collect(stream);
	for (const part of [header, ...body.slice(0, -1)]) {
		stream.write(part);
	}

	stream.write(body.at(-1)!, whenSent);
}

// What is sent in one turn of the event loop, a reply and the signals before it, leaves together.
function collect(stream: Duplex): void {
	if (stream.writableCorked === 0) {
		stream.cork();
		process.nextTick(() => {
			stream.uncork();
		});
	}
}

/** How many bytes there are in parts. */
export const lengthOf = (parts: readonly Uint8Array[]): number => parts.reduce((sum, {length}) => sum + length, 0);

// https://dbus.freedesktop.org/doc/dbus-specification.html#message-protocol-messages
function marshalHeader({type, flags, serial, path, interface: interfaceName, member, errorName, replySerial, destination, signature}: MessageLike, bodyLength: number): Uint8Array {
	const fields = Object.entries({
		1: new Variant('o', path),
		2: new Variant('s', interfaceName),
		3: new Variant('s', member),
		4: new Variant('s', errorName),
		5: new Variant('u', replySerial),
		6: new Variant('s', destination),
		8: new Variant('g', signature),
	}).filter(([, {value}]) => value !== undefined && value !== '');
	const header = marshal('yyyyuua(yv)', [
		littleEndian, type, flags, protocolVersion, bodyLength, serial, fields.map(([code, variant]) => [Number(code), variant]),
	]);
	// The body begins aligned.
	const padded = new Uint8Array(Math.ceil(header.length / 8) * 8);
	padded.set(header);
	return padded;
}

const littleEndian = 'l'.codePointAt(0)!;
const protocolVersion = 1;

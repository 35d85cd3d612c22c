// What arrives from the bus before anybody has looked at it. The library decodes each message whole, and throws, where
// nobody can catch it, at a file descriptor that never came; a body or an object path of megabytes keeps it busy for
// seconds. Anybody on the bus can send these. So its stream is read through this.
import type {Duplex} from 'node:stream';

/** Guards a stream from its first message on. `limit` tells how many bytes of a body are worth decoding. */
export function guardInbound(stream: Duplex, limit: () => number): void {
	const read = stream.read.bind(stream) as (size?: number) => Uint8Array | null; // eslint-disable-line @typescript-eslint/no-restricted-types
	let header: Uint8Array | undefined;
	// The library reads the fixed header of a message, then all the rest.
	stream.read = (size?: number) => {
		const bytes = read(size);
		if (bytes === null || !header) {
			header ??= bytes ?? undefined;
			return bytes;
		}

		if (isUnasked(header)) {
			trim(header, bytes, limit());
		}

		header = undefined;
		return {data: bytes, fds: noDescriptors};
	};
}

// Decodes every index to `undefined`.
const noDescriptors = {length: Infinity};

// https://dbus.freedesktop.org/doc/dbus-specification.html#message-protocol-messages
const typeAt = 1;
const bodyLengthAt = 4;
const fieldsLengthAt = 12;
const methodCall = 1;
const signal = 4;
const pathField = 1;
const signatureField = 8;
const otherField = 9;

const isUnasked = (header: Uint8Array): boolean => header[typeAt] === methodCall || header[typeAt] === signal;

// Hides what is too large. The fields are an array of structures of a code and a variant, whose form the bus has checked.
function trim(header: Uint8Array, fields: Uint8Array, largestBody: number): void {
	const end = uint32(header, header, fieldsLengthAt);
	const isBodyTooLarge = uint32(header, header, bodyLengthAt) > largestBody;
	if (!isBodyTooLarge && end <= largestFields) {
		return;
	}

	for (let at = 0; at < end;) {
		const fieldEnd = endOfField(header, fields, at);
		if (fieldEnd === undefined) {
			// Some buses let such a field through, and nothing tells where it ends.
			blank(header, fields.subarray(at, end));
			return;
		}

		if (fields[at] === signatureField && isBodyTooLarge) {
			// Without a signature a body is not decoded.
			fields[at] = otherField;
		} else if (fields[at] === pathField && fieldEnd - at > largestFields) {
			shortenPath(header, fields.subarray(at, fieldEnd));
		}

		at = aligned(fieldEnd, 8);
	}
}

// Everything but the path has a few hundred bytes at the most.
const largestFields = 4096;

// Where a field that the specification knows ends. Its variant's own signature is a byte of length, one letter, and a zero.
function endOfField(header: Uint8Array, fields: Uint8Array, at: number): number | undefined {
	const value = at + 4;
	switch (String.fromCodePoint(...fields.subarray(at + 1, value))) {
		case '\u0001g\0': {
			return value + 1 + fields[value]! + 1;
		}

		case '\u0001u\0': {
			return value + 4;
		}

		case '\u0001o\0':
		case '\u0001s\0': {
			return value + 4 + uint32(header, fields, value) + 1;
		}

		default: {
			return undefined;
		}
	}
}

// What is left names no object, and makes a short answer.
function shortenPath(header: Uint8Array, field: Uint8Array): void {
	const length = 255;
	setUint32(header, field, 4, length);
	field.set([underscore, 0], 8 + length - 1);
	blank(header, field.subarray(aligned(8 + length + 1, 8)));
}

// One field of no meaning, an array of bytes, takes the whole place.
function blank(header: Uint8Array, place: Uint8Array): void {
	const start = 12;
	if (place.length >= start) {
		place.set([otherField, 2, ...new TextEncoder().encode('ay'), 0]);
		setUint32(header, place, 8, place.length - start);
	}
}

const underscore = 0x5F;
const aligned = (at: number, to: number): number => Math.ceil(at / to) * to;

// Each message says in its first byte how its numbers are written.
const isLittleEndian = (header: Uint8Array): boolean => header[0] === 'l'.codePointAt(0);
const view = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
const uint32 = (header: Uint8Array, bytes: Uint8Array, at: number): number => view(bytes).getUint32(at, isLittleEndian(header));

function setUint32(header: Uint8Array, bytes: Uint8Array, at: number, value: number): void {
	view(bytes).setUint32(at, value, isLittleEndian(header));
}

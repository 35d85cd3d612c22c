// What arrives from the bus before anybody has looked at it. The library decodes each message whole, and throws, where
// nobody can catch it, at a file descriptor that never came; a body of megabytes keeps it busy for seconds. Anybody on the
// bus can send either. So its stream is read through this.
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

		if (isUnasked(header) && uint32(header, header, bodyLengthAt) > limit()) {
			hideSignature(header, bytes);
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
const signatureField = 8;
const otherField = 9;

const isUnasked = (header: Uint8Array): boolean => header[typeAt] === methodCall || header[typeAt] === signal;

// Without a signature a body is not decoded. The fields are an array of structures of a code and a variant, whose form the
// bus has checked.
function hideSignature(header: Uint8Array, fields: Uint8Array): void {
	const end = uint32(header, header, fieldsLengthAt);
	for (let at = 0; at < end;) {
		if (fields[at] === signatureField) {
			fields[at] = otherField;
			return;
		}

		at = aligned(endOfVariant(header, fields, at + 1), 8);
	}
}

// A variant's own signature is a byte of length, here one letter, and a zero.
function endOfVariant(header: Uint8Array, fields: Uint8Array, at: number): number {
	const type = String.fromCodePoint(fields[at + 1]!);
	const value = at + 3;
	switch (type) {
		case 'g': {
			return value + 1 + fields[value]! + 1;
		}

		case 'u': {
			return aligned(value, 4) + 4;
		}

		default: {
			return aligned(value, 4) + 4 + uint32(header, fields, aligned(value, 4)) + 1;
		}
	}
}

const aligned = (at: number, to: number): number => Math.ceil(at / to) * to;

// Each message says in its first byte how its numbers are written.
function uint32(header: Uint8Array, bytes: Uint8Array, at: number): number {
	const isLittleEndian = header[0] === 'l'.codePointAt(0);
	return new DataView(bytes.buffer, bytes.byteOffset).getUint32(at, isLittleEndian);
}

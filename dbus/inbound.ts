// What arrives from the bus before anybody has looked at it. The library would decode each message whole, and throw, where
// nobody can catch it, at a file descriptor that never came; thousands of rows keep it busy for half a second. So its stream
// is read through this: the library sees no bodies, and who wants one decodes it, when it is of the signature that it should
// be.
//
// The library hands on all that has arrived at once. Whoever awaits a reply would run behind the signals that came after it,
// and take them for older. So after each reply they are let run first.
import type {Duplex} from 'node:stream';

/** The body of a message as it came. */
export type RawBody = {
	signature: string;
	bytes: Uint8Array;
	isLittleEndian: boolean;
};

/**
Hides the bodies of all messages of a stream, from its first on.

@param limit Tells from how many bytes on the body of a call or a signal is dropped: nobody asked for it.
@returns A function for the body of the message that was read last, `undefined` when it has none.
*/
export function hideBodies(stream: Duplex, limit: () => number): () => RawBody | undefined {
	const read = stream.read.bind(stream) as (size?: number) => Uint8Array | null; // eslint-disable-line @typescript-eslint/no-restricted-types
	let header: Uint8Array | undefined;
	let body: RawBody | undefined;
	let isResting = false;
	const rest = (): void => {
		isResting = true;
		setImmediate(() => {
			isResting = false;
			// The library asks for more.
			stream.emit('readable');
		});
	};

	// The library reads the fixed header of a message, then all the rest.
	stream.read = (size?: number) => {
		const bytes = isResting ? null : read(size);
		if (bytes === null) {
			return bytes;
		}

		if (header) {
			const hidden = hideBody(header, bytes);
			if (isUnasked(header)) {
				body = hidden && hidden.bytes.length > limit() ? undefined : hidden;
			} else {
				body = hidden;
				rest();
			}

			header = undefined;
		} else {
			header = bytes;
		}

		return bytes;
	};

	return () => body;
}

// https://dbus.freedesktop.org/doc/dbus-specification.html#message-protocol-messages
const typeAt = 1;
const fieldsLengthAt = 12;
const methodCall = 1;
const signal = 4;
const signatureField = 8;
const otherField = 9;

const isUnasked = (header: Uint8Array): boolean => header[typeAt] === methodCall || header[typeAt] === signal;

// Without a signature a body is not decoded. The fields are an array of structures of a code and a variant, whose form the
// bus has checked.
function hideBody(header: Uint8Array, fields: Uint8Array): RawBody | undefined {
	const end = uint32(header, header, fieldsLengthAt);
	for (let at = 0; at < end;) {
		if (fields[at] === signatureField) {
			fields[at] = otherField;
			const start = at + 5;
			return {
				signature: String.fromCodePoint(...fields.subarray(start, start + fields[start - 1]!)),
				bytes: fields.subarray(aligned(end, 8)),
				isLittleEndian: isLittleEndian(header),
			};
		}

		at = aligned(endOfVariant(header, fields, at + 1), 8);
	}

	return undefined;
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
const isLittleEndian = (header: Uint8Array): boolean => header[0] === 'l'.codePointAt(0);

const uint32 = (header: Uint8Array, bytes: Uint8Array, at: number): number =>
	new DataView(bytes.buffer, bytes.byteOffset).getUint32(at, isLittleEndian(header));

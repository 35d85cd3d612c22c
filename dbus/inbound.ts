// What arrives from the bus before anybody has looked at it. The library would decode each message whole, and throw, where
// nobody can catch it, at a file descriptor that never came; thousands of rows or an object path of megabytes keep it busy
// for seconds. Anybody on the bus can send these. So its stream is read through this: the library sees no bodies, and who
// wants one decodes it, when it is of the signature that it should be.
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
const pathField = 1;
const signatureField = 8;
const otherField = 9;

const isUnasked = (header: Uint8Array): boolean => header[typeAt] === methodCall || header[typeAt] === signal;

// Without a signature a body is not decoded. The fields are an array of structures of a code and a variant, whose form the
// bus has checked.
function hideBody(header: Uint8Array, fields: Uint8Array): RawBody | undefined {
	const end = uint32(header, header, fieldsLengthAt);
	let body: RawBody | undefined;
	for (let at = 0; at < end;) {
		const fieldEnd = endOfField(header, fields, at);
		if (fieldEnd === undefined) {
			// Some buses let such a field through, and nothing tells where it ends.
			blank(header, fields.subarray(at, end));
			return body;
		}

		if (fields[at] === signatureField) {
			fields[at] = otherField;
			const start = at + 5;
			body = {
				signature: String.fromCodePoint(...fields.subarray(start, start + fields[start - 1]!)),
				bytes: fields.subarray(aligned(end, 8)),
				isLittleEndian: isLittleEndian(header),
			};
		} else if (fields[at] === pathField && fieldEnd - at > largestPath) {
			shortenPath(header, fields.subarray(at, fieldEnd));
		}

		at = aligned(fieldEnd, 8);
	}

	return body;
}

// Many times what any of ours has.
const largestPath = 4096;

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

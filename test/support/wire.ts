// D-Bus messages as bytes, also such as no library would write: values are taken as they are.
// https://dbus.freedesktop.org/doc/dbus-specification.html#message-protocol-marshaling
import {Buffer} from 'node:buffer';

export type WireMessage = {
	/** A call when left out. */
	type?: 'call' | 'return' | 'error' | 'signal';
	flags?: number;
	path?: string;
	interface?: string;
	member?: string;
	errorName?: string;
	replySerial?: number;
	destination?: string;
	signature?: string;
	/** One value for each type of the signature, or the body as it is. A variant is `{signature, value}`. */
	body?: readonly unknown[] | Uint8Array;
	isBigEndian?: boolean;
};

export type WireVariant = {signature: string; value: unknown};

/** What is read of a message that came. */
export type WireReply = {type: number; serial: number; replySerial: number; errorName: string; body: Uint8Array};

const types = {
	call: 1, return: 2, error: 3, signal: 4,
};

/** A message as bytes. */
export function marshalMessage(serial: number, {type = 'call', flags = 0, signature = '', body = [], isBigEndian = false, ...header}: WireMessage): Uint8Array {
	const bodyBytes = body instanceof Uint8Array ? body : marshal(signature, body, isBigEndian);
	const fields = ([
		[1, 'o', header.path],
		[2, 's', header.interface],
		[3, 's', header.member],
		[4, 's', header.errorName],
		[5, 'u', header.replySerial],
		[6, 's', header.destination],
		[8, 'g', signature === '' ? undefined : signature],
	] as const).filter(field => field[2] !== undefined).map(([code, fieldSignature, value]) => [code, {signature: fieldSignature, value}]);
	const byteOrder = (isBigEndian ? 'B' : 'l').codePointAt(0);
	const start = marshal('yyyyuua(yv)', [byteOrder, types[type], flags, 1, bodyBytes.length, serial, fields], isBigEndian);
	return Buffer.concat([start, Buffer.alloc((8 - (start.length % 8)) % 8), bodyBytes]);
}

/** Values as bytes. */
export function marshal(signature: string, values: readonly unknown[], isBigEndian = false): Uint8Array {
	const writer = new Writer(isBigEndian);
	for (const [index, type] of splitSignature(signature).entries()) {
		writer.write(type, values[index]);
	}

	return writer.bytes();
}

/** The complete types that a signature consists of. */
export function splitSignature(signature: string): string[] {
	const parts: string[] = [];
	for (let start = 0; start < signature.length;) {
		const end = endOfType(signature, start);
		parts.push(signature.slice(start, end));
		start = end;
	}

	return parts;
}

function endOfType(signature: string, start: number): number {
	const first = signature[start]!;
	if (first === 'a') {
		return endOfType(signature, start + 1);
	}

	if (!'({'.includes(first)) {
		return start + 1;
	}

	let end = start + 1;
	while (!')}'.includes(signature[end]!)) {
		end = endOfType(signature, end);
	}

	return end + 1;
}

const sizes: Readonly<Record<string, number>> = {
	y: 1, n: 2, q: 2, b: 4, i: 4, u: 4, h: 4, x: 8, t: 8, d: 8,
};

const alignmentOf = (type: string): number => sizes[type[0]!] ?? ('({'.includes(type[0]!) ? 8 : ('gv'.includes(type[0]!) ? 1 : 4));

class Writer {
	readonly #isBigEndian: boolean;
	#buffer = Buffer.alloc(1024);
	#length = 0;

	constructor(isBigEndian: boolean) {
		this.#isBigEndian = isBigEndian;
	}

	bytes(): Uint8Array {
		return this.#buffer.subarray(0, this.#length);
	}

	write(type: string, value: unknown): void {
		this.#align(alignmentOf(type));
		switch (type.charAt(0)) {
			case 's':
			case 'o': {
				const text = Buffer.from(value as string);
				this.#number('u', text.length);
				this.#put(Buffer.concat([text, Buffer.alloc(1)]));
				break;
			}

			case 'g': {
				this.#signature(value as string);
				break;
			}

			case 'v': {
				const {signature, value: inner} = value as WireVariant;
				this.#signature(signature);
				this.write(signature, inner);
				break;
			}

			case 'a': {
				this.#array(type.slice(1), value as unknown[]);
				break;
			}

			case '(':
			case '{': {
				for (const [index, member] of splitSignature(type.slice(1, -1)).entries()) {
					this.write(member, (value as unknown[])[index]);
				}

				break;
			}

			default: {
				this.#number(type, value as number | bigint | boolean);
			}
		}
	}

	#array(type: string, items: unknown[]): void {
		const lengthAt = this.#length;
		this.#number('u', 0);
		this.#align(alignmentOf(type));
		const start = this.#length;
		for (const item of items) {
			this.write(type, item);
		}

		const end = this.#length;
		this.#length = lengthAt;
		this.#number('u', end - start);
		this.#length = end;
	}

	#signature(signature: string): void {
		this.#put(Buffer.from([signature.length, ...Buffer.from(signature), 0]));
	}

	#number(type: string, value: number | bigint | boolean): void {
		const size = sizes[type]!;
		const bytes = new DataView(new ArrayBuffer(8));
		if (type === 'd') {
			bytes.setFloat64(0, value as number);
		} else {
			bytes.setBigUint64(0, BigInt.asUintN(size * 8, BigInt(value)) * (2n ** BigInt(64 - (size * 8))));
		}

		// What was written is the big-endian form, in the first bytes.
		const written = new Uint8Array(bytes.buffer, 0, size);
		this.#put(this.#isBigEndian ? written : written.reverse());
	}

	#align(to: number): void {
		this.#put(new Uint8Array((to - (this.#length % to)) % to));
	}

	#put(bytes: Uint8Array): void {
		while (this.#length + bytes.length > this.#buffer.length) {
			this.#buffer = Buffer.concat([this.#buffer, Buffer.alloc(this.#buffer.length)]);
		}

		this.#buffer.set(bytes, this.#length);
		this.#length += bytes.length;
	}
}

/** Cuts a stream of bytes into messages, whose byte order must be little. */
export class MessageReader {
	#pending: Uint8Array = new Uint8Array(0);

	/** The messages that are complete with these bytes. */
	read(chunk: Uint8Array): WireReply[] {
		this.#pending = this.#pending.length === 0 ? chunk : Buffer.concat([this.#pending, chunk]);
		const messages: WireReply[] = [];
		for (;;) {
			const length = lengthOf(this.#pending);
			if (length === undefined || this.#pending.length < length) {
				return messages;
			}

			messages.push(parse(this.#pending.subarray(0, length)));
			this.#pending = this.#pending.subarray(length);
		}
	}
}

const uint32 = (bytes: Uint8Array, at: number): number => new DataView(bytes.buffer, bytes.byteOffset).getUint32(at, true);
const aligned = (at: number, to: number): number => Math.ceil(at / to) * to;
const bodyStart = (bytes: Uint8Array): number => aligned(16 + uint32(bytes, 12), 8);
const lengthOf = (bytes: Uint8Array): number | undefined => bytes.length < 16 ? undefined : bodyStart(bytes) + uint32(bytes, 4);

function parse(bytes: Uint8Array): WireReply {
	const reply = {
		type: bytes[1]!, serial: uint32(bytes, 8), replySerial: 0, errorName: '', body: bytes.slice(bodyStart(bytes)),
	};
	for (let at = 16; at < 16 + uint32(bytes, 12);) {
		const value = at + 4;
		switch (String.fromCodePoint(bytes[at + 2]!)) {
			case 'u': {
				reply.replySerial = uint32(bytes, value);
				at = aligned(value + 4, 8);
				break;
			}

			case 'g': {
				at = aligned(value + 1 + bytes[value]! + 1, 8);
				break;
			}

			default: {
				const text = textAt(bytes, value);
				reply.errorName = bytes[at] === 4 ? text : reply.errorName;
				at = aligned(value + 4 + uint32(bytes, value) + 1, 8);
			}
		}
	}

	return reply;
}

/** The string at a place in a body. */
export const textAt = (bytes: Uint8Array, at: number): string => Buffer.from(bytes.subarray(at + 4, at + 4 + uint32(bytes, at))).toString();

// Bytes to values: the other way of `marshal.ts`. What comes over the bus has been checked by the bus; bytes that are not
// what the signature says throw, or read as something else, and nothing worse.
import {Buffer} from 'node:buffer';
import {Variant} from 'dbus-next';
import {
	alignmentOf, parseSignature, remembering, type Type,
} from './signature.js';

type Read = (reader: Reader) => unknown;

class Reader {
	at = 0;
	readonly view: DataView;
	readonly isLittleEndian: boolean;
	// Of all ways to a text the fastest.
	readonly #buffer: Buffer; // eslint-disable-line @typescript-eslint/no-restricted-types

	constructor({buffer, byteOffset, byteLength}: Uint8Array, isLittleEndian: boolean) {
		this.view = new DataView(buffer, byteOffset, byteLength);
		this.#buffer = Buffer.from(buffer, byteOffset, byteLength);
		this.isLittleEndian = isLittleEndian;
	}

	align(to: number): void {
		this.at = (this.at + to - 1) & -to; // eslint-disable-line no-bitwise
	}

	/** Goes over one number and returns where it is. */
	take(size: 1 | 2 | 4 | 8): number {
		this.align(size);
		this.at += size;
		return this.at - size;
	}

	uint32(): number {
		return this.view.getUint32(this.take(4), this.isLittleEndian);
	}

	/** A text of so many bytes, and the zero behind it. */
	text(length: number): string {
		const start = this.at;
		this.at += length + 1;
		return this.#buffer.toString('utf8', start, start + length);
	}

	bytes(length: number): Uint8Array {
		this.at += length;
		return this.#buffer.subarray(this.at - length, this.at);
	}
}

/**
The values of a message's body, as `marshal` takes them; 64 bits are bigints, arrays of bytes are views of the body, file
descriptors their numbers.

@throws Error when the bytes are not of that signature.
*/
export function unmarshal(signature: string, body: Uint8Array, isLittleEndian = true): unknown[] {
	const reader = new Reader(body, isLittleEndian);
	return compile(signature).map(read => read(reader));
}

const compile = remembering(signature => parseSignature(signature).map(type => compileType(type)));

function compileType({code, members}: Type): Read {
	switch (code) {
		case 'a': {
			return arrayOf(members[0]!);
		}

		case '(': {
			return structureOf(members.map(member => compileType(member)));
		}

		case 'v': {
			return readVariant;
		}

		default: {
			return basicReads[code]!;
		}
	}
}

function structureOf(members: readonly Read[]): Read {
	return reader => {
		reader.align(8);
		const values: unknown[] = [];
		for (const read of members) {
			values.push(read(reader));
		}

		return values;
	};
}

function arrayOf(element: Type): Read {
	if (element.code === 'y') {
		return reader => reader.bytes(reader.uint32());
	}

	const alignment = alignmentOf(element.code);
	const readUntil = element.code === '{' ? entriesOf(element) : elementsOf(element);
	return reader => {
		const length = reader.uint32();
		reader.align(alignment);
		return readUntil(reader, reader.at + length);
	};
}

function elementsOf(element: Type): (reader: Reader, end: number) => unknown[] {
	const read = compileType(element);
	return (reader, end) => {
		const values: unknown[] = [];
		while (reader.at < end) {
			values.push(read(reader));
		}

		return values;
	};
}

function entriesOf({members: [key, value]}: Type): (reader: Reader, end: number) => Record<string, unknown> {
	const readKey = compileType(key!);
	const readValue = compileType(value!);
	return (reader, end) => {
		const values: Record<string, unknown> = {};
		while (reader.at < end) {
			reader.align(8);
			const name = String(readKey(reader));
			const one = readValue(reader);
			if (name === '__proto__') {
				// An assignment would do something else.
				Object.defineProperty(values, name, {
					value: one, enumerable: true, configurable: true, writable: true,
				});
			} else {
				values[name] = one;
			}
		}

		return values;
	};
}

function readVariant(reader: Reader): Variant {
	const signature = readSignature(reader);
	const [read] = compile(signature);
	return new Variant(signature, read!(reader));
}

const readSignature = (reader: Reader): string => reader.text(reader.view.getUint8(reader.take(1)));

const readText: Read = reader => reader.text(reader.uint32());

const basicReads: Readonly<Record<string, Read>> = {
	y: reader => reader.view.getUint8(reader.take(1)),
	b: reader => reader.uint32() !== 0,
	n: reader => reader.view.getInt16(reader.take(2), reader.isLittleEndian),
	q: reader => reader.view.getUint16(reader.take(2), reader.isLittleEndian),
	i: reader => reader.view.getInt32(reader.take(4), reader.isLittleEndian),
	u: reader => reader.uint32(),
	h: reader => reader.uint32(),
	x: reader => reader.view.getBigInt64(reader.take(8), reader.isLittleEndian),
	t: reader => reader.view.getBigUint64(reader.take(8), reader.isLittleEndian),
	d: reader => reader.view.getFloat64(reader.take(8), reader.isLittleEndian),
	s: readText,
	o: readText,
	g: readSignature,
};

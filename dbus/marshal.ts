// Values to bytes, as the D-Bus specification lays them out: little endian, each value at a multiple of its alignment, what
// lies between zeroed. A signature is compiled once into functions that write; the bus library would look at it anew for
// every value, which takes ten times as long.
import {Variant} from 'dbus-next';
import {
	alignmentOf, parseSignature, remembering, type Type,
} from './signature.js';

/** Writes one value at the end of the bytes. Throws when it does not fit the type. */
export type Write = (writer: Writer, value: unknown) => void;

/** Bytes that grow. */
export class Writer {
	length = 0;
	#bytes: Uint8Array;
	#view: DataView;

	/** @param size How many bytes to begin with. */
	constructor(size = 512) {
		this.#bytes = new Uint8Array(size);
		this.#view = new DataView(this.#bytes.buffer);
	}

	/** All that was written, for as long as nothing more is. */
	get written(): Uint8Array {
		return this.#bytes.subarray(0, this.length);
	}

	/** Forgets what was written. */
	clear(): void {
		this.#bytes.fill(0, 0, this.length);
		this.length = 0;
	}

	align(to: number): void {
		this.#reserve(to);
		this.length = (this.length + to - 1) & -to; // eslint-disable-line no-bitwise
	}

	/** Makes room for one number and returns where it is. */
	take(size: 1 | 2 | 4 | 8): number {
		this.align(size);
		this.#reserve(size);
		this.length += size;
		return this.length - size;
	}

	/** The bytes, until more are written: then they may be others. */
	get view(): DataView {
		return this.#view;
	}

	uint8(value: number): void {
		const at = this.take(1);
		this.#bytes[at] = value;
	}

	uint32(value: number): void {
		const at = this.take(4);
		this.#view.setUint32(at, value, true);
	}

	/** A text's bytes and a zero, and how many bytes there are. */
	text(value: string): number {
		this.#reserve((3 * value.length) + 1);
		const start = this.length;
		for (let index = 0; index < value.length; index++) {
			const code = value.charCodeAt(index); // eslint-disable-line unicorn/prefer-code-point -- any but ASCII ends this
			if (code === 0 || code > 0x7F) {
				this.length = start + this.#utf8(value, start);
				break;
			}

			this.#bytes[this.length++] = code;
		}

		return this.length++ - start;
	}

	bytes(value: Uint8Array): void {
		this.#reserve(value.length);
		this.#bytes.set(value, this.length);
		this.length += value.length;
	}

	#utf8(value: string, start: number): number {
		if (value.includes('\0')) {
			throw new TypeError('a text on the bus cannot hold a NUL');
		}

		return encoder.encodeInto(value, this.#bytes.subarray(start)).written;
	}

	#reserve(more: number): void {
		const needed = this.length + more;
		if (needed > this.#bytes.length) {
			const larger = new Uint8Array(Math.max(needed, 2 * this.#bytes.length));
			larger.set(this.#bytes.subarray(0, this.length));
			this.#bytes = larger;
			this.#view = new DataView(larger.buffer);
		}
	}
}

const encoder = new TextEncoder();

/**
The bytes of a message's body.

@param values One for each type of the signature: bigints or numbers for 64 bits, arrays for structures, objects for
dictionaries, `Variant`s.
@throws Error when they do not fit.
*/
export function marshal(signature: string, values: readonly unknown[]): Uint8Array {
	const writes = compile(signature);
	if (writes.length !== values.length) {
		throw new TypeError(`${values.length} values for the signature "${signature}"`);
	}

	const writer = new Writer();
	for (const [index, write] of writes.entries()) {
		write(writer, values[index]);
	}

	return writer.written;
}

/**
What writes one element of an array: a structure's values as an array, an entry of a dictionary as its key and its value.

@param signature The array's.
*/
export function elementWriteOf(signature: string): Write {
	const [array] = parseSignature(signature);
	const [element] = array!.members;
	return element!.code === '{' ? structureOf(element!.members.map(member => compileType(member))) : compileType(element!);
}

const compile = remembering((signature): Write[] => {
	if (signature.length > 255) {
		throw new TypeError('a signature of more than 255 letters');
	}

	return parseSignature(signature).map(type => compileType(type));
});

function compileType({code, members}: Type): Write {
	switch (code) {
		case 'a': {
			return arrayOf(members[0]!);
		}

		case '(': {
			return structureOf(members.map(member => compileType(member)));
		}

		case 'v': {
			return writeVariant;
		}

		default: {
			return basicWrites[code]!;
		}
	}
}

function structureOf(members: readonly Write[]): Write {
	return (writer, value) => {
		const values = asArray(value);
		if (values.length !== members.length) {
			throw new TypeError(`${values.length} values for a structure of ${members.length}`);
		}

		writer.align(8);
		for (let index = 0; index < members.length; index++) { // eslint-disable-line unicorn/no-for-loop -- half of the time goes by here
			members[index]!(writer, values[index]);
		}
	};
}

function arrayOf(element: Type): Write {
	const alignment = alignmentOf(element.code);
	const writeAll = element.code === '{' ? entriesOf(element) : elementsOf(element);
	return (writer, value) => {
		const lengthAt = writer.take(4);
		// What aligns the first element counts for nothing.
		writer.align(alignment);
		const start = writer.length;
		writeAll(writer, value);
		const length = writer.length - start;
		if (length > largestArray) {
			throw new RangeError(`an array of ${length} bytes: at most ${largestArray} fit in one`);
		}

		writer.view.setUint32(lengthAt, length, true);
	};
}

const largestArray = 64 * 1024 * 1024;

function elementsOf(element: Type): Write {
	const write = compileType(element);
	const writeEach: Write = (writer, value) => {
		for (const one of asArray(value)) {
			write(writer, one);
		}
	};

	return element.code === 'y'
		? (writer, value) => {
			if (value instanceof Uint8Array) {
				writer.bytes(value);
			} else {
				writeEach(writer, value);
			}
		}
		: writeEach;
}

// An object's keys are texts: those of other types are read from them.
function entriesOf({members: [key, value]}: Type): Write {
	const keyOf = 'sog'.includes(key!.code) ? String : Number;
	const writeKey = compileType(key!);
	const writeValue = compileType(value!);
	return (writer, entries) => {
		if (typeof entries !== 'object' || entries === null) {
			throw unfit(entries, 'a dictionary');
		}

		for (const [name, entry] of Object.entries(entries)) {
			writer.align(8);
			writeKey(writer, keyOf(name));
			writeValue(writer, entry);
		}
	};
}

function writeVariant(writer: Writer, value: unknown): void {
	if (!(value instanceof Variant)) {
		throw unfit(value, 'a Variant');
	}

	const {signature} = value;
	const writes = compile(signature);
	if (writes.length !== 1) {
		throw new TypeError(`a variant of the signature "${signature}", which is not one type`);
	}

	writeSignature(writer, signature);
	writes[0]!(writer, value.value);
}

function writeSignature(writer: Writer, value: string): void {
	const at = writer.take(1);
	const length = writer.text(value);
	writer.view.setUint8(at, length);
}

function writeText(writer: Writer, value: unknown): void {
	if (typeof value !== 'string') {
		throw unfit(value, 'a text');
	}

	const at = writer.take(4);
	const length = writer.text(value);
	writer.view.setUint32(at, length, true);
}

const isObjectPath = /^\/(?:\w+(?:\/\w+)*)?$/;

const basicWrites: Readonly<Record<string, Write>> = {
	y: integer(0, 0xFF, (writer, value) => {
		writer.uint8(value);
	}),
	b(writer, value) {
		if (typeof value !== 'boolean') {
			throw unfit(value, 'a boolean');
		}

		writer.uint32(value ? 1 : 0);
	},
	n: integer(-0x80_00, 0x7F_FF, (writer, value) => {
		const at = writer.take(2);
		writer.view.setInt16(at, value, true);
	}),
	q: integer(0, 0xFF_FF, (writer, value) => {
		const at = writer.take(2);
		writer.view.setUint16(at, value, true);
	}),
	i: integer(-0x80_00_00_00, 0x7F_FF_FF_FF, (writer, value) => {
		const at = writer.take(4);
		writer.view.setInt32(at, value, true);
	}),
	u: integer(0, 0xFF_FF_FF_FF, (writer, value) => {
		writer.uint32(value);
	}),
	x: largeInteger(-(2n ** 63n), (2n ** 63n) - 1n, (view, at, value) => {
		view.setBigInt64(at, value, true);
	}),
	t: largeInteger(0n, (2n ** 64n) - 1n, (view, at, value) => {
		view.setBigUint64(at, value, true);
	}),
	d(writer, value) {
		if (typeof value !== 'number') {
			throw unfit(value, 'a number');
		}

		const at = writer.take(8);
		writer.view.setFloat64(at, value, true);
	},
	s: writeText,
	o(writer, value) {
		if (typeof value !== 'string' || !isObjectPath.test(value)) {
			throw unfit(value, 'an object path');
		}

		writeText(writer, value);
	},
	g(writer, value) {
		if (typeof value !== 'string') {
			throw unfit(value, 'a signature');
		}

		compile(value);
		writeSignature(writer, value);
	},
	h() {
		throw new TypeError('file descriptors are not sent');
	},
};

function integer(least: number, most: number, write: (writer: Writer, value: number) => void): Write {
	return (writer, value) => {
		if (typeof value !== 'number' || !Number.isInteger(value) || value < least || value > most) {
			throw unfit(value, `an integer from ${least} to ${most}`);
		}

		write(writer, value);
	};
}

function largeInteger(least: bigint, most: bigint, write: (view: DataView, at: number, value: bigint) => void): Write {
	return (writer, value) => {
		const number = typeof value === 'number' && Number.isSafeInteger(value) ? BigInt(value) : value;
		if (typeof number !== 'bigint' || number < least || number > most) {
			throw unfit(value, `an integer from ${least} to ${most}`);
		}

		const at = writer.take(8);
		write(writer.view, at, number);
	};
}

function asArray(value: unknown): readonly unknown[] {
	if (!Array.isArray(value)) {
		throw unfit(value, 'an array');
	}

	return value;
}

const unfit = (value: unknown, wanted: string): TypeError => new TypeError(`${inspect(value)} is not ${wanted}`);

const inspect = (value: unknown): string => typeof value === 'string' ? JSON.stringify(value.slice(0, 100)) : String(value).slice(0, 100);

// Values to bytes and back, beside the bus library's own way.
import {Buffer} from 'node:buffer';
import {once} from 'node:events';
import {createRequire} from 'node:module';
import {PassThrough} from 'node:stream';
import test from 'ava';
import {Message, Variant} from 'dbus-next';
import fc from 'fast-check';
import {hideBodies} from '../../../dbus/inbound.js';
import {elementWriteOf, marshal, Writer} from '../../../dbus/marshal.js';
import {largestBody, MessageTooLargeError, writeMessage} from '../../../dbus/outbound.js';
import {unmarshal} from '../../../dbus/unmarshal.js';
import {bodies, types, valuesOf} from './_values.js';

type Parts = Record<string, unknown>;

// What the library does to a message on its way out and in; its types leave it out.
const require = createRequire(import.meta.url);
const {marshallMessage, messageToJsFmt} = require('dbus-next/lib/marshall-compat.js') as {
	marshallMessage: (message: Parts) => [Uint8Array]; messageToJsFmt: (message: Parts) => {body: unknown[]};
};
const {unmarshall} = require('dbus-next/lib/message.js') as {unmarshall: (bytes: Uint8Array) => Parts};

const parts = (signature: string, body: unknown[]): Parts => ({
	type: 1, flags: 0, serial: 7, path: '/a/b', interface: 'a.b', member: 'M', destination: ':1.5', signature, body,
});

/** The bytes of a message by our own hand. */
function written(message: Parts, ...body: [parts?: Uint8Array[]]): Uint8Array {
	const stream = new PassThrough();
	writeMessage(stream, message, ...body);
	// It leaves at the end of this turn.
	stream.uncork();
	return stream.read() as Uint8Array;
}

const plain = (bytes: Uint8Array): Uint8Array => new Uint8Array(bytes);

test('a message has the bytes that the library gives it', t => {
	fc.assert(fc.property(bodies, ([signature, body]) => {
		t.deepEqual(plain(written(parts(signature, body))), plain(marshallMessage(parts(signature, body))[0]));
	}));
});

test('messages of every kind have the bytes that the library gives them', t => {
	const call = new Message({path: '/a', member: 'M'});
	call.serial = 3;
	Object.assign(call, {sender: ':1.3'});
	const messages = [
		call,
		Message.newMethodReturn(call, 's', ['answer']),
		Message.newMethodReturn(call),
		Message.newError(call as unknown as string, 'a.b.Error', 'why'), // The library's types are wrong here.
		Message.newSignal('/a', 'a.b', 'Happened', 'u', [1]),
	];
	for (const message of messages) {
		message.serial = 9;
		Object.assign(message, {sender: undefined});
		const bytes = plain(written(message as unknown as Parts));
		t.deepEqual(bytes, plain(marshallMessage(message as unknown as Parts)[0]));
	}
});

test('where the bytes grow nothing is lost', t => {
	for (let length = 0; length < 600; length++) {
		const values = ['x'.repeat(length), new Variant('(sg)', ['one', 'as']), [{a: 1n}], 1, 2.5];
		t.deepEqual(unmarshal('svaa{st}yd', marshal('svaa{st}yd', values)), values);
	}
});

test('a body is read as the library reads it', t => {
	fc.assert(fc.property(bodies, ([signature, body]) => {
		const bytes = marshal(signature, body);
		const [message] = marshallMessage(parts(signature, body));
		const read = unmarshal(signature, bytes);
		t.deepEqual(read, body);
		if (signature !== '') {
			t.deepEqual(read, messageToJsFmt(unmarshall(message)).body);
		}
	}));
});

test('numbers may be written either way', t => {
	const bigEndian = Uint8Array.of(0x12, 0x34, 0, 0, 0x80, 0, 0, 1, 0, 0, 0, 2, 0x68, 0x69, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFE);
	t.deepEqual(unmarshal('nuas', Uint8Array.of(0x12, 0x34, 0, 0, 0x80, 0, 0, 1, 0, 0, 0, 7, 0, 0, 0, 2, 0x68, 0x69, 0), false), [0x12_34, 0x80_00_00_01, ['hi']]);
	t.deepEqual(unmarshal('qusx', bigEndian, false), [0x12_34, 0x80_00_00_01, 'hi', -2n]);
});

test('arrays of bytes are bytes', t => {
	const bytes = Uint8Array.of(1, 0, 255);
	t.deepEqual(marshal('ay', [bytes]), Uint8Array.of(3, 0, 0, 0, 1, 0, 255));
	t.deepEqual(marshal('ay', [[1, 0, 255]]), marshal('ay', [bytes]));
	t.deepEqual(plain(unmarshal('ay', marshal('ay', [bytes]))[0] as Uint8Array), bytes);
});

test('any key of a dictionary arrives, also one that is special to objects', t => {
	const entries = Object.fromEntries([['__proto__', 'a'], ['constructor', 'b'], ['', 'c']]);
	const [read] = unmarshal('a{ss}', marshal('a{ss}', [entries])) as [Record<string, string>];
	t.deepEqual(Object.entries(read), Object.entries(entries));
	t.is(Object.getPrototypeOf(read), Object.prototype);
	t.deepEqual(unmarshal('a{un}', marshal('a{un}', [{1: -1, 2: -2}])), [{1: -1, 2: -2}]);
});

test('an array is its elements, each aligned', t => {
	fc.assert(fc.property(types.chain(type => fc.tuple(fc.constant(type), fc.array(fc.tuple(fc.string({unit: 'grapheme-ascii'}), valuesOf(type)), {maxLength: 5}))), ([type, rows]) => {
		const write = elementWriteOf(`a(s${type})`);
		const writer = new Writer(1);
		// What was there before leaves no trace.
		writer.text('\u00FF'.repeat(300));
		writer.clear();
		writer.uint32(0);
		writer.align(8);
		for (const row of rows) {
			write(writer, row);
		}

		writer.view.setUint32(0, writer.length - 8, true);
		t.deepEqual(writer.written, marshal(`a(s${type})`, [rows]));
	}));
});

test('what is no signature is refused', t => {
	for (const signature of ['a', '(', '()', '(s', 's)', '{ss}', 'a{s}', 'a{sss}', 'a{vs}', 'a{(s)s}', 'z', 'a'.repeat(80) + 's', '('.repeat(80)]) {
		t.throws(() => marshal(signature, ['']), {message: /not a D-Bus signature/});
		t.throws(() => unmarshal(signature, new Uint8Array(8)), {message: /not a D-Bus signature/});
	}
});

test('what would cost the connection is refused', t => {
	const refused: Array<[signature: string, value: unknown]> = [
		['s', 'a\0b'],
		['s', 'é\0'],
		['s', 1],
		['s', undefined],
		['s', null],
		['o', ''],
		['o', 'a'],
		['o', '/a/'],
		['o', '//'],
		['o', '/a-b'],
		['o', '/a\n'],
		['g', 'z'],
		['g', 's'.repeat(256)],
		['g', 1],
		['y', 256],
		['y', -1],
		['n', 0x80_00],
		['q', -1],
		['i', 2 ** 31],
		['u', 2 ** 32],
		['u', 1.5],
		['u', Number.NaN],
		['u', 1n],
		['u', '1'],
		['x', 2n ** 63n],
		['t', -1],
		['t', 2n ** 64n],
		['t', 1.5],
		['t', 2 ** 60],
		['d', '1'],
		['b', 1],
		['h', 0],
		['as', 'text'],
		['as', {}],
		['(ss)', ['a']],
		['a{sv}', null],
		['a{sv}', {a: 'b'}],
		['v', 'a'],
		['v', new Variant('ss', 'a')],
		['v', new Variant('', 'a')],
		['ai', {length: 1}],
	];
	for (const [signature, value] of refused) {
		t.throws(() => marshal(signature, [value]), {instanceOf: Error}, `${signature} ${String(value)}`);
	}

	t.throws(() => marshal('ss', ['a']), {message: /1 values for the signature "ss"/});
});

test('bytes that are not of the signature do no harm', t => {
	fc.assert(fc.property(types, fc.uint8Array({maxLength: 64}), (type, bytes) => {
		try {
			unmarshal(type, bytes);
		} catch (error) {
			t.true(error instanceof Error);
		}
	}));
	t.pass();
});

test('a message that the bus would not take is not sent', t => {
	const stream = new PassThrough();
	t.throws(() => {
		writeMessage(stream, parts('ay', []), [new Uint8Array(8), new Uint8Array(largestBody - 7)]);
	}, {instanceOf: MessageTooLargeError, message: /33554432/});
	t.is(stream.read(), null);
});

test('a body in parts is the same message, and its end is told', async t => {
	const body = marshal('as', [['one', 'two', 'three']]);
	t.deepEqual(written(parts('as', []), [body.subarray(0, 5), body.subarray(5, 6), body.subarray(6)]), written(parts('as', [['one', 'two', 'three']])));
	const stream = new PassThrough();
	await new Promise<void>(resolve => {
		writeMessage(stream, parts('as', []), [body], resolve);
		stream.resume();
	});
	t.pass();
});

type Seen = {hasSignature: boolean; member: string; body: unknown};

/** Reads a stream as the library does: the fixed header, then the rest, as long as there is something. */
function read(stream: PassThrough, limit: number, onMessage: (message: Seen) => void): void {
	const bodyRead = hideBodies(stream, () => limit);
	let header: Uint8Array | null = null; // eslint-disable-line @typescript-eslint/no-restricted-types
	stream.on('readable', () => {
		for (;;) {
			header ??= stream.read(16) as Uint8Array | null; // eslint-disable-line @typescript-eslint/no-restricted-types
			const view = header && new DataView(header.buffer, header.byteOffset);
			const rest = view && stream.read((Math.ceil(view.getUint32(12, true) / 8) * 8) + view.getUint32(4, true)) as Uint8Array | null; // eslint-disable-line @typescript-eslint/no-restricted-types
			if (!header || !rest) {
				return;
			}

			const fields = unmarshal('yyyyuua(yv)', Buffer.concat([header, rest])).at(-1) as Array<[code: number, variant: Variant<string>]>;
			header = null;
			const body = bodyRead();
			onMessage({
				hasSignature: fields.some(([code]) => code === 8),
				member: fields.find(([code]) => code === 3)![1].value,
				body: body && unmarshal(body.signature, body.bytes, body.isLittleEndian),
			});
		}
	});
}

const reply = (body: string[]): Parts => ({...parts('s', body), type: 2, replySerial: 4});

test('the library sees messages without their bodies', async t => {
	const stream = new PassThrough();
	const seen: unknown[] = [];
	read(stream, 16, message => {
		seen.push(message);
	});
	const messages = [
		parts('su', ['one', 1]),
		{...parts('', []), signature: undefined},
		parts('s', ['far too long for a call']),
		reply(['of any length in a reply']),
		parts('s', ['last']),
	];
	const bytes = Buffer.concat(messages.map(message => written(message)));
	// They arrive in pieces, as they would.
	for (let at = 0; at < bytes.length; at += 50) {
		stream.write(bytes.subarray(at, at + 50));
	}

	stream.end();
	await once(stream, 'end');
	t.deepEqual(seen, [['one', 1], undefined, undefined, ['of any length in a reply'], ['last']].map(body => ({hasSignature: false, member: 'M', body})));
});

test('whoever awaits a reply runs before what came after it is handed on', async t => {
	const stream = new PassThrough();
	const order: unknown[] = [];
	const follow = async (body: unknown): Promise<void> => {
		for (let step = 0; step < 20; step++) {
			// eslint-disable-next-line no-await-in-loop
			await Promise.resolve();
		}

		order.push(['awaited', body]);
	};

	read(stream, 100, ({body}) => {
		order.push(body);
		void follow(body);
	});
	const signal = (text: string): Parts => ({...parts('s', [text]), type: 4});
	stream.end(Buffer.concat([signal('1'), signal('2'), reply(['3']), signal('4'), reply(['5']), reply(['6'])].map(message => written(message))));
	await once(stream, 'end');
	const after = (text: string): number => order.findIndex(one => JSON.stringify(one) === JSON.stringify(['awaited', [text]]));
	const at = (text: string): number => order.findIndex(one => JSON.stringify(one) === JSON.stringify([text]));
	t.deepEqual(order.filter(one => (one as unknown[]).length === 1).flat(), ['1', '2', '3', '4', '5', '6']);
	t.true(after('3') < at('4'));
	t.true(after('5') < at('6'));
});

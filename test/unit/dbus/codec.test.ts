// Through the codec and the wire format, and back: what arrives is what was sent.
import test from 'ava';
import {Variant} from 'dbus-next';
import fc from 'fast-check';
import {
	CodecError, decode, decodeProperties, encode, lowerFirst, upperFirst,
} from '../../../dbus/codec.js';
import {contract} from '../../../dbus/contract.js';
import {marshal} from '../../../dbus/marshal.js';
import {signatureOf, type ArgumentSpec, type InterfaceSpec} from '../../../dbus/spec.js';
import {unmarshal} from '../../../dbus/unmarshal.js';

/** A message's body on the other side of the bus. */
const overTheWire = (signature: string, body: unknown[]): unknown[] => unmarshal(signature, marshal(signature, body));

const roundTrip = (specs: readonly ArgumentSpec[], values: unknown[]): unknown[] => decode(specs, overTheWire(signatureOf(specs), encode(specs, values)));

const one = (spec: Omit<ArgumentSpec, 'name'>): ArgumentSpec[] => [{name: 'argument', ...spec}];

// The bus knows no NUL inside of a text.
const texts = fc.string({unit: 'binary'}).filter(text => !text.includes('\0'));
const paths = fc.array(fc.stringMatching(/^\w+$/), {maxLength: 4}).map(parts => `/${parts.join('/')}`);
const uint32 = fc.integer({min: 0, max: 4_294_967_295});

const values: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
	s: texts,
	o: paths,
	b: fc.boolean(),
	u: uint32,
	t: fc.maxSafeNat(),
	// The library knows one zero only.
	d: fc.double({noNaN: true, noDefaultInfinity: true}).map(number => number + 0),
	as: fc.array(texts),
	ao: fc.array(paths),
};

for (const [type, arbitrary] of Object.entries(values)) {
	test(`an argument of type ${type} arrives as it was sent`, t => {
		fc.assert(fc.property(arbitrary, value => {
			t.deepEqual(roundTrip(one({type}), [value]), [value]);
		}));
	});
}

const methods = Object.entries(contract as Record<string, InterfaceSpec>).flatMap(([name, {methods}]) =>
	Object.entries(methods).map(([member, spec]) => ({name: `${name}.${member}`, spec})));

/** Any value that an argument may have, or `undefined` where the codec passes on what the bus library uses. */
function anyValueOf({type, fields, options}: ArgumentSpec): fc.Arbitrary<unknown> | undefined {
	if (fields) {
		const types = [...type.slice(2, -1)];
		return fc.array(fc.record(Object.fromEntries(fields.map((field, index) => [field, values[types[index]!]!]))), {maxLength: 5});
	}

	if (options) {
		const camelCase = (key: string): string => key.replaceAll(/-./g, ([, letter]) => letter!.toUpperCase());
		return fc.record(Object.fromEntries(Object.entries(options).map(([key, type]) => [camelCase(key), values[type]!])), {requiredKeys: []});
	}

	return values[type];
}

for (const {name, spec} of methods) {
	for (const [direction, specs] of Object.entries({arguments: spec.in, result: spec.out})) {
		const arbitraries = specs.map(argument => anyValueOf(argument)).filter(arbitrary => arbitrary !== undefined);
		if (specs.length === 0 || arbitraries.length < specs.length) {
			continue;
		}

		test(`the ${direction} of ${name} arrive as sent`, t => {
			fc.assert(fc.property(fc.tuple(...arbitraries), given => {
				// Both as plain data: the library's objects and ours may differ in nothing else.
				t.deepEqual(roundTrip(specs, given), given);
			}), {numRuns: 50});
		});
	}
}

test('rows become structures in the order of the contract, and come back by name', t => {
	const specs = one({type: 'a(stb)', fields: ['name', 'size', 'readOnly']});
	const rows = [{readOnly: true, size: 5, name: 'a'}, {readOnly: false, size: 2 ** 40, name: ''}];
	t.deepEqual(encode(specs, [rows]), [[['a', 5, true], ['', 2 ** 40, false]]]);
	t.deepEqual(roundTrip(specs, [rows]), [rows]);
	t.deepEqual(roundTrip(specs, [[]]), [[]]);
});

const options = one({type: 'a{sv}', options: {size: 't', 'root-device': 'b'}});

/** Options as they arrive from any program. */
const sent = (given: Record<string, Variant>): unknown[] => decode(options, overTheWire('a{sv}', [given]));

test('options are named in the way of each side', t => {
	t.deepEqual(encode(options, [{size: 5, rootDevice: true}]), [{size: new Variant('t', 5), 'root-device': new Variant('b', true)}]);
	t.deepEqual(encode(options, [{size: undefined}]), [{}]);
	t.deepEqual(encode(options, [{}]), [{}]);
	t.deepEqual(sent({}), [{}]);
	t.deepEqual(sent({size: new Variant('t', 7n), 'root-device': new Variant('b', false)}), [{size: 7, rootDevice: false}]);
});

const refused: ReadonlyArray<[title: string, options: Record<string, Variant>, message: string]> = [
	['an unknown one', {bogus: new Variant('b', true)}, 'unknown option "bogus" in argument: it takes size and root-device'],
	['an unknown one beside a known one', {size: new Variant('t', 1n), Size: new Variant('t', 1n)}, 'unknown option "Size" in argument: it takes size and root-device'],
	['one in the spelling of the other side', {rootDevice: new Variant('b', true)}, 'unknown option "rootDevice" in argument: it takes size and root-device'],
	['a key that every object has', {constructor: new Variant('b', true)}, 'unknown option "constructor" in argument: it takes size and root-device'],
	['toString', {toString: new Variant('b', true)}, 'unknown option "toString" in argument: it takes size and root-device'],
	['an empty key', {'': new Variant('b', true)}, 'unknown option "" in argument: it takes size and root-device'],
	['one of a narrower type', {size: new Variant('u', 5)}, 'option "size" in argument must have the type t, not u'],
	['one of another sign', {size: new Variant('x', 5n)}, 'option "size" in argument must have the type t, not x'],
	['a text for a number', {size: new Variant('s', '5')}, 'option "size" in argument must have the type t, not s'],
	['a number for a truth', {'root-device': new Variant('u', 1)}, 'option "root-device" in argument must have the type b, not u'],
	['a list', {'root-device': new Variant('ab', [true])}, 'option "root-device" in argument must have the type b, not ab'],
	['a variant in a variant', {'root-device': new Variant('v', new Variant('b', true))}, 'option "root-device" in argument must have the type b, not v'],
	['one beyond 2^53', {size: new Variant('t', 2n ** 53n)}, `${2n ** 53n} is too large: at most ${Number.MAX_SAFE_INTEGER}`],
];

for (const [title, given, message] of refused) {
	test(`options are refused: ${title}`, t => {
		t.throws(() => sent(given), {instanceOf: CodecError, message});
	});
}

test('options are refused: the key __proto__', t => {
	const given = Object.fromEntries([['__proto__', new Variant('b', true)]]);
	t.deepEqual(Object.keys(given), ['__proto__']);
	t.throws(() => decode(options, [given]), {instanceOf: CodecError, message: /unknown option "__proto__"/});
	t.throws(() => sent(given), {instanceOf: CodecError, message: /unknown option "__proto__"/});
});

test('a method without options says so', t => {
	const none = one({type: 'a{sv}', options: {}});
	t.deepEqual(decode(none, [{}]), [{}]);
	t.throws(() => decode(none, [{size: new Variant('t', 1n)}]), {instanceOf: CodecError, message: 'unknown option "size" in argument: it takes none'});
});

test('integers up to 2^53 - 1 arrive exactly, larger ones are refused', t => {
	const specs = one({type: 't'});
	const largest = Number.MAX_SAFE_INTEGER;
	t.deepEqual(decode(specs, overTheWire('t', [BigInt(largest)])), [largest]);
	t.deepEqual(decode(specs, overTheWire('t', [0n])), [0]);
	for (const value of [2n ** 53n, (2n ** 53n) + 1n, 2n ** 63n, (2n ** 64n) - 1n]) {
		t.throws(() => decode(specs, overTheWire('t', [value])), {instanceOf: CodecError, message: `${value} is too large: at most ${largest}`});
		t.throws(() => decode(one({type: 'a(t)', fields: ['size']}), overTheWire('a(t)', [[[value]]])), {instanceOf: CodecError});
	}
});

test('properties come by the names of this side, those of another version are left out', t => {
	const variants = {
		Id: new Variant('s', 'x'),
		Size: new Variant('t', 5n),
		Workspaces: new Variant('u', 2),
		MemoryMiB: new Variant('u', 1),
		FromTheFuture: new Variant('s', 'y'),
		constructor: new Variant('s', 'z'),
	};
	t.deepEqual(decodeProperties(contract.Image, variants), {id: 'x', size: 5, workspaces: 2});
	t.deepEqual(decodeProperties(contract.Vm, {MemoryMiB: new Variant('u', 1), Workspaces: new Variant('ao', ['/a'])}), {memoryMiB: 1, workspaces: ['/a']});
	t.throws(() => decodeProperties(contract.Image, {Size: new Variant('t', 2n ** 53n)}), {instanceOf: CodecError});
});

test('first letters', t => {
	t.is(upperFirst('createVm'), 'CreateVm');
	t.is(lowerFirst('CreateVm'), 'createVm');
	fc.assert(fc.property(fc.stringMatching(/^[A-Z]\w*$/), name => {
		t.is(upperFirst(lowerFirst(name)), name);
	}));
	t.is(upperFirst(''), '');
});

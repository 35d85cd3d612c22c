// Calls that no honest client makes, drawn from a seed: any values for any signature, and any signature for any method.
import fc from 'fast-check';
import {contract} from '../../dbus/contract.js';
import {objectPath, rootPath} from '../../dbus/paths.js';
import {signatureOf, type InterfaceSpec} from '../../dbus/spec.js';
import {splitSignature, type WireMessage, type WireVariant} from './wire.js';

/** What a line of a log would look like that was forged by a caller. */
export const forgedLine = '<3>this line was forged';

/** Names and ids that exist, for calls that hit something. */
export type Known = {names: string[]; paths: string[]};

const interfaces: InterfaceSpec[] = Object.values(contract);

/** Every method that the contract has, by its interface. */
export const everyMethod: Array<{interfaceName: string; member: string; signature: string}> = interfaces.flatMap(({name, methods}) =>
	Object.entries(methods).map(([member, method]) => ({interfaceName: name, member, signature: signatureOf(method.in)})));

// The bus lets through what is UTF-8 and has no zero byte.
const oddTexts = [
	'',
	'.',
	'..',
	'../..',
	'/',
	'/etc/passwd',
	'@base',
	'.work',
	'-',
	'--help',
	'*',
	'%s%n',
	'$(id)',
	'"; DROP TABLE workspaces; --',
	'__proto__',
	'constructor',
	'toString',
	'hasOwnProperty',
	'then',
	`\n${forgedLine}`,
	`a\r\n${forgedLine}\n`,
	'\u2028',
	'\u202Eabc',
	'\u0001\u001B[31m\u007F\u0085',
	'x'.repeat(64),
	'x'.repeat(65),
	'x'.repeat(4096),
	'ä'.repeat(3000),
	'😀'.repeat(300),
	'org.workfort.Nexus1.Manager',
	'org.workfort.Nexus1.Manager\n',
];

const text = ({names, paths}: Known): fc.Arbitrary<string> => fc.oneof(
	fc.constantFrom(...oddTexts),
	fc.constantFrom(...names, ...paths),
	fc.string({unit: 'binary', maxLength: 300}).map(value => value.replaceAll('\0', '')),
	fc.string({maxLength: 20}),
	fc.integer({min: 1, max: 15_000}).map(length => 'y'.repeat(length)),
);

const element = fc.stringMatching(/^\w{1,20}$/);
const path = ({paths}: Known): fc.Arbitrary<string> => fc.oneof(
	fc.constantFrom(...paths, rootPath, '/', `${rootPath}/image`, `${rootPath}/workspace`, `${rootPath}/job/0`, `${rootPath}/job/4294967296`, `${rootPath}/__proto__`, `${rootPath}/constructor/1`),
	fc.uuid({version: 4}).chain(id => fc.constantFrom('image', 'workspace', 'vm').map(kind => objectPath(kind as 'image', id))),
	// The id of another kind.
	fc.constantFrom(...paths).chain(known => fc.constantFrom('image', 'workspace', 'vm', 'job').map(kind => `${rootPath}/${kind}/${known.slice(known.lastIndexOf('/') + 1)}`)),
	fc.array(element, {minLength: 1, maxLength: 60}).map(elements => `/${elements.join('/')}`),
	fc.constantFrom(...paths).chain(known => element.map(last => `${known}/${last}`)),
);

const numbers: Readonly<Record<string, fc.Arbitrary<number | bigint>>> = {
	y: fc.nat(255),
	b: fc.nat(1),
	n: fc.constantFrom(0, -1, 32_767, -32_768),
	q: fc.constantFrom(0, 1, 65_535),
	i: fc.constantFrom(0, -1, 2_147_483_647, -2_147_483_648),
	u: fc.oneof(fc.constantFrom(0, 1, 1024, 1025, 2_147_483_647, 4_294_967_295), fc.nat()),
	x: fc.constantFrom(0n, -1n, 9_223_372_036_854_775_807n, -9_223_372_036_854_775_808n),
	t: fc.constantFrom(0n, 1n, 9_007_199_254_740_991n, 9_007_199_254_740_992n, 18_446_744_073_709_551_615n),
	d: fc.constantFrom(0, -0, 1.5, Number.NaN, Infinity, -Infinity, Number.MIN_VALUE, Number.MAX_VALUE),
	// Of a descriptor that nobody sent.
	h: fc.constantFrom(0, 1, 4_294_967_295),
};

const basic = fc.constantFrom('y', 'b', 'n', 'q', 'i', 'u', 'x', 't', 'd', 's', 'o', 'g', 'h');
const anySignature = fc.oneof(
	basic,
	basic.map(type => `a${type}`),
	fc.tuple(basic, basic).map(([key, value]) => `a{${key}${value}}`),
	fc.array(basic, {minLength: 1, maxLength: 5}).map(types => `(${types.join('')})`),
	fc.constantFrom('v', 'av', 'a{sv}', 'a(sv)', 'aaaaaaaas', '((((((((s))))))))', 'a{oa{sa{sv}}}'),
);

// The bus lets through no more than 64 of one in another, what the variant is in included.
const nested = fc.integer({min: 1, max: 55}).map(depth => {
	let variant: WireVariant = {signature: 's', value: 'the innermost'};
	for (let count = 1; count < depth; count++) {
		variant = {signature: 'v', value: variant};
	}

	return variant;
});

function valueOf(type: string, known: Known): fc.Arbitrary<unknown> {
	switch (type.charAt(0)) {
		case 's': {
			return text(known);
		}

		case 'o': {
			return path(known);
		}

		case 'g': {
			return fc.constantFrom('', 's', 'a{sv}', 'y'.repeat(255), `${'a'.repeat(32)}y`);
		}

		case 'v': {
			return fc.oneof({arbitrary: nested, weight: 1}, {arbitrary: fc.constant('s').chain(signature => variantOf(signature, known)), weight: 1}, {
				arbitrary: basic.chain(signature => variantOf(signature, known)), weight: 4,
			});
		}

		case 'a': {
			return type === 'a{sv}' ? options(known) : fc.array(valueOf(type.slice(1), known), {maxLength: 5});
		}

		case '(':
		case '{': {
			return fc.tuple(...splitSignature(type.slice(1, -1)).map(member => valueOf(member, known)));
		}

		default: {
			return numbers[type]!;
		}
	}
}

const variantOf = (signature: string, known: Known): fc.Arbitrary<WireVariant> => valueOf(signature, known).map(value => ({signature, value}));

// Also with a key twice, and with thousands of them.
const options = (known: Known): fc.Arbitrary<unknown> => {
	const key = fc.oneof(fc.constantFrom('size', 'root-device', 'read-only', '__proto__', 'constructor', 'rootDevice'), text(known));
	const entry = fc.tuple(key, valueOf('v', known));
	return fc.oneof(
		{arbitrary: fc.array(entry, {maxLength: 4}), weight: 6},
		{arbitrary: entry.map(one => [one, one]), weight: 1},
		{arbitrary: fc.integer({min: 100, max: 4000}).map(count => Array.from({length: count}, (_, index) => [`k${index}`, {signature: 'y', value: 0}])), weight: 1},
	);
};

const bodyOf = (signature: string, known: Known): fc.Arbitrary<Pick<WireMessage, 'signature' | 'body'>> =>
	fc.tuple(...splitSignature(signature).map(type => valueOf(type, known))).map(body => ({signature, body}));

const byteOrder = fc.record({isBigEndian: fc.boolean()});
// Allowing a prompt, forbidding a start, and flags that nobody has defined.
const flags = fc.constantFrom(0, 0, 0, 2, 4, 6, 8, 0xF8);

/** Calls of one method, with its own signature or any other, of any object. */
export const callsOf = ({interfaceName, member, signature}: typeof everyMethod[number], known: Known): fc.Arbitrary<WireMessage> =>
	fc.record({
		path: fc.oneof({arbitrary: fc.constantFrom(...known.paths), weight: 4}, {arbitrary: path(known), weight: 1}),
		isInterfaceNamed: fc.boolean(),
		flags,
		rest: byteOrder,
		body: fc.oneof(
			{arbitrary: bodyOf(signature, known), weight: 3},
			{arbitrary: fc.array(anySignature, {maxLength: 4}).chain(types => bodyOf(types.join(''), known)), weight: 1},
		),
	}).map(({isInterfaceNamed, rest, body, ...call}) => ({
		member, ...call, ...rest, ...body, ...(isInterfaceNamed && {interface: interfaceName}),
	}));

/** Calls of methods and interfaces that there are not. */
export const oddCalls = (known: Known): fc.Arbitrary<WireMessage> => fc.record({
	path: path(known),
	interface: fc.oneof(
		fc.constantFrom(...interfaces.map(({name}) => name), 'org.freedesktop.DBus', 'a.b', `a.${'b'.repeat(253)}`, '__proto__.constructor', 'org.workfort.Nexus1.manager'),
		fc.array(fc.stringMatching(/^[A-Za-z_]\w{0,10}$/), {minLength: 2, maxLength: 20}).map(parts => parts.join('.')),
	),
	member: fc.oneof(
		fc.constantFrom('constructor', 'toString', '__proto__', 'hasOwnProperty', 'valueOf', 'then', 'm'.repeat(255), 'Hello', 'AddMatch', 'listImages', 'ListImages', 'Get', 'Delete'),
		fc.stringMatching(/^[A-Za-z_]\w{0,30}$/),
	),
	flags,
	rest: byteOrder,
	body: fc.array(anySignature, {maxLength: 4}).chain(types => bodyOf(types.join(''), known)),
}).map(({rest, body, ...call}) => ({...call, ...rest, ...body}));

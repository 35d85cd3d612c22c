// Signatures, and values that fit them.
import {Variant} from 'dbus-next';
import fc from 'fast-check';
import {parseSignature, type Type} from '../../../dbus/signature.js';

// The bus knows no NUL inside of a text.
const texts = fc.string({unit: 'binary'}).filter(text => !text.includes('\0'));
const paths = fc.array(fc.stringMatching(/^\w+$/), {maxLength: 4}).map(parts => `/${parts.join('/')}`);

const basic: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
	y: fc.integer({min: 0, max: 0xFF}),
	b: fc.boolean(),
	n: fc.integer({min: -0x80_00, max: 0x7F_FF}),
	q: fc.integer({min: 0, max: 0xFF_FF}),
	i: fc.integer({min: -0x80_00_00_00, max: 0x7F_FF_FF_FF}),
	u: fc.integer({min: 0, max: 0xFF_FF_FF_FF}),
	// Nor the least of these.
	x: fc.bigInt({min: 1n - (2n ** 63n), max: (2n ** 63n) - 1n}),
	t: fc.bigInt({min: 0n, max: (2n ** 64n) - 1n}),
	// The library knows one zero only.
	d: fc.double({noNaN: true, noDefaultInfinity: true}).map(number => number + 0),
	s: texts,
	o: paths,
	g: fc.constantFrom('', 's', 'a{sv}', '(ii)ay'),
};

const {type} = fc.letrec<{type: string}>(tie => ({
	type: fc.oneof(
		{depthSize: 'small', withCrossShrink: true},
		fc.constantFrom(...Object.keys(basic)),
		fc.constant('v'),
		// Arrays of bytes are the library's buffers.
		tie('type').filter(type => type !== 'y').map(type => `a${type}`),
		fc.array(tie('type'), {minLength: 1, maxLength: 4}).map(types => `(${types.join('')})`),
		fc.tuple(fc.constantFrom('s', 'o'), tie('type')).map(([key, value]) => `a{${key}${value}}`),
	),
}));

/** A single complete type. */
export const types = type.filter(signature => signature.length < 100);

/** A signature, and a value for each of its types. */
export const bodies = fc.array(types, {maxLength: 4}).filter(types => types.join('').length < 200).chain(types =>
	fc.tuple(fc.constant(types.join('')), fc.tuple(...types.map(type => valuesOf(type)))));

/** Values of a type. */
export function valuesOf(signature: string): fc.Arbitrary<unknown> {
	const [type] = parseSignature(signature);
	return valuesOfType(type!);
}

// One key is special to objects, and to the library.
const dictionaries = ({members: [key, value]}: Type): fc.Arbitrary<unknown> =>
	fc.dictionary(valuesOfType(key!) as fc.Arbitrary<string>, valuesOfType(value!), {maxKeys: 4, noNullPrototype: true})
		.filter(entries => !Object.hasOwn(entries, '__proto__'));

function valuesOfType({code, members}: Type): fc.Arbitrary<unknown> {
	switch (code) {
		case 'a': {
			const [element] = members;
			return element!.code === '{' ? dictionaries(element!) : fc.array(valuesOfType(element!), {maxLength: 4});
		}

		case '(': {
			return fc.tuple(...members.map(member => valuesOfType(member)));
		}

		case 'v': {
			return fc.constantFrom('y', 's', 'o', 't', 'as', 'a{su}', '(bd)', 'v').chain(signature =>
				(signature === 'v' ? fc.constant(new Variant('s', 'within')) : valuesOf(signature)).map(value => new Variant(signature, value)));
		}

		default: {
			return basic[code]!;
		}
	}
}

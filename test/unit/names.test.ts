import test from 'ava';
import fc from 'fast-check';
import {NexusError} from '../../src/errors.js';
import {checkName, generateName} from '../../src/names.js';

// The grammar once more, in other words than a regular expression.
const firsts = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const others = `${firsts}._-`;
const isName = (text: string): boolean => text.length > 0 && text.length <= 64 && firsts.includes(text[0]!) && [...text].every(character => others.includes(character));

const isAccepted = (text: string): boolean => {
	try {
		checkName(text);
		return true;
	} catch (error) {
		if (error instanceof NexusError && error.code === 'InvalidName') {
			return false;
		}

		throw error;
	}
};

const name = fc.tuple(fc.constantFrom(...firsts), fc.string({unit: fc.constantFrom(...others), maxLength: 63, size: 'max'})).map(([first, rest]) => first + rest);

test('what the grammar allows is a name', t => {
	fc.assert(fc.property(name, text => {
		t.notThrows(() => {
			checkName(text);
		});
	}));
});

test('what the grammar does not allow is no name', t => {
	const character = fc.oneof(
		{weight: 30, arbitrary: fc.constantFrom(...others)},
		fc.constantFrom(...'/\\@ \n\r\t\0~!$ß０é𝒜'),
		fc.string({unit: 'binary', minLength: 1, maxLength: 1}),
	);
	const nearlyNames = fc.string({unit: character, maxLength: 70});
	fc.assert(fc.property(fc.oneof(nearlyNames, fc.string({unit: 'binary'})), text => {
		t.is(isAccepted(text), isName(text));
	}), {numRuns: 500});
});

test('any one character changed for a foreign one spoils a name', t => {
	const foreign = fc.string({unit: 'binary', minLength: 1, maxLength: 1}).filter(character => !others.includes(character));
	fc.assert(fc.property(name, fc.nat(), foreign, (text, position, character) => {
		const at = position % text.length;
		t.false(isAccepted(text.slice(0, at) + character + text.slice(at + 1)));
	}));
});

test('the bounds', t => {
	for (const text of ['a', 'Z', '0', 'a.', 'a..b', '9-_.', 'debian-12.7_amd64', 'x'.repeat(64), '-'.repeat(63).padStart(64, 'a'), 'constructor', '__proto__'.slice(2)]) {
		t.is(isAccepted(text) && text, text);
	}

	t.false(isAccepted('x'.repeat(65)));
});

const hostile = {
	empty: [''],
	'ways through folders': ['.', '..', '...', '.hidden', '/', '/etc', 'a/b', '../a', 'a/../b', String.raw`a\b`, '%2e'],
	'flags, and Nexus\'s own folders': ['-rf', '--', '_x', '@a'],
	'spaces and ends of lines': ['a b', ' a', 'a ', '\t', 'a\n', '\na', 'a\nb', 'a\r'],
	'NUL and control characters': ['a\0', '\0', 'a\0b', '\u001B[31m', 'a\u007F'],
	'letters and digits of elsewhere': ['é', 'e\u0301', 'Ａ', 'а', '١', '名', '😀', 'a\u200B', 'a\u202E', 'a\uD800'],
	'the words of a shell': ['a:b', 'a*', '$(a)', '`a`', 'a;b', 'a"', 'a\''],
	'too long': ['x'.repeat(65), 'x'.repeat(10_000)],
};

for (const [kind, texts] of Object.entries(hostile)) {
	test(`refused: ${kind}`, t => {
		for (const text of texts) {
			const error = t.throws(() => {
				checkName(text);
			}, {instanceOf: NexusError, code: 'InvalidName'});
			// It goes to logs and terminals: whatever was given, the message has no line break of it, and says what to do.
			t.notRegex(error.message, /[\n\r\0]/);
			t.regex(error.message, /1 to 64 letters, digits, dots, underscores and dashes/);
		}
	});
}

test('a generated name is the base, a dash and 8 hex digits', t => {
	fc.assert(fc.property(name, base => {
		const generated = generateName(base);
		t.true(isName(generated));
		t.regex(generated.slice(-9), /^-[\da-f]{8}$/);
		const head = generated.slice(0, -9);
		t.is(head, base.length <= 55 ? base : base.slice(0, 55));
	}));
});

test('a base of 64 characters still gives a name', t => {
	const generated = generateName('x'.repeat(64));
	t.is(generated.length, 64);
	t.true(isName(generated));
	t.true(isName(generateName(`a${'.'.repeat(63)}`)));
});

test('generated names differ', t => {
	t.true(new Set(Array.from({length: 20}, () => generateName('base'))).size > 18);
});

import test from 'ava';
import fc from 'fast-check';
import {parseSize, parseValue} from '../../../tui/cli/values.js';

test('a size is bytes or has a suffix of a power of 1024', t => {
	const expected: Record<string, number> = {
		1: 1,
		4096: 4096,
		'1k': 1024,
		'2K': 2048,
		'512M': 512 * (1024 ** 2),
		'512MiB': 512 * (1024 ** 2),
		'2G': 2 * (1024 ** 3),
		'2gib': 2 * (1024 ** 3),
		'1T': 1024 ** 4,
		'1TiB': 1024 ** 4,
	};
	for (const [text, bytes] of Object.entries(expected)) {
		t.is(parseSize(text), bytes, `of ${text}`);
	}
});

test('a size that is none is refused', t => {
	for (const text of ['', '0', '0G', '10Q', 'G', '-1', '1.5G', '2 G', '2GB', '2i', '1e3', '9007199254740993', '99999999T', '0x10', '１']) {
		t.throws(() => parseSize(text), {instanceOf: RangeError}, `of ${text}`);
	}
});

test('every whole number of bytes is a size of its own', t => {
	t.notThrows(() => {
		fc.assert(fc.property(fc.integer({min: 1, max: Number.MAX_SAFE_INTEGER}), bytes => parseSize(String(bytes)) === bytes));
	});
});

test('an integer keeps to its bounds', t => {
	const spec = {
		type: 'integer', summary: '', value: 'N', minimum: 1, maximum: 1024,
	} as const;
	t.is(parseValue(spec, '1'), 1);
	t.is(parseValue(spec, '1024'), 1024);
	for (const text of ['0', '1025', 'abc', '1.5', '', '-1', '1e2', ' 1']) {
		t.throws(() => parseValue(spec, text), {message: 'a whole number from 1 to 1024'}, `of ${text}`);
	}
});

test('a choice is one of those there are', t => {
	const spec = {
		type: 'string', summary: '', value: 'ROLE', choices: ['portal', 'work'],
	} as const;
	t.is(parseValue(spec, 'work'), 'work');
	t.throws(() => parseValue(spec, 'Work'), {message: 'one of portal, work'});
});

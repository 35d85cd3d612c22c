import test from 'ava';
import fc from 'fast-check';
import {jsonText, printable, quoted} from '../../../tui/output/printable.js';

test('control characters are written out', t => {
	t.is(printable('/a\nb\tc\r'), String.raw`/a\nb\tc\r`);
	t.is(printable('\u001B[31mred\u0007'), String.raw`\x1b[31mred\x07`);
	t.is(printable('\u009B31m\u007F'), String.raw`\x9b31m\x7f`);
	t.is(printable('a\u202Eb\u2028'), String.raw`a\u202eb\u2028`);
});

test('text stays as it is', t => {
	t.is(printable('/srv/größe/日本語/👩‍👩‍👧'), '/srv/größe/日本語/👩‍👩‍👧');
	t.is(quoted('web'), '"web"');
});

test('no text brings a control character to the terminal', t => {
	const control = /[\p{Cc}\u202A-\u202E\u2066-\u2069]/u;
	t.notThrows(() => {
		fc.assert(fc.property(fc.string({unit: 'binary'}), text => !control.test(printable(text))));
	});
});

test('JSON keeps every text and has no control character but its own white space', t => {
	const control = /(?![\t\n])[\p{Cc}\u2028\u2029]/u;
	t.notThrows(() => {
		fc.assert(fc.property(fc.string({unit: 'binary'}), text => {
			const json = jsonText({text});
			return !control.test(json) && (JSON.parse(json) as {text: string}).text === text;
		}));
	});
});

import test from 'ava';
import fc from 'fast-check';
import stringWidth from 'string-width';
import {charactersOf} from '../../../../tui/app/line-editor.js';
import {
	cut, fit, widthOf, wrap, wrapWords,
} from '../../../../tui/app/text.js';
import {printable} from '../../../../tui/output/printable.js';

const odd = ['a', ' ', '日', 'ｱ', 'ﾞ', 'e\u0301', '\u0301', '\u200D', '👩‍👩‍👧', '👍🏽', '🇩🇪', '\u{1F1E9}', '\u1112\u1161\u11AB', '\u1161', '\u{2F800}', '\u{1D160}', 'क्ष', 'ि'];
const texts = fc.oneof(fc.string(), fc.string({unit: 'grapheme'}), fc.string({unit: 'binary'}), fc.string({unit: fc.constantFrom(...odd)})).map(text => printable(text));
const widths = fc.integer({min: 0, max: 30});

test('the width is what a terminal makes of it', t => {
	fc.assert(fc.property(texts, text => {
		t.is(widthOf(text), stringWidth(text));
	}));
	t.deepEqual(['abc', '日本', 'e\u0301', '👩‍👩‍👧', '🇩🇪'].map(text => widthOf(text)), [3, 4, 1, 2, 2]);
});

test('what is cut is never too wide, is no shorter than it must be, and ends in an ellipsis', t => {
	fc.assert(fc.property(texts, widths, (text, width) => {
		const shorter = cut(text, width);
		t.true(stringWidth(shorter) <= width);
		if (stringWidth(text) <= width) {
			t.is(shorter, text);
		} else if (width > 0) {
			const kept = shorter.slice(0, -1);
			t.is(shorter, `${kept}…`);
			t.true(text.startsWith(kept));
			// The next character would not have had room.
			const [next] = charactersOf(text.slice(kept.length));
			t.true(stringWidth(kept) + stringWidth(next!) > width - 1);
		}
	}));
});

test('no character is cut in two', t => {
	const line = 'x👩‍👩‍👧e\u0301日🇩🇪';
	t.deepEqual([1, 2, 3, 4, 5, 6, 7, 8].map(width => cut(line, width)), ['…', 'x…', 'x…', 'x👩‍👩‍👧…', 'x👩‍👩‍👧e\u0301…', 'x👩‍👩‍👧e\u0301…', 'x👩‍👩‍👧e\u0301日…', line]);
});

test('what is fitted has that width exactly, and the blanks on the other side', t => {
	fc.assert(fc.property(texts, widths, fc.constantFrom('left', 'right'), (text, width, align) => {
		const fitted = fit(text, width, align);
		const shorter = cut(text, width);
		t.is(stringWidth(fitted), width);
		t.true(align === 'left' ? fitted.startsWith(shorter) : fitted.endsWith(shorter));
		t.is(fitted.trim(), shorter.trim());
	}));
	t.is(fit('abc', 5), 'abc  ');
	t.is(fit('abc', 5, 'right'), '  abc');
	t.is(fit('abcdef', 5, 'right'), 'abcd…');
	t.is(fit('日本語', 4), '日… ');
	t.is(fit('abc', -3), '');
});

test('what is wrapped is lines of that width, which together are the text', t => {
	fc.assert(fc.property(texts, fc.integer({min: 2, max: 30}), (text, width) => {
		const lines = wrap(text, width);
		t.is(lines.join(''), text);
		t.deepEqual(lines.flatMap(line => charactersOf(line)), charactersOf(text));
		// Only a character that is wider than the line may be.
		t.true(lines.every(line => stringWidth(line) <= width || charactersOf(line).filter(character => stringWidth(character) > 0).length === 1));
	}));
});

test('a path that is wrapped is spelled as it was', t => {
	t.is(wrap('/srv/gro\u0308ße/\u{2F800}', 8).join(''), '/srv/gro\u0308ße/\u{2F800}');
	t.deepEqual(wrap('/srv/a b/disk.raw', 8), ['/srv/a b', '/disk.ra', 'w']);
	t.deepEqual(wrap('', 8), ['']);
});

test('sentences are wrapped between words, and no word is lost', t => {
	const words = fc.array(fc.string({unit: fc.constantFrom('a', 'b', '日', 'é', '.'), minLength: 1, maxLength: 40}), {minLength: 1});
	fc.assert(fc.property(words, fc.integer({min: 2, max: 30}), (words, width) => {
		const lines = wrapWords(words.join(' '), width);
		t.true(lines.every(line => stringWidth(line) <= width));
		t.is(lines.join('').replaceAll(' ', ''), words.join(''));
		if (words.every(word => stringWidth(word) <= width)) {
			t.is(lines.join(' '), words.join(' '));
		}
	}));
});

test('what a terminal would act upon is written out where lines are made', t => {
	t.deepEqual(wrap('a\nb\u001B[2J', 40), [String.raw`a\nb\x1b[2J`]);
	t.deepEqual(wrapWords('a\nb\u001B[2J', 40), [String.raw`a\nb\x1b[2J`]);
});

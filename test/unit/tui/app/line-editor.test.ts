import test from 'ava';
import fc from 'fast-check';
import {
	charactersOf, edit, insert, lineOf, type Line,
} from '../../../../tui/app/line-editor.js';

// What people see as one character, however many code points that takes. None of them joins with another.
const characters = ['a', 'b', '.', '/', ' ', 'é', 'e\u0301', '日', '🇩🇪', '👍🏽', '👩‍👩‍👧', '\u1112\u1161\u11AB', 'क्ष'] as const;
const texts = fc.array(fc.constantFrom(...characters), {maxLength: 12});
const keys = ['left', 'right', 'home', 'end', 'backspace', 'ctrl-w', 'ctrl-u', 'ctrl-k', 'ctrl-a', 'ctrl-e'] as const;
type Key = typeof keys[number];

/** A line as a list of characters and a number. */
type Model = {readonly characters: readonly string[]; readonly cursor: number};

const keep = ({characters, cursor}: Model, kept: number): Model => ({characters: [...characters.slice(0, kept), ...characters.slice(cursor)], cursor: kept});

// Where the word before the cursor begins.
function beginningOfWord({characters, cursor}: Model): number {
	const isBetween = (index: number): boolean => [' ', '/'].includes(characters[index]!);
	let beginning = cursor;
	while (beginning > 0 && isBetween(beginning - 1)) {
		beginning--;
	}

	while (beginning > 0 && !isBetween(beginning - 1)) {
		beginning--;
	}

	return beginning;
}

const meaning: Readonly<Record<Key, (model: Model) => Model>> = {
	left: model => ({...model, cursor: Math.max(0, model.cursor - 1)}),
	right: model => ({...model, cursor: Math.min(model.characters.length, model.cursor + 1)}),
	home: model => ({...model, cursor: 0}),
	end: model => ({...model, cursor: model.characters.length}),
	backspace: model => keep(model, Math.max(0, model.cursor - 1)),
	'ctrl-w': model => keep(model, beginningOfWord(model)),
	'ctrl-u': model => keep(model, 0),
	'ctrl-k': model => ({...model, characters: model.characters.slice(0, model.cursor)}),
	'ctrl-a': model => ({...model, cursor: 0}),
	'ctrl-e': model => ({...model, cursor: model.characters.length}),
};

type Step = {readonly text: readonly string[]} | {readonly key: Key};

const steps = fc.array(fc.oneof(fc.record({text: texts}), fc.record({key: fc.constantFrom(...keys)})), {maxLength: 30});

const takeStep = (line: Line, step: Step): Line => 'key' in step ? edit(line, step.key)! : insert(line, step.text.join(''));

const understand = (model: Model, step: Step): Model => 'key' in step
	? meaning[step.key](model)
	: {characters: [...model.characters.slice(0, model.cursor), ...step.text, ...model.characters.slice(model.cursor)], cursor: model.cursor + step.text.length};

test('keys and text do to a line what they would do to a list of characters', t => {
	fc.assert(fc.property(steps, steps => {
		let line = lineOf('');
		let model: Model = {characters: [], cursor: 0};
		for (const step of steps) {
			line = takeStep(line, step);
			model = understand(model, step);
			t.deepEqual({characters: charactersOf(line.text), cursor: line.cursor}, model);
		}
	}));
});

test('the cursor stays within the text, whatever that is made of', t => {
	const anything = fc.oneof(fc.string({unit: 'binary'}), fc.string({unit: fc.constantFrom('e', '\u0301', '\u200D', '👩', '\u{1F1E9}', '\u{1F3FD}', '\u094D', 'क', '\u1112', '\u1161')}));
	fc.assert(fc.property(fc.array(fc.oneof(fc.record({text: anything.map(text => [text])}), fc.record({key: fc.constantFrom(...keys)})), {maxLength: 30}), steps => {
		let line = lineOf('');
		for (const step of steps) {
			line = takeStep(line, step);
			t.true(Number.isInteger(line.cursor) && line.cursor >= 0 && line.cursor <= charactersOf(line.text).length);
		}
	}));
});

test('what was inserted is gone after as many backspaces', t => {
	fc.assert(fc.property(texts, texts, fc.nat(12), (before, inserted, back) => {
		let line = lineOf(before.join(''));
		for (let index = 0; index < back; index++) {
			line = edit(line, 'left')!;
		}

		let other = insert(line, inserted.join(''));
		for (const _ of inserted) {
			other = edit(other, 'backspace')!;
		}

		t.deepEqual(other, line);
	}));
});

test('a character that comes in several pieces is one in the end', t => {
	for (const character of characters) {
		let line = lineOf('ab');
		for (const piece of character) {
			line = insert(line, piece);
		}

		t.deepEqual(line, {text: `ab${character}`, cursor: 3});
		t.deepEqual(edit(line, 'backspace'), {text: 'ab', cursor: 2});
	}
});

test('an accent that is put behind a letter becomes a part of it', t => {
	const line = edit(edit(lineOf('ex'), 'left')!, 'left')!;
	t.deepEqual(insert(edit(line, 'right')!, '\u0301'), {text: 'e\u0301x', cursor: 1});
});

test('lines become one, and words stay words', t => {
	t.deepEqual(insert(lineOf('x'), 'one\r\n  two\tthree\n'), lineOf('xone two three'));
});

test('nothing that acts upon a terminal gets in', t => {
	fc.assert(fc.property(fc.string({unit: 'binary'}), text => {
		t.notRegex(insert(lineOf(''), text).text, /[\p{Cc}\u061C\u200E\u200F\u2028-\u202E\u2066-\u2069]/u);
	}));
	t.deepEqual(insert(lineOf(''), 'a\u001B[2J\r\n\tb\u202Ec\u200Ed\u2028e\u2066f\u061Cg\u009Bh'), lineOf('a[2J bcdefgh'));
});

test('all else does', t => {
	fc.assert(fc.property(texts, text => {
		t.is(insert(lineOf(''), text.join('')).text, text.join(''));
	}));
});

test('a line holds the longest path, and no book', t => {
	const path = `/${'é'.repeat(4095)}`;
	t.is(insert(lineOf(''), path).text, path);
	t.is(insert(insert(lineOf(''), path), 'x').text, path);
	t.true(insert(lineOf('ab'), '😀'.repeat(100_000)).text.length <= 2 * 4096);
	t.true(insert(lineOf('ab'), '😀'.repeat(100_000)).text.startsWith('ab😀'));
});

test('the last word goes with the blanks and slashes behind it', t => {
	const kill = (text: string): string => edit(lineOf(text), 'ctrl-w')!.text;
	t.is(kill('one two'), 'one ');
	t.is(kill('one two  '), 'one ');
	t.is(kill('/srv/images/debian'), '/srv/images/');
	t.is(kill('/srv/images/'), '/srv/');
	t.is(kill('  '), '');
	t.is(kill(''), '');
});

test('a key that means nothing to a line is left to others', t => {
	for (const key of ['enter', 'tab', 'up', 'ctrl-x', 'x', '', 'constructor', '__proto__']) {
		t.is(edit(lineOf('a'), key), undefined);
	}
});

import test from 'ava';
import fc from 'fast-check';
import stringWidth from 'string-width';
import {
	dialogChrome, dialogHeight, dialogKeys, dialogLines, windowOf,
} from '../../../../tui/app/dialog-lines.js';
import {charactersOf, lineOf} from '../../../../tui/app/line-editor.js';
import {
	fieldOf, formOf, type Dialog, type Form, type Prompt, type Question,
} from '../../../../tui/app/view.js';

const nothing = async (): Promise<void> => undefined;

const form: Form = formOf({
	title: 'Create',
	fields: [
		fieldOf({label: 'Image', text: 'debian', hint: 'to start from'}),
		fieldOf({label: 'How many', hint: 'several get numbers'}),
		fieldOf({
			label: 'Read-only', text: 'no', hint: 'the VM must not write to it', isToggle: true,
		}),
	],
	submit: nothing,
});
const question: Question = {
	kind: 'question', title: 'Delete?', lines: ['All that was written to it is lost.'], onYes: () => undefined,
};
const prompt: Prompt = {kind: 'prompt', line: lineOf('ws li'), candidates: []};

const textsOf = (dialog: Dialog, width = 60): string[] => dialogLines(dialog, width).map(({text}) => text.trimEnd());

test('a form shows its fields, and where somebody types', t => {
	t.deepEqual(textsOf(form), ['> Image      debian', '  How many     (several get numbers)', '  Read-only  [ ] no  the VM must not write to it', '']);
	t.deepEqual(dialogLines(form, 60).map(({cursor}) => cursor), [19, undefined, undefined, undefined]);
	t.deepEqual(textsOf({...form, at: 1}).slice(0, 2), ['  Image      debian', '> How many     (several get numbers)']);
	t.is(dialogLines({...form, at: 1}, 60)[1]!.cursor, 13);
});

test('a toggle says how it is changed, and has its answer in words', t => {
	t.is(textsOf({...form, at: 2})[2], '> Read-only  [ ] no  (Space changes it)');
	t.is(textsOf({...form, fields: form.fields.map(field => ({...field, line: lineOf('yes')}))})[2], '  Read-only  [x] yes  the VM must not write to it');
});

test('what was refused is said in the form, and so is that it is being done', t => {
	t.deepEqual(textsOf({...form, problem: {kind: 'error', text: 'Image is missing'}}).slice(3), ['', '✗ Image is missing']);
	const busy = dialogLines({...form, isBusy: true}, 60);
	t.is(busy.at(-1)!.text, '… nexusd is at it');
	t.true(busy.every(({cursor}) => cursor === undefined));
});

test('of paths that it could become, a form shows what they differ in', t => {
	t.is(textsOf({...form, candidates: ['/srv/images/debian/', '/srv/images/devuan/']})[3], '  debian/  devuan/');
	t.is(textsOf({...form, candidates: ['portal', 'service']})[3], '  portal  service');
});

test('a prompt shows the line behind a colon', t => {
	t.is(textsOf(prompt)[0], ':ws li');
	t.is(dialogLines(prompt, 60)[0]!.cursor, 6);
	t.is(textsOf({...prompt, candidates: ['list', 'link']})[1], '  list  link');
});

test('a question ends in what can be answered', t => {
	t.deepEqual(textsOf(question), ['All that was written to it is lost.', '', 'y yes · n no']);
	t.is(textsOf({...question, onYes: undefined}).at(-1), 'Esc close');
});

test('a question is never long: what is left out is counted', t => {
	const long = textsOf({...question, lines: Array.from({length: 30}, (_, index) => `line ${index + 1}`)});
	t.is(long.length, 10);
	t.deepEqual(long.slice(6), ['line 7', '… 23 lines more', '', 'y yes · n no']);
});

test('a menu shows what each key would copy, a page its lines', t => {
	t.deepEqual(textsOf({
		kind: 'menu', title: 'Copy', items: [{
			key: 'p', label: 'device path', about: '/srv/disk.raw', run: () => undefined,
		}],
	}), ['p  device path         /srv/disk.raw']);
	t.deepEqual(textsOf({
		kind: 'pages', title: 'Keys', lines: ['one', '', 'two'], top: 0,
	}), ['one', '', 'two']);
});

const odd = fc.constantFrom('a', '日', '\n', '\u001B', '\u202E', '👩‍👩‍👧');
const anything = fc.oneof(fc.string({unit: 'grapheme', maxLength: 100}), fc.string({unit: 'binary', maxLength: 100}), fc.string({unit: odd, maxLength: 100}));
const lines = anything.chain(text => fc.nat(charactersOf(text).length).map(cursor => ({text, cursor})));
const fields = fc.array(fc.record({label: fc.constantFrom('VM', 'How many'), line: lines, hint: fc.constantFrom('', 'what happens when it is left out')}), {minLength: 1, maxLength: 4});
const problem = fc.option(anything.map(text => ({kind: 'error' as const, text})), {nil: undefined});
const candidates = fc.array(anything, {maxLength: 5});

const dialogs: fc.Arbitrary<Dialog> = fc.oneof(
	fc.record({
		kind: fc.constant('form' as const), title: anything, fields, at: fc.constant(0), candidates, problem, isBusy: fc.boolean(), submit: fc.constant(nothing),
	}),
	fc.record({kind: fc.constant('prompt' as const), line: lines, candidates}),
	fc.record({
		kind: fc.constant('question' as const), title: anything, lines: fc.array(anything, {maxLength: 30}), onYes: fc.constantFrom(undefined, () => undefined),
	}),
	fc.record({
		kind: fc.constant('pages' as const), title: anything, lines: fc.array(anything, {maxLength: 30}), top: fc.constant(0),
	}),
	fc.record({
		kind: fc.constant('menu' as const), title: anything, items: fc.array(anything.map(about => ({
			key: 'p', label: 'device path', about, run: () => undefined,
		}))),
	}),
);

test('whatever a dialog is about, its lines are no wider than it, nothing in them acts upon the terminal, and typing happens within them', t => {
	fc.assert(fc.property(dialogs, fc.integer({min: 36, max: 200}), (dialog, width) => {
		const all = dialogLines(dialog, width);
		t.true(all.every(({text}) => stringWidth(text) <= width));
		t.true(all.every(({text}) => !/[\p{Cc}\u202A-\u202E\u2066-\u2069\u2028\u2029]/u.test(text)));
		t.true(all.every(({cursor = 0}) => cursor >= 0 && cursor < width));
		t.is(dialogHeight(dialog, width + dialogChrome.columns), all.length + dialogChrome.lines);
	}), {numRuns: 500});
	t.is(dialogHeight(undefined, 80), 0);
});

test('the cursor of a long line is in sight, at the character where it stands', t => {
	fc.assert(fc.property(fc.array(fc.constantFrom('a', 'b', '日', 'e\u0301', '👩‍👩‍👧'), {maxLength: 40}), fc.nat(40), fc.integer({min: 3, max: 30}), (characters, place, room) => {
		const at = Math.min(place, characters.length);
		const {text, cursor} = windowOf({text: characters.join(''), cursor: at}, room);
		t.true(stringWidth(text) <= room && cursor < room);
		const before = charactersOf(text).slice(0, charactersOf(text).findIndex((_, index, all) => stringWidth(all.slice(0, index).join('')) === cursor));
		if (cursor < stringWidth(text)) {
			t.true(characters.slice(0, at).join('').endsWith(before.join('')));
		} else {
			t.true(characters.slice(0, at).join('').endsWith(text));
		}
	}));
	t.deepEqual(windowOf(lineOf('abcdef'), 4), {text: 'def', cursor: 3});
	t.deepEqual(windowOf({text: 'abcdef', cursor: 0}, 4), {text: 'abc…', cursor: 0});
});

test('the longest path is windowed in no time', t => {
	// To measure it all at every character would take half a minute.
	const {text, cursor} = windowOf(lineOf('é'.repeat(4000)), 40);
	t.is(text, 'é'.repeat(39));
	t.is(cursor, 39);
});

test('the keys of each dialog are for the footer', t => {
	const named = (dialog: Dialog): string => dialogKeys(dialog).map(({key, label}) => `${key} ${label}`).join(', ');
	t.is(named(question), 'y yes, n no');
	t.is(named({...question, onYes: undefined}), 'Esc close');
	t.true(named(form).includes('Enter do it'));
	t.true(named(prompt).includes('Tab complete'));
});

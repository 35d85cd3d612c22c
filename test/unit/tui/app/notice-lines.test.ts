import test from 'ava';
import fc from 'fast-check';
import stringWidth from 'string-width';
import {noticeLines} from '../../../../tui/app/notice-lines.js';

test('a sign and a sentence; what to do about it is another one', t => {
	t.deepEqual(noticeLines({kind: 'done', text: 'Created VM "web"'}, 78, 3), ['✓ Created VM "web"']);
	t.deepEqual(noticeLines({kind: 'busy', text: 'Deleting 3 workspaces'}, 78, 3), ['… Deleting 3 workspaces']);
	t.deepEqual(noticeLines({kind: 'error', text: 'no space left', hint: 'Grow the pool'}, 78, 3), ['✗ no space left. Grow the pool.']);
	t.deepEqual(noticeLines(undefined, 78, 3), []);
});

test('a sentence that has its full stop gets no other', t => {
	t.deepEqual(noticeLines({kind: 'error', text: 'Unit nexusd.service not found.', hint: 'Start it.'}, 78, 3), ['✗ Unit nexusd.service not found. Start it.']);
	t.deepEqual(noticeLines({kind: 'busy', text: 'Is it there?', hint: 'Look'}, 78, 3), ['… Is it there? Look.']);
});

test('so many lines at the most, none of them too wide, and an ellipsis where something is left out', t => {
	const texts = fc.string({unit: fc.constantFrom('a', 'b', ' ', '日', '👩‍👩‍👧', '"'), minLength: 1, maxLength: 400});
	fc.assert(fc.property(texts, fc.option(texts, {nil: undefined}), fc.integer({min: 18, max: 200}), fc.integer({min: 1, max: 3}), (text, hint, width, most) => {
		const lines = noticeLines({kind: 'error', text, hint}, width, most);
		t.true(lines.length > 0 && lines.length <= most);
		t.true(lines.every(line => stringWidth(line) <= width));
		const whole = `✗${text}${hint ? `.${hint}.` : ''}`.replaceAll(' ', '');
		const shown = lines.join('').replaceAll(' ', '');
		t.true(shown === whole || (lines.length === most && shown.endsWith('…') && whole.startsWith(shown.slice(0, -1))));
	}));
});

test('nothing in it acts upon the terminal', t => {
	t.deepEqual(noticeLines({kind: 'error', text: 'cannot read /a\u001B[2J\nb'}, 78, 3), [String.raw`✗ cannot read /a\x1b[2J\nb`]);
});

import * as original from '@alcalzone/ansi-tokenize';
import test from 'ava';
import fc from 'fast-check';
import * as cells from '../../../../tui/app/cells.js';

const styles = [0, 1, 2, 7, 22, 27, 31, 35, 39].map(code => `\u001B[${code}m`);
const lines = fc.string({unit: fc.constantFrom('a', ' ', '│', '日', '👩‍👩‍👧', 'é', ...styles), maxLength: 40});

test('a line has the cells that Ink\'s own package finds in it, also when it comes again', t => {
	fc.assert(fc.property(lines, line => {
		const expected = original.styledCharsFromTokens(original.tokenize(line));
		t.deepEqual(cells.styledCharsFromTokens(cells.tokenize(line)), expected);
		t.deepEqual(cells.styledCharsFromTokens(cells.tokenize(line)), expected);
	}));
});

test('cells of several lines become the text that Ink\'s own package makes of them', t => {
	fc.assert(fc.property(fc.array(lines, {maxLength: 4}), pieces => {
		const blank = {
			type: 'char', value: ' ', fullWidth: false, styles: [],
		} as const;
		const row = pieces.flatMap(line => [{...blank, styles: []}, ...cells.styledCharsFromTokens(cells.tokenize(line))]);
		t.is(cells.styledCharsToString(row), original.styledCharsToString(row));
	}));
});

test('more lines than are remembered do no harm', t => {
	for (let number = 0; number < 5000; number++) {
		t.is(cells.styledCharsToString(cells.styledCharsFromTokens(cells.tokenize(`line ${number}`))), `line ${number}`);
	}
});

import test from 'ava';
import fc from 'fast-check';
import {
	follow, indexOf, moveTo, start, type Cursor,
} from '../../../../tui/app/cursor.js';
import type {Rows} from '../../../../tui/app/rows.js';
import {workspaceOf} from './_world.js';

const rowsOf = (numbers: readonly number[]): Rows => {
	const rows = numbers.map(number => workspaceOf(number));
	return {rows, total: rows.length, best: 0};
};

const pathOf = (number: number): string => workspaceOf(number).path;

// A list after something happened: some rows went, others came, all of them in another order.
const lists = fc.array(fc.uniqueArray(fc.nat(30), {maxLength: 25}), {minLength: 1, maxLength: 20});
const moves = fc.oneof(fc.integer({min: -5, max: 40}), fc.constantFrom(Number.NEGATIVE_INFINITY, Number.MAX_SAFE_INTEGER), fc.constant(undefined));

function isInSight(cursor: Cursor, rows: Rows, height: number): boolean {
	const at = indexOf(cursor, rows);
	return rows.rows.length === 0 ? at === -1 : at >= cursor.top && at < cursor.top + height && at < rows.rows.length;
}

test('the cursor stays with its object, in sight, and no room is left empty at the end', t => {
	fc.assert(fc.property(lists, fc.array(moves, {minLength: 20, maxLength: 20}), fc.array(fc.integer({min: 1, max: 12}), {minLength: 20, maxLength: 20}), (lists, moves, heights) => {
		let cursor = start;
		for (const [index, numbers] of lists.entries()) {
			const rows = rowsOf(numbers);
			const [before, height, move] = [cursor, heights[index]!, moves[index]];
			cursor = follow(cursor, rows, height);
			if (before.object !== undefined && rows.rows.some(({path}) => path === before.object)) {
				t.is(cursor.object, before.object);
			} else {
				// It stays where it was, as far as there is anything.
				t.is(indexOf(cursor, rows), Math.min(before.at, numbers.length - 1));
			}

			cursor = move === undefined ? cursor : moveTo(cursor, move, rows, height);
			t.is(indexOf(cursor, rows), rows.rows.length === 0 ? -1 : (move === undefined ? cursor.at : Math.max(0, Math.min(numbers.length - 1, move))));
			t.is(cursor.object, rows.rows[indexOf(cursor, rows)]?.path);
			t.true(isInSight(cursor, rows, height));
			t.true(cursor.top >= 0 && cursor.top <= Math.max(0, numbers.length - height));
		}
	}));
});

test('nothing is another cursor when nothing has changed', t => {
	const rows = rowsOf([1, 2, 3]);
	const cursor = moveTo(start, 1, rows, 2);
	t.is(follow(cursor, rows, 2), cursor);
});

test('as few rows as possible go by', t => {
	const rows = rowsOf([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
	const tops = [0, 2, 3, 4, 3, 2, 1, 0, 9].map((cursor => (target: number) => {
		cursor = moveTo(cursor, target, rows, 3);
		return cursor.top;
	})(start));
	t.deepEqual(tops, [0, 0, 1, 2, 2, 2, 1, 0, 7]);
});

test('rows that come before the cursor push it down, and it stays in sight', t => {
	const cursor = moveTo(start, 0, rowsOf([5]), 3);
	const later = follow(cursor, rowsOf([1, 2, 3, 4, 5, 6]), 3);
	t.deepEqual(later, {object: pathOf(5), at: 4, top: 2});
});

test('when the object goes the next one takes its place, and the one before where it was the last', t => {
	const cursor = moveTo(start, 1, rowsOf([1, 2, 3]), 5);
	t.is(follow(cursor, rowsOf([1, 3]), 5).object, pathOf(3));
	t.is(follow(cursor, rowsOf([1]), 5).object, pathOf(1));
	t.is(follow(cursor, rowsOf([]), 5).object, undefined);
});

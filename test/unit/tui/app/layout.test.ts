import test from 'ava';
import fc from 'fast-check';
import {
	detailLines, headerLines, isIn, layoutOf, listRows, smallest, type Area, type Layout,
} from '../../../../tui/app/layout.js';

const sizes = fc.record({columns: fc.integer({min: 20, max: 300}), rows: fc.integer({min: 5, max: 100})});
const wanted = fc.record({focus: fc.constantFrom('list', 'detail'), notice: fc.nat(3), dialog: fc.oneof(fc.constant(0), fc.integer({min: 3, max: 100}))});

const areasOf = ({list, detail, dialog}: Layout): Area[] => [list, detail, dialog].filter(area => area !== undefined);

const plain = {focus: 'list', notice: 0, dialog: 0} as const;

test('every cell of the body belongs to one pane and no other, and no pane reaches beyond it', t => {
	fc.assert(fc.property(sizes, wanted, (size, wanted) => {
		const layout = layoutOf(size, wanted);
		const areas = areasOf(layout);
		const [columns, rows] = [Math.max(smallest.columns, size.columns), Math.max(smallest.rows, size.rows)];
		t.is(layout.columns, columns);
		t.is(layout.rows, rows);
		const body: Area = {
			left: 0, top: headerLines, width: columns, height: rows - headerLines - 1 - wanted.notice,
		};
		for (const {left, top, width, height} of areas) {
			t.true(width > 0 && height > 0);
			t.true(isIn(left, top, body) && isIn(left + width - 1, top + height - 1, body));
		}

		// As many cells as the body has, and none of them twice.
		t.true(areas.every((area, index) => areas.slice(index + 1).every(other => !overlap(area, other))));
		if (areas.length > 0) {
			t.is(areas.reduce((sum, {width, height}) => sum + (width * height), 0), body.width * body.height);
		}
	}), {numRuns: 2000});
});

const overlap = (a: Area, b: Area): boolean => a.left < b.left + b.width && b.left < a.left + a.width && a.top < b.top + b.height && b.top < a.top + a.height;

test('only where a notice leaves no room on the smallest screens is there nothing', t => {
	fc.assert(fc.property(sizes, wanted, (size, wanted) => {
		t.true(areasOf(layoutOf(size, wanted)).length > 0 || (Math.max(smallest.rows, size.rows) < 12 && wanted.notice >= 2));
	}), {numRuns: 2000});
});

test('whoever is asked sees the question, and beside it what they look at where there is room', t => {
	fc.assert(fc.property(sizes, wanted, (size, wanted) => {
		const {dialog, list, detail, rows} = layoutOf(size, wanted);
		t.is(dialog !== undefined, wanted.dialog > 0);
		if (dialog) {
			const room = rows - 3 - wanted.notice;
			t.true(dialog.height === wanted.dialog || dialog.height === room);
			t.is(list !== undefined || detail !== undefined, room - wanted.dialog >= 6);
			t.is(dialog.top + dialog.height, rows - 1 - wanted.notice);
		}
	}), {numRuns: 2000});
});

test('the detail stands beside the list on wide screens, below it on tall ones, and in its place on all others', t => {
	fc.assert(fc.property(sizes, wanted, (size, wanted) => {
		const {list, detail, columns} = layoutOf(size, wanted);
		const height = Math.max(list?.height ?? 0, detail?.height ?? 0, list && list.left === detail?.left ? list.height + detail.height : 0);
		if (columns >= 100 && (list ?? detail)) {
			t.is(list!.top, detail!.top);
			t.is(list!.height, detail!.height);
			t.is(list!.width + detail!.width, columns);
			t.true(list!.width > 50 && detail!.width > 40);
		} else if (height >= 34) {
			t.is(detail!.top, list!.top + list!.height);
			t.true(Math.abs(list!.height - detail!.height) <= 1);
		} else if (height > 0) {
			t.is(list !== undefined, wanted.focus === 'list');
			t.is(detail !== undefined, wanted.focus === 'detail');
		}
	}), {numRuns: 2000});
});

test('sizes that people have', t => {
	t.deepEqual(areasOf(layoutOf({columns: 80, rows: 24}, plain)), [{
		left: 0, top: 2, width: 80, height: 21,
	}]);
	t.deepEqual(areasOf(layoutOf({columns: 80, rows: 50}, plain)).map(({top, height}) => [top, height]), [[2, 24], [26, 23]]);
	t.deepEqual(areasOf(layoutOf({columns: 120, rows: 30}, {...plain, notice: 1})).map(({left, height}) => [left, height]), [[0, 26], [72, 26]]);
});

test('rows and lines in sight are those between the frames', t => {
	fc.assert(fc.property(sizes, wanted, (size, wanted) => {
		const layout = layoutOf(size, wanted);
		// The titles of the columns take one.
		t.is(listRows(layout), layout.list ? layout.list.height - 3 : 1);
		t.is(detailLines(layout), layout.detail ? layout.detail.height - 2 : 1);
		t.true(listRows(layout) > 0 && detailLines(layout) > 0);
	}));
});

test('a cell is in an area from its first to its last', t => {
	const area: Area = {
		left: 3, top: 2, width: 2, height: 1,
	};
	t.deepEqual([2, 3, 4, 5].map(x => isIn(x, 2, area)), [false, true, true, false]);
	t.deepEqual([1, 2, 3].map(y => isIn(3, y, area)), [false, true, false]);
	t.false(isIn(0, 0, undefined));
});

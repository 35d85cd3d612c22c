import test from 'ava';
import fc from 'fast-check';
import stringWidth from 'string-width';
import {kinds, type Kind} from '../../../../dbus/paths.js';
import {columnsOf, type Row} from '../../../../tui/app/columns.js';
import {
	columnAt, rowLine, sizedColumns, titleLine,
} from '../../../../tui/app/table.js';
import {
	imageOf, jobOf, mirrorOf, surroundingsOf, vmOf, workspaceOf,
} from './_world.js';

const kind = fc.constantFrom(...kinds);
const widths = fc.integer({min: 20, max: 250});
const sorts = fc.record({column: fc.nat(7), descending: fc.boolean()});
const anything = fc.string({unit: 'grapheme', maxLength: 80});

const rowOf = (kind: Kind, text: string): Row => ({
	image: imageOf(1, {name: text, size: 2 ** 52}), workspace: workspaceOf(1, {name: text}), vm: vmOf(1, {name: text, state: text}), job: jobOf(1, {name: text, message: text}),
})[kind];

const surroundings = (exact: boolean, text = '') => surroundingsOf(mirrorOf({}), {exact, nameOf: () => text, userOf: () => text});

test('titles and rows are as wide as there is room, whatever stands in them', t => {
	fc.assert(fc.property(kind, widths, sorts, anything, (kind, width, sort, text) => {
		for (const exact of [false, true]) {
			const columns = sizedColumns(kind, width, exact);
			t.is(stringWidth(titleLine(columns, sort)), width);
			for (const isAt of [false, true]) {
				const line = rowLine(columns, rowOf(kind, text), {isAt, isMarked: isAt, surroundings: surroundings(exact, text)});
				t.is(stringWidth(line), width);
				t.true(line.startsWith(isAt ? '>*' : '  '));
			}
		}
	}), {numRuns: 500});
});

test('nothing in a row acts upon the terminal', t => {
	for (const kind of kinds) {
		const line = rowLine(sizedColumns(kind, 200, false), rowOf(kind, 'a\u001B[2J\n\u202E'), {isAt: false, isMarked: false, surroundings: surroundings(false, 'b\u0007')});
		t.notRegex(line, /[\p{Cc}\u202E]/u);
		t.true(line.includes(String.raw`a\x1b[2J\n`));
	}
});

test('the first columns are the last to go, and the first of all never does', t => {
	fc.assert(fc.property(kind, widths, fc.boolean(), (kind, width, exact) => {
		const columns = sizedColumns(kind, width, exact);
		t.deepEqual(columns.map(({number}) => number), columns.map((_, index) => index));
		t.true(columns[0]!.width >= columnsOf(kind)[0]!.width);
		const wider = sizedColumns(kind, width + 1, exact);
		t.true(wider.length >= columns.length);
	}));
});

test('what is shown at eighty columns', t => {
	const titles = (kind: Kind, exact: boolean): string => titleLine(sizedColumns(kind, 76, exact), {column: 0, descending: false}).trim().split(/ {2,}/).join(',');
	t.deepEqual(kinds.map(kind => titles(kind, false)), ['NAME ▲,SIZE,WORKSPACES,AGE', 'NAME ▲,BASE,VM,SIZE,AGE,OWNER', 'NAME ▲,STATE,ROLE,CID,DISKS,VCPUS,MEMORY,AGE', 'NAME ▲,STATE,DONE,KIND']);
});

test('an arrow shows by which column it is sorted and which way, whatever room the title has', t => {
	for (const kind of kinds) {
		const columns = sizedColumns(kind, 200, false);
		for (const {number} of columns) {
			for (const descending of [false, true]) {
				const line = titleLine(columns, {column: number, descending});
				t.is([...line].filter(character => '▲▼'.includes(character)).join(''), descending ? '▼' : '▲');
				t.is(columnAt(columns, line.search(/[▲▼]/)), number);
			}
		}
	}
});

test('a click on a title is a click on its column', t => {
	fc.assert(fc.property(kind, widths, fc.boolean(), sorts, (kind, width, exact, sort) => {
		const columns = sizedColumns(kind, width, exact);
		const line = titleLine(columns, sort);
		for (const {number, column: {title}} of columns.filter(({number}) => number !== sort.column)) {
			// No title is a part of another one.
			const left = line.search(new RegExp(String.raw`\b${title}\b`));
			t.deepEqual(Array.from(title, (_, index) => columnAt(columns, left + index)), Array.from(title, () => number));
		}
	}));
});

test('every cell of the titles belongs to one column, from left to right', t => {
	fc.assert(fc.property(kind, widths, fc.boolean(), (kind, width, exact) => {
		const columns = sizedColumns(kind, width, exact);
		const numbers = Array.from({length: width}, (_, x) => columnAt(columns, x));
		t.deepEqual([...new Set(numbers)], columns.map(({number}) => number));
		t.deepEqual(numbers, numbers.toSorted((a, b) => a! - b!));
		t.is(columnAt(columns, -1), undefined);
		t.is(columnAt(columns, width), undefined);
	}));
});

test('exact figures are shown to the last digit where there is room', t => {
	const line = rowLine(sizedColumns('workspace', 200, true), workspaceOf(1, {size: 1_234_567_890_123, createdAt: 1_767_225_600}), {isAt: false, isMarked: false, surroundings: surroundings(true)});
	t.true(line.includes(' 1234567890123 '));
	t.true(line.includes(' 1767225600 '));
});

test('what a workspace is to its VM', t => {
	const use = (rootDevice: boolean, readOnly: boolean): string => {
		const column = columnsOf('workspace').find(({title}) => title === 'USE')!;
		return column.cell(workspaceOf(1, {rootDevice, readOnly}), surroundings(false));
	};

	t.deepEqual([use(false, false), use(true, false), use(false, true), use(true, true)], ['-', 'root', 'ro', 'root, ro']);
});

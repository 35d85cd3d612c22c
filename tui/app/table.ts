// A list as lines of a pane: the titles of its columns, and a line for each row in sight. Widths depend on the room alone, so
// nothing jumps when rows come and go, and no row is looked at that is not in sight.
import type {Kind} from '../../dbus/paths.js';
import {printable} from '../output/printable.js';
import {
	columnsOf, type Column, type Row, type Surroundings,
} from './columns.js';
import type {Sort} from './rows.js';
import {cut, fit} from './text.js';

/** The cursor's sign and the mark's. */
const signs = 2;
const gap = 2;

export type SizedColumn = {readonly column: Column<Row>; readonly number: number; readonly width: number};

/** The columns that have room in so many cells: the first takes what is left. */
export function sizedColumns(kind: Kind, width: number, exact: boolean): SizedColumn[] {
	const all = columnsOf(kind).map((column, number) => ({column, number, width: (exact ? column.exactWidth : undefined) ?? column.width}));
	const total = (columns: readonly SizedColumn[]): number => columns.reduce((sum, column) => sum + column.width + gap, signs - gap);
	let count = all.length;
	while (count > 1 && total(all.slice(0, count)) > width) {
		count--;
	}

	const [first, ...others] = all.slice(0, count);
	return [{...first!, width: first!.width + width - total([first!, ...others])}, ...others];
}

/** The titles; an arrow shows by which column it is sorted, and which way. */
export const titleLine = (columns: readonly SizedColumn[], {column: sorted, descending}: Sort): string =>
	inColumns(columns, ({title}, number, width) => number === sorted ? `${cut(title, width - 2)} ${descending ? '▼' : '▲'}` : title, '  ');

/** A row. */
export function rowLine(columns: readonly SizedColumn[], row: Row, {isAt, isMarked, surroundings}: {isAt: boolean; isMarked: boolean; surroundings: Surroundings}): string {
	return inColumns(columns, ({cell}) => printable(cell(row, surroundings)), `${isAt ? '>' : ' '}${isMarked ? '*' : ' '}`);
}

/** The number of the column at a cell of a line. */
export function columnAt(columns: readonly SizedColumn[], x: number): number | undefined {
	let end = signs - gap;
	for (const {number, width} of columns) {
		end += gap + width;
		if (x >= 0 && x < end) {
			return number;
		}
	}

	return undefined;
}

const inColumns = (columns: readonly SizedColumn[], textOf: (column: Column<Row>, number: number, width: number) => string, signs: string): string =>
	signs + columns.map(({column, number, width}) => fit(textOf(column, number, width), width, column.align)).join(' '.repeat(gap));

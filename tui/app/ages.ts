// What changes on the screen by itself, because time goes by.
import type {Row} from './columns.js';
import type {Cursor} from './cursor.js';
import {listRows, paneChrome, type Layout} from './layout.js';
import type {Rows} from './rows.js';
import {sizedColumns} from './table.js';
import type {View} from './view.js';

/** What of a session counts. */
type Shown = {
	readonly layout: Layout;
	readonly list: {readonly cursor: Cursor};
	readonly selected: Row | undefined;
	readonly view: Pick<View, 'tab' | 'exact'>;
	/** The job whose pace is shown. */
	readonly progressing: unknown;
	rows(): Rows;
};

/** Milliseconds until something that is shown is to be drawn anew though nothing has happened; `undefined` when nothing is. */
export function untilNextAge(shown: Shown, now: number): number | undefined {
	// Ages are shown in their largest unit, so most of the time nothing changes; a pace dies away when nothing is told.
	const ages = shown.view.exact ? [] : timesIn(shown).map(time => nextAge(time, now));
	const moments = [...ages, ...(shown.progressing ? [1000] : [])];
	return moments.length > 0 ? Math.min(...moments) : undefined;
}

// The times whose ages are in sight, in seconds since the epoch.
function timesIn(shown: Shown): number[] {
	const {layout, layout: {list, detail}, list: {cursor: {top}}, selected, view: {tab, exact}} = shown;
	const columns = list ? sizedColumns(tab, list.width - paneChrome, exact) : [];
	const rows = shown.rows().rows.slice(top, top + listRows(layout));
	return [
		...columns.flatMap(({column: {since}}) => since ? rows.map(row => since(row)) : []),
		...(detail && selected ? timesOf(selected) : []),
	];
}

const timesOf = (row: Row): number[] => Object.entries(row).flatMap(([name, value]) => name.endsWith('At') && value > 0 ? [value as number] : []);

function nextAge(since: number, now: number): number {
	const age = Math.max(0, now - (since * 1000));
	const unit = age < 60_000 ? 1000 : (age < 3_600_000 ? 60_000 : 3_600_000);
	return unit - (age % unit) + 1;
}

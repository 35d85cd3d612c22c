// What changes on the screen by itself, because time goes by.
import type {Row} from './columns.js';
import {listRows, paneChrome} from './layout.js';
import type {Session} from './session.js';
import {sizedColumns} from './table.js';

/** Milliseconds until something that is shown is to be drawn anew though nothing has happened; `undefined` when nothing is. */
export function untilNextAge(session: Session, now: number): number | undefined {
	// Ages are shown in their largest unit, so most of the time nothing changes; a pace dies away when nothing is told.
	const ages = session.view.exact ? [] : timesShown(session, session.rows().rows).map(time => nextAge(time, now));
	const moments = [...ages, ...(session.progressing ? [1000] : [])];
	return moments.length > 0 ? Math.min(...moments) : undefined;
}

// The times whose ages are in sight, in seconds since the epoch.
function timesShown({layout, layout: {list, detail}, list: {cursor: {top}}, selected, view: {tab, exact}}: Session, rows: readonly Row[]): number[] {
	const columns = list ? sizedColumns(tab, list.width - paneChrome, exact) : [];
	const shown = rows.slice(top, top + listRows(layout));
	return [
		...columns.flatMap(({column: {since}}) => since ? shown.map(row => since(row)) : []),
		...(detail && selected ? timesOf(selected) : []),
	];
}

const timesOf = (row: Row): number[] => Object.entries(row).flatMap(([name, value]) => name.endsWith('At') && value > 0 ? [value as number] : []);

function nextAge(since: number, now: number): number {
	const age = Math.max(0, now - (since * 1000));
	const unit = age < 60_000 ? 1000 : (age < 3_600_000 ? 60_000 : 3_600_000);
	return unit - (age % unit) + 1;
}

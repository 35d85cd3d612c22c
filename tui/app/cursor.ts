// Where somebody is in a list. The cursor stays with its object when rows come, go and change places; when that object goes,
// it stays where it was.
import type {ObjectPath} from '../../dbus/contract.js';
import type {Rows} from './rows.js';

export type Cursor = {
	readonly object: ObjectPath | undefined;
	/** Where that was when somebody last looked. */
	readonly at: number;
	/** The first row that is shown. */
	readonly top: number;
};

export const start: Cursor = {object: undefined, at: 0, top: 0};

/** The row at the cursor, -1 where there is none. */
export function indexOf({object, at}: Cursor, rows: Rows): number {
	if (object !== undefined && rows.rows[at]?.path === object) {
		return at;
	}

	const found = object === undefined ? -1 : rows.rows.findIndex(({path}) => path === object);
	return found === -1 ? Math.min(at, rows.rows.length - 1) : found;
}

/** Puts the cursor on a row, or on the nearest there is, and so many of them into sight. */
export function moveTo(cursor: Cursor, target: number, rows: Rows, height: number): Cursor {
	const at = Math.max(0, Math.min(target, rows.rows.length - 1));
	return {object: rows.rows[at]?.path, at, top: topFor(at, cursor.top, rows.rows.length, height)};
}

/** The cursor after rows have come and gone. */
export function follow(cursor: Cursor, rows: Rows, height: number): Cursor {
	const moved = moveTo(cursor, indexOf(cursor, rows), rows, height);
	return moved.object === cursor.object && moved.at === cursor.at && moved.top === cursor.top ? cursor : moved;
}

// As few rows as possible go by, and no room is left empty at the end.
function topFor(at: number, top: number, length: number, height: number): number {
	const last = Math.max(0, length - height);
	return Math.min(last, Math.max(at - height + 1, Math.min(at, top)));
}

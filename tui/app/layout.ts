// Where everything is on a screen of some size. The mouse is told from it too.

export type Size = {readonly columns: number; readonly rows: number};

/** A rectangle of cells. */
export type Area = {readonly left: number; readonly top: number; readonly width: number; readonly height: number};

export type Layout = {
	readonly columns: number;
	readonly rows: number;
	/** The lines for what has happened, above the keys. */
	readonly notice: number;
	/** With their frames; `undefined` where there is no room for it. */
	readonly list: Area | undefined;
	readonly detail: Area | undefined;
	readonly dialog: Area | undefined;
};

export type Wanted = {
	/** Which of the two is shown where there is room for one. */
	readonly focus: 'list' | 'detail';
	readonly notice: number;
	/** Lines of the dialog that is open, its frame included; 0 when none is. */
	readonly dialog: number;
};

/** The least that is drawn for; on anything smaller the rest is cut off. */
export const smallest: Size = {columns: 40, rows: 10};

/** Lines above the list: the state of things, and the tabs. */
export const headerLines = 2;
const footerLines = 1;
/** The frame of a pane, and the titles of the columns. */
const listChrome = 3;
/** Cells of a pane's width that are not its content: the frame and a blank on both sides. */
export const paneChrome = 4;
/** From so many columns on the detail stands beside the list, and from so many rows below it. */
const wide = 100;
const tall = 34;
/** A list or a detail with fewer lines tells nothing. */
const fewest = 6;

/** Divides the screen. */
export function layoutOf(size: Size, {focus, notice, dialog}: Wanted): Layout {
	const columns = Math.max(smallest.columns, size.columns);
	const rows = Math.max(smallest.rows, size.rows);
	const height = rows - headerLines - footerLines - notice;
	const left = height - dialog;
	const dialogHeight = dialog === 0 ? 0 : (left >= fewest ? dialog : height);
	const body: Area = {
		left: 0, top: headerLines, width: columns, height: height - dialogHeight,
	};
	return {
		columns,
		rows,
		notice,
		...panesIn(body, focus),
		dialog: dialogHeight === 0 ? undefined : {...body, top: headerLines + body.height, height: dialogHeight},
	};
}

function panesIn(body: Area, focus: Wanted['focus']): Pick<Layout, 'list' | 'detail'> {
	if (body.height < fewest) {
		return {list: undefined, detail: undefined};
	}

	if (body.width >= wide) {
		const width = Math.min(90, Math.max(44, Math.round(body.width * 0.4)));
		return {
			list: {...body, width: body.width - width},
			detail: {...body, left: body.width - width, width},
		};
	}

	if (body.height >= tall) {
		const height = Math.floor(body.height / 2);
		return {
			list: {...body, height: body.height - height},
			detail: {...body, top: body.top + body.height - height, height},
		};
	}

	return focus === 'list' ? {list: body, detail: undefined} : {list: undefined, detail: body};
}

/** How many rows of a list are in sight. */
export const listRows = ({list}: Layout): number => list ? list.height - listChrome : 1;

/** How many lines of the detail are in sight. */
export const detailLines = ({detail}: Layout): number => detail ? detail.height - 2 : 1;

/** Those that tell how far a job is, above its detail: a title, a bar, what is being done, and a blank one. */
export const progressLines = 4;

/** Whether a cell is in an area. */
export const isIn = (x: number, y: number, area: Area | undefined): area is Area =>
	area !== undefined && x >= area.left && x < area.left + area.width && y >= area.top && y < area.top + area.height;

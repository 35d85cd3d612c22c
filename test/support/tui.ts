// nexusctl's terminal UI in a terminal of its own, and eyes that read what it shows.
import process from 'node:process';
import type {TestBus} from './bus.js';
import type {Cleanup} from './cleanup.js';
import {startTerminal, type Terminal, type TerminalOptions} from './terminal.js';

/** A framed part of the screen. */
export type Pane = {
	title: string;
	left: number;
	top: number;
	width: number;
	/** With its frame. */
	height: number;
	/** What is in the frame. */
	lines: string[];
};

/** A row of a list. */
export type ListRow = {name: string; text: string; isAt: boolean; isMarked: boolean; y: number};

/** What somebody sees. */
export type Frame = {
	text: string;
	lines: string[];
	/** The tab that is shown, such as `1 Images 3`. */
	tab: string;
	panes: Pane[];
	/** The list, where one is shown. */
	list: Pane | undefined;
	/** The titles of its columns. */
	titles: string;
	rows: ListRow[];
	/** The row at the cursor. */
	at: ListRow | undefined;
	/** What stands between the panes and the keys. */
	notice: string;
	/** The keys, or the filter that is being typed. */
	footer: string;
};

export type Tui = Terminal & {
	/** Waits until the frame is whole and holds all of that. */
	shows: (...wanted: ReadonlyArray<string | RegExp>) => Promise<Frame>;
	/** Waits until the frame is whole and as wanted. */
	frame: (description: string, isSo: (frame: Frame) => boolean) => Promise<Frame>;
	/** Waits until the rows of the list in sight are these, in this order. */
	lists: (...names: readonly string[]) => Promise<Frame>;
	/** Waits until the cursor is at a row. */
	standsAt: (name: string) => Promise<Frame>;
	/** Waits until a dialog with such a title is open. */
	asks: (title: string) => Promise<Frame>;
	/** Waits until that is what was typed as a filter. */
	filters: (text: string) => Promise<Frame>;
	/** Waits until no dialog is open and no filter is typed. */
	isFree: () => Promise<Frame>;
};

export type TuiOptions = {
	bus: Pick<TestBus, 'env'>;
	cleanup: Cleanup;
	/** What follows the word nexusctl. */
	args?: string[];
	/** What is run instead of nexusctl itself. */
	command?: TerminalOptions['command'];
} & Omit<TerminalOptions, 'command'>;

/** Milliseconds for which something is waited for. Machines that test many things at once are slow. */
const patience = 60_000;

/** How nexusctl is run. */
export const nexusctlCommand = (...args: string[]): TerminalOptions['command'] => [process.execPath, 'dist/nexusctl.js', ...args];

/** Opens the UI. */
export async function openTui({bus, cleanup, args = ['tui'], command = nexusctlCommand(...args), env, ...options}: TuiOptions): Promise<Tui> {
	return asTui(await startTerminal(cleanup, {command, env: {...bus.env, ...env}, ...options}));
}

/** A terminal in which the UI runs, or will run. */
export function asTui(terminal: Terminal): Tui {
	const until: Tui['until'] = async (description, isSo, timeoutMs = patience) => terminal.until(description, isSo, timeoutMs);
	const frame: Tui['frame'] = async (description, isSo) => {
		const screen = await until(description, (screen, {columns, rows}) => {
			const frame = readFrame(screen);
			return faultsOf(frame, columns, rows).length === 0 && isSo(frame);
		});
		return readFrame(screen);
	};

	return {
		...terminal,
		until,
		frame,
		shows: async (...wanted) => frame(`it shows ${wanted.map(String).join(', ')}`, ({text}) =>
			wanted.every(part => typeof part === 'string' ? text.includes(part) : part.test(text))),
		lists: async (...names) => frame(`the list is ${names.join(', ')}`, ({list, rows}) => list !== undefined && rows.map(({name}) => name).join(' ') === names.join(' ')),
		standsAt: async name => frame(`the cursor is at ${name}`, ({at}) => at?.name === name),
		// A frame is drawn from its top to its bottom, where the keys are.
		asks: async title => frame(`"${title}" is asked`, ({panes, footer}) => panes.at(-1)!.title.startsWith(title) && !isOfLists(footer)),
		filters: async text => frame(`"${text}" is typed`, ({footer}) => footer === ` /${text}`),
		isFree: async () => frame('the keys are those of the lists', ({footer}) => isOfLists(footer)),
	};
}

const isOfLists = (footer: string): boolean => footer.endsWith('q quit');

/** Opens it and waits until it shows what nexusd has. */
export async function openLiveTui(options: TuiOptions): Promise<Tui> {
	const tui = await openTui(options);
	await tui.shows('● live on the');
	return tui;
}

/** Reads a screen. Characters that take two cells, or none, are not for it. */
export function readFrame(text: string): Frame {
	const lines = text.split('\n');
	const panes = panesIn(lines);
	const list = panes.find(({title}) => /^(?:Images|Workspaces|VMs|Jobs)\b/.test(title));
	const rows = list ? rowsIn(list) : [];
	const below = Math.max(...panes.map(({top, height}) => top + height), 2);
	return {
		text,
		lines,
		tab: /\[(\d .*?)]/.exec(lines[1] ?? '')?.[1] ?? '',
		panes,
		list,
		titles: list?.lines[0]?.trim() ?? '',
		rows,
		at: rows.find(({isAt}) => isAt),
		notice: lines.slice(below, -1).map(line => line.trim()).join(' '),
		footer: lines.at(-1)!,
	};
}

function panesIn(lines: string[]): Pane[] {
	const cells = lines.map(line => [...line]);
	const panes: Pane[] = [];
	for (const [top, line] of cells.entries()) {
		for (const [left, cell] of line.entries()) {
			const right = cell === '╭' ? line.indexOf('╮', left) : -1;
			const bottom = right === -1 ? -1 : cells.findIndex((other, y) => y > top && other[left] === '╰' && other[right] === '╯');
			if (bottom !== -1) {
				const textOf = (y: number, inset: number): string => cells[y]!.slice(left + inset, right + 1 - inset).join('');
				panes.push({
					title: textOf(top, 2).replace(/─+$/, '').trim(),
					left,
					top,
					width: right - left + 1,
					height: bottom - top + 1,
					lines: cells.slice(top + 1, bottom).map((_, index) => textOf(top + 1 + index, 2)),
				});
			}
		}
	}

	return panes;
}

// Below the titles of the columns; what is said where there are no rows begins with neither of the signs.
const rowsIn = ({lines, top}: Pane): ListRow[] => lines.flatMap((line, index) => {
	const [, at, mark, text] = index === 0 ? [] : (/^([> ])([* ])(\S.*)$/.exec(line) ?? []);
	return text === undefined
		? []
		: [{
			name: text.split(/ {2,}/)[0]!.trim(), text: text.trim(), isAt: at === '>', isMarked: mark === '*', y: top + 1 + index,
		}];
});

/** All that is wrong with a frame for a terminal of that size: nothing may be left of another one, and no line half drawn. */
export function faultsOf({lines, panes, notice}: Frame, columns: number, rows: number): string[] {
	const bottom = Math.max(...panes.map(({top, height}) => top + height));
	const widthAt = (y: number): number => panes.filter(({top, height}) => y >= top && y < top + height).reduce((sum, {width}) => sum + width, 0);
	const isFramed = (line: string): boolean => /^[╭│╰].*[╮│╯]$/.test(line);
	const broken = lines.slice(2, Math.max(2, bottom)).filter((line, index) => widthAt(index + 2) !== columns || [...line].length !== columns || !isFramed(line));
	return [
		...(lines.length === rows ? [] : [`${lines.length} lines, not ${rows}`]),
		...(/^ Nexus {2}[●◌○✗] /.test(lines[0]!) ? [] : ['the first line is not the header']),
		...(/^[ [][1-4]/.test(lines[1] ?? '') ? [] : ['the second line has no tabs']),
		...(panes.length > 0 ? [] : ['there is no pane']),
		...broken.map(line => `a line is not framed in full: ${line}`),
		...(/[╭╮╰╯│]/.test(notice) ? [`there is a frame in the notice: ${notice}`] : []),
		...(bottom <= rows - 1 && bottom >= rows - 4 ? [] : [`the panes end at line ${bottom}`]),
		...(/^ (?:\S.*\b(?:quit|close|cancel|no)$|\/)/.test(lines.at(-1)!) ? [] : [`the last line has no keys: ${lines.at(-1)!}`]),
	];
}

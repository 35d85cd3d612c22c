// Tables as kubectl prints them: a header in capitals, no borders, and no wider than the terminal.
import {printable} from './printable.js';
import type {Terminal} from './terminal.js';

export type Column<Row> = {
	readonly header: string;
	readonly cell: (row: Row) => string;
	/** Dropped where there is no room, the last one first. */
	readonly optional?: boolean;
	/** Its cells are cut in the middle when dropping columns was not enough; the lowest number first. */
	readonly cut?: number;
};

/** Below this a cut cell tells nothing. */
const narrowest = 8;
const gap = '  ';

type Sized = {readonly cut: number | undefined; readonly optional: boolean; readonly texts: readonly string[]; readonly width: number};
type Measure = (text: string) => number;

/** The rows as a table that fits the terminal. */
export async function table<Row>(rows: readonly Row[], columns: ReadonlyArray<Column<Row>>, {columns: available, style}: Terminal): Promise<string> {
	const texts = columns.map(({header, cell}) => [header, ...rows.map(row => printable(cell(row)))]);
	const measure = await measureFor(texts.flat());
	const sized = columns.map(({optional = false, cut}, index) => sizedColumn({optional, cut, texts: texts[index]!}, measure));
	const fitted = await cutToFit(dropToFit(sized, available), available, measure);
	const [header, ...lines] = Array.from({length: rows.length + 1}, (_, index) => lineOf(fitted, index, measure));
	return [style.bold(header!), ...lines].join('\n');
}

// Wide characters need string-width, whose patterns take 50 ms to load. Nearly all names and paths do without.
async function measureFor(texts: readonly string[]): Promise<Measure> {
	if (texts.every(text => /^[\u0020-\u007E]*$/.test(text))) {
		return text => text.length;
	}

	const {default: stringWidth} = await import('string-width');
	return stringWidth;
}

function sizedColumn(column: Omit<Sized, 'width'>, measure: Measure): Sized {
	let width = 0;
	for (const text of column.texts) {
		width = Math.max(width, measure(text));
	}

	return {...column, width};
}

function dropToFit(columns: readonly Sized[], available: number): readonly Sized[] {
	const last = columns.findLastIndex(({optional}) => optional);
	return last === -1 || totalWidth(columns) <= available ? columns : dropToFit(columns.toSpliced(last, 1), available);
}

async function cutToFit(columns: readonly Sized[], available: number, measure: Measure): Promise<readonly Sized[]> {
	const [next] = columns
		.filter(({cut, width}) => cut !== undefined && width > narrowest)
		.toSorted((a, b) => a.cut! - b.cut!);
	const excess = totalWidth(columns) - available;
	if (!next || excess <= 0) {
		return columns;
	}

	const {default: cliTruncate} = await import('cli-truncate');
	const width = Math.max(next.width - excess, narrowest);
	const texts = next.texts.map(text => {
		const cut = cliTruncate(text, width, {position: 'middle'});
		// Half of a wide character on both sides makes it one column too many.
		return measure(cut) > width ? cliTruncate(text, width - 1, {position: 'middle'}) : cut;
	});
	// It has given what it could.
	const shortened = sizedColumn({optional: false, cut: undefined, texts}, measure);
	return cutToFit(columns.map(column => column === next ? shortened : column), available, measure);
}

const totalWidth = (columns: readonly Sized[]): number => columns.reduce((sum, {width}) => sum + width, gap.length * (columns.length - 1));

const lineOf = (columns: readonly Sized[], index: number, measure: Measure): string =>
	columns.map(({texts, width}) => texts[index]! + ' '.repeat(width - measure(texts[index]!))).join(gap).trimEnd();

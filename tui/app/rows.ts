// The rows of a list: those that the filter lets through, in the order of a column. Made anew only when what it is made of
// has changed, however often the screen is drawn.
import MicroFuzzy from '@leeoniya/ufuzzy';
import type {ObjectPath} from '../../dbus/contract.js';
import type {Kind} from '../../dbus/paths.js';
import type {Mirror} from '../mirror/mirror.js';
import {
	columnsOf, textOf, type Row, type Surroundings,
} from './columns.js';

export type Sort = {
	/** The column's number. */
	readonly column: number;
	readonly descending: boolean;
};

export type Wish = {readonly sort: Sort; readonly filter: string};

export type Rows = {
	readonly rows: readonly Row[];
	/** Where each object is. */
	readonly index: ReadonlyMap<string, number>;
	/** How many there are without the filter. */
	readonly total: number;
	/** The row that fits the filter best. */
	readonly best: number;
};

// The letters of a word come in this order, with anything between them; words come in any order.
const fuzzy = new MicroFuzzy({intraIns: Number.POSITIVE_INFINITY, intraChars: '.', interSplit: String.raw`\s+`});

/** The most words whose order is left open: all their orders are tried. */
const mostWords = 3;

/** The most that are compared for the best. */
const mostRanked = 1000;

/** Makes the rows of one kind. */
export class RowMaker {
	readonly #kind: Kind;
	#made: {readonly versions: string; readonly wish: Wish; readonly rows: Rows} | undefined;

	constructor(kind: Kind) {
		this.#kind = kind;
	}

	/** The rows as they are now. */
	rows(mirror: Mirror, wish: Wish, surroundings: Surroundings): Rows {
		const versions = this.#versionsOf(mirror);
		if (this.#made?.versions !== versions || this.#made.wish !== wish) {
			this.#made = {versions, wish, rows: makeRows(this.#kind, mirror, wish, surroundings)};
		}

		return this.#made.rows;
	}

	// A workspace's row has the names of its image and its VM.
	#versionsOf(mirror: Mirror): string {
		const kinds: readonly Kind[] = this.#kind === 'workspace' ? ['workspace', 'image', 'vm'] : [this.#kind];
		return kinds.map(kind => mirror.version(kind)).join(' ');
	}
}

function makeRows(kind: Kind, mirror: Mirror, {sort, filter}: Wish, surroundings: Surroundings): Rows {
	const all: Row[] = kind === 'job' ? [...mirror.all('job').values(), ...mirror.ended] : [...mirror.all(kind).values()];
	const fitting = filter === '' ? {rows: all, best: undefined} : matching(kind, all, filter, surroundings);
	const rows = sorted(kind, fitting.rows, sort, surroundings);
	const index = new Map(rows.map((row, index) => [row.path, index]));
	return {
		rows, index, total: all.length, best: fitting.best ? index.get(fitting.best.path)! : 0,
	};
}

// `base:debian` and `vm:web` mean that image or VM and no other; all else is looked for in the text, loosely.
function matching(kind: Kind, rows: readonly Row[], filter: string, surroundings: Surroundings): {rows: readonly Row[]; best: Row | undefined} {
	const [, field, value] = /^(base|vm):(.*)$/.exec(filter) ?? [];
	if (kind === 'workspace' && field) {
		const of = (row: Row): ObjectPath => field === 'base' ? (row as Row<'workspace'>).baseImage : (row as Row<'workspace'>).vm;
		const exact = rows.filter(row => surroundings.nameOf(of(row)) === value);
		return {rows: exact, best: exact[0]};
	}

	// Other characters are in no name.
	const words = filter.toLowerCase().replaceAll(/[^\p{L}\p{N}._ -]/gu, ' ').split(' ').filter(Boolean);
	const texts = rows.map(row => textOf(kind, row, surroundings));
	const orders = words.length > mostWords ? [words] : MicroFuzzy.permute(words) as string[][];
	const orderOf = texts.map(text => orders.find(order => hasLetters(text.toLowerCase(), order)));
	const bestOrder = orders.find(order => orderOf.includes(order));
	return {
		rows: rows.filter((_, index) => orderOf[index] !== undefined),
		best: bestOrder && rows[bestOf(texts, [...texts.keys()].filter(index => orderOf[index] === bestOrder), bestOrder)],
	};
}

// Goes along the text once. A regular expression would try all the ways to find the letters, which may be millions.
function hasLetters(text: string, words: readonly string[]): boolean {
	let at = 0;
	for (const letter of words.join('')) {
		const found = text.indexOf(letter, at);
		if (found === -1) {
			return false;
		}

		at = found + letter.length;
	}

	return true;
}

// The text in which the words look best, of those that have them in that order.
function bestOf(texts: string[], fitting: number[], words: readonly string[]): number {
	const needle = words.join(' ');
	const ranked = fitting.length <= mostRanked ? fuzzy.filter(texts, needle, fitting) ?? [] : [];
	if (ranked.length === 0) {
		return fitting[0]!;
	}

	const info = fuzzy.info(ranked, texts, needle);
	return info.idx[fuzzy.sort(info, texts, needle)[0]!]!;
}

function sorted(kind: Kind, rows: readonly Row[], {column, descending}: Sort, surroundings: Surroundings): readonly Row[] {
	const {sortBy} = columnsOf(kind)[column] ?? columnsOf(kind)[0]!;
	const sign = descending ? -1 : 1;
	// Each key is made once, and not at every comparison.
	return rows.map(row => ({row, key: keyOf(sortBy(row, surroundings)), name: natural(row.name)}))
		.sort((a, b) => (sign * compare(a.key, b.key)) || compare(a.name, b.name) || compare(a.row.path, b.row.path))
		.map(({row}) => row);
}

const keyOf = (key: string | number): string | number => typeof key === 'string' ? natural(key) : key;

/** Names as they are sorted: there are thousands, the same ones each time. */
const naturals = new Map<string, string>();

// So that web-2 comes before web-10.
function natural(text: string): string {
	let key = naturals.get(text);
	if (key === undefined) {
		if (naturals.size >= 100_000) {
			naturals.clear();
		}

		key = text.replaceAll(/\d+/g, digits => digits.padStart(16, '0'));
		naturals.set(text, key);
	}

	return key;
}

const compare = <T extends string | number>(a: T, b: T): number => a < b ? -1 : Number(a > b);

/** Which of two names comes first in a list. */
export const compareNames = (a: string, b: string): number => compare(natural(a), natural(b));

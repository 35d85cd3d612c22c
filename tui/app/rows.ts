// The rows of a list: those that the filter lets through, in the order of a column. Made anew only when what it is made of
// has changed, however often the screen is drawn.
import MicroFuzzy from '@leeoniya/ufuzzy';
import type {ObjectPath} from '../../dbus/contract.js';
import type {Kind} from '../../dbus/paths.js';
import type {Mirror} from '../mirror/mirror.js';
import {
	columnOf, textOf, type Row, type Surroundings,
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

/** A row with what it is sorted by, which is made once and not at every comparison. */
type Entry = {readonly row: Row; readonly key: string | number; readonly name: string};

/** Makes the rows of one kind. */
export class RowMaker {
	readonly #kind: Kind;
	#made: {readonly version: number; readonly names: string; readonly wish: Wish; readonly entries: readonly Entry[]; readonly rows: Rows} | undefined;

	constructor(kind: Kind) {
		this.#kind = kind;
	}

	/** The rows as they are now. */
	rows(mirror: Mirror, wish: Wish, surroundings: Surroundings): Rows {
		const version = mirror.version(this.#kind);
		// A workspace's row has the names of its image and its VM.
		const names = this.#kind === 'workspace' ? `${mirror.names('image')} ${mirror.names('vm')}` : '';
		const made = this.#made;
		if (made?.version === version && made.names === names && made.wish === wish) {
			return made.rows;
		}

		const all = allOf(this.#kind, mirror);
		const fitting = wish.filter === '' ? {rows: all, best: undefined} : matching(this.#kind, all, wish.filter, surroundings);
		// A few that have changed are put in their places: to sort all takes many times as long.
		const before = made?.names === names && made.wish.sort === wish.sort ? made.entries : [];
		const entries = sorted(fitting.rows, before, orderOf(this.#kind, wish.sort, surroundings));
		const rows = rowsOf(entries, all.length, fitting.best);
		this.#made = {
			version, names, wish, entries, rows,
		};
		return rows;
	}
}

const allOf = (kind: Kind, mirror: Mirror): readonly Row[] =>
	kind === 'job' ? [...mirror.all('job').values(), ...mirror.ended] : [...mirror.all(kind).values()];

function rowsOf(entries: readonly Entry[], total: number, best: Row | undefined): Rows {
	const rows = entries.map(({row}) => row);
	let index: ReadonlyMap<string, number> | undefined;
	return {
		rows,
		total,
		// Made when somebody asks: whoever stays where they are does not.
		get index() {
			index ??= new Map(rows.map(({path}, at) => [path, at]));
			return index;
		},
		best: best ? rows.indexOf(best) : 0,
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

type Order = {readonly entryOf: (row: Row) => Entry; readonly compare: (a: Entry, b: Entry) => number};

function orderOf(kind: Kind, {column, descending}: Sort, surroundings: Surroundings): Order {
	const {sortBy} = columnOf(kind, column);
	const sign = descending ? -1 : 1;
	return {
		entryOf: row => ({row, key: sortKey(sortBy(row, surroundings)), name: natural(row.name)}),
		compare: (a, b) => (sign * compare(a.key, b.key)) || compare(a.name, b.name) || compare(a.row.path, b.row.path),
	};
}

function sorted(rows: readonly Row[], before: readonly Entry[], {entryOf, compare}: Order): readonly Entry[] {
	const wanted = new Set(rows);
	const kept = before.filter(({row}) => wanted.delete(row));
	const others = Array.from(wanted, row => entryOf(row)).sort(compare);
	return merged(kept, others, compare);
}

// Of two that are sorted, one.
function merged<T>(many: readonly T[], few: readonly T[], compare: (a: T, b: T) => number): readonly T[] {
	const all: T[] = [];
	let next = 0;
	for (const entry of few) {
		while (next < many.length && compare(many[next]!, entry) <= 0) {
			all.push(many[next]!);
			next++;
		}

		all.push(entry);
	}

	return [...all, ...many.slice(next)];
}

const sortKey = (key: string | number): string | number => typeof key === 'string' ? natural(key) : key;

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

/** Those that would be the first in a list by name. Of thousands, only a few are sorted. */
export function firstByName<R extends {readonly name: string}>(rows: readonly R[], most: number): readonly R[] {
	const first: Array<{row: R; key: string}> = [];
	for (const row of rows) {
		const key = natural(row.name);
		if (first.length < most || key < first.at(-1)!.key) {
			const at = first.findIndex(other => key < other.key);
			first.splice(at === -1 ? first.length : at, 0, {row, key});
			first.length = Math.min(first.length, most);
		}
	}

	return first.map(({row}) => row);
}

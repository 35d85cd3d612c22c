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

/** A row with what it is sorted by and looked for in, which is made once and not at every comparison and for every letter. */
type Entry = {
	readonly row: Row;
	readonly name: string;
	key: string | number;
	/** In lower case, once somebody has looked for something. */
	text?: string;
};

/** Makes the rows of one kind. */
export class RowMaker {
	readonly #kind: Kind;
	/** All of them, in the order that was wished for last. */
	#entries: readonly Entry[] = [];
	#made: {readonly version: number; readonly names: string; readonly wish: Wish; readonly rows: Rows} | undefined;

	constructor(kind: Kind) {
		this.#kind = kind;
	}

	/** The rows as they are now. */
	rows(mirror: Mirror, wish: Wish, surroundings: Surroundings): Rows {
		const version = mirror.version(this.#kind);
		// A workspace's row has the names of its image and its VM.
		const names = this.#kind === 'workspace' ? `${mirror.names('image')} ${mirror.names('vm')}` : '';
		const made = this.#made;
		const isCurrent = made?.version === version && made.names === names;
		if (isCurrent && made.wish === wish) {
			return made.rows;
		}

		const order = orderOf(this.#kind, wish.sort, surroundings);
		const before = made?.names === names ? this.#entries : [];
		const inOrder = made?.wish.sort === wish.sort ? before : reordered(before, order);
		this.#entries = isCurrent ? inOrder : updated(inOrder, allOf(this.#kind, mirror), order);
		const rows = rowsOf(this.#entries, wish.filter, this.#kind, surroundings);
		this.#made = {
			version, names, wish, rows,
		};
		return rows;
	}
}

const allOf = (kind: Kind, mirror: Mirror): readonly Row[] =>
	kind === 'job' ? [...mirror.all('job').values(), ...mirror.ended] : [...mirror.all(kind).values()];

function rowsOf(entries: readonly Entry[], filter: string, kind: Kind, surroundings: Surroundings): Rows {
	const {fitting, best} = filter === '' ? {fitting: entries, best: undefined} : matching(entries, filter, kind, surroundings);
	return {
		rows: fitting.map(({row}) => row),
		total: entries.length,
		best: best ? fitting.indexOf(best) : 0,
	};
}

type Matching = {readonly fitting: readonly Entry[]; readonly best: Entry | undefined};

// `base:debian` and `vm:web` mean that image or VM and no other; all else is looked for in the text, loosely.
function matching(entries: readonly Entry[], filter: string, kind: Kind, surroundings: Surroundings): Matching {
	const [, field, value] = /^(base|vm):(.*)$/.exec(filter) ?? [];
	if (kind === 'workspace' && field) {
		const of = (row: Row): ObjectPath => field === 'base' ? (row as Row<'workspace'>).baseImage : (row as Row<'workspace'>).vm;
		const fitting = entries.filter(({row}) => surroundings.nameOf(of(row)) === value);
		return {fitting, best: fitting[0]};
	}

	// Other characters are in no name.
	const words = filter.toLowerCase().replaceAll(/[^\p{L}\p{N}._ -]/gu, ' ').split(' ').filter(Boolean);
	const orders = words.length > mostWords ? [words] : MicroFuzzy.permute(words) as string[][];
	return loosely(entries, orders, row => textOf(kind, row, surroundings));
}

// Those that have the words in any of the orders. The best has them in the first order in which there are any.
function loosely(entries: readonly Entry[], orders: readonly string[][], textOf: (row: Row) => string): Matching {
	const letters = orders.map(words => words.join(''));
	const byOrder = orders.map((): Entry[] => []);
	const fitting = entries.filter(entry => {
		entry.text ??= textOf(entry.row).toLowerCase();
		const {text} = entry;
		const order = letters.findIndex(letters => hasLetters(text, letters));
		byOrder[order]?.push(entry);
		return order !== -1;
	});
	const first = byOrder.findIndex(({length}) => length > 0);
	return {fitting, best: first === -1 ? undefined : bestOf(byOrder[first]!, orders[first]!, textOf)};
}

// Goes along the text once. A regular expression would try all the ways to find the letters, which may be millions.
function hasLetters(text: string, letters: string): boolean {
	let at = 0;
	for (const letter of letters) {
		const found = text.indexOf(letter, at);
		if (found === -1) {
			return false;
		}

		at = found + letter.length;
	}

	return true;
}

// The one in whose text the words look best, of those that have them in that order.
function bestOf(entries: readonly Entry[], words: readonly string[], textOf: (row: Row) => string): Entry {
	const texts = entries.length <= mostRanked ? entries.map(({row}) => textOf(row)) : [];
	const needle = words.join(' ');
	const ranked = fuzzy.filter(texts, needle, [...texts.keys()]) ?? [];
	if (ranked.length === 0) {
		return entries[0]!;
	}

	const info = fuzzy.info(ranked, texts, needle);
	return entries[info.idx[fuzzy.sort(info, texts, needle)[0]!]!]!;
}

type Order = {readonly keyOf: (row: Row) => string | number; readonly compare: (a: Entry, b: Entry) => number};

function orderOf(kind: Kind, {column, descending}: Sort, surroundings: Surroundings): Order {
	const {sortBy} = columnOf(kind, column);
	const sign = descending ? -1 : 1;
	return {
		keyOf(row) {
			const key = sortBy(row, surroundings);
			return typeof key === 'string' ? natural(key) : key;
		},
		compare: (a, b) => (sign * compare(a.key, b.key)) || compare(a.name, b.name) || compare(a.row.path, b.row.path),
	};
}

// In another order.
function reordered(entries: readonly Entry[], {keyOf, compare}: Order): readonly Entry[] {
	for (const entry of entries) {
		entry.key = keyOf(entry.row);
	}

	return entries.toSorted(compare);
}

// Some have come, gone and changed. Those are put in their places: to sort all takes many times as long.
function updated(entries: readonly Entry[], rows: readonly Row[], {keyOf, compare}: Order): readonly Entry[] {
	const wanted = new Set(rows);
	const kept = entries.filter(({row}) => wanted.delete(row));
	const others = Array.from(wanted, row => ({row, name: natural(row.name), key: keyOf(row)}));
	return merged(kept, others.sort(compare), compare);
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

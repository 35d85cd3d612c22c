// The rows of a list: those that the filter lets through, in the order of a column. Made anew only when what it is made of
// has changed, however often the screen is drawn.
import MicroFuzzy from '@leeoniya/ufuzzy';
import type {ObjectPath} from '../../dbus/contract.js';
import type {Kind} from '../../dbus/paths.js';
import type {Mirror} from '../mirror/mirror.js';
import {
	columnOf, nameColumn, textOf, type Row, type Surroundings,
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

/** A row with what would take long to be made at every comparison and for every letter. */
type Entry = {
	readonly row: Row;
	readonly name: string;
	/** What it is sorted by. */
	key: string | number;
	/** What it is looked for in, in lower case, once somebody looks for something. */
	text: string | undefined;
};

/** Makes the rows of one kind. */
export class RowMaker {
	readonly #kind: Kind;
	/** All by name, of a version of the mirror. */
	#known: {readonly version: number; readonly entries: readonly Entry[]} | undefined;
	/** What was asked for last, and made of all. */
	#made: {readonly all: readonly Entry[]; readonly names: string; readonly wish: Wish; readonly ordered: readonly Entry[]; readonly rows: Rows} | undefined;

	constructor(kind: Kind) {
		this.#kind = kind;
	}

	/** The rows as they are now. */
	rows(mirror: Mirror, wish: Wish, surroundings: Surroundings): Rows {
		const all = this.#all(mirror);
		// A workspace's row has the names of its image and its VM.
		const names = this.#kind === 'workspace' ? `${mirror.names('image')} ${mirror.names('vm')}` : '';
		const made = this.#made?.names === names ? this.#made : undefined;
		if (made?.all === all && made.wish === wish) {
			return made.rows;
		}

		if (!made) {
			forgetTexts(all);
		}

		const ordered = made?.all === all && made.wish.sort === wish.sort ? made.ordered : inOrder(all, wish.sort, this.#kind, surroundings);
		const rows = rowsOf(ordered, wish.filter, this.#kind, surroundings);
		this.#made = {
			all, names, wish, ordered, rows,
		};
		return rows;
	}

	/** All by name, whatever is wished for. */
	byName(mirror: Mirror): readonly Row[] {
		return this.#all(mirror).map(({row}) => row);
	}

	#all(mirror: Mirror): readonly Entry[] {
		const version = mirror.version(this.#kind);
		if (this.#known?.version !== version) {
			const changed = this.#known && mirror.changedSince(this.#kind, this.#known.version);
			const entries = changed ? updated(this.#known!.entries, changed, this.#kind, mirror) : allOf(this.#kind, mirror).map(row => entryOf(row)).sort(byName);
			this.#known = {version, entries};
		}

		return this.#known.entries;
	}
}

const allOf = (kind: Kind, mirror: Mirror): readonly Row[] =>
	kind === 'job' ? [...mirror.all('job').values(), ...mirror.ended] : [...mirror.all(kind).values()];

const rowOf = (object: ObjectPath, kind: Kind, mirror: Mirror): Row | undefined =>
	mirror.all(kind).get(object) ?? (kind === 'job' ? mirror.ended.find(({path}) => path === object) : undefined);

function entryOf(row: Row): Entry {
	const name = natural(row.name);
	return {
		row, name, key: name, text: undefined,
	};
}

const byName = (a: Entry, b: Entry): number => compare(a.name, b.name) || compare(a.row.path, b.row.path);

// Those that have come or changed are put in their places: to sort all takes many times as long.
function updated(entries: readonly Entry[], changed: ReadonlySet<ObjectPath>, kind: Kind, mirror: Mirror): readonly Entry[] {
	const kept = entries.filter(({row: {path}}) => !changed.has(path));
	const fresh = [...changed].flatMap(object => rowOf(object, kind, mirror) ?? []).map(row => entryOf(row));
	return merged(kept, fresh.sort(byName));
}

function merged(many: readonly Entry[], few: readonly Entry[]): readonly Entry[] {
	const all: Entry[] = [];
	let next = 0;
	for (const entry of few) {
		while (next < many.length && byName(many[next]!, entry) <= 0) {
			all.push(many[next]!);
			next++;
		}

		all.push(entry);
	}

	return [...all, ...many.slice(next)];
}

function forgetTexts(entries: readonly Entry[]): void {
	for (const entry of entries) {
		entry.text = undefined;
	}
}

// Those that are alike stay by name.
function inOrder(entries: readonly Entry[], {column: number, descending}: Sort, kind: Kind, surroundings: Surroundings): readonly Entry[] {
	const column = columnOf(kind, number);
	if (column === nameColumn(kind) && !descending) {
		return entries;
	}

	const {sortBy} = column;
	for (const entry of entries) {
		const key = sortBy(entry.row, surroundings);
		entry.key = typeof key === 'string' ? natural(key) : key;
	}

	const sign = descending ? -1 : 1;
	return entries.toSorted((a, b) => sign * compare(a.key, b.key));
}

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

import test from 'ava';
import fc from 'fast-check';
import {kinds, objectPath, type Kind} from '../../../../dbus/paths.js';
import {columnsOf, textOf, type Row} from '../../../../tui/app/columns.js';
import {RowMaker, type Rows, type Wish} from '../../../../tui/app/rows.js';
import type {Mirror} from '../../../../tui/mirror/mirror.js';
import type {
	Image, Vm, Workspace,
} from '../../../../tui/mirror/records.js';
import {
	imageOf, jobOf, mirrorOf, objectsOf, surroundingsOf, vmOf, workspaceOf, type World,
} from './_world.js';

const byName: Wish = {sort: {column: 0, descending: false}, filter: ''};

const rowsOf = (kind: Kind, mirror: Mirror, wish: Partial<Wish> = {}): Rows => new RowMaker(kind).rows(mirror, {...byName, ...wish}, surroundingsOf(mirror));

const namesOf = ({rows}: Rows): string[] => rows.map(({name}) => name);

const filtered = (kind: Kind, mirror: Mirror, filter: string): string[] => namesOf(rowsOf(kind, mirror, {filter}));

const workspacesOf = (...names: readonly string[]): Mirror => mirrorOf({workspaces: names.map((name, index) => workspaceOf(index, {name}))});

const imagesOf = (...names: readonly string[]): Mirror => mirrorOf({images: names.map((name, index) => imageOf(index, {name}))});

const name = fc.stringMatching(/^[A-Za-z\d][\w.-]{0,7}$/);
const small = fc.nat(3);

const images = fc.record({
	name, size: small, createdAt: small, workspaces: small,
});
const vms = fc.record({
	name, state: fc.constantFrom('created', 'running'), cid: small, memoryMiB: small,
});
const workspaces = fc.record({
	name,
	size: small,
	createdAt: small,
	owner: fc.nat(20),
	readOnly: fc.boolean(),
	baseImage: small.map(number => imageOf(number).path),
	vm: small.map(number => number === 0 ? '/' : vmOf(number).path),
});
const jobs = fc.record({name, state: fc.constantFrom('running', 'done'), progress: fc.double({min: 0, max: 1, noNaN: true})});

const several = <T, R>(properties: fc.Arbitrary<T>, make: (number: number, properties: T) => R): fc.Arbitrary<R[]> =>
	fc.array(properties, {maxLength: 10}).map(all => all.map((properties, index) => make(index + 1, properties)));

const worlds = fc.record({
	images: several(images, imageOf), vms: several(vms, vmOf), workspaces: several(workspaces, workspaceOf), jobs: several(jobs, jobOf),
});

const pathsOf = (rows: readonly Row[]): string[] => rows.map(({path}) => path).sort();

const shuffled = <T>(things: readonly T[], seed: number): T[] =>
	things.map((thing, index) => ({thing, place: ((index + 1) * 7919 * (seed + 1)) % 104_729})).sort((a, b) => a.place - b.place).map(({thing}) => thing);

test('sorted by any column all rows are there, in the order of that column, whatever order they came in', t => {
	fc.assert(fc.property(worlds, fc.constantFrom(...kinds), fc.nat(7), fc.nat(100), (world, kind, number, seed) => {
		const mirror = mirrorOf(world);
		const column = number % columnsOf(kind).length;
		const up = rowsOf(kind, mirror, {sort: {column, descending: false}});
		const down = rowsOf(kind, mirror, {sort: {column, descending: true}});
		const key = (row: Row) => columnsOf(kind)[column]!.sortBy(row, surroundingsOf(mirror));
		t.deepEqual(pathsOf(up.rows), pathsOf([...mirror.all(kind).values()]));
		// The other way round it is the same, but for those that are alike, which stay by name.
		t.deepEqual(down.rows.map(row => tidy(key(row))).toReversed(), up.rows.map(row => tidy(key(row))));
		const other = mirrorOf(Object.fromEntries(Object.entries(world).map(([kinds, records]) => [kinds, shuffled<unknown>(records, seed)])));
		t.deepEqual(rowsOf(kind, other, {sort: {column, descending: false}}).rows.map(({path}) => path), up.rows.map(({path}) => path));
		const numbers = up.rows.map(row => key(row)).filter(key => typeof key === 'number');
		t.deepEqual(numbers, numbers.toSorted((a, b) => a - b));
	}));
});

// Names that differ in leading zeros only are alike.
const tidy = (key: string | number): string => String(key).replaceAll(/\d+/g, digits => digits.replace(/^0+(?=\d)/, ''));

test('a number in a name is sorted as a number', t => {
	t.deepEqual(namesOf(rowsOf('workspace', workspacesOf('web-10', 'web-2', 'web-1', 'db-3', 'web', 'web-2a'))), ['db-3', 'web', 'web-1', 'web-2', 'web-2a', 'web-10']);
	fc.assert(fc.property(fc.nat(), fc.nat(), (a, b) => {
		fc.pre(a !== b);
		t.deepEqual(namesOf(rowsOf('workspace', workspacesOf(`web-${a}-x`, `web-${b}-x`))), [Math.min(a, b), Math.max(a, b)].map(number => `web-${number}-x`));
	}));
});

test('those that are alike are sorted by name, also the other way round', t => {
	const mirror = workspacesOf('c', 'a', 'b');
	const size = columnsOf('workspace').findIndex(({title}) => title === 'SIZE');
	for (const descending of [false, true]) {
		t.deepEqual(namesOf(rowsOf('workspace', mirror, {sort: {column: size, descending}})), ['a', 'b', 'c']);
	}
});

test('a column that there is none of is the first', t => {
	t.deepEqual(namesOf(rowsOf('image', mirrorOf({images: [imageOf(2), imageOf(1)]}), {sort: {column: 9, descending: false}})), ['image-1', 'image-2']);
});

test('how many there would be, and which fits best', t => {
	fc.assert(fc.property(worlds, fc.constantFrom(...kinds), fc.stringMatching(/^[a-z\d]{0,2}$/), (world, kind, filter) => {
		const mirror = mirrorOf(world);
		const {rows, total, best} = rowsOf(kind, mirror, {filter});
		t.is(total, mirror.all(kind).size);
		t.true(rows.length === 0 ? best === 0 : rows[best] !== undefined);
	}));
});

// The words in some order, and the letters of each in theirs, with anything between them.
function fits(text: string, words: readonly string[]): boolean {
	const letters = (word: string, from: number): number => {
		let at = from;
		for (const letter of word.toLowerCase()) {
			at = text.toLowerCase().indexOf(letter, at) + 1;
			if (at === 0) {
				return -1;
			}
		}

		return at;
	};

	const inSomeOrder = (left: readonly string[], from: number): boolean => left.length === 0 || left.some((word, index) => {
		const end = letters(word, from);
		return end !== -1 && inSomeOrder([...left.slice(0, index), ...left.slice(index + 1)], end);
	});
	return inSomeOrder(words, 0);
}

const letter = fc.constantFrom('a', 'b', 'A', '1', '2', '-', '_', '.');
const words = fc.array(fc.string({unit: letter, minLength: 1, maxLength: 4}), {minLength: 1, maxLength: 3});

test('a filter lets through what has its letters in their order, with the words in any', t => {
	fc.assert(fc.property(fc.array(fc.string({unit: letter, minLength: 1, maxLength: 8}), {maxLength: 8}), words, (names, words) => {
		const mirror = mirrorOf({images: names.map((name, index) => imageOf(index, {name}))});
		const found = rowsOf('image', mirror, {filter: words.join(' ')}).rows;
		t.deepEqual(pathsOf(found), pathsOf([...mirror.all('image').values()].filter(({name}) => fits(name, words))));
	}), {numRuns: 1000});
});

test('filters that people type', t => {
	const mirror = imagesOf('web-1', 'web-10', 'wiki', 'Debian-12.5', 'db_main');
	t.deepEqual(filtered('image', mirror, 'web'), ['web-1', 'web-10']);
	t.deepEqual(filtered('image', mirror, 'w1'), ['web-1', 'web-10']);
	t.deepEqual(filtered('image', mirror, '1w'), []);
	t.deepEqual(filtered('image', mirror, '10 we'), ['web-10']);
	t.deepEqual(filtered('image', mirror, '  wi  '), ['wiki']);
	t.deepEqual(filtered('image', mirror, 'DEB'), ['Debian-12.5']);
	t.deepEqual(filtered('image', mirror, '12.5'), ['Debian-12.5']);
	t.deepEqual(filtered('image', mirror, 'db_'), ['db_main']);
	t.deepEqual(filtered('image', mirror, 'nothing like it'), []);
});

test('a dash and a dot are letters like all others', t => {
	const mirror = imagesOf('web-1', 'web-2', 'x12y5', 'x12.5');
	t.deepEqual(filtered('image', mirror, '-1'), ['web-1']);
	t.deepEqual(filtered('image', mirror, 'web -2'), ['web-2']);
	t.deepEqual(filtered('image', mirror, '12.5'), ['x12.5']);
});

test('a name that repeats itself takes no longer to be looked through', t => {
	// As many ways to look for the letters as there are stars; none of them leads anywhere.
	const mirror = imagesOf(...Array.from({length: 100}, (_, index) => `${'a'.repeat(60)}-${index}`), '0.0.0.0.0.0.0.0.0.0');
	t.deepEqual(filtered('image', mirror, `${'a'.repeat(20)}x`), []);
	t.deepEqual(filtered('image', mirror, '.......x'), []);
	t.deepEqual(filtered('image', mirror, 'aaaaaaax aaaaaaaaay -'), []);
});

test('characters that are in no name part the words, and mean nothing else', t => {
	const mirror = workspacesOf('web-1', 'db-1');
	for (const odd of ['(', ')', '[', ']', '\\', '*', '+', '?', '{', '}', '^', '$', '|', '/', '"', '\'', ':', ';', '<', '~', '!', '@', '#', '%', '&', '=', ',', '`', '日本', '\u0301']) {
		t.notThrows(() => filtered('workspace', mirror, odd));
		t.deepEqual(filtered('workspace', mirror, `web${/[\p{L}\p{N}]/u.test(odd) ? ' ' : odd}1`), ['web-1']);
	}

	t.deepEqual(filtered('workspace', mirror, '('), ['db-1', 'web-1']);
	t.deepEqual(filtered('workspace', mirror, '"web" "1"'), ['web-1']);
	fc.assert(fc.property(fc.string({unit: 'binary', maxLength: 20}), filter => {
		t.notThrows(() => filtered('workspace', mirror, filter));
	}));
});

const base = imageOf(1, {name: 'debian-12'});
const other = imageOf(2, {name: 'debian'});
const vm = vmOf(1, {name: 'proxy'});
const inVm = (workspace: Workspace, {path}: Vm): Workspace => ({...workspace, vm: path});
const of = (workspace: Workspace, {path}: Image): Workspace => ({...workspace, baseImage: path});
const world: World = {
	images: [base, other], vms: [vm], workspaces: [inVm(of(workspaceOf(1), base), vm), of(workspaceOf(2), other), of(workspaceOf(3, {owner: 1000}), base)],
};

test('workspaces are found by their image, their VM and their owner too', t => {
	const mirror = mirrorOf(world);
	t.deepEqual(filtered('workspace', mirror, 'debian-12'), ['ws-1', 'ws-3']);
	t.deepEqual(filtered('workspace', mirror, 'proxy'), ['ws-1']);
	t.deepEqual(filtered('workspace', mirror, '1000'), ['ws-3']);
});

test('base: and vm: mean that one and no other', t => {
	const mirror = mirrorOf(world);
	t.deepEqual(filtered('workspace', mirror, 'base:debian'), ['ws-2']);
	t.deepEqual(filtered('workspace', mirror, 'base:debian-12'), ['ws-1', 'ws-3']);
	t.deepEqual(filtered('workspace', mirror, 'base:deb'), []);
	t.deepEqual(filtered('workspace', mirror, 'vm:proxy'), ['ws-1']);
	// Those that are attached to none.
	t.deepEqual(filtered('workspace', mirror, 'vm:'), ['ws-2', 'ws-3']);
	// They mean nothing else where there is no base: the words are looked for.
	t.deepEqual(filtered('image', mirror, 'base:debian'), []);
	t.deepEqual(filtered('image', mirror, 'deb:12'), ['debian-12']);
});

test('VMs are found by state and role, jobs by state', t => {
	const mirror = mirrorOf({vms: [vmOf(1, {state: 'running'}), vmOf(2, {role: 'portal'})], jobs: [jobOf(1), jobOf(2, {state: 'failed'})]});
	t.deepEqual(filtered('vm', mirror, 'running'), ['vm-1']);
	t.deepEqual(filtered('vm', mirror, 'portal'), ['vm-2']);
	t.deepEqual(filtered('job', mirror, 'failed'), ['job-2']);
});

test('what has the letters together at its beginning fits best, wherever that is sorted', t => {
	const best = (names: readonly string[], filter: string): string => {
		const {rows, best} = rowsOf('workspace', workspacesOf(...names), {filter});
		return rows[best]!.name;
	};

	t.is(best(['a-w-e-b', 'web', 'my-web', 'zweb'], 'web'), 'web');
	t.is(best(['b-10', 'a-1-0', 'c-10'], '10'), 'b-10');
	t.is(best(['x', 'y'], 'y'), 'y');
	// Where there are thousands, any will do.
	t.notThrows(() => best(Array.from({length: 2000}, (_, index) => `web-${index}`), 'web'));
});

test('jobs that have ended stand beside those that run', t => {
	const mirror = mirrorOf({jobs: [jobOf(1), jobOf(2)]});
	mirror.apply({kind: 'removed', object: objectPath('job', 1)}, 100);
	const {rows, total} = rowsOf('job', mirror);
	t.deepEqual(rows.map(({name}) => name), ['job-1', 'job-2']);
	t.is(total, 2);
	t.true('endedAt' in rows[0]! && !('endedAt' in rows[1]!));
});

test('no two rows are of one object, also when nexusd begins to count its jobs anew', t => {
	const mirror = mirrorOf({jobs: [jobOf(1, {name: 'before'})]});
	mirror.clear(100);
	mirror.begin();
	mirror.load(objectsOf({jobs: [jobOf(1, {name: 'after'})]}), mirrorOf({}).manager!, 200);
	const {rows} = rowsOf('job', mirror);
	t.deepEqual(rows.map(({name}) => name), ['after']);
});

test('rows are made anew when something of them has changed, and only then', t => {
	const mirror = mirrorOf(world);
	const maker = new RowMaker('workspace');
	const make = (wish: Wish): Rows => maker.rows(mirror, wish, surroundingsOf(mirror));
	const first = make(byName);
	t.is(make(byName), first);
	mirror.apply({kind: 'manager', properties: {poolFree: 1}}, 0);
	mirror.apply({kind: 'added', object: jobOf(1).path, properties: {...jobOf(1)}}, 0);
	t.is(make(byName), first);
	mirror.apply({kind: 'changed', object: vm.path, properties: {name: 'other'}}, 0);
	const second = make(byName);
	t.not(second, first);
	const wish: Wish = {...byName, filter: 'vm:other'};
	t.deepEqual(namesOf(make(wish)), ['ws-1']);
	mirror.apply({kind: 'removed', object: workspaceOf(1).path}, 0);
	t.deepEqual(namesOf(make(wish)), []);
});

test('rows that are kept up to date are those that would be made anew', t => {
	const wishes: Wish[] = [0, 1, 2, 3].flatMap(column => [false, true].flatMap(descending => {
		const sort = {column, descending};
		return ['', 'ws-1', 'other', `base:${base.name}`].map(filter => ({sort, filter}));
	}));
	const changed = fc.tuple(fc.nat(30), fc.constantFrom('added' as const, 'changed' as const, 'removed' as const));
	const renamed = fc.constantFrom('other', 'proxy');
	const steps = fc.array(fc.oneof({arbitrary: changed, weight: 3}, {arbitrary: fc.constantFrom(...wishes), weight: 2}, renamed), {maxLength: 40});
	fc.assert(fc.property(steps, steps => {
		const mirror = mirrorOf({...world, workspaces: [3, 1, 2].map(number => workspaceOf(number))});
		const maker = new RowMaker('workspace');
		let wish = byName;
		for (const step of steps) {
			if (typeof step === 'string') {
				mirror.apply({kind: 'changed', object: vm.path, properties: {name: step}}, 0);
			} else if (Array.isArray(step)) {
				const [number, kind] = step;
				const {path, ...properties} = workspaceOf(number, {size: (number * 7) % 5, vm: kind === 'changed' ? vm.path : '/', baseImage: number % 2 === 0 ? '/' : base.path});
				mirror.apply(kind === 'removed' ? {kind, object: path} : {kind, object: path, properties}, 0);
			} else {
				wish = step;
			}

			const kept = maker.rows(mirror, wish, surroundingsOf(mirror));
			t.deepEqual(kept, new RowMaker('workspace').rows(mirror, wish, surroundingsOf(mirror)));
		}
	}), {numRuns: 100});
});

test('jobs that are kept up to date are those that would be made anew', t => {
	const steps = fc.array(fc.tuple(fc.nat(3), fc.constantFrom('added', 'removed')), {minLength: 10, maxLength: 30});
	fc.assert(fc.property(steps, fc.boolean(), (steps, descending) => {
		const mirror = mirrorOf({});
		const maker = new RowMaker('job');
		const wish: Wish = {sort: {column: 1, descending}, filter: ''};
		for (const [number, kind] of steps) {
			const {path, ...properties} = jobOf(number);
			mirror.apply(kind === 'removed' ? {kind, object: path} : {kind: 'added', object: path, properties}, 0);
			t.deepEqual(maker.rows(mirror, wish, surroundingsOf(mirror)), new RowMaker('job').rows(mirror, wish, surroundingsOf(mirror)));
		}
	}), {numRuns: 20});
});

test('what a filter looks at', t => {
	const mirror = mirrorOf(world);
	t.is(textOf('workspace', mirror.all('workspace').get(workspaceOf(1).path)!, surroundingsOf(mirror)), 'ws-1 debian-12 proxy 0');
});

// Lists whose things come, go and change while they are made.
import {Buffer} from 'node:buffer';
import test from 'ava';
import fc from 'fast-check';
import {marshal} from '../../../dbus/marshal.js';
import type {ArgumentSpec} from '../../../dbus/spec.js';
import {unmarshal} from '../../../dbus/unmarshal.js';
import {LongList, source} from '../../../service/bus/long-list.js';

type Thing = {readonly id: number; readonly name: string};
type Row = {name: string; size: number};

const rowSpec: ArgumentSpec = {name: 'things', type: 'a(su)', fields: ['name', 'size']};
const rowOf = ({id, name}: Thing): Row => ({name, size: id});
const thing = (id: number, name = `thing ${id}`): Thing => ({id, name});

const read = (parts: Uint8Array[], type = rowSpec.type): unknown => unmarshal(type, Buffer.concat(parts))[0];

// Any change of a list: each thing is kept, removed or replaced, and others come.
const change = fc.record({
	before: fc.nat({max: 100}),
	fates: fc.infiniteStream(fc.constantFrom('kept', 'kept', 'kept', 'removed', 'replaced', 'followed')),
	// Of every length, so that every padding comes up.
	names: fc.infiniteStream(fc.string({maxLength: 9, unit: 'grapheme-ascii'})),
});

test('a list is what is there in its turn, whatever was there before', async t => {
	await fc.assert(fc.asyncProperty(change, fc.boolean(), async ({before, fates, names}, isFixed) => {
		let things = Array.from({length: before}, (_, id) => thing(id, names.next().value as string));
		const list = new LongList('less', source({items: () => things, element: rowOf, isFixed}));
		await list.prepare(rowSpec);
		things = things.flatMap(one => {
			const another = thing(one.id + 1000, names.next().value as string);
			return {
				kept: [one], removed: [], replaced: [another], followed: [one, another],
			}[fates.next().value as 'kept' | 'removed' | 'replaced' | 'followed'];
		});
		const body = Buffer.concat(await list.body(rowSpec));
		t.deepEqual(new Uint8Array(body), marshal(rowSpec.type, [things.map(one => Object.values(rowOf(one)))]));
	}));
});

test('what follows from a thing alone is made once, all else in the list\'s turn', async t => {
	const made: string[] = [];
	const sourceOf = (kind: string, isFixed: boolean, things: Thing[]) => source({
		items: () => things,
		async element({id}: Thing) {
			made.push(`${kind} ${id}`);
			return [`${kind} ${id}`, made.length] as const;
		},
		isFixed,
	});
	const fixed = [thing(1), thing(2)];
	const list = new LongList('less', sourceOf('fixed', true, fixed), sourceOf('other', false, [thing(3)]));
	const spec: ArgumentSpec = {name: 'things', type: 'a{su}'};
	await list.prepare(spec);
	t.deepEqual(made, ['fixed 1', 'fixed 2']);
	fixed.push(thing(4));
	t.deepEqual(read(await list.body(spec), 'a{su}'), {
		'fixed 1': 1, 'fixed 2': 2, 'fixed 4': 3, 'other 3': 4,
	});
});

test('others have their turn while a list is made', async t => {
	const things = Array.from({length: 200}, (_, id) => thing(id));
	const waitFor = (milliseconds: number): void => {
		const end = performance.now() + milliseconds;
		while (performance.now() < end) {
			// Work that takes long.
		}
	};

	let turns = 0;
	const over = new AbortController();
	const others = async (): Promise<void> => {
		while (!over.signal.aborted) {
			turns++;
			// eslint-disable-next-line no-await-in-loop
			await new Promise(resolve => {
				setImmediate(resolve);
			});
		}
	};

	const list = new LongList('less', source({
		items: () => things,
		element(one: Thing) {
			waitFor(0.5);
			return rowOf(one);
		},
		isFixed: true,
	}));
	const watching = others();
	await list.prepare(rowSpec);
	over.abort();
	await watching;
	t.true(turns > 3, `${turns} turns`);
});

test('only so many look at the disk at the same time', async t => {
	let looking = 0;
	let most = 0;
	const list = new LongList('less', source({
		items: () => Array.from({length: 300}, (_, id) => thing(id)),
		async element(one: Thing) {
			looking++;
			most = Math.max(most, looking);
			await new Promise(resolve => {
				setImmediate(resolve);
			});
			looking--;
			return rowOf(one);
		},
		isFixed: false,
	}));
	t.is((read(await list.body(rowSpec)) as unknown[]).length, 300);
	t.is(most, 32);
});

test('a list that no bus would take is refused, with what to ask for instead', async t => {
	const long = 'x'.repeat(1024 * 1024);
	const listOf = (count: number): LongList<Row> => new LongList('ask for less', source({
		items: () => Array.from({length: count}, (_, id) => thing(id, long)), element: rowOf, isFixed: true,
	}));
	t.is((read(await listOf(31).body(rowSpec)) as unknown[]).length, 31);
	for (const step of ['prepare', 'body'] as const) {
		// eslint-disable-next-line no-await-in-loop
		await t.throwsAsync(listOf(32)[step](rowSpec), {message: 'the list is longer than the 32 MiB that fit into an answer on the bus: ask for less'});
	}
});

test('an error of a source is the list\'s', async t => {
	const list = new LongList('less', source<Thing, Row>({
		items() {
			throw new Error('there is no image "base"');
		}, element: rowOf, isFixed: true,
	}));
	await t.throwsAsync(list.prepare(rowSpec), {message: 'there is no image "base"'});
});

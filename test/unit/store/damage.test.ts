// Damage by the hundreds: whatever happens to the files, a start goes on with what can be proven, says what it did, and the
// next one finds everything in order.
import {Buffer} from 'node:buffer';
import {rm, writeFile} from 'node:fs/promises';
import test, {type ExecutionContext} from 'ava';
import fc from 'fast-check';
import {
	decodeFrames, decodeHeader, encodeFrame, headerBytes, type Header,
} from '../../../src/store/journal-format.js';
import type {NexusError} from '../../../src/errors.js';
import type {Log} from '../../../src/log.js';
import {openStore} from '../../../src/store/open-store.js';
import type {Change, StateStore} from '../../../src/store/state-store.js';
import {
	beside, databaseFile, everything, filesOf, image, killedCopy, openFor, putFiles, silent, sqlite, uuid, vm, workspace,
} from './_records.js';

type State = ReturnType<typeof everything>;
type Files = Map<string, Uint8Array>;

/** Two generations of the database, each with the journal after it, as a killed daemon leaves them. */
type Scene = {
	file: string;
	files: Files;
	/** The names of the last segment and of the one before. */
	last: string;
	older: string;
	/** What there was at the last checkpoint, and after each commit since. */
	states: State[];
	/** Where each of these commits is in the last segment. */
	places: Array<{start: number; end: number}>;
	/** Where the first of them begins, behind the note of the checkpoint. */
	begin: number;
};

// The commits after the last checkpoint: each of a thing of its own, so that any may be missing.
const late: ReadonlyArray<readonly [Change, ...Change[]]> = [
	[{put: 'workspace', record: workspace(30, uuid(1))}],
	[{put: 'vm', record: vm(31)}, {put: 'workspace', record: workspace(32, uuid(2), {vmId: uuid(31)})}],
	[{put: 'image', record: image(33)}],
	[{put: 'workspace', record: workspace(20, uuid(1), {isReadOnly: true})}],
	[{put: 'image', record: image(34)}],
];

async function makeScene(t: ExecutionContext): Promise<Scene> {
	const file = await databaseFile(t);
	const generations: Change[][][] = [
		[[{put: 'image', record: image(1)}], [{put: 'image', record: image(2)}], ...Array.from({length: 20}, (_, index): Change[] => [{put: 'workspace', record: workspace(100 + index, uuid(1))}])],
		[[{put: 'vm', record: vm(10)}], [{remove: 'workspace', id: uuid(100)}], [{put: 'workspace', record: workspace(20, uuid(1), {vmId: uuid(10)})}]],
	];
	for (const commits of generations) {
		/* eslint-disable no-await-in-loop */
		const {store, close} = await openFor(t, file);
		store.onCheckpoint(async () => undefined);
		for (const changes of commits) {
			await store.commit(...changes);
		}

		await close();
		/* eslint-enable no-await-in-loop */
	}

	const {store} = await openFor(t, file);
	const states = [everything(store)];
	for (const changes of late) {
		// eslint-disable-next-line no-await-in-loop
		await store.commit(...changes);
		states.push(everything(store));
	}

	const files = await filesOf(await killedCopy(t, file));
	const [older, last] = [...files.keys()].filter(name => name.startsWith('.redo')) as [string, string];
	t.deepEqual([...files.keys()], ['', '.previous', older, last]);
	const content = files.get(last)!;
	const {databaseId} = decodeHeader(content) as Header;
	let end = headerBytes;
	const [note, ...places] = decodeFrames(content, databaseId).frames.map(frame => {
		const start = end;
		end += encodeFrame(frame, databaseId).length;
		return {start, end};
	});
	t.is(places.length, late.length);
	return {
		file: await databaseFile(t), files, last, older, states, places, begin: note!.end,
	};
}

/** Opens what is there, twice, and returns what the first start said; the second must find nothing wrong and the same records. */
async function assertStarts(t: ExecutionContext, file: string, files: Files, about: string): Promise<{state: State; mishaps: readonly string[]}> {
	await putFiles(file, files);
	const log: string[] = [];
	const first = await open(file, about, (level, message) => log.push(`${level}: ${message}`));
	const state = everything(first);
	const {mishaps} = first;
	t.deepEqual(log.filter(line => line.startsWith('warning: ')), mishaps.map(mishap => `warning: ${mishap}`), about);
	const aside = (await beside(file)).filter(name => name.includes('damaged'));
	t.true(aside.length === 0 || mishaps.length > 0, about);
	for (const name of aside) {
		t.true(mishaps.some(mishap => mishap.endsWith(`it is kept as ${file}.${name}`)), `${about}: ${name}`);
	}

	// As it is after a crash right then, and once more after that.
	const crashed = await filesOf(file);
	await first.close();
	for (const files of [crashed, await filesOf(file)]) {
		/* eslint-disable no-await-in-loop */
		await putFiles(file, files);
		const second = await open(file, about, silent);
		t.deepEqual(everything(second), state, about);
		t.deepEqual(second.mishaps, [], about);
		await second.commit({put: 'image', record: image(999)});
		await second.close();
		/* eslint-enable no-await-in-loop */
	}

	return {state, mishaps};
}

async function open(file: string, about: string, log: Log): Promise<StateStore> {
	try {
		return await openStore(file, log);
	} catch (error) {
		throw new Error(`${about}: ${String(error)}`, {cause: error});
	}
}

/** What is there when of the commits after the last checkpoint only some are left. */
async function stateOf(t: ExecutionContext, {files, older, last, begin, places}: Scene, left: (index: number) => boolean): Promise<State> {
	const content = files.get(last)!;
	const {databaseId, first} = decodeHeader(content) as Header;
	const frames = decodeFrames(content, databaseId).frames.slice(1).filter((_, index) => left(index));
	const pieces = frames.map(({commits}, index) => encodeFrame({first: first + index, commits}, databaseId));
	const file = await databaseFile(t);
	await putFiles(file, new Map([...files, [older, files.get(older)!], [last, Uint8Array.from([...content.subarray(0, begin), ...pieces.flatMap(piece => [...piece])])]]));
	const {store, close} = await openFor(t, file);
	t.deepEqual(store.mishaps, []);
	t.is(frames.length <= places.length, true);
	const state = everything(store);
	await close();
	return state;
}

const flip = (content: Uint8Array, bit: number): Uint8Array => {
	const copy = Uint8Array.from(content);
	copy[Math.floor(bit / 8)]! ^= 1 << (bit % 8); // eslint-disable-line no-bitwise
	return copy;
};

test('one file is damaged: nothing is lost but what is in that file alone', async t => {
	const scene = await makeScene(t);
	const {file, files, last, states, places, begin} = scene;
	const without = await Promise.all(places.map(async (_, lost) => stateOf(t, scene, index => index !== lost)));
	const everythingThere = states.at(-1)!;
	const seen = {whole: 0, less: 0};
	await fc.assert(fc.asyncProperty(
		fc.constantFrom(...files.keys()),
		fc.constantFrom('truncate', 'flip', 'flip', 'flip', 'empty', 'remove', 'overwrite'),
		fc.nat(),
		async (name, kind, where) => {
			const content = files.get(name)!;
			const damaged = new Map(files);
			const at = where % (content.length * 8);
			const byte = Math.floor(at / 8);
			if (kind === 'remove') {
				damaged.delete(name);
			} else {
				damaged.set(name, {
					truncate: content.subarray(0, byte),
					flip: flip(content, at),
					empty: new Uint8Array(),
					overwrite: Uint8Array.from(content).fill(0x55, byte, byte + 3000),
				}[kind]);
			}

			const about = `${kind} ${name || 'database'} at bit ${at}`;
			const {state, mishaps} = await assertStarts(t, file, damaged, about);
			const isCut = kind === 'truncate' || kind === 'empty' || kind === 'remove';
			const end = kind === 'truncate' ? byte : 0;
			let expected = everythingThere;
			if (name === last && isCut) {
				expected = states[places.filter(place => place.end <= end).length]!;
			} else if (name === last && kind === 'flip') {
				const hit = places.findIndex(place => byte >= place.start && byte < place.end);
				expected = hit === -1 ? everythingThere : without[hit]!;
			} else if (name === last) {
				// Whatever frames are not overwritten are there.
				expected = await stateOf(t, scene, index => places[index]!.end <= byte || places[index]!.start >= byte + 3000);
			}

			t.deepEqual(state, expected, about);
			seen[expected === everythingThere ? 'whole' : 'less']++;
			// What was cut off at the end cannot be known; nobody misses an older copy that is gone.
			const isQuiet = (name === last && isCut && end >= begin) || (kind === 'remove' && name !== '' && name !== last);
			t.is(mishaps.length > 0, !isQuiet, `${about}: ${mishaps.join('; ')}`);
		},
	), {numRuns: 300, endOnFailure: true});
	t.true(seen.whole > 100 && seen.less > 20, JSON.stringify(seen));
});

test('two files are swapped: nothing is lost', async t => {
	const {file, files, states} = await makeScene(t);
	const names = [...files.keys()];
	for (const one of names) {
		for (const other of names.slice(names.indexOf(one) + 1)) {
			const about = `${one || 'database'} and ${other}`;
			// eslint-disable-next-line no-await-in-loop
			const {state, mishaps} = await assertStarts(t, file, new Map([...files, [one, files.get(other)!], [other, files.get(one)!]]), about);
			t.deepEqual(state, states.at(-1)!, about);
			t.true(mishaps.length > 0, about);
		}
	}
});

test('several files are damaged: a start is possible, and what is lost is told', async t => {
	const {file, files, last, states, begin} = await makeScene(t);
	const names = [...files.keys()];
	const damage = fc.record({
		name: fc.constantFrom(...names), kind: fc.constantFrom<Damage['kind']>('truncate', 'flip', 'empty', 'remove', 'swap', 'copy'), where: fc.nat(), other: fc.constantFrom(...names),
	});
	await fc.assert(fc.asyncProperty(fc.array(damage, {minLength: 2, maxLength: 4}), async damages => {
		const {damaged, isCut} = damagedBy(damages, files, last, begin);
		const about = JSON.stringify(damages);
		if (await isRefused(t, file, damaged)) {
			return;
		}

		const {state, mishaps} = await assertStarts(t, file, damaged, about);
		const isWhole = JSON.stringify(state) === JSON.stringify(states.at(-1));
		t.true(isWhole || isCut || mishaps.length > 0 || damaged.size === 0, about);
		// A checkpoint that is as it was proves what is in it, at least where nothing later says otherwise.
		if (damaged.get('') === files.get('') || damaged.get('.previous') === files.get('.previous')) {
			t.true(state.images.some(({name}) => name === 'image-2'), about);
			t.true(state.workspaces.some(({name}) => name === 'workspace-119'), about);
		}
	}), {numRuns: 150, endOnFailure: true});
});

type Damage = {name: string; kind: 'truncate' | 'flip' | 'empty' | 'remove' | 'swap' | 'copy'; where: number; other: string};

/** The files after some damage, and whether it may be such that nobody could know that there was more. */
function damagedBy(damages: readonly Damage[], files: Files, last: string, begin: number): {damaged: Files; isCut: boolean} {
	const damaged = new Map(files);
	let isCut = false;
	for (const {name, kind, where, other} of damages) {
		const content = damaged.get(name);
		const otherContent = damaged.get(other);
		if (!content || !otherContent) {
			continue;
		}

		if (kind === 'remove') {
			damaged.delete(name);
		} else if (kind === 'swap' || kind === 'copy') {
			damaged.set(other, content);
			damaged.set(name, kind === 'swap' ? otherContent : content);
			// An older file under the name of a newer one looks as if nothing had come after it.
			isCut ||= kind === 'copy';
		} else {
			const bit = where % Math.max(8, content.length * 8);
			damaged.set(name, kind === 'empty' ? new Uint8Array() : (kind === 'flip' && content.length > 0 ? flip(content, bit) : content.subarray(0, Math.floor(bit / 8))));
			isCut ||= kind === 'truncate' && name === last && bit / 8 >= begin;
		}
	}

	return {damaged, isCut};
}

/** Whether it seems to be another program's, as when the names of its tables are damaged, and what tells that from damage too. */
async function isRefused(t: ExecutionContext, file: string, files: Files): Promise<boolean> {
	await putFiles(file, files);
	try {
		const store = await openStore(file, silent);
		await store.close();
		return false;
	} catch (error) {
		t.is((error as NexusError).code, 'Unsupported', (error as NexusError).message);
		const after = await filesOf(file);
		t.deepEqual([...after].map(([name, content]) => [name, Buffer.from(content).toString('hex')]), [...after.keys()].map(name => [name, Buffer.from(files.get(name)!).toString('hex')]));
		t.is(after.size, files.size);
		return true;
	}
}

test('another program\'s changes to a database at rest are no damage', async t => {
	const file = await databaseFile(t);
	const {store, close} = await openFor(t, file);
	await store.commit({put: 'vm', record: vm(1)}, {put: 'vm', record: vm(2)});
	await close();
	await sqlite(file, 'UPDATE vms SET state = \'running\' WHERE name = \'vm-1\'; DELETE FROM vms WHERE name = \'vm-2\'; VACUUM;');
	const log: string[] = [];
	const {store: again, close: closeAgain} = await openFor(t, file, (level, message) => log.push(`${level}: ${message}`));
	t.deepEqual(log, [`notice: the database ${file} was changed by another program`]);
	t.deepEqual(again.mishaps, []);
	t.deepEqual(again.vms(), [vm(1, {state: 'running'})]);
	await closeAgain();
	// From then on they are part of it, like anything else: the copy before has them too.
	await writeFile(file, '');
	const {store: third, close: closeThird} = await openFor(t, file);
	t.is(third.mishaps.length, 2);
	t.deepEqual(third.vms(), [vm(1, {state: 'running'})]);
	await closeThird();
});

test('another program\'s changes that break a reference are not taken over', async t => {
	const file = await databaseFile(t);
	const {store, close} = await openFor(t, file);
	await store.commit({put: 'image', record: image(1)}, {put: 'workspace', record: workspace(2, uuid(1))});
	await close();
	await sqlite(file, 'PRAGMA foreign_keys = OFF; DELETE FROM master_images;');
	const {store: again} = await openFor(t, file);
	t.deepEqual(again.mishaps, [
		`${file} contradicts itself (workspaces refers to master_images that are not there); it is kept as ${file}.damaged`,
		`the records come from ${file}.previous and the journal`,
	]);
	t.deepEqual(again.counts(), {images: 1, workspaces: 1, vms: 0});
});

test('a value of another type is not taken over', async t => {
	const file = await databaseFile(t);
	const {store, close} = await openFor(t, file);
	await store.commit({put: 'image', record: image(1)});
	await close();
	await sqlite(file, 'UPDATE master_images SET size_bytes = x\'00\'');
	const {store: again} = await openFor(t, file);
	t.is(again.mishaps[0], `${file} contradicts itself (master_images.size_bytes holds something else than integer); it is kept as ${file}.damaged`);
	t.deepEqual(again.images(), [image(1)]);
});

const nothingLeft: Readonly<Record<string, Uint8Array>> = {
	empty: new Uint8Array(),
	text: new TextEncoder().encode('storage:\n  backend: auto\n'),
	'a long text': new TextEncoder().encode('storage\n'.repeat(10_000)),
	'random bytes': Uint8Array.from({length: 8192}, (_, index) => (index * 7919) % 251),
};

for (const [title, content] of Object.entries(nothingLeft)) {
	test(`a database that is ${title}, alone: a new one, and that is told`, async t => {
		const file = await databaseFile(t);
		const {state, mishaps} = await assertStarts(t, file, new Map([['', content]]), title);
		t.deepEqual(state.counts, {images: 0, workspaces: 0, vms: 0});
		t.deepEqual(mishaps.slice(1), ['there was nothing to recover: the database is new']);
	});
}

test('damaged files are never overwritten by others', async t => {
	const file = await databaseFile(t);
	for (const content of ['one', 'two', 'three']) {
		/* eslint-disable no-await-in-loop */
		const {close} = await openFor(t, file);
		await close();
		await rm(file);
		await writeFile(file, content);
		/* eslint-enable no-await-in-loop */
	}

	const {close} = await openFor(t, file);
	await close();
	const files = await filesOf(file);
	t.deepEqual(['.damaged', '.damaged.2', '.damaged.3'].map(name => new TextDecoder().decode(files.get(name))), ['one', 'two', 'three']);
});

test('a change that contradicts what is left is not made, and is told', async t => {
	const {file, files, last, older} = await makeScene(t);
	// Without the image, the workspaces on it cannot be.
	const content = files.get(older)!;
	const {databaseId} = decodeHeader(content) as Header;
	const alone = new Map([[last, files.get(last)!]]);
	const {state, mishaps} = await assertStarts(t, file, alone, databaseId);
	t.deepEqual(state.images.map(({name}) => name), ['image-33', 'image-34']);
	t.deepEqual(state.vms.map(({name}) => name), ['vm-31']);
	t.deepEqual(mishaps, [
		`the database ${file} was missing`,
		'no checkpoint could be used: the records come from the journal alone',
		'the journal has lost changes (1 to 25)',
		`changes in the journal contradict what is left and were not made: ${[30, 32, 20].map(number => `workspace "workspace-${number}" (FOREIGN KEY constraint failed)`).join(', ')}`,
	]);
});

// Checkpoints: when they are made, that nobody waits for them, and what a crash in the middle of one leaves.
import {open, readFile, stat} from 'node:fs/promises';
import process from 'node:process';
import test, {type ExecutionContext} from 'ava';
import {execa} from 'execa';
import {
	beside, databaseFile, everything, filesOf, image, killedCopy, openFor, putFiles, segmentsOf, sqlite, uuid, vm, workspace,
} from './_records.js';

/** A promise, and the function that resolves it. */
function gate(): {passed: Promise<void>; pass: () => void} {
	let pass!: () => void;
	const passed = new Promise<void>(resolve => {
		pass = resolve;
	});
	return {passed, pass};
}

/** Waits although the store's own timers keep no process alive. */
async function eventually<T>(promise: Promise<T>): Promise<T> {
	const alive = setInterval(() => undefined, 1000);
	try {
		return await promise;
	} finally {
		clearInterval(alive);
	}
}

test('when nothing is changed for some seconds, the file catches up', async t => {
	const file = await databaseFile(t);
	const {store} = await openFor(t, file);
	const settling = gate();
	let settled = 0;
	store.onCheckpoint(async () => {
		settled++;
		settling.pass();
	});
	await store.commit({put: 'image', record: image(1)});
	t.is(await sqlite(file, 'SELECT count(*) FROM master_images'), '0');
	await eventually(settling.passed);
	// The next one is made at its end.
	while (await sqlite(file, 'SELECT count(*) FROM master_images') === '0') {} // eslint-disable-line no-await-in-loop, no-empty
	t.is(settled, 1);
	t.deepEqual(await sqlite(file, '.tables'), 'master_images  schema_meta    settings       vms            workspaces   ');
});

test('when the journal has grown, the file catches up at once', async t => {
	const file = await databaseFile(t);
	const {store, close} = await openFor(t, file);
	const settling = gate();
	store.onCheckpoint(async () => {
		settling.pass();
	});
	await store.commit({put: 'vm', record: vm(1, {configJson: 'x'.repeat(1024 * 1024)})});
	await settling.passed;
	await close();
	t.is((await segmentsOf(file)).length, 2);
});

test('at its end and only when there is something new, the file catches up', async t => {
	const file = await databaseFile(t);
	const first = await openFor(t, file);
	await first.store.commit({put: 'image', record: image(1)});
	await first.close();
	const files = await filesOf(file);
	const {mtimeNs} = await stat(file, {bigint: true});
	const second = await openFor(t, file);
	let settled = 0;
	second.store.onCheckpoint(async () => {
		settled++;
	});
	await second.close();
	t.is(settled, 0);
	t.deepEqual(await filesOf(file), files);
	t.is((await stat(file, {bigint: true})).mtimeNs, mtimeNs);
});

test('one older database and its journal are always kept, and no more', async t => {
	const file = await databaseFile(t);
	let before: Uint8Array | undefined;
	for (let number = 1; number <= 5; number++) {
		/* eslint-disable no-await-in-loop */
		const {store, close} = await openFor(t, file);
		store.onCheckpoint(async () => undefined);
		await store.commit({put: 'image', record: image(number)});
		await close();
		const files = await filesOf(file);
		t.deepEqual([...files.keys()], ['', '.previous', ...[number, number + 1].map(first => `.redo.${String(first).padStart(16, '0')}`)]);
		t.deepEqual(files.get('.previous'), before ?? files.get('.previous'));
		before = files.get('');
		// Either of them is enough.
		const copy = await databaseFile(t);
		await putFiles(copy, new Map([...files].filter(([name]) => name !== '')));
		const {store: other, close: closeOther} = await openFor(t, copy);
		t.is(other.counts().images, number);
		await closeOther();
		/* eslint-enable no-await-in-loop */
	}
});

test('changes go on while a checkpoint waits for the pool, and while it is written', async t => {
	const file = await databaseFile(t);
	const log: string[] = [];
	const {store, close} = await openFor(t, file, (level, message) => log.push(`${level}: ${message}`));
	const [begun, settled] = [gate(), gate()];
	store.onCheckpoint(async () => {
		begun.pass();
		await settled.passed;
	});
	// Writing to it waits for a reader.
	await execa('mkfifo', [`${file}.new`]);
	await store.commit({put: 'vm', record: vm(1, {configJson: 'x'.repeat(1024 * 1024)})});
	await begun.passed;
	await store.commit({put: 'image', record: image(1)});
	t.is((await segmentsOf(file)).length, 1);
	settled.pass();
	const segment = `${file}.redo.${'3'.padStart(16, '0')}`;
	while (!(await segmentsOf(file)).includes(segment)) {} // eslint-disable-line no-await-in-loop, no-empty
	for (let number = 2; number < 20; number++) {
		// eslint-disable-next-line no-await-in-loop
		await store.commit({put: 'image', record: image(number)});
	}

	t.true((await readFile(segment)).includes('"image-19"'));
	const {store: killed} = await openFor(t, await killedWithoutNew(t, file));
	t.deepEqual(everything(killed), everything(store));
	t.deepEqual(killed.mishaps, []);

	// A pipe cannot be synced: the checkpoint fails, and that is all.
	const reader = await open(`${file}.new`, 'r');
	while ((await reader.read(new Uint8Array(65_536))).bytesRead > 0) {} // eslint-disable-line no-await-in-loop, no-empty
	await reader.close();
	store.onCheckpoint(async () => undefined);
	await close();
	t.is(log.length, 2);
	t.regex(log[0]!, /^warning: cannot write the database .*EINVAL/);
	t.regex(log[1]!, /^notice: .* can be written again$/);
	t.is(await sqlite(file, 'SELECT count(*) FROM master_images'), '19');
});

async function killedWithoutNew(t: ExecutionContext, file: string): Promise<string> {
	const copy = await databaseFile(t);
	const names = await beside(file);
	await Promise.all(['', ...names.filter(name => name !== 'new').map(name => `.${name}`)].map(async name => execa('cp', [`${file}${name}`, `${copy}${name}`])));
	return copy;
}

test('a pool that cannot be synced keeps the file from catching up, and loses nothing', async t => {
	const file = await databaseFile(t);
	const log: string[] = [];
	const {store, close} = await openFor(t, file, (level, message) => log.push(`${level}: ${message}`));
	store.onCheckpoint(async () => {
		throw new Error('the pool is gone');
	});
	await store.commit({put: 'image', record: image(1)});
	await close();
	t.deepEqual(log, [`warning: cannot write the database ${file}: the pool is gone. Nothing is lost, it is all in the journal; nexusd tries again.`]);
	const {store: again} = await openFor(t, file);
	t.is(again.counts().images, 1);
	t.true(again.inDoubt.put.has(uuid(1)));
});

test('a crash between any two steps of a checkpoint loses nothing, and is no damage', async t => {
	const file = await databaseFile(t);
	const first = await openFor(t, file);
	first.store.onCheckpoint(async () => undefined);
	await first.store.commit({put: 'image', record: image(1)});
	await first.close();
	const {store, close} = await openFor(t, file);
	store.onCheckpoint(async () => undefined);
	await store.commit({put: 'workspace', record: workspace(2, uuid(1))});
	await store.commit({put: 'vm', record: vm(3)});
	const expected = everything(store);
	const before = await filesOf(await killedCopy(t, file));
	await close();
	const after = await filesOf(file);
	const [oldest, current] = [...before.keys()].filter(name => name.startsWith('.redo')) as [string, string];
	const next = [...after.keys()].find(name => name.startsWith('.redo') && !before.has(name))!;
	t.deepEqual([...after.keys()], ['', '.previous', current, next]);
	const [database, segment] = [after.get('')!, after.get(next)!];
	const header = segment.subarray(0, 60);

	const steps: Array<[string, Uint8Array | undefined]> = [
		...[0, 1, 30, 60].map((length): [string, Uint8Array] => ['.redo.new', header.subarray(0, length)]),
		['.redo.new', undefined],
		[next, header],
		...[0, 100, 5000, database.length].map((length): [string, Uint8Array] => ['.new', database.subarray(0, length)]),
		...[61, 80, segment.length - 1, segment.length].map((length): [string, Uint8Array] => [next, segment.subarray(0, length)]),
		['.previous.new', before.get('')],
		['.previous', before.get('')],
		['.previous.new', undefined],
		['', database],
		['.new', undefined],
		[oldest, undefined],
	];
	const files = new Map(before);
	let crashes = 0;
	const assertRecovers = async (files: Map<string, Uint8Array>, about: string): Promise<void> => {
		const copy = await databaseFile(t);
		await putFiles(copy, files);
		for (let time = 0; time < 2; time++) {
			/* eslint-disable no-await-in-loop */
			const {store, close} = await openFor(t, copy);
			t.deepEqual(everything(store), expected, about);
			t.deepEqual(store.mishaps, [], about);
			// The note of the checkpoint says that the pool has caught up.
			const isNoted = files.get(next)?.length === segment.length;
			t.true(time > 0 || isNoted || store.inDoubt.put.has(uuid(2)), about);
			await close();
			/* eslint-enable no-await-in-loop */
		}

		crashes++;
	};

	await assertRecovers(files, 'before');
	for (const [name, content] of steps) {
		if (content) {
			files.set(name, content);
		} else {
			files.delete(name);
		}

		// eslint-disable-next-line no-await-in-loop
		await assertRecovers(files, `after ${name}`);
		// The file and the note are written at the same time.
		if (name === '.new' && content?.length === database.length) {
			// eslint-disable-next-line no-await-in-loop
			await assertRecovers(new Map([...files].filter(([name]) => name !== '.new')), 'the file not yet there');
		}
	}

	t.deepEqual(files, new Map([...files.keys()].map(name => [name, after.get(name)!])), 'these are the steps');
	t.is(crashes, steps.length + 2);
});

test('a crash between any two steps of the first start leaves a database as new', async t => {
	const file = await databaseFile(t);
	const {close} = await openFor(t, file);
	await close();
	const files = await filesOf(file);
	const segment = [...files.keys()].find(name => name.startsWith('.redo'))!;
	const database = files.get('')!;
	const states: string[][] = [[], ['.new'], ['.new', '.redo.new'], ['.new', segment], ['', segment], ['', segment, '.previous.new'], ['', segment, '.previous']];
	for (const names of states) {
		/* eslint-disable no-await-in-loop */
		const copy = await databaseFile(t);
		await putFiles(copy, new Map(names.map(name => [name, name.startsWith('.redo') ? files.get(segment)! : database])));
		const {store, close} = await openFor(t, copy);
		t.deepEqual(store.mishaps, [], names.join(' '));
		await store.commit({put: 'image', record: image(1)});
		await close();
		t.is(await sqlite(copy, 'SELECT count(*) FROM master_images'), '1');
		/* eslint-enable no-await-in-loop */
	}
});

test('a reader with the program sees one state or the next, never a half', async t => {
	const file = await databaseFile(t);
	const {store} = await openFor(t, file);
	store.onCheckpoint(async () => undefined);
	const over = new AbortController();
	const write = async (): Promise<void> => {
		// Much text, so that there are many checkpoints.
		const configJson = 'x'.repeat(700 * 1024);
		for (let index = 2; !over.signal.aborted; index += 2) {
			// eslint-disable-next-line no-await-in-loop
			await store.commit({put: 'image', record: image(index)}, {put: 'image', record: image(index + 1)}, {put: 'vm', record: vm(1, {configJson})});
		}
	};

	const read = async (): Promise<number[]> => {
		const counts: number[] = [];
		try {
			while (counts.length < 30 || counts.at(-1) === counts[0]) {
				// eslint-disable-next-line no-await-in-loop
				counts.push(Number(await sqlite(file, 'SELECT count(*) FROM master_images')));
			}
		} finally {
			over.abort();
		}

		return counts;
	};

	const [counts] = await Promise.all([read(), write()]);
	t.deepEqual(counts.filter(count => count % 2 !== 0), []);
	t.deepEqual(counts, counts.toSorted((one, other) => one - other));
});

test('what was acknowledged is there after a kill at any moment', async t => {
	const file = await databaseFile(t);
	const program = `
		const {openStore} = await import(${JSON.stringify(new URL('../../../src/store/open-store.ts', import.meta.url).href)});
		const store = await openStore(${JSON.stringify(file)}, (level, message) => console.log(level, message));
		store.onCheckpoint(async () => undefined);
		const configJson = 'x'.repeat(100_000);
		const first = store.counts().images;
		console.log('open', store.mishaps.length, first);
		for (let number = first; ; number += 3) {
			await Promise.all([0, 1, 2].map(async more => {
				const record = {...${JSON.stringify(image(0))}, id: String(number + more).padStart(9, '0'), name: 'image-' + (number + more), subvolumePath: '/' + (number + more)};
				const config = {...${JSON.stringify(vm(3))}, configJson: configJson + number};
				await store.commit({put: 'image', record}, {put: 'vm', record: config});
				console.log('done', number + more);
			}));
		}
	`;
	let acknowledged = -1;
	for (let round = 0; round < 8; round++) {
		/* eslint-disable no-await-in-loop */
		const writer = execa(process.execPath, ['--import', 'tsx', '--input-type=module', '--eval', program], {reject: false, lines: true});
		let left = 5 + (round * 17);
		for await (const line of writer) {
			const [word, number, more] = line.split(' ');
			t.true(word === 'open' || word === 'done' || word === 'info', line);
			if (word === 'open') {
				t.is(number, '0');
				t.true(Number(more) > acknowledged);
			} else if (word === 'done') {
				acknowledged = Math.max(acknowledged, Number(number));
				left--;
			}

			if (left === 0) {
				writer.kill('SIGKILL');
			}
		}
		/* eslint-enable no-await-in-loop */
	}

	const {store} = await openFor(t, file);
	t.deepEqual(store.mishaps, []);
	t.deepEqual(store.images().map(({name}) => Number(name.slice(6))).sort((one, other) => one - other), Array.from({length: store.counts().images}, (_, index) => index));
	t.true(store.counts().images > acknowledged);
	t.true((await segmentsOf(file)).length > 1);
});

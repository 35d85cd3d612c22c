// The journal by its files: what a cut, a hole or a wrong name leaves, and what is in doubt after it.
import {readFile, rm, writeFile} from 'node:fs/promises';
import test from 'ava';
import {
	decodeFrames, decodeHeader, encodeFrame, encodeHeader, headerBytes, type Frame, type Header,
} from '../../../src/store/journal-format.js';
import {openStore} from '../../../src/store/open-store.js';
import type {Change, StateStore} from '../../../src/store/state-store.js';
import {
	beside, databaseFile, everything, image, killedCopy, openFor, segmentsOf, uuid, vm, workspace,
} from './_records.js';

const id = uuid(1000);
const header = encodeHeader({databaseId: id, first: 7});
const frames: Frame[] = [
	{first: 7, commits: [[{put: 'image', record: image(1)}], []], checkpoint: undefined},
	{
		first: 9, commits: [], checkpoint: {
			sequence: 8, bytes: 1, checksum: 2, changeCounter: 3, settled: 7,
		},
	},
	{first: 9, commits: [[{put: 'workspace', record: workspace(2, uuid(1), {name: 'ünïcode 😀'})}, {remove: 'vm', record: vm(3)}]], checkpoint: undefined},
];
/** As they are read: JSON has no `undefined`. */
const read = frames.map(({first, commits, checkpoint}) => {
	const text = JSON.stringify(commits);
	return {first, commits: JSON.parse(text) as Frame['commits'], checkpoint};
});
const encoded = frames.map(frame => encodeFrame(frame, id));
const segment = joined(header, ...encoded);

function joined(...pieces: Uint8Array[]): Uint8Array {
	return Uint8Array.from(pieces.flatMap(piece => [...piece]));
}

test('a segment is read as it was written', t => {
	t.deepEqual(decodeHeader(segment), {databaseId: id, first: 7});
	t.deepEqual(decodeFrames(segment, id), {frames: read, goodBytes: segment.length, state: 'whole'});
});

test('a header of which a bit is wrong is none', t => {
	for (let bit = 0; bit < headerBytes * 8; bit++) {
		t.is(decodeHeader(flipped(header, bit)), undefined);
	}
});

test('a frame of another database is no frame', t => {
	t.deepEqual(decodeFrames(segment, uuid(1001)), {frames: [], goodBytes: headerBytes, state: 'damaged'});
});

test('a segment that ends anywhere is whole up to there, and torn', t => {
	const ends = [headerBytes, ...encoded.map((_, index) => headerBytes + encoded.slice(0, index + 1).reduce((sum, {length}) => sum + length, 0))];
	for (let end = headerBytes; end <= segment.length; end++) {
		const count = ends.findLastIndex(other => other <= end);
		t.deepEqual(decodeFrames(segment.subarray(0, end), id), {frames: read.slice(0, count), goodBytes: ends[count]!, state: ends.includes(end) ? 'whole' : 'torn'});
	}
});

test('a bit that is wrong costs its frame and no other, and is no torn end', t => {
	for (let bit = headerBytes * 8; bit < segment.length * 8; bit++) {
		const {frames: found, state} = decodeFrames(flipped(segment, bit), id);
		t.is(state, 'damaged', `bit ${bit}`);
		t.is(found.length, 2);
		t.true(found.every(({first, commits}) => frames.some(frame => frame.first === first && frame.commits.length === commits.length)));
	}
});

test('a sector that was never written is a torn end in the last frame and damage in another', t => {
	const big = encodeFrame({first: 10, commits: [[{put: 'vm', record: vm(3, {configJson: 'x'.repeat(3000)})}]]}, id);
	const whole = joined(segment, big);
	for (let sector = 0; sector * 512 < whole.length; sector++) {
		const start = Math.max(headerBytes, sector * 512);
		const end = Math.min(whole.length, (sector + 1) * 512);
		const {state, goodBytes} = decodeFrames(Uint8Array.from(whole).fill(0, start, end), id);
		t.is(state, end > segment.length ? 'torn' : 'damaged');
		t.true(goodBytes <= start);
	}
});

function flipped(bytes: Uint8Array, bit: number): Uint8Array {
	const copy = Uint8Array.from(bytes);
	copy[Math.floor(bit / 8)]! ^= 1 << (bit % 8); // eslint-disable-line no-bitwise
	return copy;
}

/** Commits of every kind, and what there is after each, the beginning included. */
const history: readonly Change[][] = [
	[{put: 'image', record: image(1)}],
	[{put: 'workspace', record: workspace(2, uuid(1))}, {put: 'vm', record: vm(3)}],
	[{put: 'workspace', record: workspace(2, uuid(1), {vmId: uuid(3), attachedAt: 5})}],
	[{remove: 'vm', id: uuid(3)}],
	[{put: 'workspace', record: workspace(4, uuid(1), {parentWorkspaceId: uuid(2)})}],
	[{remove: 'workspace', id: uuid(2)}],
	[{put: 'image', record: image(5)}],
];

async function makeHistory(store: StateStore): Promise<Array<ReturnType<typeof everything>>> {
	const states = [everything(store)];
	for (const changes of history) {
		// eslint-disable-next-line no-await-in-loop
		await store.commit(...changes);
		states.push(everything(store));
	}

	return states;
}

test('a journal that ends anywhere is what was done up to there', async t => {
	const file = await databaseFile(t);
	const {store} = await openFor(t, file);
	const [segment] = await segmentsOf(file);
	const states = await makeHistory(store);
	const copy = await killedCopy(t, file);
	const content = await readFile(segment!);
	const part = `${copy}${segment!.slice(file.length)}`;
	const {databaseId} = decodeHeader(content) as Header;
	const {frames} = decodeFrames(content, databaseId);
	t.is(frames.length, history.length + 1);
	// From behind the note of the first checkpoint.
	const begin = headerBytes + encodeFrame(frames[0]!, databaseId).length;
	const files = await Promise.all([copy, `${copy}.previous`].map(async name => ({name, content: await readFile(name)})));
	let done = 0;
	for (let end = begin; end <= content.length; end++) {
		/* eslint-disable no-await-in-loop */
		await Promise.all((await beside(copy)).map(async name => rm(`${copy}.${name}`)));
		await Promise.all(files.map(async ({name, content}) => writeFile(name, content)));
		await writeFile(part, content.subarray(0, end));
		const expected = decodeFrames(content.subarray(0, end), databaseId).frames.length - 1;
		const log: string[] = [];
		const recovered = await openStore(copy, (level, message) => log.push(`${level}: ${message}`));
		t.deepEqual(everything(recovered), states[expected]!);
		t.deepEqual(recovered.mishaps, []);
		t.true(log.every(line => line === `info: the last write to ${part} was never finished, and is cut off`));
		done = Math.max(done, expected);
		// It goes on where it was cut.
		if (end % 50 === 0) {
			await recovered.commit({put: 'image', record: image(50)});
			const {store: next, close} = await openFor(t, await killedCopy(t, copy));
			t.deepEqual(everything(next), everything(recovered));
			t.deepEqual(next.mishaps, []);
			await close();
		}

		await recovered.close();
		/* eslint-enable no-await-in-loop */
	}

	t.is(done, history.length);
});

test('what the pool may not have yet is told, and no longer when it has', async t => {
	const file = await databaseFile(t);
	const {store, close} = await openFor(t, file);
	await makeHistory(store);
	t.deepEqual(store.inDoubt, {put: new Set(), removed: new Map()});
	const doubtful = {put: new Set([uuid(1), uuid(4), uuid(5)]), removed: new Map([[uuid(2), workspace(2, uuid(1), {attachedAt: 5})]])};

	const killed = await openFor(t, await killedCopy(t, file));
	t.deepEqual(killed.store.inDoubt, doubtful);
	await killed.close();

	// A checkpoint alone says nothing about the pool.
	await close();
	const second = await openFor(t, file);
	t.deepEqual(second.store.inDoubt, doubtful);
	await second.store.commit({remove: 'image', id: uuid(5)});
	await second.close();

	const third = await openFor(t, file);
	t.deepEqual(third.store.inDoubt, {put: new Set([uuid(1), uuid(4)]), removed: new Map([...doubtful.removed, [uuid(5), image(5)]])});
	await third.store.commit({put: 'image', record: image(6)});
	let settled = 0;
	third.store.onCheckpoint(async () => {
		settled++;
	});
	await third.close();
	t.is(settled, 1);
	const fourth = await openFor(t, file);
	t.deepEqual(fourth.store.inDoubt, {put: new Set(), removed: new Map()});
	t.deepEqual(fourth.store.mishaps, []);
});

test('a commit of nothing waits for what was there before it', async t => {
	const file = await databaseFile(t);
	const {store} = await openFor(t, file);
	const order: string[] = [];
	const first = (async () => {
		await store.commit({put: 'image', record: image(1)});
		order.push('something');
	})();
	await store.commit({remove: 'image', id: uuid(9)});
	order.push('nothing');
	await first;
	t.deepEqual(order, ['something', 'nothing']);
	const {store: again} = await openFor(t, await killedCopy(t, file));
	t.deepEqual(everything(again), everything(store));
});

test('a record is frozen, and the same object until it changes', async t => {
	const file = await databaseFile(t);
	const {store, close} = await openFor(t, file);
	await makeHistory(store);
	const check = async (store: StateStore): Promise<void> => {
		const one = store.workspace(uuid(4))!;
		t.true(Object.isFrozen(one));
		t.is(store.workspace('workspace-4'), one);
		t.is(store.workspaces()[0], one);
		t.is(store.workspaces({imageId: uuid(1)})[0], one);
		t.is(store.workspacesAfter('', 10)[0], one);
		await store.commit({put: 'vm', record: vm(9)}, {put: 'image', record: image(1, {sizeBytes: 5})});
		t.is(store.workspace(uuid(4)), one);
		await store.commit({put: 'workspace', record: {...one, vmId: uuid(9)}});
		const attached = store.workspaces({vmId: uuid(9)})[0]!;
		t.not(attached, one);
		t.is(store.workspace(uuid(4)), attached);
		await store.commit({remove: 'vm', id: uuid(9)});
		t.deepEqual(store.workspace(uuid(4)), one);
		t.not(store.workspace(uuid(4)), attached);
	};

	await check(store);
	await close();
	const {store: again} = await openFor(t, file);
	await check(again);
	const record = {...image(20)};
	await again.commit({put: 'image', record});
	record.name = 'changed by whoever has it';
	t.is(again.image(uuid(20))?.name, 'image-20');
});

// When the pool's space is looked at, and what is told of it. A pool that a test writes to, and callers that come and go.
import {EventEmitter, once} from 'node:events';
import test from 'ava';
import type {CallerEvents} from '../../../service/bus/callers.js';
import {PoolSpace} from '../../../service/bus/pool-space.js';
import {NexusError} from '../../../src/errors.js';

/** Milliseconds between two looks: as few as there can be. */
const pause = 1;

const setup = () => {
	const pool = {
		size: 100,
		free: 50,
		looks: 0,
		isHere: true,
		async space() {
			pool.looks++;
			return {size: pool.size, free: pool.free};
		},
		async requireHere() {
			if (!pool.isHere) {
				throw new NexusError('Io', 'the pool is not there');
			}
		},
	};
	const callers = new EventEmitter<CallerEvents>();
	const space = new PoolSpace(pool, pause);
	space.watchWhile(callers);
	let changes = 0;
	space.on('changed', () => {
		changes++;
	});
	// Whatever it does now and then it has done many times.
	const aWhile = async (): Promise<void> => new Promise(resolve => {
		setTimeout(resolve, 50 * pause);
	});

	return {
		pool, callers, space, aWhile, changes: () => changes,
	};
};

test('what it is at first and each change is told, once', async t => {
	const {pool, callers, space, aWhile, changes} = setup();
	callers.emit('subscribers', 1);
	await once(space, 'changed');
	t.deepEqual(space.seen, {size: 100, free: 50});
	pool.free = 40;
	await once(space, 'changed');
	t.deepEqual(space.seen, {size: 100, free: 40});
	pool.size = 200;
	await once(space, 'changed');
	t.deepEqual(space.seen, {size: 200, free: 40});
	const {looks} = pool;
	await aWhile();
	t.true(pool.looks > looks);
	t.is(changes(), 3);
	space.stop();
});

test('nothing is looked at while nobody is subscribed, but for who asks', async t => {
	const {pool, callers, space, aWhile, changes} = setup();
	await space.refresh();
	await aWhile();
	t.is(pool.looks, 0);
	t.deepEqual(await space.look(), {size: 100, free: 50});
	t.is(pool.looks, 1);
	t.is(changes(), 0);
	t.is(space.seen, undefined);

	callers.emit('subscribers', 1);
	callers.emit('subscribers', 2);
	await once(space, 'changed');
	callers.emit('subscribers', 1);
	const {looks} = pool;
	await aWhile();
	t.true(pool.looks > looks, 'one is left');
	callers.emit('subscribers', 0);
	const {looks: looksAtEnd} = pool;
	await space.refresh();
	await aWhile();
	t.is(pool.looks, looksAtEnd);
	t.is(space.seen, undefined);
});

test('who comes when others had left is told what it is, changed or not', async t => {
	const {callers, space} = setup();
	for (let round = 0; round < 2; round++) {
		callers.emit('subscribers', 1);
		// eslint-disable-next-line no-await-in-loop
		await once(space, 'changed');
		callers.emit('subscribers', 0);
	}

	t.pass();
});

test('what somebody has read is told to all, so that nobody keeps what was for a moment', async t => {
	const {pool, callers, space, changes} = setup();
	callers.emit('subscribers', 1);
	await once(space, 'changed');
	pool.free = 10;
	t.deepEqual(await space.look(), {size: 100, free: 10});
	t.is(changes(), 2);
	pool.free = 50;
	await once(space, 'changed');
	t.deepEqual(space.seen, {size: 100, free: 50});
	space.stop();
});

test('one look serves all who ask meanwhile', async t => {
	const {pool, space} = setup();
	await Promise.all(Array.from({length: 100}, async () => space.look()));
	t.is(pool.looks, 1);
});

test('a pool that is away is as it was, until it is back; who asks is told', async t => {
	const {pool, callers, space, aWhile} = setup();
	callers.emit('subscribers', 1);
	await once(space, 'changed');
	// What lies below is not it.
	Object.assign(pool, {isHere: false, size: 7, free: 7});
	await t.notThrowsAsync(space.refresh());
	await aWhile();
	t.deepEqual(space.seen, {size: 100, free: 50});
	await t.throwsAsync(space.look(), {instanceOf: NexusError, code: 'Io'});
	Object.assign(pool, {isHere: true, size: 100, free: 30});
	await once(space, 'changed');
	t.deepEqual(space.seen, {size: 100, free: 30});
	space.stop();
});

test('a look that is over when the last has left tells nobody', async t => {
	const {callers, space, changes} = setup();
	callers.emit('subscribers', 1);
	const looking = space.look();
	callers.emit('subscribers', 0);
	await looking;
	t.is(changes(), 0);
	t.is(space.seen, undefined);
});

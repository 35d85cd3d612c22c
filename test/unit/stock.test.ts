// What is kept ready, and when: how much, how long, and that nothing of it is left.
import {setTimeout} from 'node:timers/promises';
import test, {type ExecutionContext} from 'ava';
import type {Image} from '../../src/model.js';
import {Stock, type StockOptions} from '../../src/stock.js';

const imageNamed = (name: string): Image => ({
	id: `id of ${name}`, name, subvolumePath: `/pool/@${name}`, sizeBytes: 1, createdAt: 1,
});
const image = imageNamed('base');

type Room = {
	/** What there is, made and not taken away. */
	there: Set<string>;
	made: string[];
	/** Makes the next clones wait until it is called. */
	halt: () => () => void;
	failure: Error | undefined;
	log: string[];
};

function stockIn(t: ExecutionContext, options: StockOptions = {}): {stock: Stock; room: Room} {
	let gate = Promise.resolve();
	const room: Room = {
		there: new Set(),
		made: [],
		halt() {
			let open!: () => void;
			gate = new Promise(resolve => {
				open = resolve;
			});
			return open;
		},
		failure: undefined,
		log: [],
	};
	const stock = new Stock({
		async clone({name}, id) {
			await gate;
			if (room.failure) {
				throw room.failure;
			}

			room.there.add(id);
			room.made.push(name);
		},
		async discard(id) {
			room.there.delete(id);
		},
	}, (_level, message) => {
		room.log.push(message);
	}, options);
	t.teardown(async () => stock.close());
	return {stock, room};
}

const turn = async (): Promise<void> => new Promise(resolve => {
	setImmediate(resolve);
});

/** Comes and goes at once: the id of what was ready, `undefined` when nothing was. */
const come = async (stock: Stock, from = image): Promise<string | undefined> => stock.serve(from, async id => id);

/** Comes, and waits until what can be made behind it has been. */
async function comeAndStay(stock: Stock, from = image): Promise<string | undefined> {
	const id = await come(stock, from);
	await turn();
	return id;
}

async function comeOften(stock: Stock, times: number): Promise<void> {
	await Promise.all(Array.from({length: times}, async () => come(stock)));
}

test('nothing is made before somebody comes, and the first comes in vain', async t => {
	const {stock, room} = stockIn(t);
	await turn();
	t.is(room.made.length, 0);
	t.is(await comeAndStay(stock), undefined);
	t.true(room.there.size > 0);
	const taken = await comeAndStay(stock);
	t.true(room.there.has(taken!));
});

test('a copy is taken by one only', async t => {
	const {stock} = stockIn(t);
	const taken: Array<string | undefined> = [];
	for (let count = 0; count < 50; count++) {
		// eslint-disable-next-line no-await-in-loop
		taken.push(await comeAndStay(stock));
	}

	const ids = taken.filter(id => id !== undefined);
	t.true(ids.length > 40);
	t.is(new Set(ids).size, ids.length);
});

test('there are as many as came in a minute, up to the bound, and a few more than one', async t => {
	t.timeout(10_000);
	for (const [came, kept] of [[1, 4], [10, 10], [200, 16]] as const) {
		const {stock, room} = stockIn(t, {largest: 16});
		// eslint-disable-next-line no-await-in-loop
		await comeOften(stock, came);
		// eslint-disable-next-line no-await-in-loop
		await turn();
		t.is(room.there.size, kept);
	}
});

test('it is filled up in a lull, and before when little is left', async t => {
	t.timeout(10_000);
	const {stock, room} = stockIn(t, {moment: 50});
	await comeOften(stock, 16);
	await comeAndStay(stock);
	t.is(room.made.length, 17);
	for (let count = 0; count < 5; count++) {
		// eslint-disable-next-line no-await-in-loop
		t.not(await comeAndStay(stock), undefined);
	}

	t.is(room.made.length, 17, 'much is left, and somebody has just come');
	while (room.made.length === 17) {
		// eslint-disable-next-line no-await-in-loop
		await turn();
	}

	t.is(room.made.length, 17 + 10, 'as many as came until then are there again');
	while (room.made.length === 27) {
		// eslint-disable-next-line no-await-in-loop
		t.not(await comeAndStay(stock), undefined);
	}

	t.true(room.made.length > 27, 'nobody waited for it');
});

test('all images together have a bound', async t => {
	const {stock, room} = stockIn(t, {largest: 4});
	for (let count = 0; count < 20; count++) {
		// eslint-disable-next-line no-await-in-loop
		await comeAndStay(stock, imageNamed(`image ${count}`));
	}

	t.true(room.there.size <= 16);
});

test('what one image takes is given back to the others', async t => {
	t.timeout(10_000);
	const {stock, room} = stockIn(t, {largest: 4, moment: 20});
	const many = Array.from({length: 20}, (_, count) => imageNamed(`image ${count}`));
	for (const image of many) {
		// eslint-disable-next-line no-await-in-loop
		await comeAndStay(stock, image);
	}

	while (room.there.size < 16) {
		// eslint-disable-next-line no-await-in-loop
		await turn();
	}

	const has = new Set(room.made);
	for (const image of many.filter(({name}) => has.has(name))) {
		stock.drop(image);
	}

	while (room.there.size < 16) {
		// eslint-disable-next-line no-await-in-loop
		await turn();
	}

	t.true(room.made.some(name => !has.has(name)));
});

test('two images that lack more than is made at once both get it', async t => {
	t.timeout(10_000);
	const {stock, room} = stockIn(t, {moment: 20});
	const [one, other] = [imageNamed('one'), imageNamed('other')];
	await Promise.all(Array.from({length: 40}, async () => Promise.all([come(stock, one), come(stock, other)])));
	while (room.there.size < 80) {
		// eslint-disable-next-line no-await-in-loop
		await turn();
	}

	await setTimeout(50);
	t.deepEqual([one, other].map(({name}) => room.made.filter(made => made === name).length), [40, 40]);
});

test('with a bound of nothing, nothing is made', async t => {
	const {stock, room} = stockIn(t, {largest: 0});
	await comeAndStay(stock);
	await comeAndStay(stock);
	t.is(room.made.length, 0);
});

test('nothing is made ahead of time while somebody makes one for now', async t => {
	const {stock, room} = stockIn(t);
	await stock.serve(image, async () => {
		await comeAndStay(stock);
		t.is(room.made.length, 0);
	});
	await turn();
	t.true(room.made.length > 0);
});

test('minutes in which fewer come make it smaller', async t => {
	t.timeout(10_000);
	const {stock, room} = stockIn(t, {minute: 40});
	await comeOften(stock, 20);
	await comeAndStay(stock);
	while (room.there.size > 15) {
		/* eslint-disable no-await-in-loop */
		room.there.delete(await come(stock) ?? '');
		// Some come, a few in each minute.
		await setTimeout(10);
		/* eslint-enable no-await-in-loop */
	}

	t.true(room.there.size >= 4);
	t.not(await come(stock), undefined);
});

test('a minute in which nobody comes clears it', async t => {
	t.timeout(10_000);
	const {stock, room} = stockIn(t, {minute: 20});
	await comeOften(stock, 20);
	await comeAndStay(stock);
	t.is(room.there.size, 21);
	while (room.there.size > 0) {
		// eslint-disable-next-line no-await-in-loop
		await turn();
	}

	t.is(await come(stock), undefined);
});

test('an image that goes takes its shelf along, what is being made too', async t => {
	const {stock, room} = stockIn(t);
	await comeAndStay(stock);
	const open = room.halt();
	// eslint-disable-next-line no-await-in-loop
	while (await come(stock) !== undefined) {
		// Until none is left.
	}

	const taken = room.there.size;
	await turn();
	stock.drop(image);
	open();
	await stock.close();
	t.is(room.there.size, taken, 'what was taken is all there is');
	t.deepEqual(room.log, []);
});

test('a failure is told once, and who comes next lets it try again', async t => {
	const {stock, room} = stockIn(t);
	room.failure = new Error('no space is left');
	await comeAndStay(stock);
	t.deepEqual(room.log, ['no copies of image "base" can be made ahead of time: no space is left']);
	await turn();
	room.failure = undefined;
	await comeAndStay(stock);
	t.not(await comeAndStay(stock), undefined);
	t.is(room.log.length, 1);
});

test('closing waits for what is being made and leaves nothing', async t => {
	const {stock, room} = stockIn(t);
	const open = room.halt();
	await comeAndStay(stock);
	const closed = stock.close();
	open();
	await closed;
	t.is(room.there.size, 0);
	await comeAndStay(stock);
	t.is(room.there.size, 0);
});

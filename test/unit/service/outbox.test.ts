// What leaves in order, and who has a place. Work that ends when a test says so.
import test from 'ava';
import {Outbox} from '../../../service/bus/outbox.js';
import {Places} from '../../../service/bus/places.js';

/** A promise, and a way to settle it. */
function settled<T = void>() {
	let resolve!: (value: T) => void;
	let reject!: (error: Error) => void;
	const promise = new Promise<T>((...settle) => {
		[resolve, reject] = settle;
	});
	return {promise, resolve, reject};
}

/** Lets all go on that can. */
const others = async (): Promise<void> => new Promise(resolve => {
	setImmediate(resolve);
});

test('each waits for those before it, and no failure holds the others up', async t => {
	const complaints: string[] = [];
	const outbox = new Outbox((level, message) => {
		complaints.push(`${level}: ${message}`);
	});
	const order: string[] = [];
	const slow = settled();
	outbox.signal(async () => {
		await slow.promise;
		order.push('slow signal');
	});
	outbox.signal(() => {
		throw new Error('the disk is gone');
	});
	const failing = outbox.inTurn(async () => {
		order.push('failing reply');
		throw new Error('too long');
	});
	const reply = outbox.inTurn(() => {
		order.push('reply');
		return 5;
	});
	const sent = (async () => {
		await outbox.sent();
		order.push('sent');
	})();
	await others();
	t.deepEqual(order, []);
	slow.resolve();
	await t.throwsAsync(failing, {message: 'too long'});
	t.is(await reply, 5);
	await sent;
	t.deepEqual(order, ['slow signal', 'failing reply', 'reply', 'sent']);
	t.deepEqual(complaints, ['error: could not send a signal: the disk is gone']);
});

test('so many have a place, and of each name one', async t => {
	const places = new Places(2);
	const inside: string[] = [];
	const enter = async (name: string): Promise<() => void> => {
		const release = await places.take(name);
		inside.push(name);
		return () => {
			inside.splice(inside.indexOf(name), 1);
			release();
		};
	};

	const greedy = [enter('greedy'), enter('greedy'), enter('greedy')];
	const other = enter('other');
	const third = enter('third');
	await others();
	t.deepEqual(inside, ['greedy', 'other']);
	(await other)();
	await others();
	t.deepEqual(inside, ['greedy', 'third']);
	(await greedy[0]!)();
	await others();
	t.deepEqual(inside, ['third', 'greedy']);
	(await third)();
	await others();
	t.deepEqual(inside, ['greedy']);
	(await greedy[1]!)();
	(await greedy[2]!)();
	t.deepEqual(inside, []);
});

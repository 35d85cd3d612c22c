import process from 'node:process';
import {setImmediate} from 'node:timers/promises';
import test from 'ava';
import {Turns, type TurnsOptions} from '../../../service/turns.js';

/** Takes turns and notes whose came, `no <name>` for a refusal. */
function setup(options: Partial<TurnsOptions> = {}) {
	const turns = new Turns({places: 4, mostWaiting: 100, ...options});
	const came: string[] = [];
	const releases: Array<() => void> = [];
	const ask = async (name: string, places = 1): Promise<void> => {
		const release = await turns.take(name, places);
		came.push(release ? name : `no ${name}`);
		if (release) {
			releases.push(release);
		}
	};

	return {
		came,
		/** Asks several times at once. */
		ask(name: string, times: number, places?: number) {
			for (let count = 0; count < times; count++) {
				void ask(name, places);
			}
		},
		/** Gives back the places of the first that still has some. */
		release() {
			releases.shift()!();
		},
	};
}

async function settle(): Promise<void> {
	for (let count = 0; count < 50; count++) {
		// eslint-disable-next-line no-await-in-loop
		await setImmediate();
	}
}

test('one that asks for much lets another in after each of its own', async t => {
	const {ask, came} = setup({places: 100});
	ask('flood', 6);
	ask('a', 2);
	ask('b', 1);
	await settle();
	t.deepEqual(came, ['flood', 'flood', 'a', 'b', 'flood', 'a', 'flood', 'flood', 'flood']);
});

test('the first comes at once, all others in a turn of the event loop of their own', async t => {
	const {ask, came} = setup();
	ask('a', 2);
	await new Promise(process.nextTick);
	t.deepEqual(came, ['a']);
	await settle();
	t.deepEqual(came, ['a', 'a']);
});

test('who has taken all places waits until some are given back, and keeps nobody else waiting', async t => {
	const {ask, came, release} = setup({places: 4});
	ask('a', 2, 3);
	ask('a', 1, 1);
	ask('b', 4);
	await settle();
	t.deepEqual(came, ['a', 'b', 'b', 'b', 'b'], 'what needs less does not overtake what is first in the line');
	release();
	await settle();
	t.deepEqual(came.slice(5), ['a', 'a']);
});

test('when too much waits the longest line is refused its last', async t => {
	const {ask, came, release} = setup({places: 1, mostWaiting: 3});
	ask('flood', 4);
	await settle();
	t.deepEqual(came, ['flood']);
	ask('flood', 2);
	await settle();
	t.deepEqual(came, ['flood', 'no flood', 'no flood']);
	ask('polite', 2);
	await settle();
	t.deepEqual(came.slice(3), ['no flood', 'polite']);
	release();
	await settle();
	t.deepEqual(came.slice(5), ['flood']);
});

test('as many lines as may wait, and one more', async t => {
	const {ask, came} = setup({places: 0, mostWaiting: 2});
	ask('a', 1);
	ask('b', 1);
	ask('c', 1);
	await settle();
	t.deepEqual(came, ['no a']);
	ask('a', 1);
	await settle();
	t.is(came.length, 2);
});

test('nobody\'s turn comes during a pause', async t => {
	let end: (() => void) | undefined;
	const ended = new Promise<void>(resolve => {
		end = resolve;
	});
	const states = [false, true];
	const {ask, came} = setup({pause: {isOn: () => states.shift() ?? false, end: async () => ended}});
	ask('a', 2);
	ask('b', 1);
	await settle();
	t.deepEqual(came, ['a']);
	end!();
	await settle();
	t.deepEqual(came, ['a', 'a', 'b']);
});

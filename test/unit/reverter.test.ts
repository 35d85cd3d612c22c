import {setImmediate} from 'node:timers/promises';
import test from 'ava';
import fc from 'fast-check';
import type {Log} from '../../src/log.js';
import {reverting} from '../../src/reverter.js';

type Recorder = {events: string[]; log: Log};

const recorder = (): Recorder => {
	const events: string[] = [];
	return {
		events,
		log(level, message) {
			events.push(`${level}: ${message}`);
		},
	};
};

test('success undoes nothing and returns the result', async t => {
	const {events, log} = recorder();
	const result = await reverting(log, async onFailure => {
		onFailure(() => {
			events.push('undone');
		});
		return 42;
	});
	t.is(result, 42);
	t.deepEqual(events, []);
});

test('a failure undoes the steps in reverse, each when the one before is over', async t => {
	const {events, log} = recorder();
	const failure = new Error('the third step failed');
	const thrown = await t.throwsAsync(reverting(log, async onFailure => {
		for (const step of ['one', 'two']) {
			events.push(step);
			onFailure(async () => {
				events.push(`undoing ${step}`);
				await setImmediate();
				events.push(`undid ${step}`);
			});
		}

		throw failure;
	}));
	t.is(thrown, failure);
	t.deepEqual(events, ['one', 'two', 'undoing two', 'undid two', 'undoing one', 'undid one']);
});

test('the failure is thrown only when all is undone', async t => {
	const {log} = recorder();
	let isUndone = false;
	await t.throwsAsync(reverting(log, async onFailure => {
		onFailure(async () => {
			await setImmediate();
			isUndone = true;
		});
		throw new Error('failed');
	}));
	t.true(isUndone);
});

test('steps that come after a failed one are not undone', async t => {
	const {events, log} = recorder();
	await t.throwsAsync(reverting(log, async onFailure => {
		onFailure(() => {
			events.push('first');
		});
		await Promise.reject(new Error('failed'));
		onFailure(() => {
			events.push('second');
		});
	}));
	t.deepEqual(events, ['first']);
});

test('an undo that fails is logged, and the others run all the same', async t => {
	const {events, log} = recorder();
	const thrown = await t.throwsAsync(reverting(log, async onFailure => {
		onFailure(() => {
			events.push('undid one');
		});
		onFailure(() => {
			throw new Error('stuck');
		});
		onFailure(async () => {
			// Not every library throws errors.
			// eslint-disable-next-line @typescript-eslint/only-throw-error
			throw 'odd';
		});
		onFailure(() => {
			events.push('undid four');
		});
		throw new Error('the work');
	}));
	t.is(thrown?.message, 'the work');
	t.deepEqual(events, ['undid four', 'error: could not undo a step: odd', 'error: could not undo a step: stuck', 'undid one']);
});

test('wherever the work fails, exactly what was done is undone', async t => {
	await fc.assert(fc.asyncProperty(fc.nat({max: 8}), fc.nat({max: 8}), async (steps, failing) => {
		const state: number[] = [];
		const {log} = recorder();
		const work = reverting(log, async onFailure => {
			for (let step = 0; step < steps; step++) {
				if (step === failing) {
					throw new Error('failed');
				}

				state.push(step);
				onFailure(() => {
					t.is(state.pop(), step);
				});
			}
		});
		if (failing < steps) {
			await t.throwsAsync(work);
			t.deepEqual(state, []);
		} else {
			await work;
			t.is(state.length, steps);
		}
	}));
});

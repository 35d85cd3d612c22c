import {EventEmitter, once} from 'node:events';
import test from 'ava';
import {InterruptedError} from '../../../tui/errors.js';
import {waitFor} from '../../../tui/person.js';

const watched = () => {
	const controller = new AbortController();
	return {controller, watched: {update: () => undefined, signal: controller.signal}};
};

test('what is waited for is the result, or the error', async t => {
	t.is(await waitFor(Promise.resolve(5), watched().watched, 'Enough.'), 5);
	await t.throwsAsync(waitFor(Promise.reject(new Error('no')), watched().watched, 'Enough.'), {message: 'no'});
});

test('who has enough of waiting waits no longer', async t => {
	const {controller, watched: {update, signal}} = watched();
	const waiting = waitFor(once(new EventEmitter(), 'never'), {update, signal}, 'Enough.');
	controller.abort();
	await t.throwsAsync(waiting, {instanceOf: InterruptedError, message: 'Enough.'});
});

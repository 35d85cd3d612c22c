import {once} from 'node:events';
import test from 'ava';
import {Activity} from '../../../service/activity.js';

// The shortest idle time that there is.
const brief = 0.01;

test('it is idle when nothing goes on, again and again', async t => {
	const activity = new Activity();
	activity.setIdleTime(brief);
	const alive = setInterval(() => undefined, 1000);
	await once(activity, 'idle');
	await once(activity, 'idle');
	clearInterval(alive);
	t.false(activity.isBusy);
});

test('work keeps it from being idle, until all of it has ended', async t => {
	const activity = new Activity();
	const order: string[] = [];
	activity.on('idle', () => {
		order.push('idle');
	});
	activity.setIdleTime(brief);
	const [first, second] = [activity.begin(), activity.begin()];
	first();
	first();
	t.true(activity.isBusy, 'ending twice counts once');
	await new Promise(resolve => {
		setTimeout(resolve, 50);
	});
	order.push('end');
	const idle = once(activity, 'idle');
	second();
	const alive = setInterval(() => undefined, 1000);
	await idle;
	clearInterval(alive);
	activity.setIdleTime(0);
	t.deepEqual(order.slice(0, 2), ['end', 'idle']);
});

test('with an idle time of 0 it is never idle', async t => {
	const activity = new Activity();
	activity.on('idle', () => {
		t.fail();
	});
	activity.setIdleTime(brief);
	activity.setIdleTime(0);
	activity.begin()();
	await new Promise(resolve => {
		setTimeout(resolve, 50);
	});
	t.pass();
});

import test from 'ava';
import fc from 'fast-check';
import {Pacer} from '../../../tui/progress/pace.js';

const mebibyte = 1024 ** 2;

/** Notes a progress every tenth of a second, from 0 on, as nexusd tells it. */
const noted = (size: number, progressAt: (seconds: number) => number, seconds: number): Pacer => {
	const pacer = new Pacer();
	for (let tenth = 0; tenth <= seconds * 10; tenth++) {
		pacer.note(tenth * 100, {size, progress: progressAt(tenth / 10)});
	}

	return pacer;
};

test('a steady job has a pace, and the rest of it a time', t => {
	const pace = noted(100 * mebibyte, seconds => seconds / 20, 8).at(8000)!;
	t.is(Math.round(pace.bytesPerSecond / mebibyte), 5);
	t.is(Math.round(pace.secondsLeft), 12);
});

test('one second is needed to tell', t => {
	const progressAt = (seconds: number): number => seconds / 20;
	t.is(noted(mebibyte, progressAt, 0.9).at(900), undefined);
	t.truthy(noted(mebibyte, progressAt, 1).at(1000));
});

test('what was looked at before there was a size does not count', t => {
	const pacer = new Pacer();
	pacer.note(0, {progress: 0, size: 0});
	pacer.note(60_000, {progress: 0, size: 100});
	pacer.note(61_000, {progress: 0.5, size: 100});
	t.deepEqual(pacer.at(61_000), {bytesPerSecond: 50, secondsLeft: 1});
});

test('what is not about bytes has no pace', t => {
	t.is(noted(0, seconds => seconds / 20, 8).at(8000), undefined);
});

test('a gust is smoothed', t => {
	// All of a second's bytes come in its last tenth.
	const pacer = noted(100 * mebibyte, seconds => Math.floor(seconds) / 20, 8);
	for (const time of [8000, 8400, 8900]) {
		const {bytesPerSecond} = pacer.at(time)!;
		t.true(bytesPerSecond > 4 * mebibyte && bytesPerSecond < 6 * mebibyte, `at ${time}: ${bytesPerSecond}`);
	}
});

test('what stands still becomes slower, and then has no pace', t => {
	const pacer = noted(100 * mebibyte, seconds => seconds / 20, 8);
	t.true(pacer.at(10_000)!.bytesPerSecond < pacer.at(8000)!.bytesPerSecond);
	t.true(pacer.at(10_000)!.secondsLeft > pacer.at(8000)!.secondsLeft);
	t.is(pacer.at(13_000), undefined);
});

test('what is done has no pace', t => {
	t.is(noted(100, seconds => seconds / 4, 4).at(4000), undefined);
});

test('what goes back begins anew', t => {
	const pacer = noted(100 * mebibyte, seconds => seconds / 20, 8);
	pacer.note(8100, {progress: 0.1, size: 100 * mebibyte});
	t.is(pacer.at(8200), undefined);
	pacer.note(9100, {progress: 0.2, size: 100 * mebibyte});
	t.is(Math.round(pacer.at(9100)!.bytesPerSecond / mebibyte), 10);
});

const meaningful = (pacer: Pacer, time: number): boolean => {
	const pace = pacer.at(time);
	return !pace || [pace.bytesPerSecond, pace.secondsLeft].every(figure => figure > 0 && figure < Infinity);
};

test('a pace is made of numbers that mean something', t => {
	const step = fc.record({milliseconds: fc.nat(3000), share: fc.oneof(fc.constant(0), fc.double({min: 0, max: 0.2, noNaN: true}))});
	fc.assert(fc.property(fc.array(step, {minLength: 1, maxLength: 30}), fc.oneof(fc.nat(10), fc.maxSafeNat()), (steps, size) => {
		const pacer = new Pacer();
		let [time, progress] = [0, 0];
		for (const {milliseconds, share} of steps) {
			pacer.note(time, {progress, size});
			time += milliseconds;
			progress = Math.min(1, progress + share);
			t.true(meaningful(pacer, time));
		}
	}), {numRuns: 1000});
});

test('so it is, whatever is noted', t => {
	const time = fc.oneof(fc.nat(20_000), fc.double({noNaN: true, noDefaultInfinity: true}));
	fc.assert(fc.property(fc.array(fc.tuple(time, fc.double(), fc.maxSafeNat())), time, (notes, now) => {
		const pacer = new Pacer();
		for (const [time, progress, size] of notes) {
			pacer.note(time, {progress, size});
		}

		t.true(meaningful(pacer, now));
	}), {numRuns: 1000});
});

test('a job that goes on always has a pace after its first second', t => {
	const share = fc.double({min: 0.001, max: 0.1, noNaN: true});
	fc.assert(fc.property(fc.array(share, {minLength: 1, maxLength: 9}), fc.integer({min: mebibyte, max: Number.MAX_SAFE_INTEGER}), (steps, size) => {
		const pacer = new Pacer();
		pacer.note(0, {progress: 0, size});
		let progress = 0;
		for (const [index, step] of steps.entries()) {
			progress += step;
			const now = (index + 1) * 1000;
			pacer.note(now, {progress, size});
			const {bytesPerSecond, secondsLeft} = pacer.at(now)!;
			// What is left at this pace is what is left.
			t.true(Math.abs((bytesPerSecond * secondsLeft) - ((1 - progress) * size)) <= size * 1e-9);
		}
	}));
});

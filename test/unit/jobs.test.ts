import test from 'ava';
import {NexusError} from '../../src/errors.js';
import {
	Jobs, type Job, type JobContext, type JobObject,
} from '../../src/jobs.js';

const subject = {name: 'base', source: '/srv/base'};

type Watched = {jobs: Jobs; events: string[]};

const watched = (): Watched => {
	const events: string[] = [];
	const note = (what: string) => (job: Job): void => {
		events.push(`${what} ${job.id} ${job.state} ${job.progress} ${job.message}`.trim());
	};

	return {events, jobs: new Jobs({added: note('added'), changed: note('changed'), removed: note('removed')})};
};

/** Work that ends when the test says so. */
type Gate = {
	work: (context: JobContext) => Promise<JobObject>;
	context: () => JobContext;
	finish: (object: JobObject) => void;
	fail: (error: unknown) => void;
};

const gate = (): Gate => {
	let context: JobContext | undefined;
	let finish: Gate['finish'];
	let fail: Gate['fail'];
	const result = new Promise<JobObject>((resolve, reject) => {
		finish = resolve;
		fail = reject;
	});
	return {
		async work(given) {
			context = given;
			return result;
		},
		context: () => context!,
		finish(object) {
			finish(object);
		},
		fail(error) {
			fail(error);
		},
	};
};

const made: JobObject = {kind: 'image', id: 'some-id'};

test('a job that is done: events in order, its object, and gone from the list when it has ended', async t => {
	const {jobs, events} = watched();
	const {work, context, finish} = gate();
	const job = jobs.start('import', subject, work);
	t.is(job.kind, 'import');
	t.is(job.state, 'running');
	t.is(job.object, undefined);
	t.deepEqual(jobs.all(), [job]);
	t.is(jobs.get(1), job);
	context().report(0.5, 'half');
	t.is(job.progress, 0.5);
	t.is(job.message, 'half');
	finish(made);
	await job.ended;
	t.deepEqual(job.object, made);
	t.deepEqual(jobs.all(), []);
	t.is(jobs.get(1), undefined);
	t.deepEqual(events, ['added 1 running 0', 'changed 1 running 0.5 half', 'changed 1 done 1 done', 'removed 1 done 1 done']);
});

test('a job that fails keeps its progress and says why', async t => {
	const {jobs, events} = watched();
	const {work, context, fail} = gate();
	const job = jobs.start('import', subject, work);
	context().report(0.25, 'a quarter');
	fail(new NexusError('NoSpace', 'the pool is full'));
	await job.ended;
	t.is(job.state, 'failed');
	t.is(job.message, 'the pool is full');
	t.is(job.object, undefined);
	t.deepEqual(events.slice(2), ['changed 1 failed 0.25 the pool is full', 'removed 1 failed 0.25 the pool is full']);
});

test('the size is known from its first report on, and stays known', async t => {
	const {jobs} = watched();
	const {work, context, finish} = gate();
	const job = jobs.start('import', subject, work);
	t.is(job.size, 0);
	context().report(0, 'looking');
	t.is(job.size, 0);
	context().report(0, 'begun', 1000);
	t.is(job.size, 1000);
	context().report(1, 'checking');
	t.is(job.size, 1000);
	finish(made);
	await job.ended;
	t.is(job.size, 1000);
});

test('an error that is not ours tells what failed', async t => {
	const {jobs} = watched();
	const {work, fail} = gate();
	const job = jobs.start('import', subject, work);
	fail(new Error('EIO: i/o error'));
	await job.ended;
	t.is(job.state, 'failed');
	t.is(job.message, 'the import failed: EIO: i/o error');
});

test('work that throws at once is a failed job too', async t => {
	const {jobs, events} = watched();
	const job = jobs.start('import', subject, () => {
		throw new NexusError('Io', 'at once');
	});
	await job.ended;
	t.is(job.state, 'failed');
	t.deepEqual(events, ['added 1 running 0', 'changed 1 failed 0 at once', 'removed 1 failed 0 at once']);
});

test('cancel tells the work and waits until it has ended', async t => {
	const {jobs, events} = watched();
	const {work, context, fail} = gate();
	const job = jobs.start('import', subject, work);
	let isCanceled = false;
	const canceling = (async () => {
		await job.cancel();
		isCanceled = true;
	})();
	t.true(context().signal.aborted);
	t.true(context().signal.reason instanceof NexusError);
	// The work takes its time to undo what it did.
	for (let turn = 0; turn < 5; turn++) {
		// eslint-disable-next-line no-await-in-loop
		await Promise.resolve();
	}

	t.false(isCanceled);
	t.is(job.state, 'running');
	fail(context().signal.reason);
	await canceling;
	t.is(job.state, 'canceled');
	t.is(job.object, undefined);
	t.deepEqual(events, ['added 1 running 0', 'changed 1 canceled 0 canceled', 'removed 1 canceled 0 canceled']);
});

test('a job that succeeds in spite of a cancel stays done', async t => {
	const {jobs} = watched();
	const {work, finish} = gate();
	const job = jobs.start('import', subject, work);
	const canceling = job.cancel();
	finish(made);
	await canceling;
	t.is(job.state, 'done');
	t.deepEqual(job.object, made);
});

test('a job that fails for another reason while it is canceled has failed', async t => {
	const {jobs} = watched();
	const {work, fail} = gate();
	const job = jobs.start('import', subject, work);
	const canceling = job.cancel();
	fail(new NexusError('Io', 'the disk is broken'));
	await canceling;
	t.is(job.state, 'failed');
	t.is(job.message, 'the disk is broken');
});

test('cancel twice, and after the end', async t => {
	const {jobs, events} = watched();
	const {work, context, fail} = gate();
	const job = jobs.start('import', subject, work);
	const both = Promise.all([job.cancel(), job.cancel()]);
	fail(context().signal.reason);
	await both;
	await job.cancel();
	t.is(job.state, 'canceled');
	t.is(events.length, 3);
});

test('cancel waits as well when it comes with the news of the job', async t => {
	let canceling: Promise<void> | undefined;
	let isUndone = false;
	const jobs = new Jobs({
		added(job) {
			canceling = job.cancel();
		},
		changed() {
			t.true(isUndone);
		},
		removed() {
			t.true(isUndone);
		},
	});
	const {work, context, fail} = gate();
	jobs.start('import', subject, work);
	const undoing = (async () => {
		await Promise.resolve();
		await Promise.resolve();
		isUndone = true;
		fail(context().signal.reason);
	})();
	await canceling;
	t.true(isUndone);
	await undoing;
});

test('jobs are numbered from 1, side by side, each ending for itself', async t => {
	const {jobs} = watched();
	const gates = [gate(), gate(), gate()] as const;
	const started = gates.map(({work}) => jobs.start('import', subject, work));
	t.deepEqual(started.map(({id}) => id), [1, 2, 3]);
	t.deepEqual(jobs.all(), started);
	gates[1].finish(made);
	await started[1]!.ended;
	t.deepEqual(jobs.all().map(({id}) => id), [1, 3]);
	const canceled = started[0]!.cancel();
	gates[0].fail(gates[0].context().signal.reason);
	await canceled;
	t.false(gates[2].context().signal.aborted);
	gates[2].finish(made);
	await started[2]!.ended;
	t.deepEqual(started.map(({state}) => state), ['canceled', 'done', 'done']);
	const later = gate();
	t.is(jobs.start('import', subject, later.work).id, 4);
	t.is(jobs.get(2), undefined);
	later.finish(made);
});

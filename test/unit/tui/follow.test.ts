import {EventEmitter} from 'node:events';
import test from 'ava';
import {DBusError, Variant} from 'dbus-next';
import type {NexusClient} from '../../../dbus/client.js';
import {busErrors} from '../../../dbus/errors.js';
import {objectPath, rootPath} from '../../../dbus/paths.js';
import {DaemonLostError} from '../../../tui/errors.js';
import {Jobs, type JobState} from '../../../tui/jobs/follow.js';

const job = objectPath('job', 1);
const image = objectPath('image', '0'.repeat(32));
const unknownObject = new DBusError(busErrors.unknownObject, 'no such job');

/** As much of the client as following a job needs. */
class FakeClient extends EventEmitter {
	cancels = 0;
	cancelError: Error | undefined;
	ended = new Promise<void>(resolve => {
		this.end = resolve;
	});

	declare end: () => void;

	object() {
		return {
			cancel: async () => {
				this.cancels++;
				if (this.cancelError) {
					throw this.cancelError;
				}
			},
		};
	}

	changes(_name: string, _interface: string, changed: Record<string, Variant>) {
		return Object.fromEntries(Object.entries(changed).map(([key, {value}]) => [key.toLowerCase(), value as unknown]));
	}

	change(changed: Record<string, Variant>) {
		this.emit('Properties.PropertiesChanged', job, 'org.workfort.Nexus1.Job', changed, []);
	}

	remove(result: string) {
		this.emit('Manager.JobRemoved', rootPath, 1, job, result, result === 'done' ? image : '/');
	}
}

const begin = () => {
	const client = new FakeClient();
	const jobs = new Jobs(client as unknown as NexusClient);
	const controller = new AbortController();
	const states: JobState[] = [];
	return {
		client,
		controller,
		states,
		follow: async () => jobs.follow(job, {
			onState(state) {
				states.push(state);
			},
			signal: controller.signal,
		}),
	};
};

test('a job is followed to its end', async t => {
	const {client, states, follow} = begin();
	const end = follow();
	client.change({Size: new Variant('t', 1000n), Progress: new Variant('d', 0.25), Message: new Variant('s', 'copying')});
	client.change({Progress: new Variant('d', 0.75)});
	client.remove('done');
	t.deepEqual(await end, {result: 'done', message: 'copying', object: image});
	t.deepEqual(states.map(({progress, size}) => [progress, Number(size)]), [[0, 0], [0.25, 1000], [0.75, 1000]]);
});

test('what a job said before its name was known is not lost', async t => {
	const {client, follow} = begin();
	client.change({State: new Variant('s', 'failed'), Message: new Variant('s', 'no space left')});
	client.remove('failed');
	t.like(await follow(), {result: 'failed', message: 'no space left'});
});

test('other jobs do not matter', async t => {
	const {client, follow} = begin();
	const end = follow();
	client.emit('Manager.JobRemoved', rootPath, 2, objectPath('job', 2), 'failed', '/');
	client.remove('done');
	t.like(await end, {result: 'done'});
});

test('an abort cancels, and the end is waited for', async t => {
	const {client, controller, follow} = begin();
	const end = follow();
	controller.abort();
	t.is(client.cancels, 1);
	client.remove('canceled');
	t.like(await end, {result: 'canceled'});
});

test('an abort that came before the job cancels it at once', async t => {
	const {client, controller, follow} = begin();
	controller.abort();
	const end = follow();
	t.is(client.cancels, 1);
	client.remove('canceled');
	t.like(await end, {result: 'canceled'});
});

test('a job that ended before it could be canceled has ended', async t => {
	const {client, controller, follow} = begin();
	client.cancelError = unknownObject;
	const end = follow();
	controller.abort();
	client.remove('done');
	t.like(await end, {result: 'done'});
});

test('a cancel that is refused is an error', async t => {
	const {client, controller, follow} = begin();
	client.cancelError = new DBusError(busErrors.accessDenied, 'no');
	const end = follow();
	controller.abort();
	await t.throwsAsync(end, {is: client.cancelError});
});

test('the end of the connection is the end of following', async t => {
	const {client, follow} = begin();
	const end = follow();
	client.end();
	await t.throwsAsync(end, {instanceOf: DaemonLostError});
});

test('a daemon that leaves the bus takes the job with it', async t => {
	const {client, follow} = begin();
	const end = follow();
	client.emit('owner', '');
	await t.throwsAsync(end, {instanceOf: DaemonLostError, message: /^nexusd went away/});
});

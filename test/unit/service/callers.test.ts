// What is remembered of connections. A fake bus counts the questions and says who leaves, in the order that a test needs.
import test from 'ava';
import {Variant, type Message} from 'dbus-next';
import type {Bus} from '../../../dbus/bus.js';
import {Callers} from '../../../service/bus/callers.js';

async function setup() {
	const asked: string[] = [];
	let onSignal!: (message: Message) => void;
	// Only these two methods of the bus are used.
	const bus = {
		async callBus(member: string, _signature: string, [name]: string[]) {
			asked.push(`${member} ${name!}`);
			return member === 'GetConnectionCredentials' ? [{UnixUserID: new Variant('u', 1000), UnixGroupIDs: new Variant('au', [1000, 27])}] : [];
		},
		onSignal(handler: typeof onSignal) {
			onSignal = handler;
		},
	} as unknown as Bus;
	const callers = new Callers(bus);
	const subscribers: number[] = [];
	callers.on('subscribers', count => {
		subscribers.push(count);
	});
	await callers.watch();
	asked.length = 0;
	const leave = (name: string, sender = 'org.freedesktop.DBus'): void => {
		onSignal({sender, member: 'NameOwnerChanged', body: [name, name, '']} as unknown as Message);
	};

	return {
		callers, asked, subscribers, leave,
	};
}

test('the user behind a connection is asked of the bus once, and forgotten when it leaves', async t => {
	const {callers, asked, leave} = await setup();
	for (let call = 0; call < 5; call++) {
		// eslint-disable-next-line no-await-in-loop
		t.deepEqual(await callers.caller(':1.7', false).credentials(), {uid: 1000, groups: [1000, 27]});
	}

	t.deepEqual(asked, ['GetConnectionCredentials :1.7']);
	const {gone} = callers.caller(':1.7', false);
	leave(':1.8');
	leave(':1.7', ':1.666');
	t.false(gone.aborted, 'only the bus says who leaves');
	leave(':1.7');
	t.true(gone.aborted);
	await callers.caller(':1.7', false).credentials();
	t.is(asked.length, 2);
});

test('the subject is the sender and nothing else', async t => {
	const {callers} = await setup();
	t.deepEqual(callers.caller(':1.7', true).subject, {kind: 'system-bus-name', details: {name: ['s', ':1.7']}});
});

test('subscribers are counted once each, and are gone when they leave', async t => {
	const {callers, subscribers, leave} = await setup();
	const [one, two] = [callers.caller(':1.7', false), callers.caller(':1.8', false)];
	callers.subscribe(one);
	callers.subscribe(one);
	callers.subscribe(two);
	leave(':1.7');
	callers.unsubscribe(two);
	t.deepEqual(subscribers, [1, 1, 2, 1, 0]);
});

test('who has left before the call comes up is not subscribed', async t => {
	const {callers, subscribers, leave} = await setup();
	const caller = callers.caller(':1.7', false);
	leave(':1.7');
	callers.subscribe(caller);
	t.deepEqual(subscribers, []);
});

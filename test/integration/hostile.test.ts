// What a stranger on the bus may send, and what becomes of everybody else meanwhile.
import {readFile, writeFile} from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import type {ExecutionContext} from 'ava';
import {Message, type Variant} from 'dbus-next';
import fc from 'fast-check';
import {connectBus, type Bus} from '../../dbus/bus.js';
import type {NexusClient} from '../../dbus/client.js';
import {contract} from '../../dbus/contract.js';
import {busErrors, errorCodes, errorPrefix} from '../../dbus/errors.js';
import {busName, rootPath} from '../../dbus/paths.js';
import {asStranger, strangerUid} from '../support/as-user.js';
import {refusal} from '../support/errors.js';
import {
	importImage, makeSource, startNexus, type TestNexus,
} from '../support/nexus.js';
import {
	callsOf, everyMethod, forgedLine, oddCalls, type Known,
} from '../support/odd-calls.js';
import {footprintOf, probedCommand} from '../support/probe.js';
import {connectRaw, type RawBus} from '../support/raw-bus.js';
import {rootTest} from '../support/requirements.js';
import {run} from '../support/run.js';
import {takingTurns} from '../support/turns.js';
import {
	marshal, textAt, type WireMessage, type WireReply, type WireVariant,
} from '../support/wire.js';

const inTurn = takingTurns(2);
// Debian's `daemon`.
const otherUid = 1;
const seed = 20_240_229;
const managerName = contract.Manager.name;
const methodReturn = 2;
const noReplyExpected = 1;

type Victim = TestNexus & {
	known: Known;
	/** Connects somebody who has no rights. */
	stranger: (uid?: number) => Promise<RawBus>;
	/** Asserts that nothing has changed, nothing was logged, and the same daemon answers. */
	assertUnharmed: () => Promise<void>;
};

async function startVictim(t: ExecutionContext, vms = 0): Promise<Victim> {
	const started = await startNexus(t, {on: 'directory', command: probedCommand});
	const {client} = started;
	const {result, message} = await importImage(client, 'base', await makeSource(started.folder, 'source', 1));
	t.is(result, 'done', message);
	const vm = await client.manager.createVm('guest', 'work', 1, 128);
	const workspace = await client.manager.createWorkspace('base', 'one', {});
	await client.manager.attachWorkspace('one', 'guest', {});
	for (let index = 0; index < vms; index++) {
		// eslint-disable-next-line no-await-in-loop
		await client.manager.createVm(`vm-${index}`, 'work', 1, 128);
	}

	const image = await client.manager.getImage('base');
	const paths = [image, workspace, vm];
	// What was done so far is in a checkpoint then, and nothing is written until there is more.
	await started.daemon.stop();
	const daemon = await started.restart();
	// The last line of a start: the pool is no btrfs.
	await daemon.logged(/^<4>.*is not on btrfs/m);
	const nexus = {...started, daemon};
	const before = {state: await stateOf(nexus), log: linesOf(nexus)};
	return {
		...nexus,
		known: {names: ['base', 'one', 'guest', ...paths.map(object => object.slice(object.lastIndexOf('/') + 1))], paths: [rootPath, ...paths]},
		stranger: async (uid = strangerUid) => connectRaw(socketOf(nexus), nexus.cleanup, uid),
		async assertUnharmed() {
			t.deepEqual(await stateOf(nexus), before.state);
			t.deepEqual(linesOf(nexus), before.log);
			t.notThrows(() => process.kill(daemon.pid, 0));
		},
	};
}

const socketOf = ({bus}: TestNexus): string => /path=(.*)$/.exec(bus.address)![1]!;
const linesOf = ({daemon}: TestNexus): string[] => daemon.log().split('\n').filter(line => !line.startsWith('probe '));

/** Objects, records and files. */
async function stateOf({client, database, workspaces}: TestNexus): Promise<unknown> {
	const records = await run('sqlite3', [database, '.dump']);
	const files = await run('find', [workspaces, '-printf', String.raw`%P %y %s %i %m %U %T@\n`]);
	return {
		objects: await client.object('ObjectManager', rootPath).getManagedObjects(), records: records.stdout, files: files.stdout.split('\n').sort(),
	};
}

/** Sends calls, as many at once as the bus lets wait, and returns their replies. */
async function askAll(raw: RawBus, calls: WireMessage[]): Promise<WireReply[]> {
	const cut = raw.closed.then(() => {
		throw new Error('the bus has ended the connection');
	});
	const replies: WireReply[] = [];
	for (let start = 0; start < calls.length; start += 100) {
		const serials = raw.put(...calls.slice(start, start + 100));
		// eslint-disable-next-line no-await-in-loop
		replies.push(...await Promise.race([Promise.all(serials.map(async serial => raw.reply(serial))), cut]));
	}

	return replies;
}

// Not among them: that something unforeseen has happened.
const foreseen = new Set([...Object.values(busErrors).filter(name => name !== busErrors.failed), ...errorCodes.map(code => `${errorPrefix}${code}`)]);

function assertForeseen(t: ExecutionContext, calls: WireMessage[], replies: WireReply[]): void {
	for (const [index, {type, errorName, body}] of replies.entries()) {
		if (type !== methodReturn) {
			const {path: object, interface: interfaceName, member, signature} = calls[index]!;
			const what = `${object} ${interfaceName}.${member}(${signature}): ${errorName} ${textAt(body, 0)}`.slice(0, 2000);
			t.true(foreseen.has(errorName), what);
			t.notRegex(textAt(body, 0), /\bat \S+ \(|\.[jt]s:\d/, what);
		}
	}
}

const sample = (arbitrary: fc.Arbitrary<WireMessage>, count: number): WireMessage[] => fc.sample(arbitrary, {numRuns: count, seed});

rootTest('every method of the contract, called by a stranger with anything, is answered and changes nothing', inTurn(async t => {
	const {known, stranger, assertUnharmed} = await startVictim(t);
	const raw = await stranger();
	const calls = [...everyMethod.flatMap(method => sample(callsOf(method, known), 25)), ...sample(oddCalls(known), 400)];
	assertForeseen(t, calls, await askAll(raw, calls));
	await assertUnharmed();
}));

rootTest('root may call with anything too: what fails fails for a reason, and no line of the log is the caller\'s', inTurn(async t => {
	const nexus = await startVictim(t);
	const {known, client, daemon, restart, workspaces, folder} = nexus;
	const raw = await connectRaw(socketOf(nexus), nexus.cleanup);
	const harmless = everyMethod.filter(({member}) => member !== 'ImportImage');
	const calls = [...harmless.flatMap(method => sample(callsOf(method, known), 25)), ...sample(oddCalls(known), 100)];
	assertForeseen(t, calls, await askAll(raw, calls));
	const missing = path.join(folder, `none\n${forgedLine}`);
	await refusal(client.manager.importImage('more', missing, {}));
	await writeFile(missing, '');
	await refusal(client.manager.importImage('more', missing, {}));

	const rows = await client.manager.listWorkspaces('');
	const images = await client.manager.listImages();
	await daemon.stop();
	t.notRegex(daemon.log(), /unexpected|\bat \S+ \(/);
	for (const line of linesOf(nexus).filter(Boolean)) {
		t.regex(line, /^<[3-7]>/);
		t.false(line.startsWith(forgedLine), line);
	}

	const {stdout} = await run('find', [workspaces, '-mindepth', '1', '-maxdepth', '1', '-name', '@*', '-printf', String.raw`%f\n`]);
	t.deepEqual(stdout.split('\n').filter(Boolean).sort(), [...rows, ...images].map(({name}) => `@${name}`).sort());
	await restart();
	t.deepEqual(await client.manager.listWorkspaces(''), rows);
}));

rootTest('what only looks like a call does no harm', inTurn(async t => {
	const {stranger, assertUnharmed, bus, daemon} = await startVictim(t);
	const raw = await stranger();
	// The first is read by nobody: as it comes it would take nexusd a second, and its answer would be as long.
	const long = await raw.ask({path: '/a'.repeat(8_000_000), member: 'Ping', isBigEndian: true});
	t.is(long.errorName, busErrors.unknownObject);
	t.true(textAt(long.body, 0).length < 500);
	const wide = await raw.ask({
		path: `${rootPath}/${'a'.repeat(5000)}`, interface: managerName, member: 'ListImages', signature: 's', body: ['x'.repeat(100_000)],
	});
	t.is(wide.errorName, busErrors.unknownObject);
	const large = await raw.ask({
		path: rootPath, member: 'GetImage', isBigEndian: true, signature: 's', body: ['x'.repeat(100_000)],
	});
	t.is(large.errorName, busErrors.invalidArgs);

	const {descriptors} = await footprintOf(daemon);
	const descriptor = await asStranger(bus, 'busctl', `--address=${bus.address}`, 'call', busName, rootPath, managerName, 'GetImage', 'h', '0');
	t.is(descriptor.exitCode, 1);
	t.like(await footprintOf(daemon), {descriptors});
	// Bytes that are no message end the sender's connection, and nobody else's.
	const garbage = await stranger();
	garbage.put({path: 'no path', member: 'no member'});
	await garbage.closed;
	await assertUnharmed();
}));

type Question = {uid: string; answer: (isAuthorized: boolean) => void};

/** A polkit whose answers are the test's, on a bus that has none. */
async function startPolkit({folder, bus, cleanup}: TestNexus): Promise<{connection: Bus; questions: () => Question[]; asked: (count: number) => Promise<void>; canceled: () => number}> {
	const polkit = 'org.freedesktop.PolicyKit1';
	const config = path.join(folder, 'system-bus.conf');
	const policy = `<policy context="default"><allow own="${polkit}"/><allow send_destination="${polkit}"/></policy></busconfig>`;
	await writeFile(config, (await readFile(config, 'utf8')).replace('</busconfig>', policy));
	const connection = await connectBus(bus.kind, bus.address);
	cleanup(async () => connection.close());
	await connection.callBus('ReloadConfig');
	const questions: Question[] = [];
	let canceled = 0;
	let noticed: (() => void) | undefined;
	connection.onCall(message => {
		if (message.member === 'CancelCheckAuthorization') {
			canceled++;
			connection.send(Message.newMethodReturn(message));
			return;
		}

		const [[, details]] = message.body as [[string, Record<string, Variant<string>>]];
		questions.push({
			uid: details['name']!.value,
			answer(isAuthorized) {
				connection.send(Message.newMethodReturn(message, '(bba{ss})', [[isAuthorized, false, {}]]));
			},
		});
		noticed?.();
	});
	await connection.callBus('RequestName', 'su', [polkit, 4]);
	return {
		connection,
		questions: () => questions,
		asked: async count => new Promise(resolve => {
			noticed = () => {
				if (questions.length >= count) {
					resolve();
				}
			};

			noticed();
		}),
		canceled: () => canceled,
	};
}

const createVm = (name: string): WireMessage => ({
	path: rootPath, interface: managerName, member: 'CreateVm', signature: 'ssuu', body: [name, 'work', 1, 128],
});
const createWorkspace = (options: Array<[string, WireVariant]>): WireMessage => ({
	path: rootPath, interface: managerName, member: 'CreateWorkspace', signature: 'ssa{sv}', body: ['base', '', options],
});

rootTest('nobody answers in polkit\'s place, and nobody speaks in the bus\'s', inTurn(async t => {
	const victim = await startVictim(t);
	const {stranger, client} = victim;
	const polkit = await startPolkit(victim);
	const [owner] = await polkit.connection.callBus('GetNameOwner', 's', [busName]) as [string];
	const [liar, asking] = [await stranger(), await stranger(otherUid)];
	const [mine] = liar.put(createVm('forged'));
	const [theirs] = asking.put(createVm('honest'));
	await polkit.asked(2);

	// The reply to every call that nexusd can have made, and the news that everybody else has left.
	const yes = marshal('(bba{ss})', [[true, false, []]]);
	liar.put(...[owner, busName].flatMap(destination => Array.from({length: 1000}, (_, index): WireMessage => ({
		type: 'return', destination, replySerial: index + 1, signature: '(bba{ss})', body: yes,
	}))));
	liar.put(...Array.from({length: 1000}, (_, index): WireMessage => ({
		type: 'error', destination: owner, replySerial: index + 1, errorName: busErrors.noReply, signature: 's', body: ['gone'],
	})));
	liar.put(...[asking.name, busName, 'org.freedesktop.PolicyKit1', owner].map((name): WireMessage => ({
		type: 'signal', destination: owner, path: '/org/freedesktop/DBus', interface: 'org.freedesktop.DBus', member: 'NameOwnerChanged', signature: 'sss', body: [name, name, ''],
	})));
	// What was sent before has come.
	await liar.ask({path: rootPath, interface: contract.Peer.name, member: 'Ping'});

	t.deepEqual(polkit.questions().map(({uid}) => uid), [liar.name, asking.name], 'the subject is the connection itself');
	t.is(polkit.canceled(), 0);
	polkit.questions()[0]!.answer(false);
	polkit.questions()[1]!.answer(true);
	const [refused, granted] = [await liar.reply(mine!), await asking.reply(theirs!)];
	t.is(refused.errorName, busErrors.accessDenied);
	t.is(granted.type, methodReturn, granted.errorName);
	const vms = await client.manager.listVms();
	t.deepEqual(vms.map(({name}) => name), ['guest', 'honest']);
}));

rootTest('one user\'s questions to polkit do not keep another\'s waiting', inTurn(async t => {
	const victim = await startVictim(t);
	const {stranger, assertUnharmed} = victim;
	const polkit = await startPolkit(victim);
	// So many that the bus would let nexusd ask no more, if all were asked at once.
	const flooders = await Promise.all(Array.from({length: 4}, async () => stranger()));
	const serials = flooders.map(flooder => flooder.put(...Array.from({length: 100}, () => createVm('flood'))));
	await polkit.asked(16);
	const polite = await stranger(otherUid);
	const reply = polite.ask(createVm('polite'));
	await polkit.asked(17);
	t.is(polkit.questions().length, 17);
	t.is(polkit.questions()[16]!.uid, polite.name);
	polkit.questions()[16]!.answer(false);
	t.is((await reply).errorName, busErrors.accessDenied);

	const replies = Promise.all(flooders.flatMap((flooder, index) => serials[index]!.map(async serial => flooder.reply(serial))));
	for (let answered = 0; answered < 401; answered++) {
		// eslint-disable-next-line no-await-in-loop
		await polkit.asked(answered + 1);
		polkit.questions()[answered]!.answer(false);
	}

	t.deepEqual([...new Set((await replies).map(({errorName}) => errorName))], [busErrors.accessDenied]);
	await assertUnharmed();
}));

rootTest('who leaves with hundreds of calls under way is forgotten', inTurn(async t => {
	const {stranger, assertUnharmed, client, daemon, known} = await startVictim(t);
	const calls = [...sample(fc.oneof(...everyMethod.map(method => callsOf(method, known))), 100), {path: rootPath, interface: managerName, member: 'Subscribe'}];
	const comeAndGo = async (): Promise<void> => {
		await Promise.all(Array.from({length: 30}, async () => {
			const raw = await stranger();
			raw.put(...calls);
			await raw.flushed();
			raw.close();
		}));
		await client.manager.listImages();
	};

	await comeAndGo();
	const before = await footprintOf(daemon);
	for (let round = 0; round < 5; round++) {
		// eslint-disable-next-line no-await-in-loop
		await comeAndGo();
	}

	const after = await footprintOf(daemon);
	t.deepEqual(after.descriptors, before.descriptors);
	t.is(after.timers, before.timers);
	// A hundred kilobytes for each of 150 connections would be 15 MB.
	t.true(after.heap - before.heap < 5_000_000, `${before.heap} bytes in use before, ${after.heap} after`);
	await assertUnharmed();
}));

rootTest('who never reads its replies keeps nobody waiting', inTurn(async t => {
	const {stranger, assertUnharmed, client, daemon} = await startVictim(t);
	const before = await footprintOf(daemon);
	const raw = await stranger();
	raw.pause();
	for (let count = 0; count < 20; count++) {
		raw.put(...Array.from({length: 100}, (): WireMessage => ({path: rootPath, interface: contract.Introspectable.name, member: 'Introspect'})));
		/* eslint-disable no-await-in-loop */
		await raw.flushed();
		await client.manager.listImages();
		/* eslint-enable no-await-in-loop */
	}

	const after = await footprintOf(daemon);
	t.true(after.heap - before.heap < 5_000_000, `${before.heap} bytes in use before, ${after.heap} after`);
	await assertUnharmed();
}));

// A share of what the flood gets. Where nobody takes turns, 1/128 is left: all that the bus lets one have waiting goes
// before each call of the other's. A ping is no work, and what both wait for is the bus and this process.
const floods: Record<string, {call: WireMessage; count: number; share: number}> = {
	Ping: {call: {path: rootPath, interface: contract.Peer.name, member: 'Ping'}, count: 20_000, share: 1 / 256},
	ListWorkspaces: {
		call: {
			path: rootPath, interface: managerName, member: 'ListWorkspaces', signature: 's', body: [''],
		}, count: 3000, share: 1 / 100,
	},
	GetManagedObjects: {call: {path: rootPath, interface: contract.ObjectManager.name, member: 'GetManagedObjects'}, count: 500, share: 1 / 32},
	'CreateWorkspace that is denied': {call: createWorkspace([]), count: 3000, share: 1 / 32},
};

for (const [what, {call, count, share}] of Object.entries(floods)) {
	rootTest(`a flood of ${what} leaves room for others`, inTurn(async t => {
		const {stranger, assertUnharmed, client} = await startVictim(t, 20);
		const raw = await stranger();
		const trips = await tripsDuring(client, flooded(raw, call, count));
		t.true(trips > count * share, `${trips} calls were answered meanwhile`);
		await assertUnharmed();
	}));
}

rootTest('a flood that wants no replies takes memory within bounds', inTurn(async t => {
	const {stranger, assertUnharmed, client, daemon} = await startVictim(t, 20);
	const raw = await stranger();
	const options = Array.from({length: 500}, (_, index): [string, WireVariant] => [`key-${index}`, {signature: 'y', value: 0}]);
	for (const call of [createWorkspace([]), createWorkspace(options), floods['ListWorkspaces']!.call]) {
		raw.put(...Array.from({length: 5000}, () => ({...call, flags: noReplyExpected})));
		// The last waits behind all others, or is refused at once.
		// eslint-disable-next-line no-await-in-loop
		await tripsDuring(client, raw.ask(call));
	}

	// The unit allows two thousand million; without bound these took nearly half of them.
	const peak = await peakBytes(daemon.pid);
	t.true(peak < 600_000_000, `${peak} bytes were resident`);
	await assertUnharmed();
}));

/** How many calls of a client's are answered, one after the other, until something has ended. */
async function tripsDuring(client: NexusClient, work: Promise<unknown>): Promise<number> {
	const state = {isOver: false};
	const end = work.finally(() => {
		state.isOver = true;
	});
	let trips = 0;
	while (!state.isOver) {
		// eslint-disable-next-line no-await-in-loop
		await client.manager.listImages();
		trips++;
	}

	await end;
	return trips;
}

async function peakBytes(pid: number): Promise<number> {
	const status = await readFile(`/proc/${pid}/status`, 'utf8');
	return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)![1]) * 1024;
}

/** Makes calls, with as many under way all the time as the bus allows. */
async function flooded(raw: RawBus, call: WireMessage, count: number): Promise<void> {
	let left = count;
	await Promise.all(Array.from({length: 120}, async () => {
		while (left > 0) {
			left--;
			// eslint-disable-next-line no-await-in-loop
			await raw.ask(call);
		}
	}));
}

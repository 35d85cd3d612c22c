// What polkit is asked and how its answers are understood. A fake for what cannot be made on purpose: an answer that never
// comes, a polkitd that is replaced while it thinks. test/system/rights.test.ts has the real one.
import test from 'ava';
import {DBusError, type MessageLike, type Variant} from 'dbus-next';
import type {Bus} from '../../../dbus/bus.js';
import {busErrors} from '../../../dbus/errors.js';
import {Authority, DeniedError} from '../../../service/authority.js';
import type {Caller} from '../../../service/caller.js';
import {Polkit} from '../../../service/polkit.js';
import type {Workspace} from '../../../src/model.js';

type Answerer = (message: MessageLike) => Promise<unknown[]>;

function setup(answer: Answerer, over: Partial<Caller> = {}) {
	const asked: MessageLike[] = [];
	// Only this one method of the bus is used.
	const bus = {
		async call(message: MessageLike) {
			asked.push(message);
			return answer(message);
		},
	} as unknown as Bus;
	const gone = new AbortController();
	const caller: Caller = {
		name: ':1.7',
		subject: {kind: 'system-bus-name', details: {name: ['s', ':1.7']}},
		mayPrompt: false,
		gone: gone.signal,
		credentials: async () => ({uid: 1000, groups: [1000]}),
		...over,
	};
	return {
		asked, gone, caller, authority: new Authority(new Polkit(bus)),
	};
}

const says = (isAuthorized: boolean, isChallenge: boolean): Answerer => async () => [[isAuthorized, isChallenge, {}]];
const dbusError = (type: string): DBusError => new DBusError(type, 'as it says'); // The library does not need the reply.

test('the subject, the action, the details and the flag are told', async t => {
	const {authority, caller, asked} = setup(says(true, false), {mayPrompt: true});
	await authority.authorize(caller, 'delete-image', {name: 'base'});
	const [[kind, subject], action, details, flags, id] = asked[0]!.body as [[string, Record<string, Variant>], string, unknown, number, string];
	t.deepEqual([kind, subject['name']!.signature, subject['name']!.value], ['system-bus-name', 's', ':1.7']);
	t.deepEqual([action, details, flags], ['org.workfort.Nexus1.delete-image', {name: 'base'}, 1]);
	t.not(id, '');
});

test('root is let in and polkit is not asked', async t => {
	const {authority, caller, asked} = setup(says(false, false), {credentials: async () => ({uid: 0, groups: [0]})});
	await t.notThrowsAsync(authority.authorize(caller, 'reload', {}));
	t.deepEqual(asked, []);
});

test('who has left is nobody', async t => {
	const {authority, caller, asked} = setup(says(true, false), {
		async credentials() {
			throw new Error('no such connection');
		},
	});
	await t.throwsAsync(authority.authorize(caller, 'reload', {}), {instanceOf: DeniedError});
	t.deepEqual(asked, []);
});

for (const [isChallenge, mayPrompt, isPromptNeeded] of [[true, false, true], [true, true, false], [false, false, false], [false, true, false]] as const) {
	test(`${isChallenge ? 'a person could help' : 'nobody could help'}, and a prompt is ${mayPrompt ? '' : 'not '}allowed`, async t => {
		const {authority, caller} = setup(says(false, isChallenge), {mayPrompt});
		const error = await t.throwsAsync(authority.authorize(caller, 'manage-vms', {}), {instanceOf: DeniedError});
		t.is(error.isPromptNeeded, isPromptNeeded);
		t.regex(error.message, /not authorised to manage VMs \(org\.workfort\.Nexus1\.manage-vms\)/);
	});
}

test('a polkitd that is replaced while it thinks is asked once more', async t => {
	let count = 0;
	const {authority, caller, asked} = setup(async () => {
		count++;
		if (count === 1) {
			throw dbusError(busErrors.noReply);
		}

		return [[true, false, {}]];
	});
	await t.notThrowsAsync(authority.authorize(caller, 'reload', {}));
	t.is(asked.length, 2);
});

for (const name of [busErrors.noReply, busErrors.serviceUnknown, busErrors.nameHasNoOwner]) {
	test(`without polkit (${name}) only root may`, async t => {
		const {authority, caller} = setup(async () => {
			throw dbusError(name);
		});
		const error = await t.throwsAsync(authority.authorize(caller, 'reload', {}), {instanceOf: DeniedError, message: /polkit does not answer \(as it says\), and without it only root may/});
		t.false(error.isPromptNeeded);
	});
}

test('when the caller leaves the question is withdrawn, and a late yes is a no', async t => {
	let answer!: (values: unknown[]) => void;
	const {authority, caller, asked, gone} = setup(async ({member}) => member === 'CheckAuthorization'
		? new Promise(resolve => {
			answer = resolve;
		})
		: [], {mayPrompt: true});
	const authorized = authority.authorize(caller, 'delete-workspace', {});
	// Its credentials are asked first.
	await new Promise(setImmediate);
	gone.abort();
	t.is(asked[1]!.member, 'CancelCheckAuthorization');
	t.deepEqual(asked[1]!.body, [(asked[0]!.body as unknown[])[4]]);
	answer([[true, false, {}]]);
	await t.throwsAsync(authorized, {instanceOf: DeniedError});
});

const ownedBy = (ownerUid: number, name: string): Workspace => ({
	id: name,
	name,
	vmId: undefined,
	subvolumePath: `/pool/@${name}`,
	masterImageId: 'image',
	parentWorkspaceId: undefined,
	sizeBytes: 1,
	isRootDevice: false,
	isReadOnly: false,
	attachedAt: undefined,
	detachedAt: undefined,
	createdAt: 1,
	ownerUid,
});

test('another\'s workspace takes the second right, one\'s own does not', async t => {
	const {authority, caller, asked} = setup(says(false, false));
	const workspace = ownedBy(1000, 'own');
	await t.notThrowsAsync(authority.authorizeOwner(caller, [workspace]));
	t.deepEqual(asked, []);
	await t.throwsAsync(authority.authorizeOwner(caller, [workspace, ownedBy(1001, 'other')]), {instanceOf: DeniedError, message: /of other users/});
	t.deepEqual((asked[0]!.body as unknown[]).slice(1, 3), ['org.workfort.Nexus1.manage-others-workspaces', {name: 'other', owner: '1001'}]);
});

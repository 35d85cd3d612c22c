// The way of a call: its turn, object, interface, member, signature, authorisation, values, the work itself, the reply. Each
// step that fails answers with the error that the D-Bus specification names.
import {Message, type MessageLike} from 'dbus-next';
import type {Bus} from '../../dbus/bus.js';
import {decode, encode, lowerFirst} from '../../dbus/codec.js';
import {signatureOf, type InterfaceSpec, type MethodSpec} from '../../dbus/spec.js';
import type {Log} from '../../src/log.js';
import type {Nexus} from '../../src/nexus.js';
import type {Activity} from '../activity.js';
import type {Authority} from '../authority.js';
import type {Caller} from '../caller.js';
import {Turns} from '../turns.js';
import {CallError, describeError} from './call-error.js';
import type {Callers} from './callers.js';
import {callDetails} from './details.js';
import {LongList} from './long-list.js';
import {specAt, type BusObject, type Objects} from './objects.js';
import type {Outbox} from './outbox.js';
import {Places} from './places.js';
import {nodeInterfaces, objectInterfaces, standardMethods} from './standard.js';

export type DispatchOptions = {
	bus: Bus;
	objects: Objects;
	authority: Authority;
	callers: Callers;
	nexus: Nexus;
	activity: Activity;
	/** Resolves when calls may be answered. */
	mayAnswer: () => Promise<unknown>;
	/** Where the signals of all that happens go: a reply never overtakes them. */
	outbox: Outbox;
	log: Log;
};

/** Answers every call that arrives from now on. */
export function serveCalls({
	bus, objects, authority, callers, nexus, activity, mayAnswer, outbox, log,
}: DispatchOptions): void {
	const turns = new Turns({
		places: placesOfCaller, mostWaiting: mostCallsWaiting, pause: {isOn: () => bus.isBehind, end: async () => bus.caughtUp()},
	});
	bus.limitBodies(largestBody);
	bus.onCall(message => {
		void answer(message).finally(activity.begin());
	});

	const places = new Places(mostLongLists);

	async function answer(message: Message): Promise<void> {
		// Known from here on: it may leave while it waits.
		const caller = callers.caller(message.sender, isPromptAllowed(message));
		const release = await turns.take(message.sender, changeIn(message) ? placesOfChange : placesOfRead);
		if (!caller.gone.aborted && (release !== undefined || wantsReply(message))) {
			await respond(message, async () => release ? perform(message, caller) : refuse());
		}

		release?.();
	}

	async function respond(message: Message, work: () => Promise<{result: unknown; method: MethodSpec}>): Promise<void> {
		try {
			const {result, method} = await work();
			await (result instanceof LongList ? replyWithList(message, method, result) : reply(message, method, result));
		} catch (error) {
			const {name, text} = describeError(error, log);
			await outbox.inTurn(() => {
				if (wantsReply(message)) {
					bus.send(Message.newError(message as unknown as string, name, text)); // The library's types are wrong here.
				}
			});
		}
	}

	async function reply(message: Message, {out}: MethodSpec, result: unknown): Promise<void> {
		await outbox.inTurn(() => {
			if (wantsReply(message)) {
				bus.send(Message.newMethodReturn(message, signatureOf(out), encode(out, out.length > 0 ? [result] : [])));
			}
		});
	}

	async function replyWithList(message: Message, {out}: MethodSpec, list: LongList<unknown>): Promise<void> {
		if (!wantsReply(message)) {
			return;
		}

		const [spec] = out;
		const release = await places.take(message.sender);
		try {
			await list.prepare(spec!);
			const sent = await outbox.inTurn(async () => {
				const body = await list.body(spec!);
				// What follows need not wait until it has left.
				return {end: bus.sendWhole(Message.newMethodReturn(message, spec!.type), body)};
			});
			await sent.end;
		} finally {
			release();
		}
	}

	async function perform(message: Message, caller: Caller): Promise<{result: unknown; method: MethodSpec}> {
		const {path, member} = message;
		await mayAnswer();
		await authorize(message, caller);
		const object = objects.at(path);
		const {spec, isOwn} = findInterface(message, object);
		const method = findMethod(spec, member);
		checkSignature(message, spec, method);
		const values = decode(method.in, message.body);
		const result = isOwn
			? await object!.own.call(lowerFirst(member), caller, values)
			: await standardMethods(objects, path, object)[member]!(...values as string[]);
		return {result, method};
	}

	// Before anything is looked up: the path's form says which interface is meant.
	async function authorize(message: Message, caller: Caller): Promise<void> {
		const change = changeIn(message);
		if (change) {
			const {spec, method, action} = change;
			checkSignature(message, spec, method);
			await authority.authorize(caller, action, callDetails(nexus, message.path, method, message.body));
		}
	}

	function findInterface({path, interface: name, member}: MessageLike, object: BusObject | undefined): {spec: InterfaceSpec; isOwn: boolean} {
		if (!object && !objects.has(path!)) {
			throw new CallError('unknownObject', `there is no object ${path}`);
		}

		const standard = object ? objectInterfaces(object) : nodeInterfaces;
		const own = object ? [object.own.spec] : [];
		const all = [...own, ...standard];
		// A call need not name the interface; then the first with such a member is meant.
		const spec = name ? all.find(spec => spec.name === name) : all.find(spec => Object.hasOwn(spec.methods, member!));
		if (!spec) {
			throw name
				? new CallError('unknownInterface', `${path} has no interface ${name}`)
				: new CallError('unknownMethod', `${path} has no method ${member}`);
		}

		return {spec, isOwn: spec === object?.own.spec};
	}
}

// What takes a right, by the form of its path.
function changeIn({path, interface: name, member}: Message): {spec: InterfaceSpec; method: MethodSpec; action: string} | undefined {
	const spec = specAt(path);
	const method = spec && (!name || name === spec.name) && Object.hasOwn(spec.methods, member) ? spec.methods[member]! : undefined;
	return method?.action ? {spec: spec!, method, action: method.action} : undefined;
}

function refuse(): never {
	throw new CallError('limitsExceeded', 'too many calls of yours wait for an answer: make them again when some have been answered');
}

function findMethod(spec: InterfaceSpec, member: string): MethodSpec {
	if (!Object.hasOwn(spec.methods, member)) {
		throw new CallError('unknownMethod', `the interface ${spec.name} has no method ${member}`);
	}

	return spec.methods[member]!;
}

function checkSignature({member, signature}: Message, spec: InterfaceSpec, method: MethodSpec): void {
	const wanted = signatureOf(method.in);
	if (signature !== wanted) {
		throw new CallError('invalidArgs', `${spec.name}.${member} takes (${wanted}), not (${signature}); a body of more than ${largestBody} bytes is not read`);
	}
}

// Each may be some tens of megabytes for a moment.
const mostLongLists = 2;

// One caller may do 64 changes at once, which wait for the disk and polkit more than they work. A read is all work, and
// some are much of it: four at once are enough to lose no time.
const placesOfCaller = 64;
const placesOfChange = 1;
const placesOfRead = 16;

// Of everybody's. They are in memory, and a hostile one is many times as large there as on the wire.
const mostCallsWaiting = 2048;

// Many times what any of our methods can make use of.
const largestBody = 16 * 1024;

const promptAllowed = 4;
const isPromptAllowed = ({flags}: Message): boolean => (Number(flags) & promptAllowed) !== 0; // eslint-disable-line no-bitwise

const noReplyExpected = 1;
const wantsReply = ({flags}: Message): boolean => (Number(flags) & noReplyExpected) === 0; // eslint-disable-line no-bitwise

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
import {doingFor} from '../log.js';
import {Turns} from '../turns.js';
import {CallError, describeError} from './call-error.js';
import type {Callers} from './callers.js';
import {callDetails} from './details.js';
import {specAt, type BusObject, type Objects} from './objects.js';
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
	/** Resolves when the signals of all that has happened are sent: a reply never overtakes them. */
	signalsSent: () => Promise<void>;
	log: Log;
};

/** Answers every call that arrives from now on. */
export function serveCalls({
	bus, objects, authority, callers, nexus, activity, mayAnswer, signalsSent, log,
}: DispatchOptions): void {
	const turns = new Turns({
		places: placesOfCaller, mostWaiting: mostCallsWaiting, pause: {isOn: () => bus.isBehind, end: async () => bus.caughtUp()},
	});
	bus.limitBodies(largestBody);
	bus.onCall(message => {
		void answer(message).finally(activity.begin());
	});

	async function answer(message: Message): Promise<void> {
		// Known from here on: it may leave while it waits.
		const caller = callers.caller(message.sender, isPromptAllowed(message));
		const release = await turns.take(message.sender, changeIn(message) ? placesOfChange : placesOfRead);
		if (!caller.gone.aborted && (release !== undefined || wantsReply(message))) {
			await reply(message, async () => release ? perform(message, caller) : refuse());
		}

		release?.();
	}

	async function reply(message: Message, work: () => Promise<Message>): Promise<void> {
		let answer: Message;
		try {
			answer = await work();
		} catch (error) {
			const {name, text} = describeError(error, log);
			answer = Message.newError(message as unknown as string, name, text); // The library's types are wrong here.
		}

		await signalsSent();
		if (wantsReply(message)) {
			send(answer, message);
		}
	}

	async function perform(message: Message, caller: Caller): Promise<Message> {
		const {path, member} = message;
		await mayAnswer();
		await authorize(message, caller);
		const object = objects.at(path);
		const {spec, isOwn} = findInterface(message, object);
		const method = findMethod(spec, member);
		checkSignature(message, spec, method);
		const values = decode(method.in, message.body);
		const work = async (): Promise<unknown> => object!.own.call(lowerFirst(member), caller, values);
		const result = isOwn
			? await (method.action ? doingFor(caller, work) : work())
			: await standardMethods(objects, path, object)[member]!(...values as string[]);
		return Message.newMethodReturn(message, signatureOf(method.out), encode(method.out, method.out.length > 0 ? [result] : []));
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
		if (!object && !objects.children(path!)) {
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

	// A reply that cannot be put on the wire must not leave the caller waiting.
	function send(reply: Message, message: Message): void {
		try {
			bus.send(reply);
		} catch (error) {
			const {name, text} = describeError(error, log);
			bus.send(Message.newError(message as unknown as string, name, text));
		}
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

// The way of a call: object, interface, member, signature, authorisation, values, the work itself, the reply. Each step
// that fails answers with the error that the D-Bus specification names.
import {Message, type MessageLike} from 'dbus-next';
import type {Bus} from '../../dbus/bus.js';
import {decode, encode, lowerFirst} from '../../dbus/codec.js';
import {signatureOf, type InterfaceSpec, type MethodSpec} from '../../dbus/spec.js';
import type {Log} from '../../src/log.js';
import type {Authority} from '../authority.js';
import {CallError, describeError} from './call-error.js';
import type {BusObject, Objects} from './objects.js';
import {nodeInterfaces, objectInterfaces, standardMethods} from './standard.js';

export type DispatchOptions = {
	bus: Bus;
	objects: Objects;
	authority: Authority;
	/** Resolves when the signals of all that has happened are sent: a reply never overtakes them. */
	signalsSent: () => Promise<void>;
	log: Log;
};

/** Answers every call that arrives from now on. */
export function serveCalls({bus, objects, authority, signalsSent, log}: DispatchOptions): void {
	bus.onCall(message => {
		void answer(message);
	});

	async function answer(message: Message): Promise<void> {
		let reply: Message;
		try {
			reply = await perform(message);
		} catch (error) {
			const {name, text} = describeError(error, log);
			reply = Message.newError(message as unknown as string, name, text); // The library's types are wrong here.
		}

		await signalsSent();
		if (wantsReply(message)) {
			send(reply, message);
		}
	}

	async function perform(message: Message): Promise<Message> {
		const {path, member, sender} = message;
		const object = objects.at(path);
		const {spec, isOwn} = findInterface(message, object);
		const method = findMethod(spec, member);
		checkSignature(message, spec, method);
		if (method.action) {
			await authority.authorize(sender, method.action);
		}

		const values = decode(method.in, message.body);
		const result = isOwn
			? await object!.own.call(lowerFirst(member), sender, values)
			: await standardMethods(objects, path, object)[member]!(...values as string[]);
		return Message.newMethodReturn(message, signatureOf(method.out), encode(method.out, method.out.length > 0 ? [result] : []));
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

function findMethod(spec: InterfaceSpec, member: string): MethodSpec {
	if (!Object.hasOwn(spec.methods, member)) {
		throw new CallError('unknownMethod', `the interface ${spec.name} has no method ${member}`);
	}

	return spec.methods[member]!;
}

function checkSignature({member, signature}: Message, spec: InterfaceSpec, method: MethodSpec): void {
	const wanted = signatureOf(method.in);
	if (signature !== wanted) {
		throw new CallError('invalidArgs', `${spec.name}.${member} takes (${wanted}), not (${signature})`);
	}
}

const noReplyExpected = 1;
const wantsReply = ({flags}: Message): boolean => (Number(flags) & noReplyExpected) === 0; // eslint-disable-line no-bitwise

// The details of a call on the bus, read off its arguments and its object.
import type {ObjectPath} from '../../dbus/contract.js';
import {parseObjectPath} from '../../dbus/paths.js';
import type {ArgumentSpec, MethodSpec} from '../../dbus/spec.js';
import type {Nexus} from '../../src/nexus.js';
import type {Details} from '../caller.js';
import {recordDetails, shown} from '../details.js';

/**
The details of a call.

@param body Values of the method's signature, as they came.
*/
export const callDetails = (nexus: Nexus, path: ObjectPath, method: MethodSpec, body: readonly unknown[]): Details => ({
	...Object.assign({}, ...method.in.map((argument, index) => argumentDetails(nexus, argument, body[index]))) as Details,
	...objectDetails(nexus, path),
});

// What the call is about is the name, whatever the argument is called.
const subjects = new Set(['name_or_id', 'workspace']);

// Options are left out: their keys are the caller's, and some would change the prompt.
function argumentDetails(nexus: Nexus, {name, type, names}: ArgumentSpec, value: unknown): Details {
	if (names) {
		const given = value as string;
		return recordDetails(nexus, names, subjects.has(name) ? 'name' : name, parseObjectPath(given)?.id ?? given);
	}

	return type.length === 1 ? {[name]: shown(String(value))} : {};
}

function objectDetails(nexus: Nexus, path: ObjectPath): Details {
	const object = parseObjectPath(path);
	if (!object) {
		return {};
	}

	return object.kind === 'job'
		? jobDetails(nexus, Number(object.id))
		: recordDetails(nexus, object.kind, 'name', object.id);
}

function jobDetails(nexus: Nexus, id: number): Details {
	const subject = nexus.job(id)?.subject;
	return subject ? {name: subject.name, source: shown(subject.source)} : {};
}

// The standard interfaces of the D-Bus specification, for any object.
import {readFile} from 'node:fs/promises';
import {Variant} from 'dbus-next';
import {lowerFirst} from '../../dbus/codec.js';
import {contract, type ObjectPath} from '../../dbus/contract.js';
import {rootPath} from '../../dbus/paths.js';
import type {InterfaceSpec} from '../../dbus/spec.js';
import {CallError} from './call-error.js';
import type {BusInterface, BusObject, Objects} from './objects.js';

type VariantsByName = Record<string, Variant>;
type Handler = (...values: string[]) => Promise<unknown>;

/** Present on every node, also on those that only lead to objects. */
export const nodeInterfaces: readonly InterfaceSpec[] = [contract.Peer, contract.Introspectable];

/** The standard interfaces of an object, beside its own. */
export const objectInterfaces = ({path}: BusObject): readonly InterfaceSpec[] =>
	[...nodeInterfaces, contract.Properties, ...(path === rootPath ? [contract.ObjectManager] : [])];

/** The standard methods at a path, by name; `object` is what is there, if it is an object. */
export const standardMethods = (objects: Objects, path: ObjectPath, object: BusObject | undefined): Record<string, Handler> => ({
	Ping: async () => undefined,
	GetMachineId: async () => machineId(),
	Introspect: async () => introspect(objects, path, object),
	Get: async (interfaceName, property) => getProperty(object!, interfaceName, property),
	Set: async (interfaceName, property) => setProperty(object!, interfaceName, property),
	GetAll: async interfaceName => isOwn(object!, interfaceName) ? variants(object!.own) : {},
	GetManagedObjects: async () => managedObjects(objects),
});

/** The properties of an interface as variants, or only those whose changes are told by a signal. */
export async function variants({spec, property}: BusInterface, only: 'all' | 'changing' = 'all'): Promise<VariantsByName> {
	const names = Object.keys(spec.properties).filter(name => only === 'all' || spec.properties[name]!.emits === 'true');
	const entries = await Promise.all(names.map(async name => [name, await variant(spec, name, property)] as const));
	return Object.fromEntries(entries);
}

const variant = async (spec: InterfaceSpec, name: string, property: BusInterface['property']): Promise<Variant> =>
	new Variant(spec.properties[name]!.type, await property(lowerFirst(name)));

async function machineId(): Promise<string> {
	const text = await readFile('/etc/machine-id', 'utf8');
	return text.trim();
}

async function managedObjects(objects: Objects): Promise<Record<ObjectPath, Record<string, VariantsByName>>> {
	const entries = await Promise.all(objects.all().map(async ({path, own}) => [path, {[own.spec.name]: await variants(own)}] as const));
	return Object.fromEntries(entries);
}

async function getProperty(object: BusObject, interfaceName: string, property: string): Promise<Variant> {
	requireProperty(object, interfaceName, property);
	return variant(object.own.spec, property, object.own.property);
}

async function setProperty(object: BusObject, interfaceName: string, property: string): Promise<never> {
	requireProperty(object, interfaceName, property);
	throw new CallError('propertyReadOnly', `the property ${property} is read-only`);
}

function requireProperty(object: BusObject, interfaceName: string, property: string): void {
	if (!isOwn(object, interfaceName) || !Object.hasOwn(object.own.spec.properties, property)) {
		throw new CallError('unknownProperty', `there is no property ${JSON.stringify(property)} on the interface ${JSON.stringify(interfaceName)} of ${object.path}`);
	}
}

// The standard interfaces have no properties; an empty name means any interface.
function isOwn(object: BusObject, interfaceName: string): boolean {
	if (interfaceName === '' || interfaceName === object.own.spec.name) {
		return true;
	}

	if (objectInterfaces(object).some(({name}) => name === interfaceName)) {
		return false;
	}

	throw new CallError('unknownInterface', `${object.path} has no interface ${JSON.stringify(interfaceName)}`);
}

function introspect(objects: Objects, path: ObjectPath, object: BusObject | undefined): string {
	const interfaces = object ? [...objectInterfaces(object), object.own.spec] : nodeInterfaces;
	return [
		'<!DOCTYPE node PUBLIC "-//freedesktop//DTD D-BUS Object Introspection 1.0//EN" "http://www.freedesktop.org/standards/dbus/1.0/introspect.dtd">',
		'<node>',
		...interfaces.map(({xml}) => xml),
		...objects.children(path)!.map(name => `<node name="${name}"/>`),
		'</node>',
		'',
	].join('\n');
}

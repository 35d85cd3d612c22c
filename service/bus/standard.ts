// The standard interfaces of the D-Bus specification, for any object.
import {readFile} from 'node:fs/promises';
import {Variant} from 'dbus-next';
import {lowerFirst} from '../../dbus/codec.js';
import {contract, type ObjectPath} from '../../dbus/contract.js';
import {rootPath} from '../../dbus/paths.js';
import type {InterfaceSpec} from '../../dbus/spec.js';
import {CallError} from './call-error.js';
import {LongList, type Item} from './long-list.js';
import type {BusInterface, BusObject, Objects} from './objects.js';

type VariantsByName = Record<string, Variant>;
type ManagedObject = readonly [path: ObjectPath, interfaces: Record<string, VariantsByName>];
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

/**
The properties of an interface as variants, or only those whose changes are told by a signal.

@param known Values that need not be looked up, by the names that TypeScript code uses; what is `undefined` is left out.
*/
export async function variants({spec, property}: BusInterface, only: 'all' | 'changing' = 'all', known: Readonly<Record<string, unknown>> = {}): Promise<VariantsByName> {
	const found: VariantsByName = {};
	for (const [name, {type, emits}] of Object.entries(spec.properties)) {
		if (only === 'all' || emits === 'true') {
			const key = lowerFirst(name);
			const looked = Object.hasOwn(known, key) ? known[key] : property(key);
			// eslint-disable-next-line no-await-in-loop -- few
			const value = looked instanceof Promise ? await looked as unknown : looked;
			if (value !== undefined) {
				found[name] = new Variant(type, value);
			}
		}
	}

	return found;
}

async function machineId(): Promise<string> {
	const text = await readFile('/etc/machine-id', 'utf8');
	return text.trim();
}

const managedObjects = (objects: Objects): LongList<ManagedObject> =>
	new LongList('ListImages, ListWorkspaces and ListVms say less of each, and Properties.GetAll says all of one', ...objects.all().map(({items, element, isFixed}) => ({
		items,
		async element(item: Item): Promise<ManagedObject> {
			const {path, own} = await element(item);
			return [path, {[own.spec.name]: await variants(own)}];
		},
		isFixed,
	})));

async function getProperty(object: BusObject, interfaceName: string, property: string): Promise<Variant> {
	requireProperty(object, interfaceName, property);
	return new Variant(object.own.spec.properties[property]!.type, await object.own.property(lowerFirst(property)));
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
		...objects.children(path).map(name => `<node name="${name}"/>`),
		'</node>',
		'',
	].join('\n');
}

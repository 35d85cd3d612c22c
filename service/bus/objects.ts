// The objects on the bus. None is kept: a path is looked up in the records when somebody asks for it.
import {contract, type ObjectPath} from '../../dbus/contract.js';
import {upperFirst} from '../../dbus/codec.js';
import {
	kinds, objectPath, parseObjectPath, rootPath, type Kind,
} from '../../dbus/paths.js';
import type {InterfaceSpec} from '../../dbus/spec.js';
import type {InterfaceName} from '../../dbus/client.js';
import {NexusError} from '../../src/errors.js';
import type {Nexus} from '../../src/nexus.js';
import type {Caller} from '../caller.js';
import type {Operations} from '../operations.js';
import {serveImage} from './image.js';
import {serveJob} from './job.js';
import {serveManager, type ManagerHost} from './manager.js';
import type {Served} from './served.js';
import {serveVm} from './vm.js';
import {serveWorkspace} from './workspace.js';

/** One interface of one object. */
export type BusInterface = {
	spec: InterfaceSpec;
	/** Calls a method; the values are those that the contract's types say, checked by the caller. */
	call: (method: string, caller: Caller, values: unknown[]) => Promise<unknown>;
	/** The value of one property, by the name that TypeScript code uses. */
	property: (name: string) => Promise<unknown>;
};

/** An object and the one interface of Nexus's own that it has. */
export type BusObject = {path: ObjectPath; own: BusInterface};

export class Objects {
	readonly #nexus: Nexus;
	readonly #manager: Served<'Manager', Nexus>;
	readonly #kinds: Readonly<Record<Kind, ObjectsOfKind>>;

	constructor(nexus: Nexus, operations: Operations, host: ManagerHost) {
		this.#nexus = nexus;
		this.#manager = serveManager(operations, host);
		const [image, workspace, vm] = [serveImage(nexus), serveWorkspace(nexus, operations), serveVm(nexus, operations)];
		this.#kinds = {
			image: objectsOf('image', target => bind('Image', image, target), {
				get: id => withId(id, () => nexus.image(id)), all: () => nexus.images(),
			}),
			workspace: objectsOf('workspace', target => bind('Workspace', workspace, target), {
				get: id => withId(id, () => nexus.workspace(id)), all: () => nexus.workspaces(),
			}),
			vm: objectsOf('vm', target => bind('Vm', vm, target), {
				get: id => withId(id, () => nexus.vm(id)), all: () => nexus.vms(),
			}),
			job: objectsOf('job', target => bind('Job', serveJob, target), {
				get: id => nexus.job(Number(id)), all: () => nexus.jobs(),
			}),
		};
	}

	/** The object at a path, or `undefined`. */
	at(path: ObjectPath): BusObject | undefined {
		if (path === rootPath) {
			return {path, own: bind('Manager', this.#manager, this.#nexus)};
		}

		const parsed = parseObjectPath(path);
		return parsed && this.#kinds[parsed.kind].get(parsed.id);
	}

	/** All objects below the root. */
	all(): BusObject[] {
		return kinds.flatMap(kind => this.#kinds[kind].all());
	}

	/** The names of the nodes right below a path, or `undefined` when the path leads nowhere. */
	children(path: ObjectPath): string[] | undefined {
		if (this.at(path)) {
			return path === rootPath ? [...kinds] : [];
		}

		const kind = kinds[kinds.map(kind => `${rootPath}/${kind}`).indexOf(path)];
		if (kind) {
			return this.#kinds[kind].all().map(({path}) => path.slice(path.lastIndexOf('/') + 1));
		}

		const prefix = path === '/' ? '/' : `${path}/`;
		return rootPath.startsWith(prefix) ? [rootPath.slice(prefix.length).split('/')[0]!] : undefined;
	}
}

/** The objects of one kind. */
type ObjectsOfKind = {
	get: (id: string) => BusObject | undefined;
	all: () => BusObject[];
};

function objectsOf<Target extends {id: string | number}>(
	kind: Kind,
	toInterface: (target: Target) => BusInterface,
	{get, all}: {get: (id: string) => Target | undefined; all: () => Target[]},
): ObjectsOfKind {
	const toObject = (target: Target): BusObject => ({path: objectPath(kind, target.id), own: toInterface(target)});
	return {
		get(id) {
			const target = get(id);
			return target && toObject(target);
		},
		all: () => all().map(target => toObject(target)),
	};
}

/** The interface that objects of a kind have. */
export const specOf = (kind: Kind): InterfaceSpec => contract[upperFirst(kind) as InterfaceName];

/** The interface of Nexus's own that an object at a path would have, whether it is there or not. */
export function specAt(path: ObjectPath): InterfaceSpec | undefined {
	if (path === rootPath) {
		return contract.Manager;
	}

	const parsed = parseObjectPath(path);
	return parsed && specOf(parsed.kind);
}

function bind<K extends InterfaceName, Target>(name: K, {methods, properties}: Served<K, Target>, target: Target): BusInterface {
	return {
		spec: contract[name],
		// The dispatch has checked the method's name and the values against the contract that the types were made from.
		call: async (method, caller, values) => (methods as unknown as Record<string, (...values: unknown[]) => Promise<unknown>>)[method]!({target, caller}, ...values),
		property: async property => (properties as unknown as Record<string, (target: Target) => unknown>)[property]!(target),
	};
}

// A record that only has the id for a name is not meant.
function withId<T extends {id: string}>(id: string, find: () => T): T | undefined {
	try {
		const record = find();
		return record.id === id ? record : undefined;
	} catch (error) {
		if (error instanceof NexusError && error.code === 'NotFound') {
			return undefined;
		}

		throw error;
	}
}

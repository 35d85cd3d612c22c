// The objects on the bus. None is kept: a path is looked up in the records when somebody asks for it.
import {contract, type ObjectPath} from '../../dbus/contract.js';
import {upperFirst} from '../../dbus/codec.js';
import {
	idInPath, kinds, objectPath, parseObjectPath, rootPath, type Kind,
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
import {source, type Item, type Source} from './long-list.js';
import type {Served} from './served.js';
import {serveVm} from './vm.js';
import {serveWorkspace} from './workspace.js';

/** One interface of one object. */
export type BusInterface = {
	spec: InterfaceSpec;
	/** Calls a method; the values are those that the contract's types say, checked by the caller. */
	call: (method: string, caller: Caller, values: unknown[]) => Promise<unknown>;
	/** The value of one property, by the name that TypeScript code uses; a promise where the disk has to be looked at. */
	property: (name: string) => unknown;
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
		const [image, workspace, vm] = [serveImage(nexus, operations), serveWorkspace(nexus, operations), serveVm(nexus, operations)];
		this.#kinds = {
			image: objectsOf('image', target => bind('Image', image, target), {
				get: id => withId(id, () => nexus.image(id)), all: () => nexus.images(), isRecordAll: false,
			}),
			workspace: objectsOf('workspace', target => bind('Workspace', workspace, target), {
				get: id => withId(id, () => nexus.workspace(id)), all: () => nexus.workspaces(), isRecordAll: true,
			}),
			vm: objectsOf('vm', target => bind('Vm', vm, target), {
				get: id => withId(id, () => nexus.vm(id)), all: () => nexus.vms(), isRecordAll: false,
			}),
			job: objectsOf('job', target => bind('Job', serveJob, target), {
				get: id => nexus.job(Number(id)), all: () => nexus.jobs(), isRecordAll: false,
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

	/** All objects below the root, for a list of them. */
	all(): ReadonlyArray<Source<Item, BusObject>> {
		return kinds.map(kind => this.#kinds[kind].all);
	}

	/** Whether there is anything at a path: an object, or a node that leads to one. */
	has(path: ObjectPath): boolean {
		return this.at(path) !== undefined || kindOfNode(path) !== undefined || isAboveRoot(path);
	}

	/** The names of the nodes right below a path. */
	children(path: ObjectPath): string[] {
		if (path === rootPath) {
			return [...kinds];
		}

		const kind = kindOfNode(path);
		if (kind) {
			return this.#kinds[kind].names();
		}

		return isAboveRoot(path) ? [rootPath.slice(path === '/' ? 1 : path.length + 1).split('/')[0]!] : [];
	}
}

const kindOfNode = (path: ObjectPath): Kind | undefined => kinds.find(kind => path === `${rootPath}/${kind}`);

const isAboveRoot = (path: ObjectPath): boolean => rootPath.startsWith(path === '/' ? '/' : `${path}/`);

/** The objects of one kind. */
type ObjectsOfKind = {
	get: (id: string) => BusObject | undefined;
	all: Source<Item, BusObject>;
	/** The last words of their paths. */
	names: () => string[];
};

type Targets<Target> = {
	get: (id: string) => Target | undefined;
	all: () => readonly Target[];
	/** Whether all that signals tell of an object is in its record. */
	isRecordAll: boolean;
};

function objectsOf<Target extends {id: string | number}>(kind: Kind, toInterface: (target: Target) => BusInterface, {get, all, isRecordAll}: Targets<Target>): ObjectsOfKind {
	const toObject = (target: Target): BusObject => ({path: objectPath(kind, target.id), own: toInterface(target)});
	return {
		get(id) {
			const target = get(id);
			return target && toObject(target);
		},
		all: source({items: all, element: toObject, isFixed: isRecordAll}),
		names: () => all().map(({id}) => idInPath(id)),
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
		property: property => (properties as unknown as Record<string, (target: Target) => unknown>)[property]!(target),
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

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
import type {Callers} from './callers.js';
import {serveImage} from './image.js';
import {serveJob} from './job.js';
import {serveManager} from './manager.js';
import type {Served} from './served.js';
import {serveVm} from './vm.js';
import {serveWorkspace} from './workspace.js';

/** One interface of one object. */
export type BusInterface = {
	spec: InterfaceSpec;
	/** Calls a method; the values are those that the contract's types say, checked by the caller. */
	call: (method: string, sender: string, values: unknown[]) => Promise<unknown>;
	/** The value of one property, by the name that TypeScript code uses. */
	property: (name: string) => Promise<unknown>;
};

/** An object and the one interface of Nexus's own that it has. */
export type BusObject = {path: ObjectPath; own: BusInterface};

export class Objects {
	readonly #nexus: Nexus;
	readonly #served: {
		manager: Served<'Manager', Nexus>;
		image: ReturnType<typeof serveImage>;
		workspace: ReturnType<typeof serveWorkspace>;
		vm: ReturnType<typeof serveVm>;
		job: typeof serveJob;
	};

	constructor(nexus: Nexus, callers: Callers) {
		this.#nexus = nexus;
		this.#served = {
			manager: serveManager(callers), image: serveImage(nexus), workspace: serveWorkspace(nexus), vm: serveVm(nexus), job: serveJob,
		};
	}

	/** The object at a path, or `undefined`. */
	at(path: ObjectPath): BusObject | undefined {
		if (path === rootPath) {
			return {path, own: bind('Manager', this.#served.manager, this.#nexus)};
		}

		const parsed = parseObjectPath(path);
		const own = parsed && this.#find(parsed.kind, parsed.id);
		return own && {path, own};
	}

	/** All objects below the root. */
	* all(): Generator<BusObject> {
		for (const kind of kinds) {
			for (const id of this.#ids(kind)) {
				yield this.at(objectPath(kind, id))!;
			}
		}
	}

	/** The names of the nodes right below a path, or `undefined` when the path leads nowhere. */
	children(path: ObjectPath): string[] | undefined {
		if (this.at(path)) {
			return path === rootPath ? [...kinds] : [];
		}

		const kind = kinds[kinds.map(kind => `${rootPath}/${kind}`).indexOf(path)];
		if (kind) {
			return this.#ids(kind).map(id => String(id).replaceAll('-', ''));
		}

		const prefix = path === '/' ? '/' : `${path}/`;
		return rootPath.startsWith(prefix) ? [rootPath.slice(prefix.length).split('/')[0]!] : undefined;
	}

	#ids(kind: Kind): Array<string | number> {
		const records = {
			image: () => this.#nexus.images(), workspace: () => this.#nexus.workspaces(), vm: () => this.#nexus.vms(), job: () => this.#nexus.jobs(),
		};
		return records[kind]().map(({id}) => id);
	}

	#find(kind: Kind, id: string): BusInterface | undefined {
		const {image, workspace, vm, job} = this.#served;
		switch (kind) {
			case 'image': {
				const target = withId(id, () => this.#nexus.image(id));
				return target && bind('Image', image, target);
			}

			case 'workspace': {
				const target = withId(id, () => this.#nexus.workspace(id));
				return target && bind('Workspace', workspace, target);
			}

			case 'vm': {
				const target = withId(id, () => this.#nexus.vm(id));
				return target && bind('Vm', vm, target);
			}

			case 'job': {
				const target = this.#nexus.job(Number(id));
				return target && bind('Job', job, target);
			}
		}
	}
}

/** The name of the interface that objects of a kind have. */
export const interfaceOf = (kind: Kind): string => contract[upperFirst(kind) as InterfaceName].name;

function bind<K extends InterfaceName, Target>(name: K, {methods, properties}: Served<K, Target>, target: Target): BusInterface {
	return {
		spec: contract[name],
		// The dispatch has checked the method's name and the values against the contract that the types were made from.
		call: async (method, sender, values) => (methods as unknown as Record<string, (...values: unknown[]) => Promise<unknown>>)[method]!({target, sender}, ...values),
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

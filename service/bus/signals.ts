// What happens in Nexus, as signals on the bus. They leave in the order in which things happened, although some need to
// look at the disk for a property.
import {Message} from 'dbus-next';
import type {Bus} from '../../dbus/bus.js';
import {encode} from '../../dbus/codec.js';
import {contract, type ObjectPath, type Signals} from '../../dbus/contract.js';
import {objectPath, rootPath, type Kind} from '../../dbus/paths.js';
import {signatureOf} from '../../dbus/spec.js';
import type {Nexus} from '../../src/nexus.js';
import {jobObject} from './job.js';
import {specOf, type Objects} from './objects.js';
import type {Outbox} from './outbox.js';
import type {PoolSpace} from './pool-space.js';
import {variants} from './standard.js';

/** Milliseconds, of which nobody who looks on notices one. */
const moment = 20;

export type SignalOptions = {nexus: Nexus; objects: Objects; space: PoolSpace; bus: Bus; outbox: Outbox};

/** Puts signals of all that happens from now on into the outbox. */
export function emitSignals({
	nexus, objects, space, bus, outbox,
}: SignalOptions): void {
	/** The objects whose changes wait to be told. */
	const changing = new Set<ObjectPath>();

	const added = (kind: Kind, id: string | number, known?: Readonly<Record<string, unknown>>): void => {
		const object = objects.at(objectPath(kind, id));
		if (!object) {
			return;
		}

		// The disk is looked at now, and for all that have come at the same time.
		const properties = variants(object.own, 'all', known);
		properties.catch(() => undefined); // It is noticed below.
		outbox.signal(async () => {
			send(rootPath, 'ObjectManager.InterfacesAdded', object.path, {[object.own.spec.name]: await properties});
		});
	};

	const removed = (kind: Kind, id: string | number): void => {
		outbox.signal(() => {
			send(rootPath, 'ObjectManager.InterfacesRemoved', objectPath(kind, id), [specOf(kind).name]);
		});
	};

	// All properties that may change are told, as they are when the signal leaves; which of them did is not kept anywhere.
	// So what changes again before that is told already.
	const changed = (path: ObjectPath): void => {
		const atFirst = objects.at(path);
		if (!atFirst || changing.has(path)) {
			return;
		}

		changing.add(path);
		outbox.signal(async () => {
			changing.delete(path);
			// A job that has ended is in no list any more, but still knows how.
			const {own} = objects.at(path) ?? atFirst;
			send(path, 'Properties.PropertiesChanged', own.spec.name, await variants(own, 'changing', path === rootPath ? seenSpace() : {}), []);
		});
	};

	// The pool is not looked at in the signal's turn, in which others would wait for it.
	const seenSpace = (): Record<string, unknown> => ({poolSize: space.seen?.size, poolFree: space.seen?.free});

	// Counts change with everything that comes and goes, hundreds of times a second: they are told a moment later, and once.
	// So is the space, which changes with them.
	const countsChanged = new Set<ObjectPath>();
	const tellCounts = async (): Promise<void> => {
		await space.refresh();
		for (const path of countsChanged) {
			changed(path);
		}

		countsChanged.clear();
	};

	const counted = (...paths: ObjectPath[]): void => {
		if (countsChanged.size === 0) {
			setTimeout(() => {
				void tellCounts();
			}, moment);
		}

		for (const path of paths) {
			countsChanged.add(path);
		}
	};

	const send = <K extends keyof Signals>(path: ObjectPath, signal: K, ...values: Signals[K]): void => {
		const [name, member] = signal.split('.') as [keyof typeof contract, string];
		const spec = contract[name];
		const args = (spec.signals as Record<string, Parameters<typeof encode>[0]>)[member]!;
		bus.send(Message.newSignal(path, spec.name, member, signatureOf(args), encode(args, values)));
	};

	space.on('changed', () => {
		counted(rootPath);
	});
	nexus.on('image-added', ({id}) => {
		added('image', id);
		counted(rootPath);
	});
	nexus.on('image-removed', ({id}) => {
		removed('image', id);
		counted(rootPath);
	});
	nexus.on('workspace-added', ({id, masterImageId}, allocated) => {
		added('workspace', id, allocated === undefined ? {} : {allocated});
		counted(objectPath('image', masterImageId), rootPath);
	});
	nexus.on('workspace-changed', ({id}, vmIds) => {
		changed(objectPath('workspace', id));
		for (const vmId of vmIds) {
			changed(objectPath('vm', vmId));
		}
	});
	nexus.on('workspace-removed', ({id, masterImageId}) => {
		removed('workspace', id);
		counted(objectPath('image', masterImageId), rootPath);
	});
	nexus.on('vm-added', ({id}) => {
		added('vm', id);
		counted(rootPath);
	});
	nexus.on('vm-removed', ({id}) => {
		removed('vm', id);
		counted(rootPath);
	});
	nexus.on('job-added', ({id}) => {
		added('job', id);
		outbox.signal(() => {
			send(rootPath, 'Manager.JobNew', id, objectPath('job', id));
		});
	});
	nexus.on('job-changed', ({id}) => {
		changed(objectPath('job', id));
	});
	nexus.on('job-removed', job => {
		outbox.signal(() => {
			send(rootPath, 'Manager.JobRemoved', job.id, objectPath('job', job.id), job.state, jobObject(job));
		});
		removed('job', job.id);
	});
}

// What happens in Nexus, as signals on the bus. They leave in the order in which things happened, although some need to
// look at the disk for a property.
import {Message} from 'dbus-next';
import type {Bus} from '../../dbus/bus.js';
import {encode} from '../../dbus/codec.js';
import {contract, type ObjectPath, type Signals} from '../../dbus/contract.js';
import {objectPath, rootPath, type Kind} from '../../dbus/paths.js';
import {signatureOf} from '../../dbus/spec.js';
import {messageOf} from '../../src/errors.js';
import type {Log} from '../../src/log.js';
import type {Nexus} from '../../src/nexus.js';
import {jobObject} from './job.js';
import {specOf, type Objects} from './objects.js';
import {variants} from './standard.js';

/**
Sends signals for all that happens from now on.

@returns A function that resolves when all signals so far are sent.
*/
export function emitSignals(nexus: Nexus, objects: Objects, bus: Bus, log: Log): () => Promise<void> {
	let sent = Promise.resolve();

	const later = (work: () => void | Promise<void>): void => {
		sent = (async () => {
			await sent;
			try {
				await work();
			} catch (error) {
				log('error', `could not send a signal: ${messageOf(error)}`);
			}
		})();
	};

	const added = (kind: Kind, id: string | number): void => {
		later(async () => {
			const object = objects.at(objectPath(kind, id));
			if (object) {
				send(rootPath, 'ObjectManager.InterfacesAdded', object.path, {[object.own.spec.name]: await variants(object.own)});
			}
		});
	};

	const removed = (kind: Kind, id: string | number): void => {
		later(() => {
			send(rootPath, 'ObjectManager.InterfacesRemoved', objectPath(kind, id), [specOf(kind).name]);
		});
	};

	// All properties that may change are told; which of them did is not kept anywhere.
	const changed = (path: ObjectPath): void => {
		const object = objects.at(path);
		later(async () => {
			if (object) {
				send(path, 'Properties.PropertiesChanged', object.own.spec.name, await variants(object.own, 'changing'), []);
			}
		});
	};

	const send = <K extends keyof Signals>(path: ObjectPath, signal: K, ...values: Signals[K]): void => {
		const [name, member] = signal.split('.') as [keyof typeof contract, string];
		const spec = contract[name];
		const args = (spec.signals as Record<string, Parameters<typeof encode>[0]>)[member]!;
		bus.send(Message.newSignal(path, spec.name, member, signatureOf(args), encode(args, values)));
	};

	nexus.on('image-added', ({id}) => {
		added('image', id);
		changed(rootPath);
	});
	nexus.on('image-removed', ({id}) => {
		removed('image', id);
		changed(rootPath);
	});
	nexus.on('workspace-added', ({id, masterImageId}) => {
		added('workspace', id);
		changed(objectPath('image', masterImageId));
		changed(rootPath);
	});
	nexus.on('workspace-changed', ({id}, vmIds) => {
		changed(objectPath('workspace', id));
		for (const vmId of vmIds) {
			changed(objectPath('vm', vmId));
		}
	});
	nexus.on('workspace-removed', ({id, masterImageId}) => {
		removed('workspace', id);
		changed(objectPath('image', masterImageId));
		changed(rootPath);
	});
	nexus.on('vm-added', ({id}) => {
		added('vm', id);
		changed(rootPath);
	});
	nexus.on('vm-removed', ({id}) => {
		removed('vm', id);
		changed(rootPath);
	});
	nexus.on('job-added', ({id}) => {
		added('job', id);
		later(() => {
			send(rootPath, 'Manager.JobNew', id, objectPath('job', id));
		});
	});
	nexus.on('job-changed', ({id}) => {
		changed(objectPath('job', id));
	});
	nexus.on('job-removed', job => {
		later(() => {
			send(rootPath, 'Manager.JobRemoved', job.id, objectPath('job', job.id), job.state, jobObject(job));
		});
		removed('job', job.id);
	});

	return async () => sent;
}

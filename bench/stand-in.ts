// In nexusd's place on its bus: it has what nexusd had, and tells of as many more workspaces a second as are wished for, in the
// signals that nexusd sends for one alone. This machine's nexusd makes fewer.
import {performance} from 'node:perf_hooks';
import {setTimeout} from 'node:timers/promises';
import {Message, Variant} from 'dbus-next';
import {connectBus, type Bus} from '../dbus/bus.js';
import {contract} from '../dbus/contract.js';
import {busName, objectPath, rootPath} from '../dbus/paths.js';
import type {Cleanup} from '../test/support/cleanup.js';
import type {Place} from './place.js';

type Properties = Record<string, Variant> & {BaseImage?: Variant};
type Objects = Record<string, Record<string, Properties>>;

/** Milliseconds between two handfuls of signals. */
const pause = 5;

export type StandIn = {
	/** Tells of so many new workspaces, each of the same image, as many a second as wished for. */
	create: (count: number, rate: number) => Promise<void>;
	/** Has as many as in the beginning. It tells nobody. */
	reset: () => void;
};

/** Ends the daemon of a place, and takes its name. */
export async function startStandIn({bus, stop}: Place, cleanup: Cleanup): Promise<StandIn> {
	const {objects, manager} = await allOf(await connectBus(bus.kind, bus.address));
	await stop();
	const connection = await connectBus(bus.kind, bus.address);
	cleanup(async () => connection.close());
	answer(connection, objects, manager);
	await connection.callBus('RequestName', 'su', [busName, 0]);
	return creator(connection, objects);
}

async function allOf(connection: Bus): Promise<{objects: Objects; manager: Properties}> {
	const ask = async (name: string, member: string, ...body: string[]): Promise<unknown> => {
		const [answer] = await connection.call({
			destination: busName, path: rootPath, interface: name, member, signature: 's'.repeat(body.length), body,
		});
		return answer;
	};

	const objects = await ask(contract.ObjectManager.name, 'GetManagedObjects') as Objects;
	const manager = await ask(contract.Properties.name, 'GetAll', contract.Manager.name) as Properties;
	await connection.close();
	return {objects, manager};
}

// What a screen asks for.
function answer(connection: Bus, objects: Objects, manager: Properties): void {
	connection.onCall(call => {
		const reply = (signature: string, body: unknown[]): void => {
			connection.send(Message.newMethodReturn(call, signature, body));
		};

		switch (call.member) {
			case 'GetManagedObjects': {
				reply('a{oa{sa{sv}}}', [objects]);
				break;
			}

			case 'GetAll': {
				reply('a{sv}', [call.path === rootPath ? manager : objects[call.path]?.[call.body[0] as string] ?? {}]);
				break;
			}

			default: {
				reply('', []);
			}
		}
	});
}

function creator(connection: Bus, objects: Objects): StandIn {
	const {Image, Manager, Workspace} = contract;
	const all = Object.values(objects).map(interfaces => interfaces[Workspace.name]).filter(properties => properties !== undefined);
	const model = all[0]!;
	let made = 0;
	const tellCount = (path: string, name: string): void => {
		const count = {Workspaces: new Variant('u', all.length + made)};
		connection.send(Message.newSignal(path, contract.Properties.name, 'PropertiesChanged', 'sa{sv}as', [name, count, []]));
	};

	const create = (): void => {
		made++;
		const id = `ffffffff-0000-4000-8000-${String(made).padStart(12, '0')}`;
		const workspace = {...model, Id: new Variant('s', id), Name: new Variant('s', `made-${made}`)};
		connection.send(Message.newSignal(rootPath, contract.ObjectManager.name, 'InterfacesAdded', 'oa{sa{sv}}', [objectPath('workspace', id), {[Workspace.name]: workspace}]));
		tellCount(model.BaseImage!.value as string, Image.name);
		tellCount(rootPath, Manager.name);
	};

	return {
		async create(count, rate) {
			const start = performance.now();
			for (let done = 0; done < count;) {
				const due = Math.min(count, Math.floor((performance.now() - start) * rate / 1000));
				for (; done < due; done++) {
					create();
				}

				// eslint-disable-next-line no-await-in-loop -- one handful after the other
				await setTimeout(pause);
			}
		},
		reset() {
			made = 0;
		},
	};
}

// What others do, until it is on the screen, beside a client that does nothing but listen.
//
// The time begins with the call and not with the signal as this process gets it: that may come here later than to the screen,
// and what the screen takes would look like less than it is. So nexusd's work is in both figures.
import {performance} from 'node:perf_hooks';
import {setTimeout} from 'node:timers/promises';
import type {NexusClient} from '../dbus/client.js';
import {contract} from '../dbus/contract.js';
import {connectClient} from '../test/support/nexus.js';
import type {Place} from './place.js';
import {showProgress} from './progress.js';
import {beside, type Row} from './row.js';
import {
	pauseOf, withScreen, workspacesAre, type WatchedScreen,
} from './watched.js';

type Change = {
	what: string;
	make: () => Promise<unknown>;
	/** Calls back when the listener is told. */
	told: (then: () => void) => void;
	/** What the screen draws. */
	drawn: RegExp;
};

type Times = {told: number; drawn: number};

const rounds = 60;
const warmUps = 10;

/** Workspaces that come, are attached and detached, and go. */
export async function measureChanges(place: Place): Promise<Row[]> {
	return withScreen(place, async (screen, cleanup) => {
		const listener = await connectClient(place.bus, cleanup);
		const times = new Map<string, Times[]>();
		for (let round = -warmUps; round < rounds; round++) {
			showProgress(`what others do: ${round < 0 ? 'warming up' : `round ${round + 1} of ${rounds}`}`);
			for (const [index, change] of changesAt(place, listener, round).entries()) {
				/* eslint-disable no-await-in-loop -- one after the other, or they would be in one frame */
				const took = await follow(change, screen);
				await setTimeout(pauseOf(round + index));
				/* eslint-enable no-await-in-loop */
				if (round >= 0) {
					times.set(change.what, [...times.get(change.what) ?? [], took]);
				}
			}
		}

		return [...times].map(([what, times]) => beside({
			what: `a workspace ${what} by somebody else, until it is on the screen`,
			how: 'From the call to the end of the frame, with 10,000 in the list. Beside it from the same call until a client that only listens is told.',
			nexus: times.map(({drawn}) => drawn),
			reference: 'a client that listens',
			times: times.map(({told}) => told),
			limit: {most: 100, of: 'p95'},
		}));
	});
}

// A workspace that comes and goes in each round, and one that is attached in one round and detached in the next.
function changesAt({client: {manager}, image, recorded}: Place, listener: NexusClient, round: number): Change[] {
	const name = `other-${round}`;
	const [lasting, vm] = ['ws-00001', 'vm-0'];
	const isAttached = round % 2 !== 0;
	return [
		{
			what: 'made',
			make: async () => manager.createWorkspace(image, name, {}),
			told(then) {
				listener.once('ObjectManager.InterfacesAdded', then);
			},
			drawn: new RegExp(` ${name} +${image} `),
		},
		{
			what: 'attached or detached',
			make: async () => isAttached ? manager.detachWorkspace(lasting) : manager.attachWorkspace(lasting, vm, {}),
			told(then) {
				const look = (_: string, interfaceName: string): void => {
					if (interfaceName === contract.Workspace.name) {
						listener.off('Properties.PropertiesChanged', look);
						then();
					}
				};

				listener.on('Properties.PropertiesChanged', look);
			},
			drawn: new RegExp(` ${lasting} +base +${isAttached ? '-' : vm} `),
		},
		{
			what: 'deleted',
			make: async () => manager.deleteWorkspace(name),
			told(then) {
				listener.once('ObjectManager.InterfacesRemoved', then);
			},
			drawn: workspacesAre(recorded),
		},
	];
}

async function follow({make, told, drawn}: Change, screen: WatchedScreen): Promise<Times> {
	const heard = new Promise<number>(resolve => {
		told(() => {
			resolve(performance.now());
		});
	});
	const shown = screen.shows(drawn);
	const start = performance.now();
	const [toldAt, {at}] = await Promise.all([heard, shown, make()]);
	return {told: toldAt - start, drawn: at - start};
}

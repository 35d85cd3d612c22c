// Run by storm.ts: a client that has many calls in flight, in a process of its own.
import process from 'node:process';
import {connectBus} from '../dbus/bus.js';
import {NexusClient} from '../dbus/client.js';
import {inFlight} from './measure.js';
import {Names} from './names.js';
import type {Order} from './storm.js';

const [address, image] = process.argv.slice(2) as [string, string];
const {manager} = new NexusClient(await connectBus('system', address));
const names = new Names('storm');
const work: Record<Order['what'], () => Promise<unknown>> = {
	create: async () => manager.createWorkspace(image, names.next(), {}),
	remove: async () => manager.deleteWorkspace(names.last()),
};

process.on('message', async ({what, count, width}: Order) => {
	process.send!(await inFlight(count, width, work[what]));
});

// A process that opens Nexus, does one thing, and kills itself at the n-th step that it takes on its records or its pool:
// before the step, or right after it. Steps are the calls of their interfaces; what is shipped knows nothing of it.
//
// Its arguments: the folder, what to do as JSON, and the number of the moment; each step has two. Or the name of a method:
// then it dies when that has returned for the first time.
import path from 'node:path';
import process from 'node:process';
import {openParts, startNexus, type Nexus} from '../../../src/nexus.js';
import type {Pool} from '../../../src/pool.js';
import type {StateStore} from '../../../src/store/state-store.js';
import type {Deed} from './deeds.js';

const [folder, deedText, moment] = process.argv.slice(2) as [string, string, string];
const deed = JSON.parse(deedText) as Deed;
// What opening does has its moments too, when that is all there is to do.
let isArmed = deed.do === 'nothing';
let moments = 0;

function passMoment(returned?: string | symbol): void {
	if (!isArmed) {
		return;
	}

	if (moments === Number(moment) || returned === moment) {
		process.kill(process.pid, 'SIGKILL');
	}

	moments++;
}

/** The same object, with a moment before and after each call of its methods that take time. */
const watched = <T extends StateStore | Pool>(target: T): T => new Proxy(target, {
	get(object, name) {
		const value: unknown = Reflect.get(object, name, object);
		if (typeof value !== 'function') {
			return value;
		}

		return (...values: unknown[]) => {
			const isStep = value.constructor.name === 'AsyncFunction';
			if (!isStep) {
				return value.apply(object, values) as unknown;
			}

			passMoment();
			return (async () => {
				const result: unknown = await value.apply(object, values);
				passMoment(name);
				return result;
			})();
		};
	},
});

const owner = {name: 'owner', uid: 65_534};

type Deeds = {[K in Deed['do']]: (nexus: Nexus, deed: Extract<Deed, {do: K}>) => Promise<void>};

const deeds: Deeds = {
	async import(nexus, {name, source}) {
		const job = await nexus.importImage({name, source});
		await job.ended;
	},
	async create(nexus, {base, name}) {
		await nexus.createWorkspace(base, name, owner);
	},
	// The first create fills the shelf from which the second takes.
	async 'create from stock'(nexus, {base, name, before}) {
		await nexus.createWorkspace(base, before, owner);
		await nexus.deleteWorkspace(before);
		await nexus.createWorkspace(base, name, owner);
	},
	'delete workspace': async (nexus, {name}) => nexus.deleteWorkspace(name),
	'delete image': async (nexus, {name}) => nexus.deleteImage(name),
	attach: async (nexus, {name, vm}) => nexus.attachWorkspace(name, vm, {rootDevice: true}),
	detach: async (nexus, {name}) => nexus.detachWorkspace(name),
	async adopt(nexus, {name}) {
		await nexus.adopt(name);
	},
	nothing: async () => undefined,
};

const parts = await openParts({
	storage: {workspaces: path.join(folder, 'pool/workspaces'), database: path.join(folder, 'nexus.db'), backend: 'btrfs'},
}, () => undefined);
const nexus = await startNexus({...parts, store: watched(parts.store), pool: watched(parts.pool)}, () => undefined);
isArmed = true;
// The deed belongs to its own function by its name.
await (deeds[deed.do] as (nexus: Nexus, deed: Deed) => Promise<void>)(nexus, deed);
await nexus.close();

// What the campaigns have in common: the cast, its load, and the figures.
import {isDeepStrictEqual} from 'node:util';
import type {Cleanup} from '../cleanup.js';
import {importImage, makeSource, type TestNexus} from '../nexus.js';
import {Caller} from './caller.js';
import {Checker, hashSource} from './check.js';
import {
	emptyWorld, Lane, type Possible, type World,
} from './ledger.js';
import {Load} from './load.js';
import type {Random} from './random.js';
import {imageBytes} from './slots.js';

export type CampaignOptions = {
	/** Any text. It decides the load, and the moments: "after so many answers and so many milliseconds". Which instruction that hits is the machine's affair. */
	seed: string;
	/** How many kills or cuts. */
	count: number;
	cleanup: Cleanup;
	/** Is told now and then how far it is. */
	log?: (line: string) => void;
};

/** What a campaign did, by words for people. */
export type Figures = Record<string, number>;

export type Campaign = {
	lanes: readonly Lane[];
	load: Load;
	checker: Checker;
	figures: Figures;
};

const laneNames = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j'];
const clientCount = 4;

/** Prepares the load: sources to import, an image that all share, several clients. */
export async function prepare({client, connect, folder, workspaces}: Pick<TestNexus, 'client' | 'connect' | 'folder' | 'workspaces'>): Promise<Campaign> {
	const sources = await Promise.all([makeSource(folder, 'small', 1), makeSource(folder, 'large', 8)]);
	const base = 'base';
	const {result, message, object} = await importImage(client, base, sources[0], {size: imageBytes});
	if (result !== 'done') {
		throw new Error(message);
	}

	const owner = new Lane(base, {...emptyWorld, images: new Map([[base, {source: sources[0], object}]])});
	const lanes = laneNames.map(name => new Lane(name));
	const callers = await Promise.all(Array.from({length: clientCount}, async () => new Caller(await connect())));
	const content = await Promise.all(sources.map(async source => [source, await hashSource(source)] as const));
	return {
		lanes: [...lanes, owner],
		load: new Load(lanes, callers, {sources, sharedImages: [base], workspaces}),
		checker: new Checker(new Map(content)),
		figures: {},
	};
}

/** A moment under load. */
export type Moment = {
	/** How many lanes work. */
	lanes: number;
	/** Operations answered, and milliseconds after that. Right after an answer is when it may not be on disk yet. */
	answers: number;
	milliseconds: number;
};

export function drawMoment(random: Random): Moment {
	const lanes = random.oneIn(3) ? 1 + random.below(2) : laneNames.length;
	return {lanes, answers: random.below(random.oneIn(4) ? 15 * lanes : 4 * lanes), milliseconds: random.oneIn(2) ? 0 : random.below(30)};
}

/** Adds to a figure. */
export function count(figures: Figures, what: string, more = 1): void {
	figures[what] = (figures[what] ?? 0) + more;
}

/** What all lanes may look like now. */
export const possibleOf = (lanes: readonly Lane[]): Possible[] => lanes.map(lane => lane.possible);

/** Counts, of what was in flight, what turned out to be done and what not. */
export function countInFlight(figures: Figures, possible: readonly Possible[], worlds: ReadonlyMap<string, World>): void {
	for (const {lane, worlds: [before], inFlight} of possible) {
		if (inFlight) {
			count(figures, isDeepStrictEqual(namesOf(worlds.get(lane)!), namesOf(before!)) ? 'in flight, and not done' : 'in flight, and done');
		}
	}
}

const namesOf = ({images, workspaces, vms}: World): unknown => [[...images.keys()], [...workspaces].map(([name, {attached}]) => [name, attached]), [...vms.keys()]];

/** Runs a round; what goes wrong in it is told with what it takes to repeat it. */
export async function telling<T>(what: string, logs: () => string, work: () => Promise<T>): Promise<T> {
	try {
		return await work();
	} catch (error) {
		throw new Error(`${what}: ${error instanceof Error ? error.message : String(error)}\n${logs()}`, {cause: error});
	}
}

// Making workspaces, beside bare snapshots and machined's clones.
import {makeSource} from '../test/support/nexus.js';
import type {Bare} from './bare.js';
import type {Machined} from './machined.js';
import {
	inFlight, oneByOne, race, timed, type RaceOptions,
} from './measure.js';
import type {Surroundings} from './part.js';
import {
	addBare, addMachined, fill, many, openPlace, type Place,
} from './place.js';
import {showProgress} from './progress.js';
import {beside, type Row} from './row.js';

/** One after another, with a stock and without; many at once; among many. */
export async function measureCreates({cleanup, crowded}: Surroundings): Promise<Row[]> {
	const place = await openPlace(cleanup);
	const bare = await addBare(place, cleanup);
	const machined = await addMachined(place, cleanup);
	return [
		...await oneAfterAnother(place, bare, machined),
		await withoutEnd(place, bare),
		await fromUnusedImages(place, bare),
		await manyAtOnce(place, machined, {
			title: `${width} creates in flight`,
			block: 64,
			how: 'which the stock holds, and whenever one is answered the next is begun. One figure a turn: its time by 64.',
			options: {rounds: 20, warmUps, pause: untilStocked},
			goal: 0.2,
		}),
		await manyAtOnce(place, machined, {
			title: `${width} creates in flight without end`, block: 1000, how: 'more than the stock holds.', options: {rounds: 3, pause: untilStocked},
		}),
		await amongMany(await openPlace(cleanup), await crowded()),
	];
}

const width = 32;

// As long as it takes to fill a stock up, and more.
const untilStocked = 750;

// Enough that a young process has compiled what it works with.
const warmUps = 5;

// Fewer than a stock holds that was used like this before.
async function oneAfterAnother(place: Place, bare: Bare, machined: Machined): Promise<Row[]> {
	const block = 100;
	const {nexus, snapshots, clones} = await race('create', {
		nexus: async () => oneByOne(block, async () => place.create()),
		snapshots: async () => bare(block),
		clones: async () => oneByOne(block, machined.clone),
	}, {rounds: 4, warmUps, pause: untilStocked});
	const what = 'create a workspace, one after another';
	const how = `${block} in a row at each turn, as many as the stock holds by then. It is filled up in the pause behind.`;
	return [
		beside({
			what, how, nexus, reference: 'a bare snapshot', times: snapshots, goal: 0.5,
		}),
		beside({
			what, how, nexus, reference: 'machined\'s clone', times: clones, goal: 0.35,
		}),
	];
}

// More than a stock ever holds: it has to be filled meanwhile.
async function withoutEnd(place: Place, bare: Bare): Promise<Row> {
	const block = 1000;
	const {nexus, snapshots} = await race('create without end', {
		nexus: async () => oneByOne(block, async () => place.create()),
		snapshots: async () => bare(block),
	}, {rounds: 2, pause: untilStocked});
	return beside({
		what: 'create a workspace, one after another without end', how: `${block} in a row at each turn.`, nexus, reference: 'a bare snapshot', times: snapshots,
	});
}

// An image that was never used has no stock. What Nexus gets ready behind its answer has the pause between two turns.
async function fromUnusedImages(place: Place, bare: Bare): Promise<Row> {
	const [warmUps, rounds] = [20, 200];
	const unused = await importImages(place, warmUps + rounds);
	const {nexus, snapshots} = await race('create, stock empty', {
		nexus: async () => [await timed(async () => place.create(unused.pop()))],
		snapshots: async () => bare(1),
	}, {rounds, warmUps});
	return beside({
		what: 'create a workspace, stock empty',
		how: 'The first from each of many images that nobody has used before: there is no snapshot of them in stock.',
		nexus,
		reference: 'a bare snapshot',
		times: snapshots,
		goal: 1.3,
	});
}

async function importImages(place: Place, count: number): Promise<string[]> {
	const source = await makeSource(place.folder, 'small', 1);
	const names = Array.from({length: count}, (_, index) => `unused-${index}`);
	showProgress(`importing ${count} images`);
	const left = [...names];
	await inFlight(count, 2, async () => place.import(left.pop()!, source));
	return names;
}

type Many = {title: string; block: number; how: string; options: RaceOptions; goal?: number};

async function manyAtOnce(place: Place, machined: Machined, {title, block, how, options, goal}: Many): Promise<Row> {
	const {nexus, clones} = await race(title, {
		nexus: async () => [await inFlight(block, width, async () => place.create())],
		clones: async () => [await inFlight(block, width, machined.clone)],
	}, options);
	return beside({
		what: `${title}, per create`,
		how: `${block} at each turn, ${how}`,
		each: block,
		nexus,
		reference: `machined with ${width} in flight`,
		times: clones,
		...(goal !== undefined && {goal}),
	});
}

async function amongMany(place: Place, crowded: Place): Promise<Row> {
	const few = 100;
	await fill(place, few);
	const block = 50;
	const rounds = 4;
	const turnAt = ({create}: Place) => async (): Promise<number[]> => oneByOne(block, async () => create());
	const {nexus, times} = await race(`create among ${many}`, {nexus: turnAt(crowded), times: turnAt(place)}, {rounds});
	await oneByOne(block * (rounds + 1), crowded.remove);
	return beside({
		what: 'create with 10,000 workspaces present',
		how: `Two daemons, on two pools; ${block} in a row at each turn.`,
		nexus,
		reference: `the same with ${few}`,
		times,
		goal: 1.3,
	});
}

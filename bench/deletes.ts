// Deleting workspaces, beside machined's removals and the bare call.
import {oneByOne, race} from './measure.js';
import type {Surroundings} from './part.js';
import {
	addBare, addMachined, fill, openPlace,
} from './place.js';
import {beside, type Row} from './row.js';

/** One after another. */
export async function measureDeletes({cleanup}: Surroundings): Promise<Row[]> {
	const place = await openPlace(cleanup);
	const bare = await addBare(place, cleanup);
	const machined = await addMachined(place, cleanup);
	const block = 50;
	const rounds = 5;
	const count = block * (rounds + 1);
	await fill(place, count);
	await bare.snapshot(count);
	await oneByOne(count, machined.clone);
	const {nexus, removals, calls} = await race('delete', {
		nexus: async () => oneByOne(block, place.remove),
		removals: async () => oneByOne(block, machined.remove),
		calls: async () => bare.delete(block),
	}, {rounds});
	const what = 'delete a workspace';
	const how = `${block} in a row at each turn. None of them waits for the kernel to free the space.`;
	return [
		beside({
			what, how, nexus, reference: 'machined\'s remove', times: removals, goal: 0.8,
		}),
		beside({
			what, how, nexus, reference: 'a bare delete', times: calls,
		}),
	];
}

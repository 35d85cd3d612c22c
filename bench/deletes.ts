// Deleting workspaces, beside machined's removals.
import {oneByOne, race} from './measure.js';
import type {Surroundings} from './part.js';
import {
	addMachined, fill, openPlace,
} from './place.js';
import {beside, type Row} from './row.js';

/** One after another. */
export async function measureDeletes({cleanup}: Surroundings): Promise<Row[]> {
	const place = await openPlace(cleanup);
	const machined = await addMachined(place, cleanup);
	const block = 50;
	const [rounds, warmUps] = [5, 4];
	const count = block * (rounds + warmUps);
	await fill(place, count);
	await oneByOne(count, machined.clone);
	const {nexus, removals} = await race('delete', {
		nexus: async () => oneByOne(block, place.remove),
		removals: async () => oneByOne(block, machined.remove),
	}, {rounds, warmUps});
	return [beside({
		what: 'delete a workspace',
		how: `${block} in a row at each turn. Neither waits for the kernel to free the space.`,
		nexus,
		reference: 'machined\'s remove',
		times: removals,
		goal: 0.8,
	})];
}

// The terminal UI: how soon it shows what happens, what it takes when nothing does or very much, and how soon it is there.
import {many, openPlace} from './place.js';
import type {Surroundings} from './part.js';
import type {Row} from './row.js';
import {measureChanges} from './screen-changes.js';
import {measureKeys} from './screen-keys.js';
import {measureIdleness, measureStorms} from './screen-load.js';
import {measureScreenStarts} from './screen-starts.js';
import {measureTold} from './screen-told.js';

/** `nexusctl tui` with 10,000 workspaces. */
export async function measureScreen({cleanup}: Surroundings): Promise<Row[]> {
	const place = await openPlace(cleanup, many);
	return [
		...await measureChanges(place),
		...await measureKeys(place),
		...await measureIdleness(place),
		...await measureStorms(place, cleanup),
		...await measureScreenStarts(place, await openPlace(cleanup, 100)),
		...await measureTold(place, cleanup),
	];
}

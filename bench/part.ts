// A part of the bench: some things that are measured together.
import type {Cleanup} from '../test/support/cleanup.js';
import type {Place} from './place.js';
import type {Row} from './row.js';

export type Surroundings = {
	/** Runs when the part is over. */
	cleanup: Cleanup;
	/** A place with 10,000 workspaces, made when it is first asked for, and shared. A part leaves it as it was. */
	crowded: () => Promise<Place>;
};

export type Part = (surroundings: Surroundings) => Promise<Row[]>;

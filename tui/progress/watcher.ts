import type {JobState} from '../jobs/follow.js';

/** Something that shows how far a job is, from the beginning. */
export type Progress = {
	readonly update: (state: JobState) => void;
	/** Takes it off the screen, for the end or for a while. */
	readonly hide: () => Promise<void>;
	/** Puts it back. */
	readonly show: () => void;
};

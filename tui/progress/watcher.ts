import type {JobState} from '../jobs/follow.js';

/** Something that shows how far a job is. */
export type Progress = {
	readonly update: (state: JobState) => void;
	/** Takes it off the screen. */
	readonly end: () => Promise<void>;
};

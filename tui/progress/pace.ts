// How fast something is, and how long it will take. It is the mean of the last seconds: a disk writes in gusts, and a number
// that jumps tells nothing.
import type {JobState} from '../jobs/follow.js';

export type Pace = {
	readonly bytesPerSecond: number;
	readonly secondsLeft: number;
};

type Sample = {readonly time: number; readonly written: number};

/** Milliseconds that count. */
const memory = 5000;
/** Milliseconds below which there is not enough to tell. */
const patience = 1000;

/** Notes how far a job is. Times are milliseconds, from whatever moment on. */
export class Pacer {
	#samples: readonly Sample[] = [];
	#size = 0;

	/** Notes how far it is now. What goes back, or becomes another size, begins anew. */
	note(time: number, {progress, size}: Pick<JobState, 'progress' | 'size'>): void {
		const sample = {time, written: shareOf(progress) * size};
		const last = this.#samples.at(-1);
		const isNext = size === this.#size && (!last || (time >= last.time && sample.written >= last.written));
		this.#size = size;
		this.#samples = isNext ? [...this.#samples.slice(this.#beginning(time)), sample] : [sample];
	}

	/** Its pace at a time that is not before the last note; `undefined` when nobody can tell, or nothing moves. */
	at(time: number): Pace | undefined {
		const first = this.#samples[this.#beginning(time)];
		const last = this.#samples.at(-1);
		if (!first || !last || time - first.time < patience) {
			return undefined;
		}

		const bytesPerSecond = (last.written - first.written) / (time - first.time) * 1000;
		return bytesPerSecond < 1 || last.written === this.#size ? undefined : {bytesPerSecond, secondsLeft: (this.#size - last.written) / bytesPerSecond};
	}

	// The index of the last sample that is as old as what counts, or else of the oldest.
	#beginning(time: number): number {
		return Math.max(0, this.#samples.findLastIndex(sample => sample.time <= time - memory));
	}
}

/** A progress as a number from 0 to 1, whatever it is. */
export const shareOf = (progress: number): number => Math.min(1, Math.max(0, progress)) || 0;

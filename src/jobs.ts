// Long work, with progress and a way to stop it.
import {NexusError, asNexusError} from './errors.js';

export type JobState = 'running' | 'done' | 'failed' | 'canceled';

/** What a job works on: the name of what it makes, and the folder it reads. */
export type JobSubject = {name: string; source: string};

/** What a job made. */
export type JobObject = {kind: 'image'; id: string};

export type JobContext = {
	readonly signal: AbortSignal;
	/** `size` is kept when it is left out. */
	report: (progress: number, message: string, size?: number) => void;
};

export type JobEvents = {
	added: (job: Job) => void;
	changed: (job: Job) => void;
	removed: (job: Job) => void;
};

export class Job {
	readonly id: number;
	readonly kind: string;
	readonly subject: JobSubject;
	state: JobState = 'running';
	/** From 0 to 1. */
	progress = 0;
	/** Bytes that it will write, of which `progress` are written; 0 while that is not known. */
	size = 0;
	/** What it is doing, or why it failed. */
	message = '';
	object: JobObject | undefined;
	/** Why it was canceled or has failed. */
	failure: NexusError | undefined;
	/** Resolves when it has ended, however; its state says how. */
	ended: Promise<void> = Promise.resolve();

	readonly #abort = new AbortController();

	constructor(id: number, kind: string, subject: JobSubject) {
		this.id = id;
		this.kind = kind;
		this.subject = subject;
	}

	get signal(): AbortSignal {
		return this.#abort.signal;
	}

	/** Stops the work and waits until what it did is undone. A job that has just succeeded stays so. */
	async cancel(reason = 'canceled'): Promise<void> {
		this.#abort.abort(new NexusError('Canceled', reason));
		await this.ended;
	}
}

export class Jobs {
	readonly #jobs = new Map<number, Job>();
	readonly #events: JobEvents;
	#lastId = 0;

	constructor(events: JobEvents) {
		this.#events = events;
	}

	/** The jobs that run. */
	all(): Job[] {
		return [...this.#jobs.values()];
	}

	get(id: number): Job | undefined {
		return this.#jobs.get(id);
	}

	/** Starts work as a job and returns at once. */
	start(kind: string, subject: JobSubject, work: (context: JobContext) => Promise<JobObject>): Job {
		this.#lastId++;
		const job = new Job(this.#lastId, kind, subject);
		this.#jobs.set(job.id, job);
		let end!: () => void;
		job.ended = new Promise(resolve => {
			end = resolve;
		});
		this.#events.added(job);
		void this.#run(job, work).then(end);
		return job;
	}

	async #run(job: Job, work: (context: JobContext) => Promise<JobObject>): Promise<void> {
		try {
			job.object = await work({
				signal: job.signal,
				report: (progress, message, size = job.size) => {
					job.progress = progress;
					job.message = message;
					job.size = size;
					this.#events.changed(job);
				},
			});
			job.state = 'done';
			job.progress = 1;
			job.message = 'done';
		} catch (error) {
			job.failure = asNexusError(error, `the ${job.kind} failed`);
			job.state = job.failure.code === 'Canceled' ? 'canceled' : 'failed';
			job.message = job.failure.message;
		}

		this.#events.changed(job);
		this.#jobs.delete(job.id);
		this.#events.removed(job);
	}
}

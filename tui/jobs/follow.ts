// Following a job on the daemon to its end.
import {isBusError, type NexusClient} from '../../dbus/client.js';
import type {ObjectPath} from '../../dbus/contract.js';
import {busErrors} from '../../dbus/errors.js';
import {DaemonLostError} from '../errors.js';

export type JobState = {
	/** From 0 to 1. */
	readonly progress: number;
	/** Bytes that it will write, of which `progress` are written; 0 where it is not about bytes, or not known yet. */
	readonly size: number;
	readonly message: string;
};

export type JobEnd = {
	/** `done`, `failed` or `canceled`. */
	readonly result: string;
	/** Its last words. */
	readonly message: string;
	/** What it made. */
	readonly object: ObjectPath;
};

export type FollowOptions = {
	readonly onState: (state: JobState) => void;
	/** Cancels the job; following it goes on to its end. */
	readonly signal: AbortSignal;
};

const nothingYet: JobState = {progress: 0, size: 0, message: ''};

/** The jobs of a daemon. Made before the job is started: its signals may come before the reply that names it. */
export class Jobs {
	readonly #client: NexusClient;
	readonly #states = new Map<ObjectPath, JobState>();
	readonly #ends = new Map<ObjectPath, JobEnd>();
	#look: (() => void) | undefined;

	/** For a client that listens. */
	constructor(client: NexusClient) {
		this.#client = client;
		client.on('Properties.PropertiesChanged', (path, interfaceName, changed) => {
			this.#update(path, client.changes('Job', interfaceName, changed));
		});
		client.on('Manager.JobRemoved', (_path, ...[, job, result, object]) => {
			this.#ends.set(job, {result, object, message: this.#stateOf(job).message});
			this.#look?.();
		});
	}

	/**
	Waits for the end of a job.

	@throws DaemonLostError when there is nobody left to bring it to its end; whatever canceling it was answered with.
	*/
	async follow(job: ObjectPath, {onState, signal}: FollowOptions): Promise<JobEnd> {
		const {promise, resolve, reject} = withResolvers<JobEnd>();
		const cancel = () => {
			this.#cancel(job).catch(reject);
		};

		this.#look = () => {
			const end = this.#ends.get(job);
			if (end) {
				resolve(end);
			} else {
				onState(this.#stateOf(job));
			}
		};

		const lose = () => {
			reject(new DaemonLostError('nexusd went away during the work; what it had begun is undone when it starts again'));
		};

		this.#client.once('owner', lose);
		void this.#client.ended.then(lose);
		signal.addEventListener('abort', cancel);
		try {
			this.#look();
			if (signal.aborted) {
				cancel();
			}

			return await promise;
		} finally {
			this.#client.off('owner', lose);
			signal.removeEventListener('abort', cancel);
		}
	}

	async #cancel(job: ObjectPath): Promise<void> {
		try {
			await this.#client.object('Job', job).cancel();
		} catch (error) {
			// It has ended in the meantime, and how it did is on the way to us.
			if (!isBusError(error, busErrors.unknownObject)) {
				throw error;
			}
		}
	}

	#update(job: ObjectPath, changed: Partial<JobState>): void {
		const state = this.#stateOf(job);
		const {progress, size, message} = {...state, ...changed};
		this.#states.set(job, {progress, size, message});
		this.#look?.();
	}

	#stateOf(job: ObjectPath): JobState {
		return this.#states.get(job) ?? nothingYet;
	}
}

// Node 20 has no Promise.withResolvers.
function withResolvers<T>() {
	let resolve!: (value: T) => void;
	let reject!: (error: unknown) => void;
	const promise = new Promise<T>((_resolve, _reject) => {
		resolve = _resolve;
		reject = _reject;
	});
	return {promise, resolve, reject};
}

// One client of the campaigns. It knows whether an answer came, and it does not wait for the end of an import whose daemon is gone.
import {isBusError, type NexusClient} from '../../../dbus/client.js';
import type {ObjectPath} from '../../../dbus/contract.js';
import {busErrors, errorPrefix} from '../../../dbus/errors.js';

/** The daemon died before it answered. */
export class LostError extends Error {
	/** Whether it never saw the call; if not, nobody knows whether it was done. */
	readonly isUndone: boolean;

	constructor(message: string, isUndone = false) {
		super(message);
		this.isUndone = isUndone;
	}
}

/** How something was answered. */
export type Answer = {object: ObjectPath | undefined} | {refusal: string; text: string};

type JobEnd = {result: string; object: ObjectPath; message: string};

export class Caller {
	readonly client: NexusClient;
	/** The daemons seen so far: each counts its jobs from 1. */
	#daemons = 0;
	readonly #ends = new Map<ObjectPath, JobEnd>();
	readonly #messages = new Map<ObjectPath, string>();
	readonly #waiting = new Set<() => void>();

	/** The client listens already. */
	constructor(client: NexusClient) {
		this.client = client;
		client.on('owner', () => {
			this.#daemons++;
			this.#ends.clear();
			this.#messages.clear();
			this.#wake();
		});
		client.on('Properties.PropertiesChanged', (job, interfaceName, changed) => {
			const {message} = client.changes('Job', interfaceName, changed);
			if (message !== undefined) {
				this.#messages.set(job, message);
			}
		});
		client.on('Manager.JobRemoved', (...values) => {
			const [job, result, object] = values.slice(2) as [ObjectPath, string, ObjectPath];
			this.#ends.set(job, {result, object, message: this.#messages.get(job) ?? ''});
			this.#wake();
		});
	}

	/** Imports a folder, to the job's end. */
	async import(name: string, source: string, size: number): Promise<ObjectPath> {
		const daemon = this.#daemons;
		const job = await this.client.manager.importImage(name, source, {size});
		for (;;) {
			if (this.#daemons !== daemon) {
				throw new LostError(`the import of ${name} has not ended`);
			}

			const end = this.#ends.get(job);
			if (end?.result === 'done') {
				return end.object;
			}

			if (end) {
				throw new Error(`the import of ${name} ended as ${end.result}: ${end.message}`);
			}

			// eslint-disable-next-line no-await-in-loop
			await new Promise<void>(resolve => {
				this.#waiting.add(resolve);
			});
		}
	}

	/**
	Waits for an answer.

	@throws LostError when none came.
	*/
	async answer(work: Promise<ObjectPath | undefined>): Promise<Answer> {
		try {
			return {object: await work};
		} catch (error) {
			// What the bus itself turns away has not reached the daemon.
			if (isBusError(error, busErrors.serviceUnknown) || isBusError(error, busErrors.nameHasNoOwner)) {
				throw new LostError(error.text, true);
			}

			if (isBusError(error, busErrors.noReply)) {
				throw new LostError(error.text);
			}

			if (isBusError(error)) {
				return {refusal: error.type.replace(errorPrefix, ''), text: error.text};
			}

			throw error;
		}
	}

	#wake(): void {
		for (const resolve of this.#waiting) {
			resolve();
		}

		this.#waiting.clear();
	}
}

// The space of the pool, for those who look on. Anybody who writes to a disk changes it, and nobody tells: it is looked at
// now and then, but only while somebody is subscribed.
import {EventEmitter} from 'node:events';
import type {Pool} from '../../src/pool.js';
import type {CallerEvents} from './callers.js';

export type Space = Awaited<ReturnType<Pool['space']>>;

/** Milliseconds between two looks. Each takes some microseconds. */
const pause = 5000;

/** `changed`: it is not what was seen last, by whoever looked. */
export class PoolSpace extends EventEmitter<Record<'changed', never[]>> {
	readonly #pool: Pick<Pool, 'space' | 'requireHere'>;
	readonly #pause: number;
	#timer: NodeJS.Timeout | undefined;
	#looking: Promise<Space> | undefined;
	#seen: Space | undefined;

	constructor(pool: Pick<Pool, 'space' | 'requireHere'>, pauseInMilliseconds = pause) {
		super();
		this.#pool = pool;
		this.#pause = pauseInMilliseconds;
	}

	/** As it was when it could last be looked at; `undefined` while nobody is subscribed. */
	get seen(): Space | undefined {
		return this.#seen;
	}

	/** Looks at it now. Throws NexusError Io when that fails or the pool is not there. */
	async look(): Promise<Space> {
		// One look serves all who ask meanwhile.
		this.#looking ??= this.#lookAtPool().finally(() => {
			this.#looking = undefined;
		});
		const space = await this.#looking;
		this.#note(space);
		return space;
	}

	/** Looks at it if somebody is subscribed. A pool that cannot be looked at is as it was. */
	async refresh(): Promise<void> {
		if (this.#timer) {
			await this.look().catch(() => undefined);
		}
	}

	/** Looks at it now and then while anybody is subscribed. */
	watchWhile(callers: EventEmitter<CallerEvents>): void {
		callers.on('subscribers', count => {
			if (count === 0) {
				this.stop();
			} else if (!this.#timer) {
				this.#start();
			}
		});
	}

	/** Ends it until somebody subscribes anew. */
	stop(): void {
		clearInterval(this.#timer);
		this.#timer = undefined;
		this.#seen = undefined;
	}

	#start(): void {
		this.#timer = setInterval(() => {
			void this.refresh();
		}, this.#pause).unref();
		// Who has read it before may have missed a change.
		void this.refresh();
	}

	async #lookAtPool(): Promise<Space> {
		// Where nothing is mounted, the filesystem below would be taken for it.
		const [space] = await Promise.all([this.#pool.space(), this.#pool.requireHere()]);
		return space;
	}

	#note(space: Space): void {
		if (this.#timer && (space.size !== this.#seen?.size || space.free !== this.#seen.free)) {
			this.#seen = space;
			this.emit('changed');
		}
	}
}

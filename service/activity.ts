// Whether anybody needs the daemon: work begins and ends here, and when there has been none for a while it is idle.
import {EventEmitter} from 'node:events';
import type {Release} from '../src/claims.js';
import type {Callers} from './bus/callers.js';

/** `idle`: nothing has gone on for the idle time. Told again after every further such time. */
export class Activity extends EventEmitter<Record<'idle', never[]>> {
	#count = 0;
	#seconds = 0;
	#timer: NodeJS.Timeout | undefined;
	#subscribers: Release | undefined;
	#areSubscribersDropped = false;

	/** Whether something goes on. */
	get isBusy(): boolean {
		return this.#count > 0;
	}

	/** How long it takes to be idle; 0 is for ever. Begins anew. */
	setIdleTime(seconds: number): void {
		this.#seconds = seconds;
		this.#restart();
	}

	/** Begins some work, which goes on until what is returned is called. */
	begin(): Release {
		this.#count++;
		clearTimeout(this.#timer);
		let isOver = false;
		return () => {
			if (!isOver) {
				isOver = true;
				this.#count--;
				this.#restart();
			}
		};
	}

	/** Goes on while anybody is subscribed. */
	holdWhile(callers: Callers): void {
		callers.on('subscribers', count => {
			if (count === 0) {
				this.#releaseSubscribers();
			} else if (!this.#areSubscribersDropped) {
				this.#subscribers ??= this.begin();
			}
		});
	}

	/** From now on nobody counts who is subscribed. */
	dropSubscribers(): void {
		this.#areSubscribersDropped = true;
		this.#releaseSubscribers();
	}

	#releaseSubscribers(): void {
		this.#subscribers?.();
		this.#subscribers = undefined;
	}

	#restart(): void {
		clearTimeout(this.#timer);
		if (this.#count > 0 || this.#seconds === 0) {
			return;
		}

		// It keeps nothing alive that is done otherwise.
		this.#timer = setTimeout(() => {
			this.#restart();
			this.emit('idle');
		}, this.#seconds * 1000).unref();
	}
}

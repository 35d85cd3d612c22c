// Users by name, as they become known: to ask for one takes a process.
import {EventEmitter} from 'node:events';
import {userNames} from '../output/users.js';

/** `change`: some have got their names. */
export class Users extends EventEmitter<Record<'change', never[]>> {
	readonly #names = new Map<number, string>();
	readonly #wanted: number[] = [];

	/** The name of a user, or the number while that is all that is known. */
	nameOf(uid: number): string {
		const name = this.#names.get(uid);
		if (name === undefined) {
			this.#names.set(uid, String(uid));
			this.#want(uid);
		}

		return name ?? String(uid);
	}

	// All that a list has are asked for together.
	#want(uid: number): void {
		this.#wanted.push(uid);
		if (this.#wanted.length === 1) {
			setImmediate(() => {
				void this.#ask(this.#wanted.splice(0));
			});
		}
	}

	async #ask(uids: readonly number[]): Promise<void> {
		const names = await userNames(uids).catch(() => undefined);
		if (names && names.size > 0) {
			for (const [uid, name] of names) {
				this.#names.set(uid, name);
			}

			this.emit('change');
		}
	}
}

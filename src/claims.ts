// Who is at work on what. An operation that needs more than one step claims what it works on before its first step, in
// the same turn of the event loop as its checks; so of two that exclude each other exactly one goes on.

export type Claim = {
	/** What is claimed, `image <id>` for example. */
	key: string;
	/** Shared claims go together; any other excludes all. */
	shared?: boolean;
	/** What to throw when somebody else has it. */
	busy: () => Error;
};

/** Gives a claim back. */
export type Release = () => void;

export class Claims {
	readonly #holders = new Map<string, {count: number; shared: boolean}>();

	/** Takes all of the claims or none, and throws the `busy` error of the first that is taken. */
	take(...claims: Claim[]): Release {
		for (const {key, shared = false, busy} of claims) {
			const holder = this.#holders.get(key);
			if (holder && !(shared && holder.shared)) {
				throw busy();
			}
		}

		for (const {key, shared = false} of claims) {
			this.#holders.set(key, {count: (this.#holders.get(key)?.count ?? 0) + 1, shared});
		}

		return () => {
			for (const {key} of claims) {
				this.#drop(key);
			}
		};
	}

	#drop(key: string): void {
		const holder = this.#holders.get(key)!;
		holder.count--;
		if (holder.count === 0) {
			this.#holders.delete(key);
		}
	}
}

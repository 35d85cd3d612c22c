// What the demo has to undo. Each step that succeeds adds its own; they run in reverse order, each once, whatever
// ends the demo.
export class Cleanups {
	readonly #all: Array<{what: string; undo: () => Promise<void>}> = [];

	/** Adds an undo; `what` completes "could not …". */
	add(what: string, undo: () => Promise<void>): void {
		this.#all.push({what, undo});
	}

	/** Runs what has been added and not run yet. One that fails does not keep the others from running. */
	async run(): Promise<boolean> {
		let allDone = true;
		for (let next = this.#all.pop(); next; next = this.#all.pop()) {
			try {
				// Each relies on what was there before its step.
				// eslint-disable-next-line no-await-in-loop
				await next.undo();
			} catch (error) {
				allDone = false;
				console.error(`demo: could not ${next.what}: ${error instanceof Error ? error.message : String(error)}`);
			}
		}

		return allDone;
	}
}

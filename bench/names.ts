// Names for what is made, and those names again, the last one first.

export class Names {
	readonly #used: string[] = [];
	readonly #prefix: string;
	#count = 0;

	constructor(prefix = 'made') {
		this.#prefix = prefix;
	}

	next(): string {
		const name = `${this.#prefix}-${this.#count++}`;
		this.#used.push(name);
		return name;
	}

	last(): string {
		return this.#used.pop()!;
	}
}

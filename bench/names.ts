// Names for what is made, and those names again, the last one first.

export class Names {
	readonly #used: string[] = [];
	#count = 0;

	next(): string {
		const name = `made-${this.#count++}`;
		this.#used.push(name);
		return name;
	}

	last(): string {
		return this.#used.pop()!;
	}
}

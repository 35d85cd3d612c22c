// Signatures of the D-Bus type system, read into trees.

/** A single complete type. */
export type Type = {
	/** A basic type's letter, `v`, or the first letter of a container: `a`, `(`, `{`. */
	readonly code: string;
	/** The element of an array, the fields of a structure, the key and the value of a dictionary's entry. */
	readonly members: readonly Type[];
};

const basic = 'ybnqiuxtdsogh';
const mostNested = 64;

/**
The types that a signature lists.

@throws Error when it is none.
*/
export function parseSignature(signature: string): Type[] {
	let at = 0;
	const types: Type[] = [];
	while (at < signature.length) {
		types.push(next(0));
	}

	return types;

	function next(depth: number): Type {
		const code = signature[at++];
		if (code === undefined || depth > mostNested) {
			throw invalid();
		}

		if (code === 'v' || basic.includes(code)) {
			return {code, members: []};
		}

		switch (code) {
			case 'a': {
				return {code, members: [signature[at] === '{' ? entry(depth + 1) : next(depth + 1)]};
			}

			case '(': {
				return {code, members: until(')', depth + 1)};
			}

			default: {
				throw invalid();
			}
		}
	}

	// Outside of an array there is none.
	function entry(depth: number): Type {
		at++;
		const members = until('}', depth);
		if (members.length !== 2 || !basic.includes(members[0]!.code)) {
			throw invalid();
		}

		return {code: '{', members};
	}

	function until(end: string, depth: number): Type[] {
		const members: Type[] = [];
		while (signature[at] !== end) {
			members.push(next(depth));
		}

		if (members.length === 0) {
			throw invalid();
		}

		at++;
		return members;
	}

	function invalid(): Error {
		return new Error(`${JSON.stringify(signature)} is not a D-Bus signature`);
	}
}

/** Remembers what a function made of each signature. Those that strangers send must not fill the memory: there are only so many. */
export function remembering<Result>(make: (signature: string) => Result): (signature: string) => Result {
	const most = 1000;
	const made = new Map<string, Result>();
	return signature => {
		let result = made.get(signature);
		if (result === undefined) {
			result = make(signature);
			if (made.size === most) {
				made.clear();
			}

			made.set(signature, result);
		}

		return result;
	};
}

/** The multiple of bytes at which a value of a type begins, by the type's first letter. */
export const alignmentOf = (code: string): 1 | 2 | 4 | 8 => alignments[code]!;

const alignments: Readonly<Record<string, 1 | 2 | 4 | 8>> = {
	y: 1, g: 1, v: 1, n: 2, q: 2, b: 4, i: 4, u: 4, h: 4, s: 4, o: 4, a: 4, x: 8, t: 8, d: 8, '(': 8, '{': 8,
};

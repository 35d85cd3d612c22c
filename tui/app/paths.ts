// Completion of the folders of this machine.
import {readdir} from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';

/** A path as it is meant: from the home folder where it begins with `~`, and from the current one otherwise. */
export const resolvePath = (text: string): string => path.resolve(text === '~' || text.startsWith('~/') ? os.homedir() + text.slice(1) : text);

/** The folders that a path could become, as they would be typed, each with a slash at its end. */
export async function completeFolder(text: string): Promise<string[]> {
	const slash = text.lastIndexOf('/') + 1;
	const [head, beginning] = [text.slice(0, slash), text.slice(slash)];
	try {
		const entries = await readdir(resolvePath(head === '' ? '.' : head), {withFileTypes: true});
		return entries
			.filter(entry => (entry.isDirectory() || entry.isSymbolicLink()) && entry.name.startsWith(beginning))
			// Hidden ones only for those who begin with a dot.
			.filter(({name}) => beginning.startsWith('.') || !name.startsWith('.'))
			.map(({name}) => `${head}${name}/`)
			.sort();
	} catch {
		return [];
	}
}

/** With what all texts begin. */
export function commonBeginning(texts: readonly string[]): string {
	const [first = '', ...others] = texts;
	let {length} = first;
	for (const other of others) {
		while (!other.startsWith(first.slice(0, length))) {
			length--;
		}
	}

	return first.slice(0, length);
}

// Completion of the folders of this machine.
import {readdir, stat} from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import {charactersOf} from './line-editor.js';

/** The text with the home folder in place of a `~` at its beginning, as a shell would have it. */
export const expandHome = (text: string): string => text === '~' || text.startsWith('~/') ? os.homedir() + text.slice(1) : text;

/** A path as it is meant: from the home folder where it begins with `~`, and from the current one otherwise. */
export const resolvePath = (text: string): string => path.resolve(expandHome(text));

/** The folders that a path could become, as they would be typed, each with a slash at its end. */
export async function completeFolder(text: string): Promise<string[]> {
	const slash = text.lastIndexOf('/') + 1;
	const [head, beginning] = [text.slice(0, slash), text.slice(slash)];
	try {
		const folder = resolvePath(head === '' ? '.' : head);
		const entries = await readdir(folder, {withFileTypes: true});
		// Hidden ones only for those who begin with a dot.
		const fitting = entries.filter(({name}) => name.startsWith(beginning) && (beginning.startsWith('.') || !name.startsWith('.')));
		const isFolder = await Promise.all(fitting.map(async entry => entry.isDirectory() || (entry.isSymbolicLink() && leadsToFolder(path.join(folder, entry.name)))));
		return fitting.filter((_, index) => isFolder[index]).map(({name}) => `${head}${name}/`).sort();
	} catch {
		return [];
	}
}

async function leadsToFolder(link: string): Promise<boolean> {
	try {
		const stats = await stat(link);
		return stats.isDirectory();
	} catch {
		return false;
	}
}

/** With what all texts begin, in whole characters. */
export function commonBeginning(texts: readonly string[]): string {
	const [first = [], ...others] = texts.map(text => charactersOf(text));
	const different = first.findIndex((character, index) => others.some(other => other[index] !== character));
	return (different === -1 ? first : first.slice(0, different)).join('');
}

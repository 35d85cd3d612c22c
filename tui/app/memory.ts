// What is remembered from one time to the next: the list that was shown, how each was sorted and filtered.
import {
	mkdir, readFile, rename, writeFile,
} from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import * as z from 'zod';
import {kinds, type Kind} from '../../dbus/paths.js';
import {printable} from '../output/printable.js';
import {columnsOf} from './columns.js';
import type {View} from './view.js';

/** The most characters of a filter that is worth it. */
const longest = 200;

const wishIn = (kind: Kind) => z.object({
	sort: z.object({column: z.int().min(0).max(columnsOf(kind).length - 1), descending: z.boolean()}),
	// One that makes no sense is none; all else is remembered.
	filter: z.string().max(longest).refine(text => printable(text) === text).catch(''),
});

const memory = z.object({
	tab: z.enum(kinds),
	lists: z.object({
		image: wishIn('image'), workspace: wishIn('workspace'), vm: wishIn('vm'), job: wishIn('job'),
	}),
});

export type Memory = z.infer<typeof memory>;

// https://specifications.freedesktop.org/basedir-spec/latest/
function fileOf(): string {
	const state = process.env['XDG_STATE_HOME'] ?? '';
	// One that is empty counts as unset.
	return path.join(state === '' ? path.join(os.homedir(), '.local/state') : state, 'nexus/tui.json');
}

/** Reads what was remembered; `undefined` when there is nothing, or it makes no sense. */
export async function recall(): Promise<Memory | undefined> {
	try {
		return memory.parse(JSON.parse(await readFile(fileOf(), 'utf8')));
	} catch {
		return undefined;
	}
}

/** Writes it down. Nobody is troubled when that fails. */
export async function remember(view: View): Promise<void> {
	try {
		const file = fileOf();
		const fresh = `${file}.${process.pid}`;
		await mkdir(path.dirname(file), {recursive: true, mode: 0o700});
		await writeFile(fresh, JSON.stringify(memoryOf(view)));
		await rename(fresh, file);
	} catch {
		// A home that cannot be written to is no reason not to look at disks.
	}
}

/** What of a view is remembered. */
export const memoryOf = ({tab, lists}: View): Memory => ({
	tab,
	lists: {
		image: wishOf(lists.image), workspace: wishOf(lists.workspace), vm: wishOf(lists.vm), job: wishOf(lists.job),
	},
});

const wishOf = ({wish: {sort, filter}}: View['lists'][Kind]) => ({sort, filter});

/** A view as it was remembered. */
export function withMemory(view: View, memory: Memory | undefined): View {
	if (!memory) {
		return view;
	}

	const lists = Object.fromEntries(kinds.map(kind => [kind, {...view.lists[kind], wish: memory.lists[kind]}])) as View['lists'];
	return {...view, tab: memory.tab, lists};
}

// Answers a shell that asks what could come next.
import {setTimeout} from 'node:timers/promises';
import type {NexusClient} from '../../dbus/client.js';
import type {Noun, RecordKind} from '../cli/command.js';
import {readBashLine} from './bash-line.js';
import {complete, type Bus, type Candidate} from './complete.js';
import {pathAnswer} from './scripts.js';

/** How long nexusd may take: longer than it needs to start, shorter than people wait. */
const patience = 2000;

/**
The candidates, a line each.

@param question `bash`, the line up to the cursor and COMP_WORDBREAKS; or another shell's name and the words after the
program's name, of which the last is the one at the cursor.
*/
export async function answer([shell, ...typed]: readonly string[], nouns: readonly Noun[], namesOf = namesFromDaemon): Promise<string> {
	const {words, kept} = shell === 'bash' ? readBashLine(typed[0] ?? '', typed[1] ?? '') : {words: ['', ...typed], kept: ''};
	const completion = await complete(words.slice(1), nouns, namesOf);
	if (completion === 'path') {
		return `${pathAnswer}\n`;
	}

	const lines = shell === 'bash' ? linesForBash(completion, words.at(-1)!, kept) : completion.map(({word, about}) => about ? `${word}\t${about}` : word);
	return lines.map(line => `${line}\n`).join('');
}

// Bash takes what it gets: it wants those that fit, without the part that readline keeps.
const linesForBash = (candidates: readonly Candidate[], current: string, kept: string): string[] =>
	candidates.filter(({word}) => word.startsWith(current)).map(({word}) => word.slice(kept.length));

// A daemon that cannot be reached, or takes too long, has no names.
async function namesFromDaemon(kind: RecordKind, bus: Bus): Promise<readonly string[]> {
	return Promise.race([
		askNames(kind, bus).catch(() => []),
		setTimeout(patience, []),
	]);
}

async function askNames(kind: RecordKind, bus: Bus): Promise<string[]> {
	// Loading the bus library takes longer than all the rest.
	const {connect} = await import('../../dbus/client.js');
	const client = await connect(bus);
	const rows = await lists[kind](client);
	// What a shell would have to quote is no name of Nexus's.
	return rows.map(({name}) => name).filter(name => /^[\w.-]+$/.test(name));
}

const lists: Readonly<Record<RecordKind, (client: NexusClient) => Promise<ReadonlyArray<{readonly name: string}>>>> = {
	image: async ({manager}) => manager.listImages(),
	workspace: async ({manager}) => manager.listWorkspaces(''),
	vm: async ({manager}) => manager.listVms(),
};

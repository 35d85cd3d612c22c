// Does again what the journal says was done after a checkpoint, and gathers what the pool may not have yet.
import {messageOf} from '../errors.js';
import type {Image, Workspace} from '../model.js';
import type {RecordDatabase} from './database.js';
import type {Commit, Frame, Step} from './journal-format.js';
import {copyOf} from './rows.js';
import type {InDoubt} from './state-store.js';

export type Replayed = {
	/** The number of the last commit that there was. */
	sequence: number;
	inDoubt: InDoubt;
	/** What is missing or could not be done, a sentence each. */
	mishaps: string[];
};

/**
Brings a database up to date.

@param from The number of the last commit in it.
@param known Numbers of commits that there were, by what else is known of them.
*/
export function replay(database: RecordDatabase, from: number, frames: readonly Frame[], known: readonly number[]): Replayed {
	const commits = frames
		.flatMap(({first, commits}) => commits.map((commit, index): [number, Commit] => [first + index, commit]))
		.sort(([one], [other]) => one - other);
	const settled = Math.max(0, ...frames.map(({checkpoint}) => checkpoint?.settled ?? 0));
	const missing: string[] = [];
	const failed: string[] = [];
	let sequence = from;
	const reach = (number: number): void => {
		if (number > sequence + 1) {
			missing.push(number === sequence + 2 ? String(sequence + 1) : `${sequence + 1} to ${number - 1}`);
		}

		sequence = Math.max(sequence, number);
	};

	database.transaction(() => {
		for (const [number, commit] of commits) {
			if (number <= sequence) {
				// The database has it.
				continue;
			}

			reach(number);
			for (const step of commit) {
				// After a gap some of it may contradict the rest: each counts for itself.
				try {
					apply(database, step);
				} catch (error) {
					failed.push(`${describe(step)} (${messageOf(error)})`);
				}
			}
		}
	});
	// A journal file begins where another one ended, and a checkpoint holds what the journal had.
	reach(Math.max(sequence, ...known) + 1);
	sequence--;

	return {
		sequence,
		inDoubt: gather(commits.filter(([number]) => number > settled)),
		mishaps: [
			...missing.length > 0 ? [`the journal has lost changes (${missing.join(', ')})`] : [],
			...failed.length > 0 ? [`changes in the journal contradict what is left and were not made: ${listOf(failed)}`] : [],
		],
	};
}

function apply(database: RecordDatabase, step: Step): void {
	if ('put' in step) {
		database.put(step.put, step.record);
	} else {
		database.remove(step.remove, step.record.id);
	}
}

function gather(commits: ReadonlyArray<[number, Commit]>): InDoubt {
	const put = new Set<string>();
	const removed = new Map<string, Image | Workspace>();
	for (const [, commit] of commits) {
		for (const step of commit) {
			const {id} = step.record;
			if ('put' in step && step.put !== 'vm') {
				put.add(id);
				removed.delete(id);
			} else if ('remove' in step && step.remove !== 'vm') {
				put.delete(id);
				removed.set(id, copyOf(step.remove, step.record));
			}
		}
	}

	return {put, removed};
}

const describe = (step: Step): string => 'put' in step ? `${step.put} "${step.record.name}"` : `the removal of ${step.remove} "${step.record.name}"`;

// Damage may concern thousands.
const listOf = (items: readonly string[]): string => items.length > 5 ? `${items.slice(0, 5).join(', ')} and ${items.length - 5} more` : items.join(', ');

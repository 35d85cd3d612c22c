// The load: lanes of work, shared out among clients, that go on side by side until they are told to pause or the daemon dies.
import {setTimeout} from 'node:timers/promises';
import {LostError, type Caller} from './caller.js';
import type {Lane} from './ledger.js';
import {nextOperation, type Operation, type Surroundings} from './operations.js';
import type {Random} from './random.js';

/** Beyond this something hangs. */
const patience = 60_000;

export class Load {
	readonly #lanes: readonly Lane[];
	readonly #callers: readonly Caller[];
	readonly #surroundings: Surroundings;
	/** How often each kind of operation was answered. */
	readonly #answered = new Map<string, number>();
	#isPausing = false;
	#count = 0;
	#onAnswer: (() => void) | undefined;

	constructor(lanes: readonly Lane[], callers: readonly Caller[], surroundings: Surroundings) {
		this.#lanes = lanes;
		this.#callers = callers;
		this.#surroundings = surroundings;
	}

	/** How much was answered, by words for people. */
	figures(): Record<string, number> {
		return Object.fromEntries([...this.#answered].sort(([one], [other]) => one.localeCompare(other)).map(([kind, count]) => [`answered: ${kind}`, count]));
	}

	/**
	Lets the lanes work until a moment comes and what they have in flight then has ended, well or not.

	@param lanes How many of the lanes work. With few of them, what one does syncs less of what another has done.
	@param moment Is told how to wait until so many operations have been answered.
	*/
	async run<T>({random, lanes: count}: {random: Random; lanes: number}, moment: (answers: (count: number) => Promise<void>) => Promise<T>): Promise<T> {
		this.#isPausing = false;
		this.#count = 0;
		const first = random.below(this.#lanes.length);
		const working = [...this.#lanes.slice(first), ...this.#lanes.slice(0, first)].slice(0, count);
		const lanes = Promise.all(working.map(async (lane, index) =>
			this.#work(lane, this.#callers[index % this.#callers.length]!, random.fork(lane.name))));
		const early = lanes.then(() => {
			throw new Error('nobody answers any more, and nobody was killed');
		});
		try {
			return await inTime(Promise.race([moment(async count => this.#answers(count)), early]), 'the load');
		} finally {
			this.#isPausing = true;
			early.catch(() => undefined);
			await inTime(lanes, 'the end of what is in flight');
		}
	}

	async #answers(count: number): Promise<void> {
		await new Promise<void>(resolve => {
			this.#onAnswer = () => {
				if (this.#count >= count) {
					resolve();
				}
			};

			this.#onAnswer?.();
		});
	}

	async #work(lane: Lane, caller: Caller, random: Random): Promise<void> {
		try {
			while (!this.#isPausing) {
				// eslint-disable-next-line no-await-in-loop
				await this.#do(lane, caller, nextOperation(lane, random, this.#surroundings));
			}
		} catch (error) {
			if (!(error instanceof LostError)) {
				throw error;
			}

			if (error.isUndone) {
				lane.settle(lane.world);
			}
		}
	}

	async #do(lane: Lane, caller: Caller, {what, run, outcome, refusal}: Operation): Promise<void> {
		lane.begin(what, outcome());
		const answer = await caller.answer(run(caller));
		const given = 'refusal' in answer ? answer.refusal : undefined;
		if (given !== refusal) {
			throw new Error(`${what}: ${refusal ?? 'success'} was due, and the answer was ${'refusal' in answer ? `${answer.refusal}: ${answer.text}` : 'success'}`);
		}

		lane.settle('refusal' in answer ? lane.world : outcome(answer.object));
		const kind = refusal ? 'refused' : what.replace(/ .*/, '');
		this.#answered.set(kind, (this.#answered.get(kind) ?? 0) + 1);
		this.#count++;
		this.#onAnswer?.();
	}
}

async function inTime<T>(work: Promise<T>, what: string): Promise<T> {
	const over = new AbortController();
	const late = setTimeout(patience, undefined, {signal: over.signal}).then(() => {
		throw new Error(`${what} has not come in ${patience / 1000} s`);
	});
	late.catch(() => undefined);
	try {
		return await Promise.race([work, late]);
	} finally {
		over.abort();
	}
}

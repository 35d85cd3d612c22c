// Who comes next. What somebody asks for waits in a line of their own, and the lines are served in turn: however much one
// asks for, another has to wait for one thing of theirs at a time.
import type {Release} from '../src/claims.js';

type Waiting = {places: number; answer: (release: Release | undefined) => void};

/** Of one who asks: what waits, and how many places are taken. */
type Line = {name: string; waiting: Waiting[]; taken: number};

export type TurnsOptions = {
	/** How many places each one has. */
	places: number;
	/** How much may wait in all lines together. */
	mostWaiting: number;
	/** Asked before each turn: while it is on nobody's turn comes. */
	pause?: {isOn: () => boolean; end: () => Promise<void>};
};

export class Turns {
	readonly #options: TurnsOptions;
	readonly #lines = new Map<string, Line>();
	/** The lines whose first finds the places that it needs, in the order in which they are served. */
	readonly #ready = new Set<Line>();
	#waiting = 0;
	#isResting = false;

	constructor(options: TurnsOptions) {
		this.#options = options;
	}

	/**
	Waits for one's turn, and then has places until what is returned is called.

	@param name Who asks.
	@param places How many places it takes, of those that each one has.
	@returns `undefined` when too much waits, and the most of it is theirs.
	*/
	async take(name: string, places: number): Promise<Release | undefined> {
		const line = this.#lines.get(name) ?? {name, waiting: [], taken: 0};
		this.#lines.set(name, line);
		return new Promise(resolve => {
			line.waiting.push({places, answer: resolve});
			this.#waiting++;
			this.#settle(line);
			if (this.#waiting > this.#options.mostWaiting) {
				this.#refuseLast();
			}

			this.#serve();
		});
	}

	#refuseLast(): void {
		let longest: Line | undefined;
		for (const line of this.#lines.values()) {
			if (line.waiting.length > (longest?.waiting.length ?? 0)) {
				longest = line;
			}
		}

		this.#waiting--;
		longest!.waiting.pop()!.answer(undefined);
		this.#settle(longest!);
	}

	/** Puts a line among those to be served, or takes it out, as is right after a change to it. */
	#settle(line: Line): void {
		const [first] = line.waiting;
		if (first && line.taken + first.places <= this.#options.places) {
			this.#ready.add(line);
			return;
		}

		this.#ready.delete(line);
		if (!first && line.taken === 0) {
			this.#lines.delete(line.name);
		}
	}

	// One in each turn of the event loop: what it does at once is done, and what has arrived meanwhile is in its line,
	// before the next is chosen.
	#serve(): void {
		const [line] = this.#ready;
		if (!line || this.#isResting) {
			return;
		}

		this.#isResting = true;
		const goOn = (): void => {
			this.#isResting = false;
			this.#serve();
		};

		const {pause} = this.#options;
		if (pause?.isOn()) {
			void pause.end().then(goOn);
			return;
		}

		setImmediate(goOn);
		this.#serveFirst(line);
	}

	#serveFirst(line: Line): void {
		const {places, answer} = line.waiting.shift()!;
		this.#waiting--;
		line.taken += places;
		// Its next comes after everybody else's.
		this.#ready.delete(line);
		this.#settle(line);
		answer(() => {
			line.taken -= places;
			this.#settle(line);
			this.#serve();
		});
	}
}

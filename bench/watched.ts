// `nexusctl tui` on a terminal, as somebody sees it who sits there: the frames that it draws, and when each was there.
import {Buffer} from 'node:buffer';
import {readFile} from 'node:fs/promises';
import {performance} from 'node:perf_hooks';
import process from 'node:process';
import {makeCleanup, type Cleanup} from '../test/support/cleanup.js';
import {temporaryFolder} from '../test/support/folder.js';
import {erasesAll, FrameReader} from './frames.js';
import type {Place} from './place.js';
import {startOnPty, type Pty} from './pty.js';

/** What a frame shows: what a pattern has matched, and the moment at which the whole frame was there. */
export type Seen = {match: RegExpExecArray; at: number};

/** Large enough for the detail beside a list with all its columns. */
export const size = {rows: 45, columns: 160};

/** How long anything may take before it counts as never. */
const patience = 30_000;

/** Milliseconds in the unit of the kernel's counters: a hundredth of a second wherever Node runs. */
const tick = 10;

type Watcher = {pattern: RegExp; see: (seen: Seen) => void};

export class WatchedScreen {
	/** Starts it at a place. It is ended at the end. */
	static async start({bus}: Place, cleanup: Cleanup): Promise<WatchedScreen> {
		const screen = new WatchedScreen();
		const home = await temporaryFolder(cleanup);
		screen.#pty = await startOnPty(cleanup, {
			command: [process.execPath, 'dist/nexusctl.js', 'tui'],
			env: {...bus.env, HOME: home},
			settings: ['rows', String(size.rows), 'columns', String(size.columns)],
			read(text) {
				screen.#read(text);
			},
		});
		return screen;
	}

	/** When each frame was there. */
	readonly frames: number[] = [];
	/** The bytes that it has written. */
	written = 0;
	/** How many frames have erased everything before they were drawn. */
	erasures = 0;
	readonly #reader = new FrameReader();
	readonly #watchers = new Set<Watcher>();
	#pty!: Pty;

	/** Sees every frame that draws the pattern, until it is told to stop. */
	watch(pattern: RegExp, see: (seen: Seen) => void): () => void {
		const watcher = {pattern, see};
		this.#watchers.add(watcher);
		return () => {
			this.#watchers.delete(watcher);
		};
	}

	/** Resolves with the next frame that draws the pattern. */
	async shows(pattern: RegExp): Promise<Seen> {
		return new Promise((resolve, reject) => {
			const stop = this.watch(pattern, seen => {
				clearTimeout(timeout);
				stop();
				resolve(seen);
			});
			const timeout = setTimeout(() => {
				stop();
				reject(new Error(`the screen has not shown ${String(pattern)} in ${patience} ms`));
			}, patience);
		});
	}

	/** When it was started. */
	get startedAt(): number {
		return this.#pty.startedAt;
	}

	/** Types a text as it is. */
	type(text: string): void {
		this.#pty.type(text);
	}

	/** Types a text and resolves with what it has led to, and the milliseconds until then. */
	async answers(text: string, pattern: RegExp): Promise<Seen & {took: number}> {
		const shown = this.shows(pattern);
		const start = performance.now();
		this.type(text);
		const seen = await shown;
		return {...seen, took: seen.at - start};
	}

	/** The processor time that it has used, in milliseconds. */
	async processorTime(): Promise<number> {
		const stat = await readFile(`/proc/${this.#pty.pid}/stat`, 'utf8');
		// Its name stands in parentheses and may hold some itself; behind it comes the third field (proc_pid_stat(5)).
		const [user, system] = stat.slice(stat.lastIndexOf(')') + 2).split(' ').slice(14 - 3).map(Number) as [number, number];
		return (user + system) * tick;
	}

	#read(text: string): void {
		const at = performance.now();
		this.written += Buffer.byteLength(text);
		for (const frame of this.#reader.read(text)) {
			this.frames.push(at);
			this.erasures += Number(erasesAll(frame));
			for (const {pattern, see} of this.#watchers) {
				const match = pattern.exec(frame);
				if (match) {
					see({match, at});
				}
			}
		}
	}
}

/** Does something with a screen that shows its first rows, and ends it afterwards. */
export async function withScreen<T>(place: Place, work: (screen: WatchedScreen, cleanup: Cleanup) => Promise<T>): Promise<T> {
	const {cleanup, run} = makeCleanup();
	try {
		const screen = await WatchedScreen.start(place, cleanup);
		await screen.shows(firstRows);
		return await work(screen, cleanup);
	} finally {
		await run();
	}
}

/** What the first frame with rows draws, where workspaces are recorded. */
export const firstRows = /> ws-0{5} /;

/** What is drawn when there are so many workspaces. */
export const workspacesAre = (count: number): RegExp => new RegExp(`Workspaces ${count.toLocaleString('en')}\\]`);

/** Milliseconds between 50 and 300, which are not the same from one time to the next, and are in each run. */
export const pauseOf = (time: number): number => 50 + (Math.abs(time) * 97 % 250);

// What Ink draws on: it gets whole frames, and writes to the terminal what is new in each, no more often than the eye needs.
//
// Ink's own incremental rendering writes relative to where it left the cursor. In version 6.8, the last for Node 20, it is off
// by a line in frames that leave the last row free, and in those that do not it clears the whole screen each time; a terminal
// that changes its size moves what it has drawn besides. Here each line is written to its place.
import {EventEmitter} from 'node:events';
import type {WriteStream} from 'node:tty';
import cliTruncate from 'cli-truncate';
import {smallest, type Size} from './layout.js';

/** A cell, from the top left one, which is 0, 0. */
export type Cell = {readonly x: number; readonly y: number};

export type CanvasOptions = {
	readonly size: Size;
	/** Writes to the terminal. */
	readonly write: (bytes: string) => void;
	/** Where the cursor is to be seen, if at all. */
	readonly cursor: () => Cell | undefined;
};

/** Milliseconds between two frames at the least. */
const pace = 33;

// https://gist.github.com/christianparpart/d8a62cc1ab659194337d73e399004036: a terminal shows all between the two at once.
const synchronized = {on: '\u001B[?2026h', off: '\u001B[?2026l'};
const cursorShown = '\u001B[?25h';
const cursorHidden = '\u001B[?25l';
const plain = '\u001B[0m';
const eraseLine = '\u001B[K';
const eraseAll = '\u001B[2J';
const goTo = ({x, y}: Cell): string => `\u001B[${y + 1};${x + 1}H`;

export class Canvas extends EventEmitter {
	columns: number;
	rows: number;
	readonly #write: CanvasOptions['write'];
	readonly #cursor: CanvasOptions['cursor'];
	#shown: readonly string[] | undefined;
	#shownCursor: Cell | undefined;
	#frame: string | undefined;
	#painted = 0;
	#isOpen = false;
	#waiting: NodeJS.Timeout | undefined;

	constructor({size, write, cursor}: CanvasOptions) {
		super();
		this.columns = size.columns;
		this.rows = size.rows;
		this.#write = write;
		this.#cursor = cursor;
	}

	/** For Ink, which wants a whole terminal and uses this much of it. It does not touch the cursor of what is none. */
	get asStdout(): WriteStream {
		return this as unknown as WriteStream;
	}

	/** Takes a frame, when it has been reset. */
	write(frame: string): boolean {
		if (this.#isOpen) {
			this.#frame = frame;
			this.#paintSoon();
		}

		return true;
	}

	/** All is to be drawn anew: the terminal was used by others, or has another size. */
	reset(size: Size): void {
		// A frame that waits is for another size.
		this.close();
		this.#isOpen = true;
		this.columns = size.columns;
		this.rows = size.rows;
		this.#shown = undefined;
	}

	/** Nothing is drawn any more, until it is reset: others use the terminal. */
	close(): void {
		this.#isOpen = false;
		clearTimeout(this.#waiting);
		this.#waiting = undefined;
		this.#frame = undefined;
	}

	#paintSoon(): void {
		const wait = this.#painted + pace - performance.now();
		if (wait <= 0) {
			this.#paint();
			return;
		}

		this.#waiting ??= setTimeout(() => {
			this.#waiting = undefined;
			this.#paint();
		}, wait);
	}

	#paint(): void {
		if (this.#frame === undefined) {
			return;
		}

		const whole = this.#frame.split('\n').slice(0, this.rows);
		// Frames are no narrower than the smallest one, and a terminal would go on in its next line.
		const lines = this.columns < smallest.columns ? whole.map(line => cliTruncate(line, this.columns)) : whole;
		const cursor = this.#cursor();
		const isInPlace = this.#shown !== undefined && this.#shownCursor?.x === cursor?.x && this.#shownCursor?.y === cursor?.y;
		const bytes = changes(this.#shown, lines) + (isInPlace ? '' : cursorMove(cursor));
		if (bytes !== '') {
			// To draw a line the cursor goes there; afterwards it goes to where somebody is typing.
			this.#write(synchronized.on + bytes + (cursor ? goTo(cursor) : '') + synchronized.off);
		}

		this.#shown = lines;
		this.#shownCursor = cursor;
		this.#painted = performance.now();
	}
}

/** What makes the one frame of the other; all of it where nothing is known to be shown. */
export function changes(shown: readonly string[] | undefined, lines: readonly string[]): string {
	// What was there is erased first: behind a line that is full the cursor stands on its last cell still.
	const changed = lines.map((line, y) => line === shown?.[y] ? '' : goTo({x: 0, y}) + eraseLine + line + plain);
	const gone = shown?.slice(lines.length).map((_, index) => goTo({x: 0, y: lines.length + index}) + eraseLine) ?? [];
	return (shown ? '' : eraseAll) + [...changed, ...gone].join('');
}

const cursorMove = (wanted: Cell | undefined): string => wanted ? goTo(wanted) + cursorShown : cursorHidden;

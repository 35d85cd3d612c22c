import stringWidth from 'string-width';
import type {Cell} from '../../../../tui/app/canvas.js';
import type {Size} from '../../../../tui/app/layout.js';

const pieces = /\u001B\[(?<parameters>[?\d;]*)(?<command>[A-Za-z])|(?<text>[^\u001B]+)/g; // eslint-disable-line no-control-regex
const segmenter = new Intl.Segmenter();

/**
As much of a terminal as is needed to see what was drawn on it.

Where terminals differ it does as xterm does, and as the VT100 did: after a character in the last column the cursor stays there, and
who erases the rest of the line then erases that character.
*/
export class Terminal {
	readonly #size: Size;
	#cells: string[][];
	#at: Cell = {x: 0, y: 0};
	#wraps = false;
	#isCursorShown = true;

	constructor(size: Size) {
		this.#size = size;
		this.#cells = Array.from({length: size.rows}, () => this.#blank());
	}

	/** What stands there, without the blanks at the ends of lines. */
	get lines(): string[] {
		return this.#cells.map(cells => cells.join('').trimEnd());
	}

	/** Where the cursor is to be seen, if at all. */
	get cursor(): Cell | undefined {
		return this.#isCursorShown ? this.#at : undefined;
	}

	write(bytes: string): void {
		for (const {groups} of bytes.matchAll(pieces)) {
			const {parameters, command, text} = groups as {parameters?: string; command?: string; text?: string};
			if (text === undefined) {
				this.#obey(command!, parameters!);
			} else {
				this.#print(text);
			}
		}
	}

	#obey(command: string, parameters: string): void {
		switch (command) {
			case 'H': {
				const [row, column] = parameters.split(';').map(Number) as [number, number];
				this.#at = {x: Math.min(column, this.#size.columns) - 1, y: Math.min(row, this.#size.rows) - 1};
				this.#wraps = false;
				break;
			}

			case 'K': {
				this.#cells[this.#at.y]!.fill(' ', this.#at.x);
				this.#wraps = false;
				break;
			}

			case 'J': {
				this.#cells = this.#cells.map(() => this.#blank());
				break;
			}

			case 'h':
			case 'l': {
				this.#isCursorShown = parameters === '?25' ? command === 'h' : this.#isCursorShown;
				break;
			}

			case 'm': {
				break;
			}

			default: {
				throw new Error(`nobody taught this terminal ${JSON.stringify(parameters + command)}`);
			}
		}
	}

	#print(text: string): void {
		for (const {segment} of segmenter.segment(text)) {
			const width = stringWidth(segment);
			if (width > 0) {
				this.#put(segment, width);
			}
		}
	}

	#put(character: string, width: number): void {
		const {columns, rows} = this.#size;
		if (this.#wraps || this.#at.x + width > columns) {
			const isLast = this.#at.y === rows - 1;
			this.#cells = isLast ? [...this.#cells.slice(1), this.#blank()] : this.#cells;
			this.#at = {x: 0, y: isLast ? rows - 1 : this.#at.y + 1};
		}

		const {x, y} = this.#at;
		this.#cells[y]!.splice(x, width, character, ...Array.from({length: width - 1}, () => ''));
		this.#wraps = x + width >= columns;
		this.#at = {x: Math.min(x + width, columns - 1), y};
	}

	#blank(): string[] {
		return Array.from({length: this.#size.columns}, () => ' ');
	}
}

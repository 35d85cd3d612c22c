// The screen as Ink draws it, on a terminal of any size that is none.
import {EventEmitter, once} from 'node:events';
import {stripVTControlCharacters} from 'node:util';
import type {ExecutionContext} from 'ava';
import {render} from 'ink';
import {Screen} from '../../../../tui/app/screen/screen.js';
import type {Session} from '../../../../tui/app/session.js';

/** As much of a terminal as Ink writes to. */
class Paper extends EventEmitter {
	readonly columns: number;
	readonly rows: number;
	frame = '';

	constructor({columns, rows}: {columns: number; rows: number}) {
		super();
		this.columns = columns;
		this.rows = rows;
	}

	write(frame: string): boolean {
		this.frame = frame;
		this.emit('frame');
		return true;
	}
}

/** As much of a keyboard as Ink listens to. */
export class Keyboard extends EventEmitter {
	isTTY = true;
	#typed: string | null = null; // eslint-disable-line @typescript-eslint/no-restricted-types

	type(text: string): void {
		this.#typed = text;
		this.emit('readable');
	}

	read() {
		const typed = this.#typed;
		this.#typed = null;
		return typed;
	}

	setEncoding() {} // eslint-disable-line @typescript-eslint/no-empty-function
	setRawMode() {} // eslint-disable-line @typescript-eslint/no-empty-function
	ref() {} // eslint-disable-line @typescript-eslint/no-empty-function
	unref() {} // eslint-disable-line @typescript-eslint/no-empty-function
}

export type Shown = {
	/** The lines of the last frame, without their looks. */
	readonly lines: () => string[];
	/** Resolves with them when they show what was done. */
	readonly after: (action: () => unknown) => Promise<string[]>;
	/** Types on the keyboard, and does so too. */
	readonly type: (text: string) => Promise<string[]>;
};

/** Draws a session, until its test is over. */
export function show(t: ExecutionContext, session: Session): Shown {
	const {paper, keyboard, unmount} = draw(session);
	t.teardown(unmount);
	const lines = (): string[] => linesOn(paper);
	const after = async (action: () => unknown): Promise<string[]> => {
		// A frame shows the session as it is when it is drawn.
		const drawn = once(paper, 'frame');
		action();
		await drawn;
		return lines();
	};

	return {
		lines,
		after,
		type: async text => after(() => {
			keyboard.type(text);
		}),
	};
}

/** The lines of one frame. */
export function frameOf(session: Session): string[] {
	const {paper, unmount} = draw(session);
	const lines = linesOn(paper);
	unmount();
	return lines;
}

const linesOn = ({frame}: Paper): string[] => stripVTControlCharacters(frame).split('\n');

function draw(session: Session): {paper: Paper; keyboard: Keyboard; unmount: () => void} {
	const paper = new Paper(session.view.size);
	const keyboard = new Keyboard();
	const {unmount} = render(<Screen session={session}/>, {
		stdout: paper as unknown as NodeJS.WriteStream,
		stdin: keyboard as unknown as NodeJS.ReadStream,
		debug: true,
		exitOnCtrlC: false,
		patchConsole: false,
	});
	return {paper, keyboard, unmount};
}

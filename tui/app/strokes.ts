// What somebody did at the keyboard or with the mouse, from what Ink makes of the terminal's bytes.
import type {Key} from 'ink';

export type Mouse = {
	readonly action: 'click' | 'wheel-up' | 'wheel-down';
	/** Cells from the top left one, which is 0, 0. */
	readonly x: number;
	readonly y: number;
};

export type Stroke =
	/** A key by its name: `a`, `up`, `ctrl-c`, `shift-tab`. */
	| {readonly kind: 'key'; readonly name: string}
	/** Text that was pasted. */
	| {readonly kind: 'paste'; readonly text: string}
	| {readonly kind: 'mouse'; readonly mouse: Mouse};

const names = {
	upArrow: 'up',
	downArrow: 'down',
	leftArrow: 'left',
	rightArrow: 'right',
	pageUp: 'pageup',
	pageDown: 'pagedown',
	home: 'home',
	end: 'end',
	return: 'enter',
	escape: 'escape',
	backspace: 'backspace',
	// Most terminals' backspace, which Ink does not tell from the other one.
	delete: 'backspace',
} as const satisfies Partial<Record<keyof Key, string>>;

const pasteBegins = '[200~';
const pasteEnds = '[201~';

/** Tells strokes from what `useInput` hands over. It remembers whether a paste has begun. */
export class StrokeReader {
	#pasted: string | undefined;

	/** What was done; nothing while a paste goes on. */
	read(input: string, key: Key): Stroke[] {
		if (input === pasteBegins) {
			this.#pasted = '';
			return [];
		}

		if (this.#pasted === undefined) {
			return strokesOf(input, key);
		}

		if (input === pasteEnds) {
			const text = this.#pasted;
			this.#pasted = undefined;
			return [{kind: 'paste', text}];
		}

		this.#pasted += key.return ? '\n' : (key.tab ? '\t' : input);
		return [];
	}
}

function strokesOf(input: string, key: Key): Stroke[] {
	const mouse = mouseOf(input);
	if (mouse) {
		return mouse === 'other' ? [] : [{kind: 'mouse', mouse}];
	}

	const named = Object.entries(names).find(([name]) => key[name as keyof typeof names]);
	if (named) {
		return [{kind: 'key', name: named[1]}];
	}

	if (key.tab) {
		return [{kind: 'key', name: key.shift ? 'shift-tab' : 'tab'}];
	}

	if (key.ctrl) {
		return [{kind: 'key', name: `ctrl-${input}`}];
	}

	// A sequence that Ink does not know is no key, and neither is one that it does and nobody here.
	if (input === '' || sequence.test(input)) {
		return [];
	}

	// Keys that were pressed in quick succession come together. Alt and a key is Esc and that key: terminals make no difference.
	return [...(key.meta ? [{kind: 'key' as const, name: 'escape'}] : []), ...Array.from(input, character => ({kind: 'key' as const, name: keyOfCharacter(character)}))];
}

// What follows Esc in one with parameters. What people type begins like that at times: `[a]`, `OpenBSD`.
const sequence = /^\[[0-?]+[ -/]*[@-~]$/;

const ofControls: Readonly<Record<string, string>> = {
	'\r': 'enter', '\n': 'enter', '\t': 'tab', '\u007F': 'backspace', '\b': 'backspace',
};

// Ctrl and a letter is the letter's place in the alphabet.
function keyOfCharacter(character: string): string {
	const code = character.codePointAt(0)!;
	return ofControls[character] ?? (code > 0 && code < 27 ? `ctrl-${String.fromCodePoint(code + 96)}` : character);
}

// https://invisible-island.net/xterm/ctlseqs/ctlseqs.html#h3-Extended-coordinates
function mouseOf(input: string): Mouse | 'other' | undefined {
	const match = /^\[<(\d+);(\d+);(\d+)([Mm])$/.exec(input);
	if (!match) {
		return undefined;
	}

	const [button, column, row] = match.slice(1, 4).map(Number) as [number, number, number];
	const action = match[4] === 'M' ? actions[button] : undefined;
	return action ? {action, x: column - 1, y: row - 1} : 'other';
}

const actions: Readonly<Record<number, Mouse['action']>> = {0: 'click', 64: 'wheel-up', 65: 'wheel-down'};

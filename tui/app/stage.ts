// The terminal while the screen has it: its alternate buffer, the mouse, and pastes that are told from typing. Whatever way
// leads out, it is given back as it was.
import {Buffer} from 'node:buffer';
import {writeSync} from 'node:fs';
import process from 'node:process';

// https://invisible-island.net/xterm/ctlseqs/ctlseqs.html
const alternate = {on: '\u001B[?1049h\u001B[?25l', off: '\u001B[?1049l'};
const mouse = {on: '\u001B[?1000h\u001B[?1006h', off: '\u001B[?1006l\u001B[?1000l'};
const paste = {on: '\u001B[?2004h', off: '\u001B[?2004l'};
const plainCursor = '\u001B[0m\u001B[?25h';

export class Stage {
	#isOn = false;
	readonly #isPlain: boolean;

	/**
	@param isPlain What is shown stays among what was shown before, as screen readers want it.
	*/
	constructor(isPlain: boolean) {
		this.#isPlain = isPlain;
		process.on('exit', () => {
			this.leave();
		});
	}

	/** Takes the terminal. */
	enter(): void {
		if (!this.#isOn) {
			this.#isOn = true;
			this.#write(this.#isPlain ? paste.on : alternate.on + mouse.on + paste.on);
		}
	}

	/** Gives it back. */
	leave(): void {
		if (this.#isOn) {
			this.#isOn = false;
			this.#write(this.#isPlain ? paste.off + plainCursor : paste.off + mouse.off + plainCursor + alternate.off);
			if (process.stdin.isTTY && process.stdin.isRaw) {
				process.stdin.setRawMode(false);
			}
		}
	}

	/** Puts text into the clipboard, where the terminal allows it. */
	copy(text: string): void {
		this.#write(`\u001B]52;c;${Buffer.from(text).toString('base64')}\u0007`);
	}

	// At once: on the way out nothing is written later.
	#write(text: string): void {
		try {
			writeSync(process.stdout.fd, text);
		} catch {
			// The terminal is gone, and there is nothing to give back; or it is slow, which is no reason to fail.
		}
	}
}

// A line as bash hands it to a completion: raw, with its quotes. Bash has words of its own, but those are split where
// readline splits, at `=` and `:` too.

export type BashLine = {
	/** The words, quotes removed; the last one, "" maybe, is the one at the cursor. */
	readonly words: readonly string[];
	/** The part of the last word that readline keeps: it replaces only what follows. */
	readonly kept: string;
};

/**
Reads a line.

@param line What is typed up to the cursor.
@param breaks The characters at which readline begins a new word, bash's COMP_WORDBREAKS.
*/
export function readBashLine(line: string, breaks: string): BashLine {
	const words: string[] = [];
	let word: string | undefined;
	let kept = '';
	const add = (text: string): void => {
		word = (word ?? '') + text;
	};

	for (const {text, quoted, opens} of pieces(line)) {
		if (!quoted && /\s/.test(text)) {
			words.push(...(word === undefined ? [] : [word]));
			word = undefined;
			kept = '';
			continue;
		}

		add(text);
		// Readline begins anew after an opening quote too.
		kept = opens || (!quoted && breaks.includes(text)) ? word! : kept;
	}

	return {words: [...words, word ?? ''], kept};
}

/** A character, or the place of a quote that opens or closes: those have no text. */
type Piece = {readonly text: string; readonly quoted: boolean; readonly opens: boolean};

function * pieces(line: string): Generator<Piece> {
	let quote = '';
	let escaped = false;
	for (const character of line) {
		if (escaped) {
			// Within double quotes a backslash stays before what it need not protect.
			yield {text: quote === '"' && !'$`"\\'.includes(character) ? `\\${character}` : character, quoted: true, opens: false};
			escaped = false;
		} else if (character === '\\' && quote !== '\'') {
			escaped = true;
		} else if (character === quote) {
			quote = '';
			yield {text: '', quoted: true, opens: false};
		} else if (quote === '' && (character === '"' || character === '\'')) {
			quote = character;
			yield {text: '', quoted: true, opens: true};
		} else {
			yield {text: character, quoted: quote !== '', opens: false};
		}
	}
}

// Lines as Ink takes them apart into cells. It does so with every line of every frame, though hardly any is another one than in
// the frame before: that was half of the time of a frame. The build puts this in the place of the package in Ink's `output.js`.
import {
	ansiCodesToString, diffAnsiCodes, reduceAnsiCodesIncremental, tokenize as tokensOf, type AnsiCode, type StyledChar,
} from '@alcalzone/ansi-tokenize';

/** Lines that are remembered: those of some large screens. */
const most = 2000;

const known = new Map<string, StyledChar[]>();

/** A line: it is taken apart when its cells are asked for. */
export const tokenize = (line: string): string => line;

/** The cells of a line. Those that look alike share their styles. */
export function styledCharsFromTokens(line: string): StyledChar[] {
	let cells = known.get(line);
	if (!cells) {
		cells = cellsOf(line);
		if (known.size >= most) {
			known.clear();
		}

		known.set(line, cells);
	}

	return cells;
}

function cellsOf(line: string): StyledChar[] {
	const cells: StyledChar[] = [];
	let styles: AnsiCode[] = [];
	for (const token of tokensOf(line)) {
		if (token.type === 'ansi') {
			styles = reduceAnsiCodesIncremental(styles, [token]);
		} else if (token.type === 'char') {
			cells.push({...token, styles});
		}
	}

	return cells;
}

/** The text that shows cells. */
export function styledCharsToString(cells: readonly StyledChar[]): string {
	let text = '';
	let styles: AnsiCode[] = [];
	for (const cell of cells) {
		if (cell.styles !== styles && (cell.styles.length > 0 || styles.length > 0)) {
			text += ansiCodesToString(diffAnsiCodes(styles, cell.styles));
		}

		styles = cell.styles;
		text += cell.value;
	}

	return text + ansiCodesToString(diffAnsiCodes(styles, []));
}

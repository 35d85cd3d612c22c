// A picture of a terminal: its window with all that it shows, as an SVG that needs no font of its own.
import {readCells, type Cell, type Style} from './ansi.js';
import {drawingOf} from './box-drawing.js';
import {Areas, cell as size} from './grid.js';
import {
	background, buttons, foreground, frame, mix, paint, titleBar, titleText,
} from './palette.js';

export type Picture = {
	columns: number;
	rows: number;
	/** What stands in the title bar. */
	title: string;
};

/** Draws a screen, as `tmux capture-pane -p -e` writes it down. */
export function ansiToSvg(screen: string, {columns, rows, title}: Picture): string {
	const cells = readCells(screen).filter(({x, y, width}) => x + width <= columns && y < rows).map(cell => ({...cell, look: lookOf(cell.style)}));
	const width = (columns * size.width) + (2 * margin);
	const height = bar + (rows * size.height) + (2 * margin);
	return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="${fonts}" font-size="15" role="img">
${windowLines(width, height, title).join('\n')}
<g transform="translate(${margin} ${bar + margin})" fill="${foreground}" xml:space="preserve">
${[...backgroundLines(cells), ...drawnLines(cells), ...runsOf(cells).map(run => textLine(run))].join('\n')}
</g>
</svg>
`;
}

const margin = 14;
const bar = 34;
const fonts = 'ui-monospace, SFMono-Regular, Menlo, Consolas, \'DejaVu Sans Mono\', \'Liberation Mono\', monospace';

const windowLines = (width: number, height: number, title: string): string[] => [
	`<title>${xml(title)}</title>`,
	`<rect x=".5" y=".5" width="${width - 1}" height="${height - 1}" rx="9.5" fill="${background}"/>`,
	`<path fill="${titleBar}" d="M.5 ${bar}V10a9.5 9.5 0 0 1 9.5-9.5h${width - 20}a9.5 9.5 0 0 1 9.5 9.5v${bar - 10}z"/>`,
	`<rect x=".5" y=".5" width="${width - 1}" height="${height - 1}" rx="9.5" fill="none" stroke="${frame}"/>`,
	...buttons.map((colour, index) => `<circle cx="${20 + (20 * index)}" cy="${bar / 2}" r="6" fill="${colour}"/>`),
	`<text x="${width / 2}" y="${(bar / 2) + 5}" text-anchor="middle" font-size="14" fill="${titleText}">${xml(title)}</text>`,
];

// A style in the colours of the picture; no background is that of the window.
type Look = {
	colour: string;
	background: string | undefined;
	bold: boolean;
	italic: boolean;
	underline: boolean;
	struck: boolean;
	hidden: boolean;
};

type LookingCell = Cell & {look: Look};

function lookOf(style: Style): Look {
	const behind = style.background === undefined ? undefined : paint(style.background);
	const bright = style.foreground === undefined ? foreground : paint(style.foreground);
	const colour = style.dim ? mix(bright, behind ?? background, 0.6) : bright;
	const {bold, italic, underline, struck, hidden} = style;
	return {
		...(style.inverse ? {colour: behind ?? background, background: colour} : {colour, background: behind}),
		bold, italic, underline, struck, hidden,
	};
}

function backgroundLines(cells: LookingCell[]): string[] {
	const areas = new Areas();
	for (const {look, x, y, width} of cells) {
		if (look.background !== undefined) {
			areas.add(look.background, [x * size.width, y * size.height, width * size.width, size.height]);
		}
	}

	// Neighbours must not let through what is behind them, however the picture is scaled.
	const paths = areas.paths();
	return paths.length > 0 ? ['<g shape-rendering="crispEdges">', ...paths, '</g>'] : [];
}

// All that is not written: lines and blocks, and the lines under and through text.
function drawnLines(cells: LookingCell[]): string[] {
	const areas = new Areas();
	const curves = new Map<string, string>();
	for (const {text, look, x: column, y: row, width} of cells.filter(({look}) => !look.hidden)) {
		const [left, top] = [column * size.width, row * size.height];
		const drawing = drawingOf(text);
		for (const [x, y, width, height] of drawing?.rectangles ?? []) {
			areas.add(mix(look.colour, look.background ?? background, drawing!.share), [left + x, top + y, width, height]);
		}

		if (drawing?.curve) {
			const {from: [x, y], data} = drawing.curve;
			curves.set(look.colour, `${curves.get(look.colour) ?? ''}M${left + x} ${top + y}${data}`);
		}

		for (const y of [...(look.underline ? [16] : []), ...(look.struck ? [9] : [])]) {
			areas.add(look.colour, [left, top + y, width * size.width, 1]);
		}
	}

	return [...areas.paths(), ...[...curves].map(([colour, data]) => `<path fill="none" stroke="${colour}" d="${data}"/>`)];
}

// Text that is written at once. Letters go together, with a space between words. Wide characters do too, but without
// letters: they come from another font. So may each symbol.
type Kind = 'letters' | 'wide' | 'symbol';

// How many cells may be between two that go together.
const joinable: Readonly<Record<Kind, number>> = {letters: 1, wide: 0, symbol: -1};

type Run = {kind: Kind; text: string; look: Look; x: number; y: number; width: number};

function runsOf(cells: LookingCell[]): Run[] {
	const runs: Run[] = [];
	for (const {text, look, x, y, width} of cells) {
		if (look.hidden || text.trim() === '' || drawingOf(text)) {
			continue;
		}

		const kind = width === 2 ? 'wide' : (/^[!-\u052F\u2010-\u205E]$/.test(text) ? 'letters' : 'symbol');
		const run = runs.at(-1);
		const gap = run ? x - run.x - run.width : 0;
		if (run?.kind === kind && run.y === y && gap <= joinable[kind] && isAlike(run.look, look)) {
			run.text += ' '.repeat(gap) + text;
			run.width += gap + width;
		} else {
			runs.push({
				kind, text, look, x, y, width,
			});
		}
	}

	return runs;
}

const isAlike = (a: Look, b: Look): boolean => a.colour === b.colour && a.bold === b.bold && a.italic === b.italic;

function textLine({kind, text, look, x, y, width}: Run): string {
	const attributes = [
		`x="${x * size.width}" y="${(y * size.height) + 14}"`,
		...(width > 1 || kind === 'symbol' ? [`textLength="${width * size.width}"`] : []),
		...(kind === 'letters' ? [] : ['lengthAdjust="spacingAndGlyphs"']),
		...(look.colour === foreground ? [] : [`fill="${look.colour}"`]),
		...(look.bold ? ['font-weight="bold"'] : []),
		...(look.italic ? ['font-style="italic"'] : []),
	];
	return `<text ${attributes.join(' ')}>${xml(text)}</text>`;
}

// There are characters that XML cannot hold.
const xml = (text: string): string =>
	text.replaceAll(/[\p{Cc}\p{Cs}\uFFFE\uFFFF]/gu, '').replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

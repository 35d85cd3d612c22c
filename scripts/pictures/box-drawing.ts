// Lines and blocks, which are drawn and not written: whatever the font, they join. All of it is rectangles that end on
// whole numbers, but for round corners.
import {cell, type Rectangle} from './grid.js';

/** What a character looks like in a cell at 0, 0; `undefined` for one that is to be written. */
export type Drawing = {
	rectangles: Rectangle[];
	/** How much of the colour they have. */
	share: number;
	/** A line, as the data of a path that begins at a point of the cell. */
	curve: {from: readonly [x: number, y: number]; data: string} | undefined;
};

/** How to draw a character. */
export function drawingOf(character: string): Drawing | undefined {
	return drawings.get(character);
}

type Arm = 'L' | 'R' | 'U' | 'D';

// The same shapes in each weight: to which sides of the cell they reach.
const shapes = ['LR', 'UD', 'RD', 'LD', 'UR', 'UL', 'URD', 'ULD', 'LRD', 'LRU', 'LRUD', 'L', 'R', 'U', 'D'].map(arms => new Set([...arms] as Arm[]));
const light = '─│┌┐└┘├┤┬┴┼╴╶╵╷';
const heavy = '━┃┏┓┗┛┣┫┳┻╋╸╺╹╻';
const double = '═║╔╗╚╝╠╣╦╩╬';

// In the middle of a cell there is a pixel for a line.
const middle = {x: (cell.width - 1) / 2, y: (cell.height - 1) / 2};

const round = new Map([
	['╭', {from: [middle.x + 0.5, cell.height], data: 'v-5a4.5 4.5 0 0 1 4.5-4.5'}],
	['╮', {from: [0, middle.y + 0.5], data: 'a4.5 4.5 0 0 1 4.5 4.5v5'}],
	['╯', {from: [middle.x + 0.5, 0], data: 'v5a4.5 4.5 0 0 1-4.5 4.5'}],
	['╰', {from: [middle.x + 0.5, 0], data: 'v5a4.5 4.5 0 0 0 4.5 4.5'}],
] as const);

// A line that is wider by so much on both sides.
function lines(arms: ReadonlySet<Arm>, wider: number): Rectangle[] {
	const thickness = 1 + (2 * wider);
	const [x, y] = [middle.x - wider, middle.y - wider];
	const rectangles: Record<Arm, Rectangle> = {
		L: [0, y, x + thickness, thickness],
		R: [x, y, cell.width - x, thickness],
		U: [x, 0, thickness, y + thickness],
		D: [x, y, thickness, cell.height - y],
	};
	return [...arms].map(arm => rectangles[arm]);
}

// Two lines with a pixel between them. Each ends where it meets the nearer of the two that cross it, if these go on to its
// side, and at the farther one if not.
function doubleLines(arms: ReadonlySet<Arm>): Rectangle[] {
	const end = (near: Arm, far: Arm): number => (arms.has(near) ? 1 : (arms.has(far) ? -1 : 0));
	const pairs: Record<Arm, Rectangle[]> = {
		L: ([[-1, 'U', 'D'], [1, 'D', 'U']] as const).map(([side, near, far]) => [0, middle.y + side, middle.x + 1 - end(near, far), 1]),
		R: ([[-1, 'U', 'D'], [1, 'D', 'U']] as const).map(([side, near, far]) => [middle.x + end(near, far), middle.y + side, middle.x + 1 - end(near, far), 1]),
		U: ([[-1, 'L', 'R'], [1, 'R', 'L']] as const).map(([side, near, far]) => [middle.x + side, 0, 1, middle.y + 1 - end(near, far)]),
		D: ([[-1, 'L', 'R'], [1, 'R', 'L']] as const).map(([side, near, far]) => [middle.x + side, middle.y + end(near, far), 1, middle.y + 1 - end(near, far)]),
	};
	return [...arms].flatMap(arm => pairs[arm]);
}

// From here to there, in eighths of the cell.
type Block = [left: number, top: number, right: number, bottom: number];

const blocks: Array<[character: string, ...blocks: Block[]]> = [
	['▀', [0, 0, 8, 4]],
	...[...'▁▂▃▄▅▆▇█'].map((character, index): [string, Block] => [character, [0, 7 - index, 8, 8]]),
	...[...'▏▎▍▌▋▊▉'].map((character, index): [string, Block] => [character, [0, 0, index + 1, 8]]),
	['▐', [4, 0, 8, 8]],
	['▔', [0, 0, 8, 1]],
	['▕', [7, 0, 8, 8]],
	['▖', [0, 4, 4, 8]],
	['▗', [4, 4, 8, 8]],
	['▘', [0, 0, 4, 4]],
	['▙', [0, 0, 4, 8], [4, 4, 8, 8]],
	['▚', [0, 0, 4, 4], [4, 4, 8, 8]],
	['▛', [0, 0, 8, 4], [0, 4, 4, 8]],
	['▜', [0, 0, 8, 4], [4, 4, 8, 8]],
	['▝', [4, 0, 8, 4]],
	['▞', [4, 0, 8, 4], [0, 4, 4, 8]],
	['▟', [4, 0, 8, 4], [0, 4, 8, 8]],
];

function blockRectangle(block: Block): Rectangle {
	const [left, top, right, bottom] = block.map((eighths, index) => Math.round(eighths / 8 * (index % 2 === 0 ? cell.width : cell.height))) as Block;
	return [left, top, right - left, bottom - top];
}

const drawn = (rectangles: Rectangle[], share = 1): Drawing => ({rectangles, share, curve: undefined});

const drawings = new Map<string, Drawing>([
	...[...light].map((character, index): [string, Drawing] => [character, drawn(lines(shapes[index]!, 0))]),
	...[...heavy].map((character, index): [string, Drawing] => [character, drawn(lines(shapes[index]!, 1))]),
	...[...double].map((character, index): [string, Drawing] => [character, drawn(doubleLines(shapes[index]!))]),
	...[...round].map(([character, curve]): [string, Drawing] => [character, {rectangles: [], share: 1, curve}]),
	...blocks.map(([character, ...blocks]): [string, Drawing] => [character, drawn(blocks.map(block => blockRectangle(block)))]),
	...[...'░▒▓'].map((character, index): [string, Drawing] => [character, drawn([[0, 0, cell.width, cell.height]], (index + 1) / 4)]),
]);

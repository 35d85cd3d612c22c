// Colours as terminals number them, and as they look in the pictures.

/** The number of a colour among 256, or the colour itself as `#rrggbb`. */
export type Colour = number | string;

export const foreground = '#e6edf3';
export const background = '#0d1117';
export const frame = '#30363d';
export const titleBar = '#161b22';
export const titleText = '#8b949e';
export const buttons = ['#ff5f57', '#febc2e', '#28c840'];

// Black to white, then their bright kin.
const basic = [
	...'#21262d #ff7b72 #3fb950 #d29922 #58a6ff #bc8cff #39c5cf #b1bac4'.split(' '),
	...'#8b949e #ffa198 #56d364 #e3b341 #79c0ff #d2a8ff #56d4dd #ffffff'.split(' '),
];

/** How a colour looks. */
export function paint(colour: Colour): string {
	if (typeof colour === 'string') {
		return colour;
	}

	return basic[colour] ?? (colour < 232 ? cube(colour - 16) : hex([1, 1, 1].map(() => 8 + (10 * (colour - 232)))));
}

/** A colour between two others, by the share of the first. */
export function mix(first: string, second: string, share: number): string {
	const [a, b] = [first, second].map(colour => [1, 3, 5].map(at => Number.parseInt(colour.slice(at, at + 2), 16))) as [number[], number[]];
	return hex(a.map((part, index) => Math.round((part * share) + (b[index]! * (1 - share)))));
}

/** A colour of parts from 0 to 255. */
export const hex = (parts: number[]): string => `#${parts.map(part => part.toString(16).padStart(2, '0')).join('')}`;

// Six steps each of red, green and blue.
const cube = (index: number): string => hex([36, 6, 1].map(unit => [0, 95, 135, 175, 215, 255][Math.floor(index / unit) % 6]!));

// The cells of a picture, and the rectangles that fill them.

/** How large a cell is. Both are odd, so that a line of one pixel has a middle to be in. */
export const cell = {width: 9, height: 19};

export type Rectangle = readonly [x: number, y: number, width: number, height: number];

/** Areas by colour. */
export class Areas {
	readonly #byColour = new Map<string, Rectangle[]>();

	add(colour: string, [x, y, width, height]: Rectangle): void {
		const rectangles = this.#byColour.get(colour) ?? [];
		this.#byColour.set(colour, rectangles);
		rectangles.push([x, y, width, height]);
	}

	/** A path for each colour. */
	paths(): string[] {
		return [...this.#byColour].map(([colour, rectangles]) =>
			`<path fill="${colour}" d="${join(rectangles).map(([x, y, width, height]) => `M${x} ${y}h${width}v${height}h-${width}z`).join('')}"/>`);
	}
}

/** The same areas by fewer rectangles: those that touch and are equally high become one, then those that are equally wide. */
const join = (rectangles: Rectangle[]): Rectangle[] => turn(joinRows(turn(joinRows(rectangles))));

function joinRows(rectangles: Rectangle[]): Rectangle[] {
	const rows = new Map<string, Rectangle[]>();
	for (const [x, y, width, height] of [...rectangles].sort(([a], [b]) => a - b)) {
		const key = `${y} ${height}`;
		const row = rows.get(key) ?? [];
		rows.set(key, row);
		const last = row.at(-1);
		if (last && x <= last[0] + last[2]) {
			row[row.length - 1] = [last[0], y, Math.max(last[2], x + width - last[0]), height];
		} else {
			row.push([x, y, width, height]);
		}
	}

	return [...rows.values()].flat();
}

const turn = (rectangles: Rectangle[]): Rectangle[] => rectangles.map(([x, y, width, height]) => [y, x, height, width]);

// One thing in full: a label and a value a line.
import {printable} from './printable.js';
import type {Terminal} from './terminal.js';

/** A label with its value; several values go below each other, `undefined` leaves the line out. */
export type Detail = readonly [label: string, value: string | readonly string[] | undefined];

/** The lines, aligned. */
export function details(lines: readonly Detail[], {style}: Terminal): string {
	const shown = lines.filter(([, value]) => value !== undefined);
	const width = Math.max(...shown.map(([label]) => label.length)) + 1;
	return shown.flatMap(([label, value]) => [value!].flat().map((text, index) => {
		const head = (index === 0 ? `${label}:` : '').padEnd(width);
		return `${style.bold(head)}  ${printable(text)}`;
	})).join('\n');
}

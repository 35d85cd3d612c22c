// Keeps what a terminal shows as a picture.
import {writeFile} from 'node:fs/promises';
import type {Terminal} from '../../test/support/terminal.js';
import {ansiToSvg} from './ansi-to-svg.js';

export async function writePicture(terminal: Terminal, file: string, title: string): Promise<void> {
	const {columns, rows} = await terminal.state();
	await writeFile(file, ansiToSvg(await terminal.styled(), {columns, rows, title}));
}

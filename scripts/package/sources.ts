// Where the sources are, and writing what is made from them.
import {mkdir, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {fileURLToPath} from 'node:url';

/** The path of something in this clone. */
export const at = (name: string): string => fileURLToPath(new URL(`../../${name}`, import.meta.url));

/** Writes a file and the folders that it needs. */
export async function write(file: string, content: string | Uint8Array, mode = 0o644): Promise<void> {
	await mkdir(path.dirname(file), {recursive: true});
	await writeFile(file, content, {mode});
}

// What goes on, on a terminal: one line that is written over.
import process from 'node:process';

const clearLine = '\r\u001B[K';

/** Shows what goes on; with nothing, clears the line. */
export function showProgress(text = ''): void {
	if (process.stderr.isTTY) {
		process.stderr.write(`${clearLine}${text}`);
	}
}

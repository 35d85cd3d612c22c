// Where somebody is typing: input methods and screen readers follow the terminal's cursor.
import type {Cell} from './canvas.js';
import {dialogChrome, dialogLines, windowOf} from './dialog-lines.js';
import type {Session} from './session.js';

/** The cell at which the next character appears, if anybody is typing. */
export function typingAt({view: {dialog, filter}, layout}: Session): Cell | undefined {
	if (filter && !dialog) {
		return {x: 2 + windowOf(filter, layout.columns - 4).cursor, y: layout.rows - 1};
	}

	if (!dialog || !layout.dialog) {
		return undefined;
	}

	const lines = dialogLines(dialog, layout.columns - dialogChrome.columns);
	const y = lines.findIndex(({cursor}) => cursor !== undefined);
	return y === -1 ? undefined : {x: lines[y]!.cursor! + (dialogChrome.columns / 2), y: layout.dialog.top + 1 + y};
}

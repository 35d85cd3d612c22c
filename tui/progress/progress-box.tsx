import {Box, Text} from 'ink';
import {printable} from '../output/printable.js';
import {barText, type PacedState} from './texts.js';

type Properties = PacedState & {
	readonly title: string;
	/** Columns that it has, 20 at least. */
	readonly width: number;
};

/**
A title, a bar with its figures, and what is being done: three lines.

The bar is text: that of `@inkjs/ui` learns its width by drawing itself twice, and there may be many in a list.
*/
export function ProgressBox({title, width, ...state}: Properties) {
	return (
		<Box flexDirection='column' width={width}>
			<Text bold wrap='truncate-middle'>{title}</Text>
			<Text>{barText(state, width)}</Text>
			<Text dimColor wrap='truncate-end'>{printable(state.message) || ' '}</Text>
		</Box>
	);
}

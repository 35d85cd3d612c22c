import {ProgressBar} from '@inkjs/ui';
import {Box, Text} from 'ink';
import type {JobState} from '../jobs/follow.js';
import {printable} from '../output/printable.js';

/** A title, a bar with its percentage, and what is being done. */
export function ProgressBox({title, progress, message}: {readonly title: string} & JobState) {
	const percent = Math.floor(Math.min(1, Math.max(0, progress)) * 100);
	return (
		<Box flexDirection='column'>
			<Text bold wrap='truncate-middle'>{title}</Text>
			<Box gap={1}>
				<Box width={40}>
					<ProgressBar value={percent}/>
				</Box>
				<Text>{`${percent}%`.padStart(4)}</Text>
			</Box>
			<Text dimColor wrap='truncate-end'>{printable(message) || ' '}</Text>
		</Box>
	);
}

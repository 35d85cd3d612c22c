import {Text} from 'ink';
import {dialogChrome, dialogLines} from '../dialog-lines.js';
import type {Area} from '../layout.js';
import type {Dialog as DialogState} from '../view.js';
import {alarm} from './colours.js';
import {Frame} from './frame.js';

/** What is asked or shown. */
export function Dialog({dialog, area}: {readonly dialog: DialogState; readonly area: Area}) {
	const lines = dialogLines(dialog, area.width - dialogChrome.columns);
	const top = dialog.kind === 'pages' ? dialog.top : 0;
	const title = dialog.kind === 'prompt' ? 'Command' : dialog.title;
	return (
		<Frame isActive area={area} title={title}>
			{lines.slice(top, top + area.height - dialogChrome.lines).map(({text, look}, index) => (
				// A line is what stands there, so its place is its key.
				<Text key={index} dimColor={look === 'dim'} {...(look === 'error' && {color: alarm})} wrap='truncate'>{text || ' '}</Text>
			))}
		</Frame>
	);
}

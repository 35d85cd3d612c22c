import {Text} from 'ink';
import {paneChrome, type Area} from '../layout.js';
import type {Session} from '../session.js';
import {isShown} from '../state-words.js';
import {Frame} from './frame.js';
import {JobProgress} from './job-progress.js';

/** All about what is selected. */
export function Detail({session, area}: {readonly session: Session; readonly area: Area}) {
	const {selected, view: {focus, dialog, detailTop}, detail, detailHeight: height, progressing} = session;
	const more = detail.length > height ? ` · ${detailTop + 1}-${Math.min(detail.length, detailTop + height)} of ${detail.length}` : '';
	const isActive = focus === 'detail' && !dialog;
	if (!selected || !isShown(session.watcher)) {
		return <Frame area={area} title='Detail' isActive={isActive}><Text> </Text></Frame>;
	}

	return (
		<Frame area={area} title={`${selected.name}${more}`} isActive={isActive}>
			{progressing && <JobProgress session={session} job={progressing} width={area.width - paneChrome}/>}
			{detail.slice(detailTop, detailTop + height).map(({text, look, label = 0}, index) => (
				// A line is what stands there, so its place is its key.
				<Text key={index} bold={look === 'heading'} wrap='truncate'>
					{label > 0 && <Text dimColor>{text.slice(0, label)}</Text>}{text.slice(label) || ' '}
				</Text>
			))}
		</Frame>
	);
}

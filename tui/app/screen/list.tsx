import {Text} from 'ink';
import {memo} from 'react';
import {titles, type Row} from '../columns.js';
import {indexOf} from '../cursor.js';
import {listRows, paneChrome, type Area} from '../layout.js';
import type {Session} from '../session.js';
import {isShown, stateWords} from '../state-words.js';
import {rowLine, sizedColumns, titleLine} from '../table.js';
import {wrapWords} from '../text.js';
import {alarm} from './colours.js';
import {Frame} from './frame.js';

/** The rows in sight, and no others. */
export function List({session, area}: {readonly session: Session; readonly area: Area}) {
	const {view: {tab, focus, dialog, exact, filter}, list: {cursor, marked, wish}, layout, surroundings, watcher} = session;
	const {rows, total} = session.rows();
	const title = [
		titles[tab],
		...(wish.filter === '' ? [] : [`${rows.length.toLocaleString('en')} of ${total.toLocaleString('en')} match /${wish.filter}`]),
		...(marked.size > 0 ? [`${marked.size.toLocaleString('en')} marked`] : []),
		...(rows.length > listRows(layout) ? [`${(indexOf(cursor, session.rows()) + 1).toLocaleString('en')}/${rows.length.toLocaleString('en')}`] : []),
	].join(' · ');
	const isActive = focus === 'list' && !dialog && !filter;
	const width = area.width - paneChrome;
	if (!isShown(watcher) || rows.length === 0) {
		return <Frame area={area} title={title} isActive={isActive}><Nothing session={session} width={width} total={total}/></Frame>;
	}

	const columns = sizedColumns(tab, width, exact);
	const at = indexOf(cursor, session.rows());
	const shown = rows.slice(cursor.top, cursor.top + listRows(layout));
	return (
		<Frame area={area} title={title} isActive={isActive}>
			<Text dimColor bold wrap='truncate'>{titleLine(columns, wish.sort)}</Text>
			{shown.map((row, index) => {
				const isAt = cursor.top + index === at;
				const isMarked = marked.has(row.path);
				return (
					<ListLine
						key={row.path}
						text={rowLine(columns, row, {isAt, isMarked, surroundings})}
						isAt={isAt} isMarked={isMarked} colour={isAt ? undefined : colourOf(row)}
					/>
				);
			})}
		</Frame>
	);
}

type ListLineProps = {readonly text: string; readonly isAt: boolean; readonly isMarked: boolean; readonly colour: string | undefined};

// Most lines stay as they are from one frame to the next.
const ListLine = memo(({text, isAt, isMarked, colour}: ListLineProps) =>
	<Text inverse={isAt} bold={isMarked} {...(colour && {color: colour})} wrap='truncate'>{text}</Text>);

const bad = new Set(['crashed', 'failed', 'lost']);

// Its state, where it has one: the column says it in words.
const colourOf = (row: Row): string | undefined => 'state' in row && bad.has(row.state) ? alarm : undefined;

const firstSteps = {
	image: 'There is no image yet. i imports a folder that holds a root filesystem.',
	workspace: 'There is no workspace yet. n makes one of an image.',
	vm: 'No VM is recorded yet. n records one, for workspaces to be attached to.',
	job: 'Nothing is being worked on.',
} as const;

function Nothing({session: {view: {tab}, watcher}, width, total}: {readonly session: Session; readonly width: number; readonly total: number}) {
	const lines = isShown(watcher) ? [total > 0 ? 'Nothing matches the filter. Esc takes it back.' : firstSteps[tab]] : stateWords(watcher).long;
	return (
		<>
			<Text> </Text>
			{lines.flatMap(line => wrapWords(line, width)).map((line, index) => (
				// A line is what stands there, so its place is its key.
				<Text key={index} wrap='truncate'>{line}</Text>
			))}
		</>
	);
}

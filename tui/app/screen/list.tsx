import {Text} from 'ink';
import {memo} from 'react';
import {columnOf, titles, type Row} from '../columns.js';
import {indexOf} from '../cursor.js';
import {listRows, paneChrome, type Area} from '../layout.js';
import type {Session} from '../session.js';
import {isShown, stateWords} from '../state-words.js';
import {
	rowLine, sizedColumns, titleLine, type SizedColumn,
} from '../table.js';
import {wrapWords} from '../text.js';
import {alarm} from './colours.js';
import {Frame} from './frame.js';

/** The rows in sight, and no others. */
export function List({session, area}: {readonly session: Session; readonly area: Area}) {
	const {view: {tab, focus, dialog, exact, filter}, list: {cursor, marked, wish}, layout, surroundings, watcher} = session;
	const {rows, total} = session.rows();
	const width = area.width - paneChrome;
	const columns = sizedColumns(tab, width, exact);
	const title = [
		titles[tab],
		...(wish.filter === '' ? [] : [`${rows.length.toLocaleString('en')} of ${total.toLocaleString('en')} match /${wish.filter}`]),
		...markText(session),
		...sortText(session, columns),
		...(rows.length > listRows(layout) ? [`${(indexOf(cursor, session.rows()) + 1).toLocaleString('en')}/${rows.length.toLocaleString('en')}`] : []),
	].join(' · ');
	const isActive = focus === 'list' && !dialog && !filter;
	if (!isShown(watcher) || rows.length === 0) {
		return <Frame area={area} title={title} isActive={isActive}><Nothing session={session} width={width} height={area.height - 2} total={total}/></Frame>;
	}

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

// Those that the filter hides count for nothing.
function markText({list: {marked}, marked: {length: count}}: Session): string[] {
	const hidden = marked.size - count;
	return marked.size > 0 ? [`${count.toLocaleString('en')} marked${hidden > 0 ? ` (${hidden.toLocaleString('en')} hidden)` : ''}`] : [];
}

// An arrow at a column's title says it, where that column is in sight.
function sortText({view: {tab}, list: {wish: {sort}}}: Session, columns: readonly SizedColumn[]): string[] {
	const column = columnOf(tab, sort.column);
	return columns.some(sized => sized.column === column) ? [] : [`by ${column.title} ${sort.descending ? '▼' : '▲'}`];
}

type ListLineProps = {readonly text: string; readonly isAt: boolean; readonly isMarked: boolean; readonly colour: string | undefined};

// Most lines stay as they are from one frame to the next.
const ListLine = memo(({text, isAt, isMarked, colour}: ListLineProps) =>
	<Text inverse={isAt} bold={isMarked} {...(colour && {color: colour})} wrap='truncate'>{text}</Text>);

const bad = new Set(['crashed', 'failed', 'lost']);

// Its state, where it has one: the column says it in words.
const colourOf = (row: Row): string | undefined => 'state' in row && bad.has(row.state) ? alarm : undefined;

const noImage = 'There is no image yet. i imports a folder that holds a root filesystem.';

// What to begin with.
function firstStep({view: {tab}, watcher: {mirror}}: Session): string {
	switch (tab) {
		case 'image': {
			return noImage;
		}

		case 'workspace': {
			return mirror.all('image').size === 0 ? noImage : 'There is no workspace yet. n makes one of an image.';
		}

		case 'vm': {
			return 'No VM is recorded yet. n records one, for workspaces to be attached to.';
		}

		case 'job': {
			return 'Nothing is being worked on.';
		}
	}
}

function Nothing({session, width, height, total}: {readonly session: Session; readonly width: number; readonly height: number; readonly total: number}) {
	const {watcher} = session;
	const lines = isShown(watcher) ? [total > 0 ? 'Nothing matches the filter. Esc takes it back.' : firstStep(session)] : stateWords(watcher).long;
	return (
		<>
			<Text> </Text>
			{lines.flatMap(line => wrapWords(line, width)).slice(0, height - 1).map((line, index) => (
				// A line is what stands there, so its place is its key.
				<Text key={index} wrap='truncate'>{line}</Text>
			))}
		</>
	);
}

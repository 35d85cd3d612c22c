import {Box, Text} from 'ink';
import {footerBindings, keyName} from '../bindings.js';
import {dialogKeys, windowOf, type KeyHint} from '../dialog-lines.js';
import type {Session} from '../session.js';
import {widthOf} from '../text.js';
import {accent, alarm} from './colours.js';

/** What has happened, and the keys that mean something now. */
export function Footer({session}: {readonly session: Session}) {
	const {notice, noticeLines, view: {filter, dialog}, layout: {columns}} = session;
	const isFiltering = filter && !dialog;
	return (
		<Box flexDirection='column' flexShrink={0} paddingX={1} width={columns}>
			{noticeLines.map((line, index) => (
				// A line is what stands there, so its place is its key.
				<Text key={index} bold={notice!.kind === 'error'} {...(notice!.kind === 'error' && {color: alarm})} wrap='truncate'>{line}</Text>
			))}
			{isFiltering ? <Text wrap='truncate'>{`/${windowOf(filter, columns - 4).text}`}</Text> : <Keys session={session} width={columns - 2}/>}
		</Box>
	);
}

function Keys({session, width}: {readonly session: Session; readonly width: number}) {
	const keys = keysIn(session, width);
	return (
		<Text wrap='truncate'>
			{keys.map(({key, label}, index) => <Text key={label}>{index > 0 && '  '}<Text bold color={accent}>{key}</Text> {label}</Text>)}
		</Text>
	);
}

// As many as fit, and those that lead to all the others in any case.
function keysIn(session: Session, width: number): KeyHint[] {
	const {dialog} = session.view;
	const all = dialog ? dialogKeys(dialog) : footerBindings(session).map(({keys: [key], label}) => ({key: keyName(key), label: label!}));
	const needed = (keys: typeof all): number => keys.reduce((sum, {key, label}) => sum + widthOf(key) + widthOf(label) + 3, -2);
	const kept = all.filter(({key}) => ['?', 'q'].includes(key));
	const others = all.filter(key => !kept.includes(key));
	while (others.length > 0 && needed([...others, ...kept]) > width) {
		others.pop();
	}

	return [...others, ...kept];
}

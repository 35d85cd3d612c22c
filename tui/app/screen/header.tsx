import {Box, Text} from 'ink';
import {blocks} from '../../progress/texts.js';
import type {Session} from '../session.js';
import {poolUse, stateWords} from '../state-words.js';
import {cut, fit, widthOf} from '../text.js';
import {accent, alarm} from './colours.js';

const colours = {good: 'green', waiting: accent, bad: alarm} as const;

/** The state of things, and the tabs. */
export function Header({session}: {readonly session: Session}) {
	const {layout: {columns}, tabs, view: {tab}, watcher} = session;
	const {short, look} = stateWords(watcher);
	const state = cut(short, columns - 8);
	const rest = columns - 8 - widthOf(state);
	return (
		<Box flexDirection='column' flexShrink={0}>
			<Box width={columns} height={1}>
				<Text bold>{' Nexus  '}</Text>
				<Text bold color={colours[look]}>{state.slice(0, 1)}</Text><Text>{state.slice(1)}</Text>
				<Text>{fit(poolText(session, rest - 1), rest - 1, 'right')}</Text>
			</Box>
			<Text>
				{tabs.map(({kind, text, left}, index) => {
					const before = tabs[index - 1];
					const gap = ' '.repeat(left - (before ? before.left + before.text.length : 0));
					return <Text key={kind}>{gap}<Text bold={kind === tab} inverse={kind === tab}>{text}</Text></Text>;
				})}
			</Text>
		</Box>
	);
}

// The pool, as much of it as there is room for: what nexusd warns of, a bar, figures.
function poolText({watcher}: Session, width: number): string {
	const use = poolUse(watcher);
	if (!use) {
		return '';
	}

	const {warnings, removing} = watcher.mirror.manager!;
	const freeing = removing > 0 ? ` · freeing ${removing} deleted` : '';
	const warning = warnings.length > 0 ? `! ${warnings.length} ${warnings.length === 1 ? 'warning' : 'warnings'} (:status) · ` : '';
	const forms = [
		`${warning}pool ${bar(use.part, 20)} ${use.text}${freeing}`,
		`${warning}pool ${bar(use.part, 10)} ${use.text}`,
		`pool ${bar(use.part, 8)} ${Math.round(use.part * 100)}%`,
		`pool ${Math.round(use.part * 100)}%`,
	];
	return forms.find(form => widthOf(form) <= width - 2) ?? '';
}

// What is hardly used is not empty.
const bar = (part: number, columns: number): string => blocks(part > 0 ? Math.max(part, 1 / columns) : 0, columns);

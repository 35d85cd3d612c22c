// The tabs above the list.
import {kinds, type Kind} from '../../dbus/paths.js';
import {titles} from './columns.js';

export type Tab = {readonly kind: Kind; readonly text: string; readonly left: number};

const gap = 2;

/** The tabs, from left to right, with how many there are where that is known. Brackets mark the one that is shown. */
export function tabsOf(shown: Kind, counts: Readonly<Record<Kind, number>> | undefined, columns: number): Tab[] {
	const full = placed(shown, kind => counts ? ` ${titles[kind]} ${counts[kind].toLocaleString('en')}` : ` ${titles[kind]}`);
	const last = full.at(-1)!;
	return last.left + last.text.length <= columns ? full : placed(shown, kind => kind === shown ? ` ${titles[kind]}` : '');
}

/** The tab at a cell of their line. */
export const tabAt = (tabs: readonly Tab[], x: number): Kind | undefined =>
	tabs.find(({left, text}) => x >= left && x < left + text.length)?.kind;

function placed(shown: Kind, label: (kind: Kind) => string): Tab[] {
	let left = 0;
	return kinds.map((kind, index) => {
		const text = `${kind === shown ? '[' : ' '}${index + 1}${label(kind)}${kind === shown ? ']' : ' '}`;
		const tab = {kind, text, left};
		left += text.length + gap - 1;
		return tab;
	});
}

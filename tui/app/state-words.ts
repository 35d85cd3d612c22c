// How things stand, in words.
import type {Watcher} from '../mirror/watcher.js';
import {formatSize} from '../output/format.js';
import {withFullStop} from './text.js';

export type StateWords = {
	/** For the header. */
	readonly short: string;
	readonly look: 'good' | 'waiting' | 'bad';
	/** For the empty place where lists are otherwise. */
	readonly long: readonly string[];
};

/** The state of nexusd and the way to it. */
export function stateWords({link, kind}: Pick<Watcher, 'link' | 'kind'>): StateWords {
	const bus = kind ? `${kind} bus` : 'bus';
	switch (link.state) {
		case 'opening': {
			return {short: '◌ opening', look: 'waiting', long: [`Looking for nexusd on the ${bus}.`]};
		}

		case 'starting': {
			return {short: '◌ starting nexusd', look: 'waiting', long: ['nexusd is being started.']};
		}

		case 'loading': {
			return {short: '◌ loading', look: 'waiting', long: ['nexusd is asked for all it has.']};
		}

		case 'live': {
			return {short: `● live on the ${bus}`, look: 'good', long: []};
		}

		case 'away': {
			return {
				short: '○ nexusd is not running',
				look: 'bad',
				long: ['nexusd has left the bus.', 'What it has is shown as soon as it is back. R starts it.'],
			};
		}

		case 'unreachable': {
			return {short: '✗ no bus', look: 'bad', long: [sentence(link.message), 'It is tried again and again.']};
		}

		case 'failed': {
			return {
				short: '✗ nexusd does not answer',
				look: 'bad',
				long: [sentence(link.message), remedies[kind ?? 'both'], 'It is shown as soon as it is there. R tries again.'],
			};
		}
	}
}

/** Whether what the mirror holds can be shown: while all is asked for anew, what was known is. */
export const isShown = ({link, mirror}: Pick<Watcher, 'link' | 'mirror'>): boolean => link.state === 'live' || (link.state === 'loading' && mirror.manager !== undefined);

/** How full the pool is: a part of 1, and in words. */
export function poolUse({mirror: {manager}}: Pick<Watcher, 'mirror'>): {part: number; text: string} | undefined {
	if (!manager || manager.poolSize === 0) {
		return undefined;
	}

	const used = manager.poolSize - manager.poolFree;
	const part = used / manager.poolSize;
	return {part, text: `${formatSize(used)} of ${formatSize(manager.poolSize)} (${Math.round(part * 100)}%)`};
}

const remedies = {
	system: 'See how it fares with: systemctl status nexusd.',
	session: 'Start your own with: nexusd --user.',
	both: 'See how it fares with: systemctl status nexusd (or start your own with: nexusd --user).',
} as const;

const sentence = (text: string): string => withFullStop(text.charAt(0).toUpperCase() + text.slice(1));

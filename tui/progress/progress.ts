// Progress for whoever watches: a bar on a terminal, lines elsewhere, nothing where JSON was asked for.
import process from 'node:process';
import type {JobState} from '../jobs/follow.js';
import {printable} from '../output/printable.js';
import type {Progress} from './watcher.js';

/** The Progress of something, on stderr. */
export function showProgress(title: string, silent: boolean): Progress {
	if (silent) {
		return {update: () => undefined, end: async () => undefined};
	}

	// Some pseudo-terminals do not know their size.
	const drawable = process.stderr.isTTY && process.stderr.columns > 0 && process.env['TERM'] !== 'dumb';
	return drawable ? lateBar(title) : progressLines(title);
}

/** A line at the first sign of life and whenever another tenth is done. */
export function progressLines(title: string, print: (line: string) => void = console.error): Progress {
	let tenths = -1;
	return {
		update({progress, message}) {
			const reached = Math.floor(progress * 10);
			if (reached > tenths) {
				tenths = reached;
				print([`${title}: ${reached * 10}%`, ...(message ? [printable(message)] : [])].join(' '));
			}
		},
		end: async () => undefined,
	};
}

// Loading Ink takes longer than a small import: only work that goes on for a while gets a bar.
function lateBar(title: string): Progress {
	let latest: JobState | undefined;
	let bar: Promise<Progress> | undefined;
	const timer = setTimeout(() => {
		bar = loadBar(title);
		void bar.then(({update}) => {
			update(latest ?? {progress: 0, message: ''});
		});
	}, 200);
	return {
		update(state) {
			latest = state;
			void bar?.then(({update}) => {
				update(state);
			});
		},
		async end() {
			clearTimeout(timer);
			const loaded = await bar;
			await loaded?.end();
		},
	};
}

async function loadBar(title: string): Promise<Progress> {
	if (process.env['NO_COLOR']) {
		// Ink's colours know this variable only.
		process.env['FORCE_COLOR'] = '0';
	}

	const {showBar} = await import('./bar.js');
	return showBar(title);
}

// Progress for whoever watches: a bar on a terminal, lines elsewhere, nothing where JSON was asked for.
import process from 'node:process';
import type {JobState} from '../jobs/follow.js';
import {prepareInk} from '../output/ink.js';
import type {Bar} from './bar.js';
import {Pacer, shareOf} from './pace.js';
import {progressText} from './texts.js';
import type {Progress} from './watcher.js';

/** The Progress of something, on stderr. */
export function showProgress(title: string, silent: boolean): Progress {
	if (silent) {
		return {update: () => undefined, ...unmoved};
	}

	// Some pseudo-terminals do not know their size.
	const drawable = process.stderr.isTTY && process.stderr.columns > 0 && process.env['TERM'] !== 'dumb';
	return drawable ? lateBar(title) : progressLines(title);
}

/** A line at the first sign of life and whenever another tenth is done. */
export function progressLines(title: string, print: (line: string) => void = console.error, now = () => performance.now()): Progress {
	const pacer = new Pacer();
	let tenths = -1;
	return {
		update(state) {
			const time = now();
			pacer.note(time, state);
			const reached = Math.floor(shareOf(state.progress) * 10);
			if (reached > tenths) {
				tenths = reached;
				print(progressText(title, {...state, progress: reached / 10, pace: pacer.at(time)}));
			}
		},
		...unmoved,
	};
}

// What is printed stays.
const unmoved = {hide: async () => undefined, show: () => undefined};

// Loading Ink takes longer than a small import: only work that goes on for a while gets a bar. It is drawn again and again,
// for what stands still becomes slower too.
function lateBar(title: string): Progress {
	const pacer = new Pacer();
	let latest: JobState | undefined;
	let bar: Promise<Bar> | undefined;
	const draw = async () => {
		bar ??= loadBar(title);
		const {draw} = await bar;
		draw(latest && {...latest, pace: pacer.at(performance.now())});
	};

	const begin = () => setInterval(() => {
		void draw();
	}, 200);
	let timer = begin();
	return {
		update(state) {
			latest = state;
			pacer.note(performance.now(), state);
		},
		async hide() {
			clearInterval(timer);
			const shown = await bar;
			bar = undefined;
			await shown?.end();
		},
		show() {
			timer = begin();
		},
	};
}

async function loadBar(title: string): Promise<Bar> {
	prepareInk();
	const {showBar} = await import('./bar.js');
	return showBar(title);
}

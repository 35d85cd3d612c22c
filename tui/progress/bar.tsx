import process from 'node:process';
import {setTimeout} from 'node:timers/promises';
import {Spinner} from '@inkjs/ui';
import {render} from 'ink';
import {ProgressBox} from './progress-box.js';
import type {PacedState} from './texts.js';

const framesPerSecond = 20;
const frameTime = 1000 / framesPerSecond;

export type Bar = {
	/** Draws how far it is; that it goes on, where nobody knows how far. */
	readonly draw: (state: PacedState | undefined) => void;
	/** Takes it off the screen. */
	readonly end: () => Promise<void>;
};

/** Draws a progress bar on stderr, below the command. */
export function showBar(title: string): Bar {
	let latest: PacedState | undefined;
	const element = () => latest ? <ProgressBox title={title} width={process.stderr.columns} {...latest}/> : <Spinner label={title}/>;
	const {rerender, clear, unmount, waitUntilExit} = render(element(), {
		// Ink draws on its stdout; ours belongs to the result.
		stdout: process.stderr,
		// Ctrl-C cancels the job, and the bar stays until that is done.
		exitOnCtrlC: false,
		patchConsole: false,
		maxFps: framesPerSecond,
	});
	const redraw = () => {
		rerender(element());
	};

	// Before Ink draws anew what is too wide by then.
	process.stderr.prependListener('resize', redraw);
	return {
		draw(state) {
			latest = state;
			redraw();
		},
		async end() {
			process.stderr.off('resize', redraw);
			// Ink holds frames back for a while, and one that is still held back would be drawn over the cleared place.
			await setTimeout(frameTime * 2);
			clear();
			unmount();
			await waitUntilExit();
		},
	};
}

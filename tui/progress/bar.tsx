import process from 'node:process';
import {setTimeout} from 'node:timers/promises';
import {render} from 'ink';
import type {JobState} from '../jobs/follow.js';
import {ProgressBox} from './progress-box.js';
import type {Progress} from './watcher.js';

const framesPerSecond = 20;
const frameTime = 1000 / framesPerSecond;

/** Draws a progress bar on stderr, below the command. */
export function showBar(title: string): Progress {
	const element = (state: JobState) => <ProgressBox title={title} {...state}/>;
	const {rerender, clear, unmount, waitUntilExit} = render(element({progress: 0, message: ''}), {
		// Ink draws on its stdout; ours belongs to the result.
		stdout: process.stderr,
		// Ctrl-C cancels the job, and the bar stays until that is done.
		exitOnCtrlC: false,
		patchConsole: false,
		maxFps: framesPerSecond,
	});
	return {
		update(state) {
			rerender(element(state));
		},
		async end() {
			// Ink holds frames back for a while, and one that is still held back would be drawn over the cleared place.
			await setTimeout(frameTime * 2);
			clear();
			unmount();
			await waitUntilExit();
		},
	};
}

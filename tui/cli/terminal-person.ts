// The person at the terminal of nexusctl, or the script in their place.
import {once} from 'node:events';
import process from 'node:process';
import {printable} from '../output/printable.js';
import type {Person, Watched} from '../person.js';
import {showProgress} from '../progress/progress.js';
import {catchInterruption} from './interruption.js';

/** Whoever runs nexusctl. Where JSON is asked for nobody answers or watches; Ctrl-C breaks off there as well. */
export const personAtTerminal = (json: boolean): Person => ({
	canAnswer: !json && process.stdin.isTTY && process.stdout.isTTY,
	ask,
	watch: async (title, work) => watch(title, json, work),
	warn: printFailure,
});

/** Says on stderr what went wrong and what to do about it. */
export function printFailure(message: string, hint?: string): void {
	console.error(`nexusctl: ${printable(message)}`);
	if (hint) {
		console.error(printable(hint));
	}
}

async function watch<T>(title: string, silent: boolean, work: (watched: Watched) => Promise<T>): Promise<T> {
	const interruption = catchInterruption();
	const progress = showProgress(title, silent);
	try {
		return await work({update: progress.update, signal: interruption.signal});
	} finally {
		interruption.release();
		await progress.end();
	}
}

async function ask(question: string): Promise<boolean | undefined> {
	const {createInterface} = await import('node:readline/promises');
	const readline = createInterface({input: process.stdin, output: process.stdout});
	// Ctrl-C and Ctrl-D end the question without an answer, some versions of Node by a rejection, some not at all.
	const interrupted = once(readline, 'SIGINT').then(() => true);
	const answer = await Promise.race([
		readline.question(`${question} [y/N] `).catch(() => false),
		once(readline, 'close').then(() => false),
		interrupted,
	]);
	readline.close();
	if (typeof answer === 'string') {
		return ['y', 'yes'].includes(answer.trim().toLowerCase());
	}

	console.log();
	return answer ? undefined : false;
}

// The person at the terminal of nexusctl, or the script in their place.
import {once} from 'node:events';
import process from 'node:process';
import type {EndPrompt} from '../../dbus/client.js';
import {printable} from '../output/printable.js';
import type {Person} from '../person.js';
import {showProgress} from '../progress/progress.js';
import type {Progress} from '../progress/watcher.js';
import {catchInterruption} from './interruption.js';

export type TerminalPerson = Person & {
	/** Leaves the terminal to somebody else, who asks for a password, until it is told that they are done. */
	readonly makeWay: () => Promise<EndPrompt>;
};

/** Whoever runs nexusctl. Where JSON is asked for nobody answers or watches; Ctrl-C breaks off there as well. */
export function personAtTerminal(json: boolean): TerminalPerson {
	let progress: Progress | undefined;
	const warnings: string[] = [];
	return {
		canAnswer: !json && process.stdin.isTTY && process.stdout.isTTY,
		ask,
		async watch(title, work) {
			const interruption = catchInterruption();
			progress = showProgress(title, json);
			try {
				return await work({update: progress.update, signal: interruption.signal});
			} finally {
				interruption.release();
				await progress.hide();
				progress = undefined;
				for (const warning of warnings.splice(0)) {
					printFailure(warning);
				}
			}
		},
		warn(message) {
			if (progress) {
				// A bar would be drawn over it.
				warnings.push(message);
			} else {
				printFailure(message);
			}
		},
		async makeWay() {
			await progress?.hide();
			return async () => progress?.show();
		},
	};
}

/** Says on stderr what went wrong and what to do about it. */
export function printFailure(message: string, hint?: string): void {
	console.error(`nexusctl: ${printable(message)}`);
	if (hint) {
		console.error(printable(hint));
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

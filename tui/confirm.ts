// Asking before something is lost.
import {once} from 'node:events';
import process from 'node:process';
import type {Invocation} from './cli/command.js';
import {UsageError} from './cli/usage-error.js';
import {InterruptedError, RefusedError} from './errors.js';

/** The flag that answers the question beforehand. */
export const yesFlag = {type: 'boolean', summary: 'Do not ask'} as const;

type Asking = Pick<Invocation, 'path' | 'json'> & {readonly flags: {readonly yes: boolean}};

/**
Makes sure, before anything is asked of the daemon, that there is somebody to answer.

@throws UsageError
*/
export function requireAnswerable({path, json, flags: {yes}}: Asking): void {
	if (!yes && (json || !process.stdin.isTTY || !process.stdout.isTTY)) {
		throw new UsageError(`${path} asks before it deletes, and there is no terminal to ask on: give --yes`, path);
	}
}

/**
Asks, unless the answer was given with the command.

@throws RefusedError, InterruptedError
*/
export async function confirm(question: string, {flags: {yes}}: Asking): Promise<void> {
	if (!yes && !isYes(await ask(`${question} [y/N] `))) {
		throw new RefusedError('nothing was deleted');
	}
}

const isYes = (answer: string): boolean => ['y', 'yes'].includes(answer.trim().toLowerCase());

async function ask(question: string): Promise<string> {
	const {createInterface} = await import('node:readline/promises');
	const readline = createInterface({input: process.stdin, output: process.stdout});
	// Ctrl-C and Ctrl-D end the question without an answer, some versions of Node by a rejection, some not at all.
	const interrupted = once(readline, 'SIGINT').then(() => true);
	const answer = await Promise.race([
		readline.question(question).catch(() => false),
		once(readline, 'close').then(() => false),
		interrupted,
	]);
	readline.close();
	if (typeof answer === 'string') {
		return answer;
	}

	console.log();
	if (answer) {
		throw new InterruptedError('Nothing was deleted.');
	}

	return '';
}

// Asking before something is lost.
import type {Invocation} from './cli/command.js';
import {UsageError} from './cli/usage-error.js';
import {InterruptedError, RefusedError} from './errors.js';

/** The flag that answers the question beforehand. */
export const yesFlag = {type: 'boolean', summary: 'Do not ask'} as const;

type Asking = Pick<Invocation, 'path' | 'person'> & {readonly flags: {readonly yes: boolean}};

/**
Makes sure, before anything is asked of the daemon, that there is somebody to answer.

@throws UsageError
*/
export function requireAnswerable({path, person, flags: {yes}}: Asking): void {
	if (!yes && !person.canAnswer) {
		throw new UsageError(`${path} asks before it deletes, and there is no terminal to ask on: give --yes`, path);
	}
}

/**
Asks, unless the answer was given with the command.

@throws RefusedError, InterruptedError
*/
export async function confirm(question: string, {person, flags: {yes}}: Asking): Promise<void> {
	const answer = yes || await person.ask(question);
	if (answer === undefined) {
		throw new InterruptedError('Nothing was deleted.');
	}

	if (!answer) {
		throw new RefusedError('nothing was deleted');
	}
}

// What can go wrong, by kind. A message names the thing, says what is wrong and what to do.
import os from 'node:os';

export type ErrorCode =
	| 'NotFound'
	| 'AlreadyExists'
	| 'Conflict'
	| 'InvalidName'
	| 'InvalidArgument'
	| 'NoSpace'
	| 'Unsupported'
	| 'Io'
	| 'Canceled'
	| 'AccessDenied';

export class NexusError extends Error {
	readonly code: ErrorCode;

	constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
		super(message, options);
		this.code = code;
	}
}

const outOfSpace = new Set(['ENOSPC', 'EDQUOT']);

/** An error of the operating system as one of ours; `what` says what was being done. One of ours stays as it is. */
export function asNexusError(error: unknown, what: string): NexusError {
	if (error instanceof NexusError) {
		return error;
	}

	const message = messageOf(error);
	return outOfSpace.has(errnoOf(error))
		? new NexusError('NoSpace', `${what}: no space is left; delete workspaces or grow the pool`, {cause: error})
		: new NexusError('Io', `${what}: ${message}`, {cause: error});
}

/** The name of a system error (`ENOENT`), "" for any other error. */
export function errnoOf(error: unknown): string {
	if (!(error instanceof Error && 'code' in error && typeof error.code === 'string')) {
		return '';
	}

	// Libuv has no name for this one.
	return 'errno' in error && error.errno === -os.constants.errno.EDQUOT ? 'EDQUOT' : error.code;
}

/** What anything that was thrown has to say. */
export const messageOf = (error: unknown): string => error instanceof Error ? error.message : String(error);

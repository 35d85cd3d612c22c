// Errors that nexusctl itself finds.

/** The daemon or the bus went away in the middle of something. */
export class DaemonLostError extends Error {}

/** The user broke it off. The message is all there is to say. */
export class InterruptedError extends Error {}

/** It did not come about, for a reason that the bus has no error for. */
export class RefusedError extends Error {
	/** What to do about it. */
	readonly hint: string | undefined;

	constructor(message: string, {hint, ...options}: ErrorOptions & {hint?: string} = {}) {
		super(message, options);
		this.hint = hint;
	}
}

/** Something is in the way. */
export class ConflictError extends RefusedError {}

/** What was named is not there. */
export class MissingError extends RefusedError {}

/** It takes root, and this is somebody else. */
export class RootNeededError extends RefusedError {}

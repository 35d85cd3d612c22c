// Errors as the bus names them.
import {CodecError} from '../../dbus/codec.js';
import {busErrors, errorPrefix} from '../../dbus/errors.js';
import {MessageTooLargeError} from '../../dbus/outbound.js';
import {NexusError} from '../../src/errors.js';
import {DeniedError} from '../authority.js';
import type {Log} from '../../src/log.js';

/** An error for which the D-Bus specification has a name. */
export class CallError extends Error {
	readonly errorName: string;

	constructor(kind: keyof typeof busErrors, message: string) {
		super(message);
		this.errorName = busErrors[kind];
	}
}

/** The name and text that answer a call that failed. What nobody foresaw goes to the log whole, and to the caller in one sentence. */
export function describeError(error: unknown, log: Log): {name: string; text: string} {
	if (error instanceof CallError) {
		return {name: error.errorName, text: error.message};
	}

	if (error instanceof DeniedError) {
		return {name: error.isPromptNeeded ? busErrors.interactiveAuthorizationRequired : busErrors.accessDenied, text: error.message};
	}

	if (error instanceof NexusError && error.code === 'AccessDenied') {
		return {name: busErrors.accessDenied, text: error.message};
	}

	if (error instanceof NexusError) {
		return {name: `${errorPrefix}${error.code}`, text: error.message};
	}

	if (error instanceof CodecError) {
		return {name: `${errorPrefix}InvalidArgument`, text: error.message};
	}

	if (error instanceof MessageTooLargeError) {
		return {name: busErrors.limitsExceeded, text: error.message};
	}

	log('error', `unexpected error: ${error instanceof Error ? error.stack ?? error.message : String(error)}`);
	return {name: busErrors.failed, text: 'nexusd met an unexpected error; its log says more'};
}

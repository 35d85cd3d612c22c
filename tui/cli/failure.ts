// Errors as people and scripts meet them: a message, what to do next, an exit code.
import {BusUnreachableError, type BusKind} from '../../dbus/bus.js';
import {DaemonUnreachableError, isBusError} from '../../dbus/client.js';
import {busErrors, errorPrefix} from '../../dbus/errors.js';
import {
	ConflictError, DaemonLostError, InterruptedError, MissingError, RefusedError, RootNeededError,
} from '../errors.js';
import type {
	Command, ErrorCode, Invocation, RecordKind,
} from './command.js';
import {UsageError} from './usage-error.js';

/** The exit codes of nexusctl. */
export const exitCodes = {
	general: 1, usage: 2, unreachable: 3, notFound: 4, conflict: 5, unauthorised: 6, interrupted: 130,
} as const;

export type Failure = {
	readonly message: string;
	readonly hint?: string | undefined;
	readonly exitCode: number;
};

/** Where an error came up. */
export type Situation = {
	readonly bus: BusKind | undefined;
	readonly command: Command;
	readonly invocation: Invocation;
};

const codeOfBusError: Readonly<Record<string, number>> = {
	[`${errorPrefix}NotFound`]: exitCodes.notFound,
	[`${errorPrefix}AlreadyExists`]: exitCodes.conflict,
	[`${errorPrefix}Conflict`]: exitCodes.conflict,
	// The object was found by name and has gone since.
	[busErrors.unknownObject]: exitCodes.notFound,
	[busErrors.accessDenied]: exitCodes.unauthorised,
	[busErrors.interactiveAuthorizationRequired]: exitCodes.unauthorised,
	[busErrors.noReply]: exitCodes.unreachable,
	[busErrors.serviceUnknown]: exitCodes.unreachable,
	[busErrors.nameHasNoOwner]: exitCodes.unreachable,
};

/** The exit code for an error. */
export function exitCodeOf(error: unknown): number {
	if (isBusError(error)) {
		return codeOfBusError[error.type] ?? exitCodes.general;
	}

	if (error instanceof BusUnreachableError || error instanceof DaemonUnreachableError || error instanceof DaemonLostError) {
		return exitCodes.unreachable;
	}

	if (error instanceof InterruptedError) {
		return exitCodes.interrupted;
	}

	return codesOfOwnErrors.find(([type]) => error instanceof type)?.[1] ?? exitCodes.general;
}

const codesOfOwnErrors = [
	[ConflictError, exitCodes.conflict],
	[MissingError, exitCodes.notFound],
	[RootNeededError, exitCodes.unauthorised],
	[UsageError, exitCodes.usage],
] as const;

/** What to tell about an error. */
export const explain = (error: unknown, situation: Situation): Failure => ({
	message: messageOf(error),
	hint: hintFor(error, situation),
	exitCode: exitCodeOf(error),
});

function messageOf(error: unknown): string {
	if (isBusError(error, busErrors.noReply)) {
		return 'nexusd ended before it answered';
	}

	return error instanceof Error && error.message !== '' ? error.message : String(error);
}

function hintFor(error: unknown, {bus, command, invocation}: Situation): string | undefined {
	if (error instanceof UsageError || error instanceof RefusedError) {
		return error.hint;
	}

	if (isBusError(error) && error.type.startsWith(errorPrefix)) {
		if (error.message.includes('nexusctl ')) {
			// The daemon knows better which of the names it was.
			return undefined;
		}

		const code = error.type.slice(errorPrefix.length) as ErrorCode;
		return command.hints?.[code]?.(invocation) ?? generalHints[code]?.(command, invocation);
	}

	return hintByExitCode(exitCodeOf(error), bus, command, invocation);
}

function hintByExitCode(exitCode: number, bus: BusKind | undefined, command: Command, invocation: Invocation): string | undefined {
	switch (exitCode) {
		case exitCodes.unreachable: {
			return unreachableHint(bus);
		}

		case exitCodes.notFound: {
			return notFoundHint(command, invocation);
		}

		default: {
			return undefined;
		}
	}
}

function unreachableHint(bus: BusKind | undefined): string {
	if (bus === 'session') {
		return 'Start your own with: nexusd --user';
	}

	return `See how it fares with: systemctl status nexusd${bus ? '' : ' (or start your own with: nexusd --user)'}`;
}

// What goes for an error whatever the command.
const generalHints: Readonly<Partial<Record<ErrorCode, (command: Command, invocation: Invocation) => string | undefined>>> = {
	NotFound: (command, invocation) => notFoundHint(command, invocation),
	NoSpace: (_command, {suggest}) => `See how full the pool is with: ${suggest('status')}`,
};

const listOf: Readonly<Record<RecordKind, string>> = {image: 'image list', workspace: 'ws list', vm: 'vm list'};

// The daemon says which name it does not know; the command's description says of which kinds its names are.
function notFoundHint(command: Command, {suggest, flags}: Invocation): string | undefined {
	const named = [
		...command.arguments.map(({names}) => names),
		...Object.entries(command.flags).map(([name, spec]) => flags[name] !== undefined && 'names' in spec ? spec.names : undefined),
	];
	const lists = named.filter(kind => kind !== undefined && kind !== 'path').map(kind => suggest(listOf[kind]));
	return lists.length > 0 ? `See what there is with: ${lists.join(', ')}` : undefined;
}

// Errors as somebody at the screen meets them: what went wrong, and what to do about it here.
import {BusUnreachableError} from '../../dbus/bus.js';
import {DaemonUnreachableError, isBusError} from '../../dbus/client.js';
import {busErrors, errorPrefix} from '../../dbus/errors.js';
import {RefusedError} from '../errors.js';
import {printable} from '../output/printable.js';
import type {Notice} from './view.js';

/** Where the bus's own words, or nexusd's, mean little at this screen. */
const texts: Readonly<Record<string, string>> = {
	[busErrors.noReply]: 'nexusd ended before it answered',
	[busErrors.serviceUnknown]: 'nexusd is not running',
	[busErrors.unknownObject]: 'it is not there any more',
};

const hints: Readonly<Record<string, string>> = {
	[`${errorPrefix}NoSpace`]: 'Delete workspaces or images that nobody needs, or grow the pool',
	[`${errorPrefix}Io`]: 'See the log: journalctl -u nexusd',
	[busErrors.accessDenied]: 'Members of the group nexus may; ask your administrator for that right',
	[busErrors.interactiveAuthorizationRequired]: 'Nobody can be asked for a password here; members of the group nexus may without',
	[busErrors.noReply]: 'Look whether it was done before you try again',
	[busErrors.serviceUnknown]: 'R starts it, where the bus can',
	[busErrors.unknownObject]: 'Somebody else has deleted it meanwhile',
};

/** What to show of an error. */
export function problemOf(error: unknown): Notice {
	return {kind: 'error', text: printable(textOf(error)), hint: hintOf(error)};
}

function textOf(error: unknown): string {
	const known = isBusError(error) ? texts[error.type] : undefined;
	return known ?? (error instanceof Error && error.message !== '' ? error.message : String(error));
}

function hintOf(error: unknown): string | undefined {
	if (error instanceof RefusedError) {
		return error.hint;
	}

	if (error instanceof BusUnreachableError || error instanceof DaemonUnreachableError) {
		return 'See how it fares with: systemctl status nexusd';
	}

	return isBusError(error) ? hints[error.type] : undefined;
}

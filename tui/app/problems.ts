// Errors as somebody at the screen meets them: what went wrong, and what to do about it here.
import {BusUnreachableError} from '../../dbus/bus.js';
import {DaemonUnreachableError, isBusError} from '../../dbus/client.js';
import {busErrors, errorPrefix} from '../../dbus/errors.js';
import {RefusedError} from '../errors.js';
import {printable} from '../output/printable.js';
import type {Notice} from './view.js';

const hints: Readonly<Record<string, string>> = {
	[`${errorPrefix}NoSpace`]: 'Delete workspaces or images that nobody needs, or grow the pool',
	[`${errorPrefix}Io`]: 'See the log: journalctl -u nexusd',
	[busErrors.accessDenied]: 'Members of the group nexus may; ask your administrator for that right',
	[busErrors.interactiveAuthorizationRequired]: 'Nobody can be asked for a password here; members of the group nexus may without',
	[busErrors.noReply]: 'nexusd ended before it answered; look whether it was done before you try again',
	[busErrors.unknownObject]: 'Somebody else has deleted it meanwhile',
};

/** What to show of an error. */
export function problemOf(error: unknown): Notice {
	const text = printable(error instanceof Error && error.message !== '' ? error.message : String(error));
	return {kind: 'error', text, hint: hintOf(error)};
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

// Who may do what. On the session bus everybody is the user; on the system bus changes are root's, and the daemon's own
// user's. Reading is free to all.
import process from 'node:process';
import type {BusKind} from '../dbus/bus.js';
import {CallError} from './bus/call-error.js';
import type {Callers} from './bus/callers.js';

export type Authority = {
	/**
	Lets a caller pass or throws.

	@param sender The caller's unique name on the bus.
	@param action The polkit action, without its prefix.
	@throws CallError AccessDenied
	*/
	authorize(sender: string, action: string): Promise<void>;
};

/** The authority for a bus. */
export function authorityFor(kind: BusKind, callers: Callers): Authority {
	return {
		async authorize(sender, action) {
			if (kind === 'session') {
				return;
			}

			const uid = await callers.uid(sender).catch(() => undefined);
			if (uid !== 0 && uid !== process.getuid!()) {
				throw new CallError('accessDenied', `you are not allowed to ${action.replaceAll('-', ' ')} (org.workfort.Nexus1.${action}): it takes root`);
			}
		},
	};
}

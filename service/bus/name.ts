// The well-known name on the bus: who has it is called.
import type {Bus, BusKind} from '../../dbus/bus.js';
import {isBusError} from '../../dbus/client.js';
import {busErrors} from '../../dbus/errors.js';
import {busName} from '../../dbus/paths.js';
import {NexusError} from '../../src/errors.js';

const doNotQueue = 4;
const primaryOwner = 1;

/**
Takes the name.

@throws NexusError Conflict when another has it, Unsupported when the bus's policy does not allow it.
*/
export async function takeName(bus: Bus, kind: BusKind): Promise<void> {
	let result: unknown;
	try {
		[result] = await bus.callBus('RequestName', 'su', [busName, doNotQueue]);
	} catch (error) {
		throw isBusError(error, busErrors.accessDenied)
			? new NexusError('Unsupported', `the ${kind} bus does not let this user own ${busName}: start nexusd as root, and install dbus/${busName}.conf in /usr/share/dbus-1/system.d`)
			: error;
	}

	if (result !== primaryOwner) {
		throw new NexusError('Conflict', `another nexusd already owns ${busName} on the ${kind} bus`);
	}
}

/** Gives the name back. Every call that was sent to it before has arrived when this resolves. */
export async function giveNameBack(bus: Bus): Promise<void> {
	await bus.callBus('ReleaseName', 's', [busName]);
}

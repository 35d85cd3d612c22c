// Who calls, over the bus or over the socket.
import type {Actor} from '../src/log.js';
import type {Reader} from '../src/reader.js';

/** A subject of polkit's: its kind and what identifies it (org.freedesktop.PolicyKit1.Authority, structure Subject). */
export type Subject = {
	kind: 'system-bus-name' | 'unix-process';
	/** By name, a D-Bus signature and a value. */
	details: Readonly<Record<string, readonly [signature: string, value: unknown]>>;
};

/** What a polkit rule may know about a request, and a prompt may show. */
export type Details = Readonly<Record<string, string>>;

export type Caller = {
	/** For the log: the unique name on the bus, or the process. */
	readonly name: string;
	readonly subject: Subject;
	/** Whether the caller allows that a person is asked for a password meanwhile. */
	readonly mayPrompt: boolean;
	/** Aborted when the caller has gone: nobody should be asked on its behalf any more. */
	readonly gone: AbortSignal;
	/** The user and groups behind the connection, as the kernel saw them. Rejects when the connection is gone. */
	credentials: () => Promise<Reader>;
};

/** A caller as the core and the log know it. Rejects when it has left already. */
export async function actorOf({name, credentials}: Caller): Promise<Actor> {
	const {uid} = await credentials();
	return {name, uid};
}

// The connections on the bus that called us: the user behind each, asked of the bus once, and who subscribed. All is
// forgotten when a connection leaves the bus.
import {EventEmitter, setMaxListeners} from 'node:events';
import type {Message, Variant} from 'dbus-next';
import type {Bus} from '../../dbus/bus.js';
import type {Reader} from '../../src/reader.js';
import type {Caller} from '../caller.js';
import {CallError} from './call-error.js';

type Connection = {
	gone: AbortController;
	credentials?: Promise<Reader>;
};

/** `subscribers`: how many there are now. */
export type CallerEvents = {subscribers: [count: number]};

export class Callers extends EventEmitter<CallerEvents> {
	readonly #bus: Bus;
	readonly #connections = new Map<string, Connection>();
	readonly #subscribers = new Set<string>();

	constructor(bus: Bus) {
		super();
		this.#bus = bus;
	}

	/** Begins to notice who leaves. */
	async watch(): Promise<void> {
		this.#bus.onSignal(message => {
			this.#forget(message);
		});
		await this.#bus.callBus('AddMatch', 's', ['type=\'signal\',sender=\'org.freedesktop.DBus\',member=\'NameOwnerChanged\',arg2=\'\'']);
	}

	/**
	The caller behind a message.

	@param sender The unique name, which the bus writes and no caller can.
	*/
	caller(sender: string, mayPrompt: boolean): Caller {
		const connection = this.#connections.get(sender) ?? newConnection();
		this.#connections.set(sender, connection);
		return {
			name: sender,
			subject: {kind: 'system-bus-name', details: {name: ['s', sender]}},
			mayPrompt,
			gone: connection.gone.signal,
			credentials: async () => {
				connection.credentials ??= this.#askCredentials(sender);
				return connection.credentials;
			},
		};
	}

	subscribe({name, gone}: Caller): void {
		// It may have left before its call came up.
		if (!gone.aborted) {
			this.#subscribers.add(name);
			this.emit('subscribers', this.#subscribers.size);
		}
	}

	unsubscribe({name}: Pick<Caller, 'name'>): void {
		this.#subscribers.delete(name);
		this.emit('subscribers', this.#subscribers.size);
	}

	async #askCredentials(sender: string): Promise<Reader> {
		try {
			const [credentials] = await this.#bus.callBus('GetConnectionCredentials', 's', [sender]);
			const {UnixUserID: uid, UnixGroupIDs: groups} = credentials as {UnixUserID: Variant<number>; UnixGroupIDs?: Variant<number[]>};
			return {uid: uid.value, groups: groups?.value ?? []};
		} catch {
			// Nothing else keeps the bus from knowing.
			this.#connections.delete(sender);
			throw new CallError('accessDenied', 'you have left the bus');
		}
	}

	#forget({sender, member, body}: Message): void {
		if (sender === 'org.freedesktop.DBus' && member === 'NameOwnerChanged' && body[2] === '') {
			const name = body[0] as string;
			this.#connections.get(name)?.gone.abort();
			this.#connections.delete(name);
			if (this.#subscribers.has(name)) {
				this.unsubscribe({name});
			}
		}
	}
}

function newConnection(): Connection {
	const gone = new AbortController();
	// Each call of a connection may listen.
	setMaxListeners(0, gone.signal);
	return {gone};
}

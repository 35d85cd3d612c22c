// Who is on the other side: the user behind each connection, and who subscribed. All is forgotten when it leaves the bus.
import type {Message} from 'dbus-next';
import type {Bus} from '../../dbus/bus.js';

export class Callers {
	readonly #bus: Bus;
	readonly #uids = new Map<string, Promise<number>>();
	readonly #subscribers = new Set<string>();

	constructor(bus: Bus) {
		this.#bus = bus;
	}

	/** Begins to notice who leaves. */
	async watch(): Promise<void> {
		this.#bus.onSignal(message => {
			this.#forget(message);
		});
		await this.#bus.callBus('AddMatch', 's', ['type=\'signal\',sender=\'org.freedesktop.DBus\',member=\'NameOwnerChanged\',arg2=\'\'']);
	}

	/** The user id behind a connection, asked of the bus once. Rejects when the connection is gone. */
	async uid(sender: string): Promise<number> {
		let uid = this.#uids.get(sender);
		if (!uid) {
			uid = this.#askUid(sender);
			this.#uids.set(sender, uid);
		}

		return uid;
	}

	subscribe(sender: string): void {
		this.#subscribers.add(sender);
	}

	unsubscribe(sender: string): void {
		this.#subscribers.delete(sender);
	}

	async #askUid(sender: string): Promise<number> {
		try {
			const [uid] = await this.#bus.callBus('GetConnectionUnixUser', 's', [sender]);
			return uid as number;
		} catch (error) {
			this.#uids.delete(sender);
			throw error;
		}
	}

	#forget({sender, member, body}: Message): void {
		if (sender === 'org.freedesktop.DBus' && member === 'NameOwnerChanged' && body[2] === '') {
			const name = body[0] as string;
			this.#uids.delete(name);
			this.#subscribers.delete(name);
		}
	}
}

// A connection to a message bus: dbus-next's, with a way to wait for it and to learn of its end. The library says hello,
// reads headers and finds the call that a reply belongs to; bodies are read and messages written beside it.
import type {EventEmitter} from 'node:events';
import process from 'node:process';
import type {Duplex} from 'node:stream';
import {
	Message, sessionBus, type MessageBus, type MessageLike,
} from 'dbus-next';
import {hideBodies, type RawBody} from './inbound.js';
import {writeMessage} from './outbound.js';
import {unmarshal} from './unmarshal.js';

export type BusKind = 'system' | 'session';

/** There is no bus at the address, or it turned us away. */
export class BusUnreachableError extends Error {
	constructor(kind: BusKind, address: string, cause: unknown) {
		super(`the ${kind} bus at ${address} cannot be reached: ${cause instanceof Error ? cause.message : String(cause)}`, {cause});
	}
}

type Guard = {largestBody: number};

export class Bus {
	readonly kind: BusKind;
	/** Settles once, when the connection has ended, whoever ended it. */
	readonly ended: Promise<void>;

	readonly #connection: MessageBus;
	/** The calls without a reply yet: the library forgets them when the connection ends. */
	readonly #waiting = new Set<(error: Error) => void>();

	readonly #guard: Guard;

	/** For `connectBus` alone. */
	constructor(kind: BusKind, connection: MessageBus, guard: Guard) {
		this.kind = kind;
		this.#connection = connection;
		this.#guard = guard;
		this.ended = new Promise(resolve => {
			streamOf(connection).once('close', () => {
				resolve();
				for (const reject of this.#waiting) {
					reject(new Error('the connection to the bus was lost'));
				}
			});
		});
	}

	/**
	Calls a method and returns the reply's values.

	@throws DBusError as the peer answered it; Error when the connection ends before the reply.
	*/
	async call(message: MessageLike): Promise<unknown[]> {
		return new Promise((resolve, reject) => {
			const answer = async (): Promise<void> => {
				try {
					const reply = await this.#connection.call(new Message(message));
					resolve(reply!.body as unknown[]);
				} catch (error) {
					reject(error instanceof Error ? error : new Error(String(error)));
				} finally {
					this.#waiting.delete(reject);
				}
			};

			this.#waiting.add(reject);
			void answer();
		});
	}

	/** Calls a method of the bus itself. */
	async callBus(member: string, signature = '', body: unknown[] = []): Promise<unknown[]> {
		return this.call({
			destination: 'org.freedesktop.DBus', path: '/org/freedesktop/DBus', interface: 'org.freedesktop.DBus', member, signature, body,
		});
	}

	/**
	Sends a message that nobody answers. Silent when the connection has ended: `ended` says so.

	@throws MessageTooLargeError; Error when the values do not fit the signature.
	*/
	send(message: Message): void {
		if (streamOf(this.#connection).writable) {
			this.#connection.send(message);
		}
	}

	/** The same with a body that was made before, in parts. Resolves when it has left this process, or when the connection has ended. */
	async sendWhole(message: Message, body: readonly Uint8Array[]): Promise<void> {
		const stream = streamOf(this.#connection);
		if (stream.writable) {
			message.serial = this.#connection.newSerial();
			await new Promise<void>(resolve => {
				writeMessage(stream, message, body, resolve);
			});
		}
	}

	/** Whether the bus does not take now what is sent. */
	get isBehind(): boolean {
		return streamOf(this.#connection).writableNeedDrain;
	}

	/** Resolves when it has taken all; never, when the connection ends before. */
	async caughtUp(): Promise<void> {
		return new Promise(resolve => {
			streamOf(this.#connection).once('drain', resolve);
		});
	}

	/** Runs the handler for every signal that arrives. */
	onSignal(handler: (message: Message) => void): void {
		const signal = 4;
		this.#connection.on('message', message => {
			if (Number(message.type) === signal) {
				handler(message);
			}
		});
	}

	/** From now on a larger body of a call or a signal is not decoded: the message arrives without one. */
	limitBodies(bytes: number): void {
		this.#guard.largestBody = bytes;
	}

	/** Hands every method call to the handler, which must answer all of them and must not throw. */
	onCall(handler: (message: Message) => void): void {
		this.#connection.addMethodHandler((message: Message) => {
			handler(message);
			return true;
		});
	}

	/** Ends the connection once what was sent is on its way. */
	async close(): Promise<void> {
		const stream = streamOf(this.#connection);
		// While the bus starts a service, the other end is open in more processes than the bus, and nobody may close it.
		stream.once('finish', () => {
			stream.destroy();
		});
		this.#connection.disconnect();
		stream.resume();
		await this.ended;
	}
}

/**
Connects to the system or the session bus.

@param address Another address than the environment's.
@throws BusUnreachableError
*/
export async function connectBus(kind: BusKind, address = busAddress(kind)): Promise<Bus> {
	try {
		const connection = sessionBus({busAddress: socketAddress(address)});
		const guard: Guard = {largestBody: Infinity};
		// The handshake is over, and the library has read no message yet.
		innerOf(connection).once('connect', () => {
			takeOver(innerOf(connection), guard);
		});
		await new Promise<void>((resolve, reject) => {
			connection.on('connect', resolve);
			// After the start an error concerns one message at the most; the end of the stream is what counts.
			connection.on('error', reject);
			streamOf(connection).once('close', () => {
				reject(new Error('it closed the connection'));
			});
		});
		return new Bus(kind, connection, guard);
	} catch (error) {
		throw new BusUnreachableError(kind, address, error);
	}
}

/** The address of a bus, from the environment or where the specification puts it. */
export function busAddress(kind: BusKind): string {
	return kind === 'system'
		? variable('DBUS_SYSTEM_BUS_ADDRESS') ?? 'unix:path=/run/dbus/system_bus_socket'
		: variable('DBUS_SESSION_BUS_ADDRESS') ?? `unix:path=${variable('XDG_RUNTIME_DIR') ?? `/run/user/${process.getuid!()}`}/bus`;
}

// One that is empty counts as unset.
const variable = (name: string): string | undefined => process.env[name] === '' ? undefined : process.env[name];

// `unix:socket=` makes dbus-next take node's own sockets, abstract ones included, and never the native addon `usocket`.
function socketAddress(address: string): string {
	for (const candidate of address.split(';')) {
		const match = /^unix:(?:.*,)?(path|abstract)=([^,]+)/.exec(candidate);
		if (match) {
			const socket = decodeURIComponent(match[2]!);
			if (/[,:;=]/.test(socket)) {
				throw new Error('dbus-next cannot connect to a socket whose path has a comma, colon, semicolon or equals sign');
			}

			return `unix:socket=${match[1] === 'abstract' ? '\0' : ''}${socket}`;
		}
	}

	throw new Error('only unix:path= and unix:abstract= addresses are supported');
}

function takeOver(inner: Inner, guard: Guard): void {
	const {stream} = inner;
	const bodyRead = hideBodies(stream, () => guard.largestBody);
	// Before the library hands it on.
	inner.prependListener('message', (message: Message) => {
		const body = bodyRead();
		if (body) {
			giveBody(message, body);
		}
	});
	inner.message = message => {
		writeMessage(stream, message);
	};
}

// Most of what strangers send is refused for its signature, and never decoded.
function giveBody(message: Message, {signature, bytes, isLittleEndian}: RawBody): void {
	let values: unknown[] | undefined;
	message.signature = signature;
	Object.defineProperty(message, 'body', {
		get() {
			values ??= unmarshal(signature, bytes, isLittleEndian);
			return values;
		},
	});
}

// The library tells nobody that its stream has closed, and takes ten times as long for bodies; these private members are the
// only way.
type Inner = EventEmitter & {stream: Duplex; message: (message: MessageLike) => void};
const innerOf = (connection: MessageBus): Inner => (connection as unknown as {_connection: Inner})._connection;
const streamOf = (connection: MessageBus): Duplex => innerOf(connection).stream;

// The typed client: `client.manager.createWorkspace('base', 'name', {})`, signals as events, properties as objects.
// Everything in it is read off the contract.
import {EventEmitter} from 'node:events';
import type {
	DBusError, Message, MessageFlag, MessageLike, Variant,
} from 'dbus-next';
import {connectBus, type Bus, type BusKind} from './bus.js';
import {
	decode, decodeProperties, encode, lowerFirst,
} from './codec.js';
import {
	contract, type Methods, type ObjectPath, type Properties, type Signals,
} from './contract.js';
import {busErrors} from './errors.js';
import {busName, rootPath} from './paths.js';
import {signatureOf, type InterfaceSpec} from './spec.js';

export type InterfaceName = keyof typeof contract;

/** nexusd is not on the bus and nobody can start it. */
export class DaemonUnreachableError extends Error {
	readonly kind: BusKind;

	constructor(kind: BusKind, cause: unknown) {
		super(`nexusd does not answer on the ${kind} bus: ${cause instanceof Error ? cause.message : String(cause)}`, {cause});
		this.kind = kind;
	}
}

/** Signals by `Interface.Member`: a listener gets the path it came from, then its arguments. */
type SignalEvents = {[K in keyof Signals]: [path: ObjectPath, ...args: Signals[K]]};

/** Beside the signals: nexusd has left the bus (an empty name) or another one has come (its unique name). */
type ClientEvents = SignalEvents & {owner: [name: string]};

/** Takes back what was done so that a person can be asked. */
export type EndPrompt = () => Promise<void>;

export class NexusClient extends EventEmitter<ClientEvents> {
	/** The bus that it is on. */
	readonly kind: BusKind;
	readonly manager: Methods['Manager'];
	/** Settles when the connection to the bus has ended. */
	readonly ended: Promise<void>;

	/**
	Called when the daemon would let the caller do something if a person authenticated. When it resolves to a function,
	somebody can be asked: the call is made again with leave to ask, and the function is called when that one is over,
	however it ended.
	*/
	preparePrompt: (() => Promise<EndPrompt | undefined>) | undefined;

	readonly #bus: Bus;
	#owner: string | undefined;

	/** For `reach` alone. */
	constructor(bus: Bus) {
		super();
		this.#bus = bus;
		this.kind = bus.kind;
		this.ended = bus.ended;
		this.manager = this.object('Manager', rootPath);
	}

	/** The unique name of nexusd, empty while it is not there. Known to a client that listens. */
	get owner(): string {
		return this.#owner ?? '';
	}

	/**
	Starts nexusd, unless it is running.

	@throws DaemonUnreachableError when the bus does not know how, or it does not come up.
	*/
	async start(): Promise<void> {
		try {
			const [isRunning] = await this.#bus.callBus('NameHasOwner', 's', [busName]);
			if (!isRunning) {
				await this.#bus.callBus('StartServiceByName', 'su', [busName, 0]);
			}
		} catch (error) {
			throw new DaemonUnreachableError(this.kind, isBusError(error, busErrors.serviceUnknown) ? 'it is not running' : error);
		}
	}

	/** The methods of one interface of an object. Nothing is asked of the daemon until one is called. */
	object<K extends InterfaceName>(name: K, path: ObjectPath): Methods[K] {
		const spec: InterfaceSpec = contract[name];
		const methods = Object.entries(spec.methods).map(([member, {in: incoming, out}]): [string, unknown] => [
			lowerFirst(member),
			async (...values: unknown[]) => {
				const body = await this.#call({
					destination: busName, path, interface: spec.name, member, signature: signatureOf(incoming), body: encode(incoming, values),
				});
				const [result] = decode(out, body);
				return result;
			},
		]);
		// The shape is the contract's, from which the type was made too.
		return Object.fromEntries(methods) as Methods[K];
	}

	/** All properties of one interface of an object. */
	async properties<K extends InterfaceName>(name: K, path: ObjectPath): Promise<Properties[K]> {
		const variants = await this.object('Properties', path).getAll(contract[name].name);
		return decodeProperties(contract[name], variants) as Properties[K];
	}

	/** The changed properties that a `Properties.PropertiesChanged` carried, when they are of this interface. */
	changes<K extends InterfaceName>(name: K, interfaceName: string, changed: Record<string, Variant>): Partial<Properties[K]> {
		return interfaceName === contract[name].name ? decodeProperties(contract[name], changed) as Partial<Properties[K]> : {};
	}

	/** Starts the flow of signals; those sent after it resolves arrive as events. */
	async listen(): Promise<void> {
		this.#bus.onSignal(message => {
			this.#receive(message);
		});
		await this.#bus.callBus('AddMatch', 's', [`type='signal',sender='org.freedesktop.DBus',member='NameOwnerChanged',arg0='${busName}'`]);
		await this.#bus.callBus('AddMatch', 's', [`type='signal',sender='${busName}',path_namespace='${rootPath}'`]);
		const owner = await this.#askOwner();
		// A change that was told meanwhile is newer than the answer.
		this.#owner ??= owner;
	}

	/** Ends the connection. */
	async close(): Promise<void> {
		await this.#bus.close();
	}

	// Nobody has the name while the daemon is not needed.
	async #askOwner(): Promise<string> {
		try {
			const [owner] = await this.#bus.callBus('GetNameOwner', 's', [busName]);
			return owner as string;
		} catch (error) {
			if (isBusError(error, busErrors.nameHasNoOwner)) {
				return '';
			}

			throw error;
		}
	}

	async #call(message: MessageLike): Promise<unknown[]> {
		try {
			return await this.#bus.call(message);
		} catch (error) {
			const endPrompt = isBusError(error, busErrors.interactiveAuthorizationRequired) ? await this.preparePrompt?.() : undefined;
			if (!endPrompt) {
				throw error;
			}

			try {
				return await this.#bus.call({...message, flags: allowInteractiveAuthorization});
			} finally {
				await endPrompt();
			}
		}
	}

	#receive({sender, path, interface: interfaceName, member, body}: Message): void {
		if (sender === 'org.freedesktop.DBus' && member === 'NameOwnerChanged' && body[0] === busName) {
			this.#owner = body[2] as string;
			this.emit('owner', this.owner);
			return;
		}

		// Anybody may send us a signal; only the daemon's count.
		if (sender !== this.#owner) {
			return;
		}

		for (const [name, spec] of Object.entries(contract) as Array<[InterfaceName, InterfaceSpec]>) {
			const args = spec.name === interfaceName && spec.signals[member];
			if (args) {
				// The event's name and its arguments belong together by construction.
				this.emit(`${name}.${member}` as keyof Signals, ...([path, ...decode(args, body)] as unknown as SignalEvents[keyof Signals]));
			}
		}
	}
}

// The flag of the D-Bus specification; the library's type has no name for it.
const allowInteractiveAuthorization = 4 as MessageFlag;

/**
Connects to nexusd, starting it where the bus knows how to.

@param kind The bus, or `undefined` for the system's, unless only the session's has a nexusd.
@throws BusUnreachableError, DaemonUnreachableError
*/
export async function connect(kind?: BusKind): Promise<NexusClient> {
	if (kind) {
		return connectTo(kind);
	}

	try {
		return await connectTo('system');
	} catch (error) {
		try {
			return await connectTo('session');
		} catch {
			throw error;
		}
	}
}

async function connectTo(kind: BusKind): Promise<NexusClient> {
	const client = await reach(kind);
	try {
		await client.start();
		return client;
	} catch (error) {
		await client.close();
		throw error;
	}
}

/**
Connects to a bus, whether nexusd is on it or not, and starts nothing.

@throws BusUnreachableError
*/
export const reach = async (kind: BusKind): Promise<NexusClient> => new NexusClient(await connectBus(kind));

/** Whether an error is a reply from the bus, and, when a name is given, that one. */
export const isBusError = (error: unknown, name?: string): error is DBusError =>
	error instanceof Error && 'type' in error && typeof error.type === 'string' && (name === undefined || error.type === name);

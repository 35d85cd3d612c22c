// Keeps a mirror of what nexusd has, through all that can happen to it and to the bus.
//
//   opening → loading → live ⇄ away (nexusd has left the bus)
//      ↑________________________|
//      └ unreachable (there is no bus), tried again and again
//
// It never asks how things are while it is live: signals say it. A nexusd that has gone is not started again unless somebody
// wants it: whoever stopped it may have meant it.
import {EventEmitter} from 'node:events';
import {setTimeout as wait} from 'node:timers/promises';
import type {BusKind} from '../../dbus/bus.js';
import {reach, type NexusClient} from '../../dbus/client.js';
import {contract, type ObjectPath} from '../../dbus/contract.js';
import {parseObjectPath, rootPath, type Kind} from '../../dbus/paths.js';
import {Mirror, type Event, type Objects} from './mirror.js';
import type {PropertiesOf} from './records.js';

/** How things stand between us and nexusd. */
export type LinkState =
	| {readonly state: 'opening' | 'starting' | 'loading' | 'live' | 'away'}
	/** There is no bus, or nexusd cannot be started or does not answer. */
	| {readonly state: 'unreachable' | 'failed'; readonly message: string};

type WatcherEvents = {
	/** The mirror has changed. */
	change: [mirror: Mirror];
	link: [link: LinkState];
};

/** Milliseconds between two looks for a bus, at first and at most. */
const patience = {first: 250, most: 5000};

/** Milliseconds in which the mirror comes to agree with nexusd's counts, which are told some moments later. */
const settling = 1000;

/** Milliseconds after which that is asked for of which no signal tells. */
const asking = 2000;

const interfaceNames = {
	image: 'Image', workspace: 'Workspace', vm: 'Vm', job: 'Job',
} as const satisfies Record<Kind, keyof typeof contract>;

export class Watcher extends EventEmitter<WatcherEvents> {
	readonly mirror = new Mirror();
	readonly #closing = new AbortController();
	/** The bus that was asked for, or on which nexusd was found. */
	#kind: BusKind | undefined;
	#client: NexusClient | undefined;
	#link: LinkState = {state: 'opening'};
	/** Of the question whose answer is awaited; another one makes it void. */
	#question = 0;
	#settling: NodeJS.Timeout | undefined;
	#asking: NodeJS.Timeout | undefined;
	#running: Promise<void> | undefined;
	#setFound!: () => void;
	/** Resolves when it is known on which bus nexusd is. */
	readonly #isFound = new Promise<void>(resolve => {
		this.#setFound = resolve;
	});

	constructor(kind: BusKind | undefined) {
		super();
		this.#kind = kind;
	}

	get link(): LinkState {
		return this.#link;
	}

	/** The bus, once it is known on which nexusd is. */
	get kind(): BusKind | undefined {
		return this.#kind;
	}

	/** To ask nexusd for something; `undefined` while there is no bus. */
	get client(): NexusClient | undefined {
		return this.#client;
	}

	/** Begins. It goes on until `close`. */
	open(): void {
		this.#running ??= this.#run();
	}

	/** Starts nexusd where it is not running, and looks at everything anew where it is. */
	async restart(): Promise<void> {
		const client = this.#client;
		if (!client) {
			return;
		}

		if (client.owner !== '') {
			await this.#load(client);
			return;
		}

		this.#setLink({state: 'starting'});
		try {
			await client.start();
		} catch (error) {
			if (client === this.#client && client.owner === '') {
				this.#setLink({state: 'failed', message: messageOf(error)});
			}
		}
	}

	/** Tells the mirror what was learnt otherwise than by a signal. */
	tell(event: Event): void {
		this.mirror.apply(event, now());
		this.emit('change', this.mirror);
	}

	/** Ends the connection. */
	async close(): Promise<void> {
		this.#closing.abort();
		this.#forget();
		await this.#client?.close();
		await this.#running;
	}

	/** Where nexusd is looked for. */
	get #kinds(): readonly BusKind[] {
		return this.#kind ? [this.#kind] : ['system', 'session'];
	}

	get #isClosing(): boolean {
		return this.#closing.signal.aborted;
	}

	async #run(): Promise<void> {
		let {client, failure} = await this.#open();
		while (client) {
			/* eslint-disable no-await-in-loop -- one connection after the other */
			await this.#follow(client, failure);
			client = await this.#reachAgain();
			/* eslint-enable no-await-in-loop */
			failure = undefined;
		}
	}

	// The first time nexusd is started, as every command does it. Where that fails, the bus is there to be listened to all
	// the same.
	async #open(): Promise<{client: NexusClient | undefined; failure?: string}> {
		const failures: unknown[] = [];
		for (const kind of this.#kinds) {
			try {
				// eslint-disable-next-line no-await-in-loop
				const client = await this.#startOn(kind);
				this.#find(kind);
				return {client};
			} catch (error) {
				failures.push(error);
			}
		}

		return {client: await this.#reachAgain(), failure: messageOf(failures[0])};
	}

	// It may take as long as the bus is patient with nexusd: closing breaks it off.
	async #startOn(kind: BusKind): Promise<NexusClient> {
		const client = await reach(kind);
		const breakOff = (): void => {
			void client.close();
		};

		this.#closing.signal.addEventListener('abort', breakOff);
		try {
			this.#closing.signal.throwIfAborted();
			await client.start();
			return client;
		} catch (error) {
			await client.close();
			throw error;
		} finally {
			this.#closing.signal.removeEventListener('abort', breakOff);
		}
	}

	// `undefined` when it is closed meanwhile.
	async #reachAgain(): Promise<NexusClient | undefined> {
		for (let delay = patience.first; !this.#isClosing; delay = Math.min(delay * 2, patience.most)) {
			/* eslint-disable no-await-in-loop */
			for (const kind of this.#kinds) {
				try {
					return await reach(kind);
				} catch (error) {
					this.#setLink({state: 'unreachable', message: messageOf(error)});
				}
			}

			await this.#pause(delay);
			/* eslint-enable no-await-in-loop */
		}

		return undefined;
	}

	// Milliseconds, or until it is closed.
	async #pause(delay: number): Promise<void> {
		await wait(delay, undefined, {signal: this.#closing.signal}).catch(() => undefined);
	}

	// Resolves when the connection has ended. What kept nexusd from being started is told once somebody can have it tried again.
	async #follow(client: NexusClient, failure: string | undefined): Promise<void> {
		if (this.#isClosing) {
			await client.close();
			return;
		}

		this.#client = client;
		client.on('owner', () => {
			this.#meet(client);
		});
		this.#listenTo(client);
		const others = this.#kinds.filter(kind => kind !== client.kind).map(async kind => this.#lookOut(kind, client));
		try {
			await client.listen();
			this.#meet(client, failure);
			await client.ended;
		} catch {
			// The connection ended in the midst.
			await client.close();
			await this.#pause(patience.first);
		}

		await Promise.all(others);
		this.#client = undefined;
		if (!this.#isClosing && (this.#kind === undefined || this.#kind === client.kind)) {
			this.#lose({state: 'unreachable', message: 'the connection to the bus was lost'});
		}
	}

	// Until nexusd was seen it may turn up on any bus. Resolves when this one need not be listened to any more.
	async #lookOut(kind: BusKind, followed: NexusClient): Promise<void> {
		const other = await reach(kind).catch(() => undefined);
		if (!other) {
			return;
		}

		const found = (): void => {
			if (other.owner !== '' && this.#kind === undefined) {
				this.#find(kind);
				void followed.close();
			}
		};

		other.on('owner', found);
		try {
			await other.listen();
			found();
			await Promise.race([followed.ended, this.#isFound]);
		} catch {
			// It went away. There is the other one.
		}

		await other.close();
	}

	#meet(client: NexusClient, failure?: string): void {
		if (client.owner === '') {
			// Whoever has it started already is told how that ends.
			if (this.#link.state !== 'starting') {
				this.#lose(failure === undefined ? {state: 'away'} : {state: 'failed', message: failure});
			}

			return;
		}

		this.#find(client.kind);
		void this.#load(client);
	}

	#find(kind: BusKind): void {
		this.#kind = kind;
		this.#setFound();
	}

	#lose(link: LinkState): void {
		this.#question++;
		this.#forget();
		this.mirror.clear(now());
		this.emit('change', this.mirror);
		this.#setLink(link);
	}

	#forget(): void {
		clearTimeout(this.#settling);
		clearTimeout(this.#asking);
		this.#settling = undefined;
		this.#asking = undefined;
	}

	async #load(client: NexusClient): Promise<void> {
		const question = ++this.#question;
		this.#setLink({state: 'loading'});
		this.mirror.begin();
		try {
			await client.manager.subscribe();
			const [manager, objects] = await Promise.all([client.properties('Manager', rootPath), objectsOf(client)]);
			if (question === this.#question) {
				this.mirror.load(objects, manager, now());
				this.emit('change', this.mirror);
				this.#setLink({state: 'live'});
				this.#settle(client);
				if (manager.removing > 0) {
					this.#askSoon(client);
				}
			}
		} catch (error) {
			// When it went away, that is told by itself.
			if (question === this.#question && client.owner !== '') {
				this.#lose({state: 'failed', message: messageOf(error)});
				await this.#loadLater(client);
			}
		}
	}

	async #loadLater(client: NexusClient): Promise<void> {
		const question = this.#question;
		await this.#pause(patience.most);
		if (question === this.#question && !this.#isClosing) {
			await this.#load(client);
		}
	}

	// Where the mirror is doubtful now, and stays so for a while, a signal was lost.
	#settle(client: NexusClient): void {
		if (!this.mirror.isDoubtful) {
			clearTimeout(this.#settling);
			this.#settling = undefined;
			return;
		}

		this.#settling ??= setTimeout(() => {
			this.#settling = undefined;
			void this.#load(client);
		}, settling);
	}

	// Of what is still being freed and of warnings no signal tells: they may have changed when the pool's space has.
	#askSoon(client: NexusClient): void {
		this.#asking ??= setTimeout(() => {
			this.#asking = undefined;
			void this.#ask(client);
		}, asking);
	}

	async #ask(client: NexusClient): Promise<void> {
		const question = this.#question;
		try {
			const {warnings, removing} = await client.properties('Manager', rootPath);
			if (question === this.#question) {
				this.tell({kind: 'manager', properties: {warnings, removing}});
				if (removing > 0) {
					this.#askSoon(client);
				}
			}
		} catch {
			// It is gone, which is told by itself; or too busy, and there will be another change.
		}
	}

	#listenTo(client: NexusClient): void {
		const apply = (event: Event): void => {
			this.tell(event);
			if (this.#link.state === 'live') {
				this.#settle(client);
			}
		};

		client.on('ObjectManager.InterfacesAdded', (_path, object, interfaces) => {
			const kind = parseObjectPath(object)?.kind;
			if (kind) {
				const name = interfaceNames[kind];
				apply({kind: 'added', object, properties: client.changes(name, contract[name].name, interfaces[contract[name].name] ?? {})});
			}
		});
		client.on('ObjectManager.InterfacesRemoved', (_path, object) => {
			apply({kind: 'removed', object});
		});
		client.on('Properties.PropertiesChanged', (object, interfaceName, changed) => {
			const kind = parseObjectPath(object)?.kind;
			if (kind) {
				apply({kind: 'changed', object, properties: client.changes(interfaceNames[kind], interfaceName, changed)});
			} else if (object === rootPath) {
				const properties = client.changes('Manager', interfaceName, changed);
				apply({kind: 'manager', properties});
				if ('poolFree' in properties && this.#link.state === 'live') {
					this.#askSoon(client);
				}
			}
		});
	}

	#setLink(link: LinkState): void {
		this.#link = link;
		this.emit('link', link);
	}
}

async function objectsOf(client: NexusClient): Promise<Objects> {
	const objects: {[K in Kind]: Map<ObjectPath, PropertiesOf<K>>} = {
		image: new Map(), workspace: new Map(), vm: new Map(), job: new Map(),
	};
	const all = await client.object('ObjectManager', rootPath).getManagedObjects();
	for (const [object, interfaces] of Object.entries(all)) {
		const kind = parseObjectPath(object)?.kind;
		if (kind) {
			const {name} = contract[interfaceNames[kind]];
			// The whole properties of the interface that belongs to the kind.
			(objects[kind] as Map<ObjectPath, unknown>).set(object, client.changes(interfaceNames[kind], name, interfaces[name] ?? {}));
		}
	}

	return objects;
}

const now = (): number => Date.now() / 1000;

const messageOf = (error: unknown): string => error instanceof Error ? error.message : String(error);

// A session with a nexusd that is none: it has what it is told to have, and writes down what it is asked.
import {once, type EventEmitter} from 'node:events';
import type {ExecutionContext} from 'ava';
import type {BusKind} from '../../../../dbus/bus.js';
import type {NexusClient} from '../../../../dbus/client.js';
import type {ManagerProperties, Methods, ObjectPath} from '../../../../dbus/contract.js';
import type {Size} from '../../../../tui/app/layout.js';
import {press} from '../../../../tui/app/press.js';
import {Session} from '../../../../tui/app/session.js';
import {freshView, type View} from '../../../../tui/app/view.js';
import type {Noun} from '../../../../tui/cli/command.js';
import {nouns as allNouns} from '../../../../tui/commands/index.js';
import {Watcher, type LinkState} from '../../../../tui/mirror/watcher.js';
import {
	managerOf, noon, objectsOf, type World,
} from './_world.js';

/** A call: the object's path where it is of one, the method, and what it was given. */
export type Call = readonly unknown[];

/** As much of the client as the screen uses. */
export class FakeClient {
	readonly calls: Call[] = [];
	/** How many calls have waited for an answer at the same time, at the most. */
	mostAtOnce = 0;
	preparePrompt: NexusClient['preparePrompt'];
	readonly manager: Pick<Methods['Manager'], 'importImage' | 'createWorkspace' | 'createVm' | 'attachWorkspace'> = {
		importImage: async (...args) => this.#call<ObjectPath>('importImage', ...args),
		createWorkspace: async (...args) => this.#call<ObjectPath>('createWorkspace', ...args),
		createVm: async (...args) => this.#call<ObjectPath>('createVm', ...args),
		attachWorkspace: async (...args) => this.#call<void>('attachWorkspace', ...args),
	};

	#atOnce = 0;

	/** What a call is answered with; what it throws is the error. */
	answer: (call: Call) => unknown = () => '/';

	/** Told when all about an object is asked for. */
	onLook: (object: ObjectPath) => void = () => undefined;

	object(_name: string, path: ObjectPath) {
		const method = (name: string) => async (...args: readonly unknown[]) => this.#call<unknown>(path, name, ...args);
		return {delete: method('delete'), detach: method('detach'), cancel: method('cancel')};
	}

	/** Nothing is known beyond what signals told. */
	async properties(_name: string, object: ObjectPath): Promise<never> {
		this.onLook(object);
		throw new Error('nobody answers');
	}

	async #call<T>(...call: Call): Promise<T> {
		this.calls.push(call);
		this.mostAtOnce = Math.max(this.mostAtOnce, ++this.#atOnce);
		try {
			return await this.answer(call) as T;
		} finally {
			this.#atOnce--;
		}
	}
}

export class FakeWatcher extends Watcher {
	readonly asked = new FakeClient();
	restarts = 0;
	#state: LinkState = {state: 'live'};
	#hasBus = true;

	constructor() {
		super('system');
	}

	override get link(): LinkState {
		return this.#state;
	}

	override get client(): NexusClient | undefined {
		// The screen uses no more of it.
		return this.#hasBus ? this.asked as unknown as NexusClient : undefined;
	}

	override get kind(): BusKind | undefined {
		return 'system';
	}

	override async restart(): Promise<void> {
		this.restarts++;
	}

	/** Nexusd has this, and nothing else. */
	fill(world: World, properties: Partial<ManagerProperties> = {}): void {
		this.mirror.begin();
		this.mirror.load(objectsOf(world), managerOf(world, properties), noon);
		this.emit('change', this.mirror);
	}

	turn(link: LinkState): void {
		this.#state = link;
		this.#hasBus = link.state !== 'unreachable' && link.state !== 'opening';
		this.emit('link', link);
	}
}

export type Stage = {
	readonly session: Session;
	readonly watcher: FakeWatcher;
	readonly client: FakeClient;
	/** Presses keys by their names. Resolves when all that follows at once has been done. */
	readonly keys: (...names: readonly string[]) => Promise<void>;
	/** Types a text, a key a character. */
	readonly type: (text: string) => Promise<void>;
	readonly paste: (text: string) => Promise<void>;
	readonly click: (x: number, y: number) => Promise<void>;
	readonly wheel: (direction: 'up' | 'down', x: number, y: number) => Promise<void>;
	/** The names of what is listed. */
	readonly names: () => string[];
	readonly selected: () => string | undefined;
	/** What is said above the keys, when nothing is under way any more. */
	readonly said: () => Promise<string | undefined>;
};

type Options = {readonly size?: Size; readonly view?: Partial<View>; readonly nouns?: readonly Noun[]};

/** A session of a test, which ends with it. */
export function open(t: ExecutionContext, world: World = {}, {size = {columns: 80, rows: 24}, view = {}, nouns = allNouns}: Options = {}): Stage {
	const watcher = new FakeWatcher();
	watcher.fill(world);
	const session = new Session(watcher, nouns, {...freshView(size), ...view});
	session.update({});
	t.teardown(() => {
		session.end();
	});
	const keys = async (...names: readonly string[]): Promise<void> => {
		for (const name of names) {
			// eslint-disable-next-line no-await-in-loop
			await press(session, {kind: 'key', name});
		}
	};

	return {
		session,
		watcher,
		client: watcher.asked,
		keys,
		type: async text => keys(...text),
		paste: async text => press(session, {kind: 'paste', text}),
		click: async (x, y) => press(session, {kind: 'mouse', mouse: {action: 'click', x, y}}),
		wheel: async (direction, x, y) => press(session, {kind: 'mouse', mouse: {action: `wheel-${direction}`, x, y}}),
		names: () => session.rows().rows.map(({name}) => name),
		selected: () => session.selected?.name,
		said: async () => saidBy(session),
	};
}

async function saidBy(session: Session): Promise<string | undefined> {
	while (session.view.tasks.length > 0 || (session.view.dialog?.kind === 'form' && session.view.dialog.isBusy)) {
		// eslint-disable-next-line no-await-in-loop
		await once(session, 'change');
	}

	return session.view.notice?.text;
}

/** Resolves when the session has taken note of what came from elsewhere. */
export const noted = async (session: EventEmitter): Promise<unknown> => once(session, 'change');

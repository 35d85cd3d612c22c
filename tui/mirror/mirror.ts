// What nexusd has, as its signals tell it. A pure state: it asks for nothing and knows no time.
//
// Who keeps it listens, calls `begin`, asks for all objects, and loads the answer. A signal that has come meanwhile may be
// older or newer than the answer: all of them are applied to it, in their order. To those that are older it is what they led
// to, so they change nothing in the end. Should a signal be lost, the mirror does not agree with what nexusd counts, or hears
// of an object that it does not know: then it `isDoubtful`, and all is to be asked for once more.
import type {ManagerProperties, ObjectPath} from '../../dbus/contract.js';
import {
	kinds, noObject, parseObjectPath, type Kind,
} from '../../dbus/paths.js';
import type {EndedJob, PropertiesOf, RecordOf} from './records.js';

/** Objects with their properties, by path. */
export type Objects = {readonly [K in Kind]: ReadonlyMap<ObjectPath, PropertiesOf<K>>};

/** What a signal tells. */
export type Event =
	| {readonly kind: 'added' | 'changed'; readonly object: ObjectPath; readonly properties: Readonly<Record<string, unknown>>}
	| {readonly kind: 'removed'; readonly object: ObjectPath}
	| {readonly kind: 'manager'; readonly properties: Partial<ManagerProperties>};

/** The most jobs that are remembered after their end. */
const remembered = 100;

/** The most changes of a kind that are remembered. */
const mostChanges = 10_000;

/** What has changed since a version, in its order. Each makes another version. */
type History = {since: number; changes: ObjectPath[]};

export class Mirror {
	readonly #records: {[K in Kind]: Map<ObjectPath, RecordOf[K]>} = {
		image: new Map(), workspace: new Map(), vm: new Map(), job: new Map(),
	};

	readonly #histories: Record<Kind, History> = {
		image: {since: 0, changes: []}, workspace: {since: 0, changes: []}, vm: {since: 0, changes: []}, job: {since: 0, changes: []},
	};

	readonly #names: Record<Kind, number> = {
		image: 0, workspace: 0, vm: 0, job: 0,
	};

	#manager: ManagerProperties | undefined;
	#ended: readonly EndedJob[] = [];
	#meanwhile: Event[] | undefined;
	#hasGap = false;

	/** All of a kind, by path, in no order. */
	all<K extends Kind>(kind: K): ReadonlyMap<ObjectPath, RecordOf[K]> {
		return this.#records[kind];
	}

	/** The name of what is at a path, "" for nothing. Asked for each of thousands of rows, so the path is not taken apart. */
	nameOf(object: ObjectPath): string {
		if (object === noObject) {
			return '';
		}

		const {image, workspace, vm, job} = this.#records;
		return (image.get(object) ?? vm.get(object) ?? workspace.get(object) ?? job.get(object))?.name ?? '';
	}

	/** Changes whenever something of that kind does. */
	version(kind: Kind): number {
		const {since, changes} = this.#histories[kind];
		return since + changes.length;
	}

	/** Which of them have come, gone or changed since a version; `undefined` when that is too long ago. */
	changedSince(kind: Kind, version: number): ReadonlySet<ObjectPath> | undefined {
		const {since, changes} = this.#histories[kind];
		return version < since ? undefined : new Set(changes.slice(version - since));
	}

	/** Changes whenever the names of that kind do: something comes or goes. */
	names(kind: Kind): number {
		return this.#names[kind];
	}

	/** The daemon itself; `undefined` while there is nothing to show. */
	get manager(): ManagerProperties | undefined {
		return this.#manager;
	}

	/** The jobs that have ended while somebody looked, the newest first. */
	get ended(): readonly EndedJob[] {
		return this.#ended;
	}

	/** Whether a signal must have been lost, or has not come yet: nexusd counts something else. */
	get isDoubtful(): boolean {
		return this.#hasGap || (this.#manager !== undefined && (['image', 'workspace', 'vm'] as const).some(kind => this.#records[kind].size !== this.#manager![`${kind}s`]));
	}

	/** All is about to be asked for: what is told from now on counts for the answer too. */
	begin(): void {
		this.#meanwhile = [];
	}

	/** Everything is as the answers say, and what was told meanwhile. */
	load(objects: Objects, manager: ManagerProperties, now: number): void {
		const meanwhile = this.#meanwhile ?? [];
		this.#forget();
		this.#manager = manager;
		for (const kind of kinds) {
			for (const [object, properties] of objects[kind]) {
				this.#put(kind, object, properties);
			}
		}

		for (const event of meanwhile) {
			this.apply(event, now);
		}

		// Of what came and went before the answer, the answer knows nothing.
		this.#hasGap = false;
	}

	/** Nothing is known any more. What was being worked on was not brought to an end by this nexusd. */
	clear(now: number): void {
		for (const job of this.#records.job.values()) {
			this.#remember({...job, state: 'lost', message: 'nexusd went away; what was begun is undone'}, now);
		}

		this.#forget();
		this.#manager = undefined;
	}

	/** Something was told, at that time in seconds. */
	apply(event: Event, now: number): void {
		this.#meanwhile?.push(event);
		if (!this.#manager) {
			return;
		}

		if (event.kind === 'manager') {
			this.#manager = {...this.#manager, ...event.properties};
			return;
		}

		const kind = parseObjectPath(event.object)?.kind;
		if (kind) {
			this.#applyTo(kind, event, now);
		}
	}

	#applyTo(kind: Kind, event: Exclude<Event, {kind: 'manager'}>, now: number): void {
		if (event.kind === 'removed') {
			this.#remove(kind, event.object, now);
			return;
		}

		const known = this.#records[kind].get(event.object);
		if (event.kind === 'changed' && !known) {
			this.#hasGap = true;
			return;
		}

		this.#put(kind, event.object, event.kind === 'added' ? event.properties : {...known, ...event.properties});
	}

	// An object whose path says its kind has that kind's properties, as the contract has it.
	#put(kind: Kind, path: ObjectPath, properties: Readonly<Record<string, unknown>>): void {
		if (kind === 'job') {
			// Each nexusd counts its jobs from 1: the one that had that number before gives way.
			this.#ended = this.#ended.filter(job => job.path !== path);
		}

		this.#names[kind] += Number(this.#records[kind].get(path)?.name !== properties['name']);
		// With the path behind the others, V8 gives each record a shape of its own, and whoever goes through thousands takes ten times as long.
		(this.#records[kind] as Map<ObjectPath, unknown>).set(path, {path, ...properties});
		this.#note(kind, path);
	}

	#remove(kind: Kind, object: ObjectPath, now: number): void {
		const job = kind === 'job' ? this.#records.job.get(object) : undefined;
		if (job) {
			this.#remember(job, now);
		}

		this.#records[kind].delete(object);
		this.#note(kind, object);
		this.#names[kind]++;
	}

	#remember(job: RecordOf['job'], endedAt: number): void {
		const ended = [{...job, endedAt}, ...this.#ended];
		this.#ended = ended.slice(0, remembered);
		for (const {path} of [job, ...ended.slice(remembered)]) {
			this.#note('job', path);
		}
	}

	#note(kind: Kind, object: ObjectPath): void {
		if (this.#histories[kind].changes.length >= mostChanges) {
			this.#forgetChanges(kind);
		}

		this.#histories[kind].changes.push(object);
	}

	// Another version, of which nobody can tell what has changed in it.
	#forgetChanges(kind: Kind): void {
		this.#histories[kind] = {since: this.version(kind) + 1, changes: []};
	}

	#forget(): void {
		for (const kind of kinds) {
			this.#records[kind].clear();
			this.#forgetChanges(kind);
			this.#names[kind]++;
		}

		this.#meanwhile = undefined;
		this.#hasGap = false;
	}
}

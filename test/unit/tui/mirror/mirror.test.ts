import test from 'ava';
import fc from 'fast-check';
import type {ManagerProperties} from '../../../../dbus/contract.js';
import {kinds, objectPath, type Kind} from '../../../../dbus/paths.js';
import {Mirror, type Event, type Objects} from '../../../../tui/mirror/mirror.js';

/** What a daemon has, as plain data: the properties of each object by its path. */
type World = Record<Kind, Record<string, {name: string; rev: number}>>;

const emptyWorld = (): World => ({
	image: {}, workspace: {}, vm: {}, job: {},
});

const idOf = (number: number): string => `00000000-0000-4000-8000-${String(number).padStart(12, '0')}`;
const pathOf = (kind: Kind, number: number): string => kind === 'job' ? objectPath('job', number + 1) : objectPath(kind, idOf(number));

const managerOf = (world: World): ManagerProperties => ({
	version: '1',
	schemaVersion: 5,
	backend: 'btrfs',
	workspacesRoot: '/pool',
	warnings: [],
	poolSize: 100,
	poolFree: 50,
	removing: 0,
	images: Object.keys(world.image).length,
	workspaces: Object.keys(world.workspace).length,
	vms: Object.keys(world.vm).length,
});

// The mirror looks at no property, so a few stand for all.
const objectsOf = (world: World): Objects =>
	Object.fromEntries(Object.entries(world).map(([kind, objects]) => [kind, new Map(Object.entries(objects))])) as unknown as Objects;

const shownBy = (mirror: Mirror): World => Object.fromEntries((['image', 'workspace', 'vm', 'job'] as const).map(kind =>
	[kind, Object.fromEntries([...mirror.all(kind)].map(([object, {name, ...rest}]) => [object, {name, rev: (rest as unknown as {rev: number}).rev}]))])) as World;

/** Something that happens to the daemon. */
type Deed = {kind: Kind; number: number; what: 'add' | 'change' | 'remove'};

const deeds = fc.array(fc.record<Deed>({
	kind: fc.constantFrom('image', 'workspace', 'vm', 'job'), number: fc.nat(4), what: fc.constantFrom('add', 'change', 'remove'),
}), {maxLength: 60});

let revision = 0;

/** Does it, and returns the signals that tell of it. */
function happen(world: World, {kind, number, what}: Deed): Event[] {
	const object = pathOf(kind, number);
	const known = world[kind][object];
	revision++;
	if (what === 'add' && !known) {
		world[kind][object] = {name: `${kind}-${number}`, rev: revision};
		return [{kind: 'added', object, properties: {...world[kind][object]}}];
	}

	if (what === 'change' && known) {
		known.rev = revision;
		return [{kind: 'changed', object, properties: {rev: revision}}];
	}

	if (what === 'remove' && known) {
		delete world[kind][object]; // eslint-disable-line @typescript-eslint/no-dynamic-delete
		return [{kind: 'removed', object}];
	}

	return [];
}

const copyOf = (world: World): World => structuredClone(world);

const counts = (world: World): Event => ({kind: 'manager', properties: managerOf(world)});

const tell = (mirror: Mirror, events: readonly Event[]): void => {
	for (const event of events) {
		mirror.apply(event, 0);
	}
};

test('nothing is shown before all was asked for', t => {
	const mirror = new Mirror();
	tell(mirror, happen(emptyWorld(), {kind: 'image', number: 0, what: 'add'}));
	t.is(mirror.all('image').size, 0);
	t.is(mirror.manager, undefined);
	t.false(mirror.isDoubtful);
});

test('whenever the answer is made and whenever it arrives, the mirror shows what the daemon has', t => {
	fc.assert(fc.property(deeds, deeds, deeds, deeds, (before, asked, answered, after) => {
		const world = emptyWorld();
		for (const deed of before) {
			happen(world, deed);
		}

		const mirror = new Mirror();
		mirror.begin();
		tell(mirror, asked.flatMap(deed => happen(world, deed)));
		const [objects, manager] = [objectsOf(copyOf(world)), managerOf(world)];
		// These signals leave after the answer, and are read before anybody has looked at it.
		tell(mirror, answered.flatMap(deed => happen(world, deed)));
		mirror.load(objects, manager, 0);
		tell(mirror, [...after.flatMap(deed => happen(world, deed)), counts(world)]);
		t.deepEqual(shownBy(mirror), world);
		t.false(mirror.isDoubtful);
	}));
});

test('a signal that was lost is noticed as soon as counts or a change tell of it, and all is right when everything was asked for again', t => {
	fc.assert(fc.property(deeds, fc.array(fc.boolean(), {minLength: 60, maxLength: 60}), deeds, (all, kept, later) => {
		const world = emptyWorld();
		const mirror = new Mirror();
		mirror.begin();
		mirror.load(objectsOf(world), managerOf(world), 0);
		const told = all.map(deed => happen(world, deed)).filter((_, index) => kept[index]);
		tell(mirror, [...told.flat(), counts(world)]);
		const sizes = (['image', 'workspace', 'vm'] as const).map(kind => [mirror.all(kind).size, Object.keys(world[kind]).length] as const);
		if (sizes.some(([shown, real]) => shown !== real)) {
			t.true(mirror.isDoubtful);
		}

		mirror.begin();
		mirror.load(objectsOf(copyOf(world)), managerOf(world), 0);
		t.false(mirror.isDoubtful);
		tell(mirror, [...later.flatMap(deed => happen(world, deed)), counts(world)]);
		t.deepEqual(shownBy(mirror), world);
		t.false(mirror.isDoubtful);
	}));
});

test('signals in a wrong order leave nothing that asking again does not put right', t => {
	fc.assert(fc.property(deeds.chain(all => fc.tuple(fc.constant(all), fc.shuffledSubarray(all.map((_, index) => index), {minLength: all.length}))), ([all, order]) => {
		const world = emptyWorld();
		const mirror = new Mirror();
		mirror.begin();
		mirror.load(objectsOf(world), managerOf(world), 0);
		const events = all.map(deed => happen(world, deed));
		t.notThrows(() => {
			tell(mirror, order.flatMap(index => events[index]!));
		});
		mirror.begin();
		mirror.load(objectsOf(copyOf(world)), managerOf(world), 0);
		t.deepEqual(shownBy(mirror), world);
	}));
});

test('what changed and is not known makes it doubtful', t => {
	const mirror = new Mirror();
	mirror.begin();
	mirror.load(objectsOf(emptyWorld()), managerOf(emptyWorld()), 0);
	mirror.apply({kind: 'changed', object: pathOf('job', 0), properties: {rev: 1}}, 0);
	t.true(mirror.isDoubtful);
});

test('when the daemon is lost no row is left, and what it worked on is said to be lost', t => {
	fc.assert(fc.property(deeds, all => {
		const world = emptyWorld();
		const mirror = new Mirror();
		mirror.begin();
		mirror.load(objectsOf(world), managerOf(world), 0);
		tell(mirror, all.flatMap(deed => happen(world, deed)));
		const running = Object.keys(world.job).length;
		const ended = mirror.ended.length;
		mirror.clear(7);
		t.deepEqual(shownBy(mirror), emptyWorld());
		t.is(mirror.ended.length, Math.min(100, ended + running));
		t.true(mirror.ended.slice(0, running).every(({state, endedAt}) => state === 'lost' && endedAt === 7));
		// Signals of a daemon that nobody asked yet are nothing to go by.
		tell(mirror, happen(emptyWorld(), {kind: 'image', number: 0, what: 'add'}));
		t.deepEqual(shownBy(mirror), emptyWorld());
	}));
});

test('a version is another one whenever something of its kind is', t => {
	const mirror = new Mirror();
	mirror.begin();
	mirror.load(objectsOf(emptyWorld()), managerOf(emptyWorld()), 0);
	const world = emptyWorld();
	for (const what of ['add', 'change', 'remove'] as const) {
		const before = [mirror.version('image'), mirror.version('vm')];
		tell(mirror, happen(world, {kind: 'image', number: 0, what}));
		t.not(mirror.version('image'), before[0]!);
		t.is(mirror.version('vm'), before[1]!);
	}
});

test('what a path does not name is left alone', t => {
	const mirror = new Mirror();
	mirror.begin();
	mirror.load(objectsOf(emptyWorld()), managerOf(emptyWorld()), 0);
	for (const object of ['/', '/org/workfort/Nexus1', '/org/workfort/Nexus1/image/x', '/org/workfort/Nexus1/__proto__/1']) {
		mirror.apply({kind: 'added', object, properties: {}}, 0);
		mirror.apply({kind: 'removed', object}, 0);
	}

	t.deepEqual(shownBy(mirror), emptyWorld());
	t.false(mirror.isDoubtful);
});

test('a job that has ended is listed once, and gives way to another nexusd\'s of the same number', t => {
	const mirror = new Mirror();
	const world = emptyWorld();
	happen(world, {kind: 'job', number: 0, what: 'add'});
	mirror.begin();
	mirror.load(objectsOf(world), managerOf(world), 1);
	// All is asked for anew, and the answer was made before the end of the job, which is read before the answer.
	mirror.begin();
	const answer = objectsOf(copyOf(world));
	tell(mirror, happen(world, {kind: 'job', number: 0, what: 'remove'}));
	mirror.load(answer, managerOf(world), 2);
	t.deepEqual(mirror.ended.map(({path}) => path), [pathOf('job', 0)]);
	t.is(mirror.all('job').size, 0);
	mirror.clear(3);
	mirror.begin();
	happen(world, {kind: 'job', number: 0, what: 'add'});
	mirror.load(objectsOf(world), managerOf(world), 4);
	t.deepEqual(mirror.ended, []);
	t.is(mirror.all('job').size, 1);
});

test('whatever is another one than it was is told among the changes since then', t => {
	fc.assert(fc.property(deeds, fc.nat(60), (all, pause) => {
		const world = emptyWorld();
		const mirror = new Mirror();
		mirror.begin();
		mirror.load(objectsOf(world), managerOf(world), 0);
		const shown = (kind: Kind): Map<string, unknown> => new Map([...mirror.all(kind), ...(kind === 'job' ? mirror.ended.map(job => [`${job.path} ended`, job] as const) : [])]);
		tell(mirror, all.slice(0, pause).flatMap(deed => happen(world, deed)));
		const before = kinds.map(kind => ({kind, version: mirror.version(kind), shown: shown(kind)}));
		tell(mirror, all.slice(pause).flatMap(deed => happen(world, deed)));
		for (const {kind, version, shown: then} of before) {
			const now = shown(kind);
			const others = [...then.keys(), ...now.keys()].filter(key => then.get(key) !== now.get(key)).map(key => key.replace(' ended', ''));
			const changed = mirror.changedSince(kind, version)!;
			t.deepEqual(others.filter(object => !changed.has(object)), []);
			t.is(changed.size > 0, mirror.version(kind) !== version);
		}
	}));
});

test('what has changed is known until everything is asked for anew, or too much has changed', t => {
	const world = emptyWorld();
	const mirror = new Mirror();
	const load = (): void => {
		mirror.begin();
		mirror.load(objectsOf(copyOf(world)), managerOf(world), 0);
	};

	load();
	const version = mirror.version('vm');
	tell(mirror, happen(world, {kind: 'vm', number: 0, what: 'add'}));
	t.deepEqual(mirror.changedSince('vm', version), new Set([pathOf('vm', 0)]));
	t.deepEqual(mirror.changedSince('vm', mirror.version('vm')), new Set());
	load();
	t.is(mirror.changedSince('vm', version), undefined);
	const later = mirror.version('vm');
	t.true(later > version);
	for (let change = 0; change < 10_001; change++) {
		tell(mirror, happen(world, {kind: 'vm', number: 0, what: 'change'}));
	}

	t.is(mirror.changedSince('vm', later), undefined);
	t.true(mirror.version('vm') > later);
});

test('a job that is not remembered any more is among the changes', t => {
	const world = emptyWorld();
	const mirror = new Mirror();
	mirror.begin();
	mirror.load(objectsOf(world), managerOf(world), 0);
	const endJob = (number: number): void => {
		tell(mirror, happen(world, {kind: 'job', number, what: 'add'}));
		tell(mirror, happen(world, {kind: 'job', number, what: 'remove'}));
	};

	for (let number = 0; number < 100; number++) {
		endJob(number);
	}

	const version = mirror.version('job');
	endJob(100);
	t.true(mirror.changedSince('job', version)!.has(pathOf('job', 0)));
	t.false(mirror.ended.some(({path}) => path === pathOf('job', 0)));
});

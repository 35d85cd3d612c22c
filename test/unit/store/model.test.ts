// The store against a model of a few maps: whatever is put and removed, both say the same, also after a new start.
import {rm} from 'node:fs/promises';
import path from 'node:path';
import test, {type ExecutionContext} from 'ava';
import fc from 'fast-check';
import {NexusError} from '../../../src/errors.js';
import {
	vmRoles, vmStates, type Image, type Vm, type Workspace,
} from '../../../src/model.js';
import {openStore} from '../../../src/store/open-store.js';
import type {Change, StateStore} from '../../../src/store/state-store.js';
import {
	databaseFile, image, killedCopy, openFor, silent, uuid, vm, workspace,
} from './_records.js';

type Model = {images: Map<string, Image>; workspaces: Map<string, Workspace>; vms: Map<string, Vm>};

const copy = ({images, workspaces, vms}: Model): Model => ({images: new Map(images), workspaces: new Map(workspaces), vms: new Map(vms)});

/** The model after the changes, or `undefined` where one of them breaks a rule. */
function applied(model: Model, changes: Change[]): Model | undefined {
	const next = copy(model);
	return changes.every(change => apply(next, change)) ? next : undefined;
}

function apply(model: Model, change: Change): boolean {
	if ('remove' in change) {
		return remove(model, change.remove, change.id);
	}

	const {images, workspaces, vms} = model;
	switch (change.put) {
		case 'image': {
			const {record} = change;
			images.set(record.id, record);
			return areUnique(images, ({name}) => name) && areUnique(images, ({subvolumePath}) => subvolumePath);
		}

		case 'vm': {
			const {record} = change;
			vms.set(record.id, record);
			return areUnique(vms, ({name}) => name) && areUnique(vms, ({cid}) => cid);
		}

		case 'workspace': {
			const {record} = change;
			workspaces.set(record.id, record);
			return areUnique(workspaces, ({name}) => name)
				&& areUnique(workspaces, ({subvolumePath}) => subvolumePath)
				&& images.has(record.masterImageId)
				&& (record.vmId === undefined || vms.has(record.vmId))
				&& (record.parentWorkspaceId === undefined || workspaces.has(record.parentWorkspaceId));
		}
	}
}

function remove({images, workspaces, vms}: Model, kind: 'image' | 'workspace' | 'vm', id: string): boolean {
	if (kind === 'image') {
		images.delete(id);
		return [...workspaces.values()].every(({masterImageId}) => masterImageId !== id);
	}

	if (kind === 'vm') {
		vms.delete(id);
	} else {
		workspaces.delete(id);
	}

	for (const record of workspaces.values()) {
		workspaces.set(record.id, {
			...record,
			vmId: kind === 'vm' && record.vmId === id ? undefined : record.vmId,
			parentWorkspaceId: kind === 'workspace' && record.parentWorkspaceId === id ? undefined : record.parentWorkspaceId,
		});
	}

	return true;
}

const areUnique = <T>(records: ReadonlyMap<string, T>, key: (record: T) => unknown): boolean => new Set([...records.values()].map(record => key(record))).size === records.size;

// Few ids, names and paths, so that they meet; one name looks like an id.
const imageIds = [uuid(1), uuid(2), uuid(3)] as const;
const workspaceIds = [uuid(11), uuid(12), uuid(13), uuid(14)] as const;
const vmIds = [uuid(21), uuid(22), uuid(23)] as const;
const names = ['a', 'b', 'B', 'a.b', '_', uuid(2), uuid(12), uuid(22)] as const;
const paths = ['/p/1', '/p/2', '/p/3', '/p/4', '/p/5'] as const;
const cids = [3, 4, 5, 6, 8] as const;
const times = fc.option(fc.nat(), {nil: undefined});

const images = fc.record({
	id: fc.constantFrom(...imageIds), name: fc.constantFrom(...names), subvolumePath: fc.constantFrom(...paths), sizeBytes: fc.maxSafeNat(),
}).map(record => image(0, record));
const workspaces = fc.record({
	id: fc.constantFrom(...workspaceIds),
	name: fc.constantFrom(...names),
	vmId: fc.option(fc.constantFrom(...vmIds), {nil: undefined}),
	subvolumePath: fc.constantFrom(...paths),
	masterImageId: fc.constantFrom(...imageIds),
	parentWorkspaceId: fc.option(fc.constantFrom(...workspaceIds), {nil: undefined}),
	isRootDevice: fc.boolean(),
	isReadOnly: fc.boolean(),
	attachedAt: times,
	detachedAt: times,
}).map(record => workspace(0, record.masterImageId, record));
const vms = fc.record({
	id: fc.constantFrom(...vmIds),
	name: fc.constantFrom(...names),
	cid: fc.constantFrom(...cids),
	role: fc.constantFrom(...vmRoles),
	state: fc.constantFrom(...vmStates),
	configJson: fc.option(fc.json(), {nil: undefined}),
	stoppedAt: times,
}).map(record => vm(0, record));

const change: fc.Arbitrary<Change> = fc.oneof(
	images.map((record): Change => ({put: 'image', record})),
	{weight: 2, arbitrary: workspaces.map((record): Change => ({put: 'workspace', record}))},
	vms.map((record): Change => ({put: 'vm', record})),
	fc.oneof(
		fc.record({remove: fc.constant('image' as const), id: fc.constantFrom(...imageIds)}),
		fc.record({remove: fc.constant('workspace' as const), id: fc.constantFrom(...workspaceIds)}),
		fc.record({remove: fc.constant('vm' as const), id: fc.constantFrom(...vmIds)}),
	),
);
const commits = fc.array(fc.array(change, {minLength: 1, maxLength: 3}), {minLength: 1, maxLength: 25, size: 'max'});

const byName = <T extends {name: string}>(records: Iterable<T>): T[] => [...records].sort((one, other) => one.name < other.name ? -1 : 1);

const found = <T extends {id: string; name: string}>(records: ReadonlyMap<string, T>, idOrName: string): T | undefined =>
	records.get(idOrName) ?? [...records.values()].find(({name}) => name === idOrName);

function assertSame(t: ExecutionContext, store: StateStore, model: Model): void {
	const all = byName(model.workspaces.values());
	t.deepEqual(store.images(), byName(model.images.values()));
	t.deepEqual(store.workspaces(), all);
	t.deepEqual(store.vms(), byName(model.vms.values()));
	t.deepEqual(store.counts(), {images: model.images.size, workspaces: model.workspaces.size, vms: model.vms.size});
	for (const key of [...imageIds, ...workspaceIds, ...vmIds, ...names, 'none', '']) {
		t.deepEqual(store.image(key), found(model.images, key));
		t.deepEqual(store.workspace(key), found(model.workspaces, key));
		t.deepEqual(store.vm(key), found(model.vms, key));
		const isImage = [...model.images.values()].some(({name}) => name === key);
		t.is(store.holderOf(key), isImage ? 'image' : (all.some(({name}) => name === key) ? 'workspace' : undefined));
		t.is(store.isVmName(key), [...model.vms.values()].some(({name}) => name === key));
	}

	for (const id of imageIds) {
		const based = all.filter(({masterImageId}) => masterImageId === id);
		t.deepEqual(store.workspaces({imageId: id}), based);
		t.is(store.workspaceCount(id), based.length);
		t.is(store.workspaceCounts().get(id), based.length > 0 ? based.length : undefined);
	}

	for (const id of vmIds) {
		t.deepEqual(store.workspaces({vmId: id}), all.filter(({vmId}) => vmId === id));
	}

	const taken = new Set([...model.vms.values()].map(({cid}) => cid));
	t.is(store.freeCid(), [3, 4, 5, 6, 7, 8, 9].find(cid => !taken.has(cid))!);
}

test('the store does what the model does', async t => {
	const file = await databaseFile(t);
	const seen = {accepted: 0, refused: 0};
	await fc.assert(fc.asyncProperty(commits, async sequence => {
		await rm(path.dirname(file), {recursive: true});
		let model: Model = {images: new Map(), workspaces: new Map(), vms: new Map()};
		let store = await openStore(file, silent);
		try {
			for (const changes of sequence) {
				/* eslint-disable no-await-in-loop */
				const next = applied(model, changes);
				if (next) {
					await store.commit(...changes);
					model = next;
					seen.accepted++;
				} else {
					await t.throwsAsync(store.commit(...changes), {instanceOf: NexusError, code: 'Conflict'});
					seen.refused++;
				}

				assertSame(t, store, model);
				/* eslint-enable no-await-in-loop */
			}

			// From the journal, and then from a checkpoint.
			const {store: other, close} = await openFor(t, await killedCopy(t, file));
			assertSame(t, other, model);
			await close();
			await store.close();
			store = await openStore(file, silent);
			assertSame(t, store, model);
		} finally {
			await store.close();
		}
	}), {numRuns: 25});
	// The random changes are worth something: many pass, many break a rule.
	t.true(seen.accepted > 50 && seen.refused > 50, JSON.stringify(seen));
});

// Records and databases for the tests of the store, and the program `sqlite3` as a witness that shares no code with it.
import {existsSync} from 'node:fs';
import {
	cp, mkdir, readFile, readdir, rm, stat, writeFile,
} from 'node:fs/promises';
import path from 'node:path';
import type {ExecutionContext} from 'ava';
import {execa} from 'execa';
import type {Log} from '../../../src/log.js';
import type {Image, Vm, Workspace} from '../../../src/model.js';
import {openStore} from '../../../src/store/open-store.js';
import type {StateStore} from '../../../src/store/state-store.js';
import {cleanupOf} from '../../support/cleanup.js';
import {temporaryFolder} from '../../support/folder.js';

export const silent: Log = () => undefined;

/** A file name for a database, in a folder of the test's own. */
export const databaseFile = async (t: ExecutionContext): Promise<string> => path.join(await temporaryFolder(cleanupOf(t)), 'nexus.db');

/** Opens a store that is closed when the test is over, or before by the function beside it. */
export async function openFor(t: ExecutionContext, file: string, log: Log = silent): Promise<{store: StateStore; close: () => Promise<void>}> {
	const store = await openStore(file, log);
	let isOpen = true;
	const close = async (): Promise<void> => {
		if (isOpen) {
			isOpen = false;
			await store.close();
		}
	};

	t.teardown(close);
	return {store, close};
}

/** Copies a database with its journal as they lie there, as a daemon that is killed now leaves them, and returns the database. */
export async function killedCopy(t: ExecutionContext, file: string): Promise<string> {
	const copy = await databaseFile(t);
	await cp(path.dirname(file), path.dirname(copy), {recursive: true, filter: name => !name.endsWith('.lock')});
	return copy;
}

/** What a daemon that is killed now has on disk, as one database, for the program to read. */
export async function onDisk(t: ExecutionContext, file: string): Promise<string> {
	const copy = await killedCopy(t, file);
	const {store, close} = await openFor(t, copy);
	t.deepEqual(store.mishaps, []);
	await close();
	return copy;
}

/** The content of a database and of all that lies beside it, by what comes after its name. */
export async function filesOf(file: string): Promise<Map<string, Uint8Array>> {
	const names = ['', ...(await beside(file)).map(name => `.${name}`)];
	const found = await Promise.all(names.map(async (name): Promise<[string, Uint8Array] | undefined> => existsSync(`${file}${name}`) ? [name, await readFile(`${file}${name}`)] : undefined));
	return new Map(found.filter(entry => entry !== undefined));
}

/** Puts such files there, and nothing else. */
export async function putFiles(file: string, files: ReadonlyMap<string, Uint8Array>): Promise<void> {
	await rm(path.dirname(file), {recursive: true});
	await mkdir(path.dirname(file));
	await Promise.all([...files].map(async ([name, content]) => writeFile(`${file}${name}`, content)));
}

/** The files beside a database, by what comes after its name, without the lock. */
export async function beside(file: string): Promise<string[]> {
	const names = await readdir(path.dirname(file));
	return names.filter(name => name.startsWith(`${path.basename(file)}.`) && !name.endsWith('.lock')).map(name => name.slice(path.basename(file).length + 1)).sort();
}

/** The segments of the journal, in order. */
export async function segmentsOf(file: string): Promise<string[]> {
	const names = await beside(file);
	return names.filter(name => name.startsWith('redo.')).map(name => `${file}.${name}`);
}

/** All that a store has. */
export const everything = (store: StateStore) => ({
	images: store.images(), workspaces: store.workspaces(), vms: store.vms(), counts: store.counts(), cid: store.freeCid(),
});

/** Runs SQL by the program; rejects with what it says. */
export async function sqlite(file: string, sql: string): Promise<string> {
	const {stdout} = await execa('sqlite3', ['-batch', '-bail', file], {input: sql});
	return stdout;
}

/** What the program says when it refuses SQL; `undefined` when it does not. */
export async function refusedBy(file: string, sql: string): Promise<string | undefined> {
	const {failed, stderr} = await execa('sqlite3', ['-batch', '-bail', file], {input: sql, reject: false});
	return failed ? stderr : undefined;
}

/** Rows by column, as the program reads them. */
export async function rows(file: string, sql: string): Promise<Array<Record<string, unknown>>> {
	const {stdout} = await execa('sqlite3', ['-batch', '-json', file, sql]);
	return stdout === '' ? [] : JSON.parse(stdout) as Array<Record<string, unknown>>;
}

/** What must not change in a file that is left alone. */
export async function snapshot(file: string): Promise<{content: string; ino: number; mtimeMs: number}> {
	const {ino, mtimeMs} = await stat(file);
	return {content: await readFile(file, 'hex'), ino, mtimeMs};
}

/** A v4 UUID with a number in it. */
export const uuid = (number: number): string => `00000000-0000-4000-8000-${number.toString(16).padStart(12, '0')}`;

export const image = (number: number, over: Partial<Image> = {}): Image => ({
	id: uuid(number), name: `image-${number}`, subvolumePath: `/pool/@image-${number}`, sizeBytes: 1024, createdAt: 1_700_000_000, ...over,
});

export const workspace = (number: number, masterImageId: string, over: Partial<Workspace> = {}): Workspace => ({
	id: uuid(number),
	name: `workspace-${number}`,
	vmId: undefined,
	subvolumePath: `/pool/@workspace-${number}`,
	masterImageId,
	parentWorkspaceId: undefined,
	sizeBytes: 1024,
	isRootDevice: false,
	isReadOnly: false,
	attachedAt: undefined,
	detachedAt: undefined,
	createdAt: 1_700_000_000,
	ownerUid: 0,
	...over,
});

export const vm = (number: number, over: Partial<Vm> = {}): Vm => ({
	id: uuid(number),
	name: `vm-${number}`,
	role: 'work',
	state: 'created',
	cid: number,
	vcpuCount: 1,
	memSizeMib: 128,
	configJson: undefined,
	pid: undefined,
	socketPath: undefined,
	udsPath: undefined,
	consoleLogPath: undefined,
	createdAt: 1_700_000_000,
	updatedAt: 1_700_000_000,
	startedAt: undefined,
	stoppedAt: undefined,
	...over,
});

/** The schema of version 2 as its daemon made it, stated apart from the store's own. */
export const version2 = `
CREATE TABLE schema_meta (key TEXT PRIMARY KEY, value TEXT NOT NULL);
INSERT INTO schema_meta VALUES ('schema_version', '2'), ('created_by', 'an older nexusd');
CREATE TABLE settings (key TEXT PRIMARY KEY, value TEXT NOT NULL, type TEXT NOT NULL CHECK (type IN ('string', 'int', 'bool', 'json')));
CREATE TABLE vms (
	id TEXT PRIMARY KEY,
	name TEXT NOT NULL UNIQUE,
	role TEXT NOT NULL CHECK (role IN ('portal', 'work', 'service')),
	state TEXT NOT NULL CHECK (state IN ('created', 'running', 'stopped', 'crashed', 'failed')),
	cid INTEGER NOT NULL UNIQUE,
	vcpu_count INTEGER NOT NULL DEFAULT 1,
	mem_size_mib INTEGER NOT NULL DEFAULT 128,
	config_json TEXT, pid INTEGER, socket_path TEXT, uds_path TEXT, console_log_path TEXT,
	created_at INTEGER NOT NULL, updated_at INTEGER NOT NULL, started_at INTEGER, stopped_at INTEGER
);
CREATE INDEX vms_role ON vms (role);
CREATE INDEX vms_state ON vms (state);
`;

/** Rows for it. */
export const version2Rows = `
INSERT INTO settings VALUES ('greeting', 'it''s "ünïcode" 😀', 'string'), ('limit', '9007199254740991', 'int'), ('on', 'true', 'bool'), ('tree', '{"a":[1]}', 'json');
INSERT INTO vms VALUES (
	'${uuid(1)}', 'web', 'portal', 'running', 3, 4, 4096, '{"kernel":"/boot/k"}', 4711, '/run/web.sock', '/run/web.vsock', '/var/log/web', 1600000000, 1600000001, 1600000002, NULL
);
INSERT INTO vms (id, name, role, state, cid, created_at, updated_at) VALUES ('${uuid(2)}', 'db', 'service', 'stopped', 5, 1600000003, 1600000004);
`;

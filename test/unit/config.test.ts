import {mkdir, writeFile} from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import test, {type ExecutionContext} from 'ava';
import {
	defaultConfig, defaultConfigFile, loadConfig, type Config, type Scope,
} from '../../src/config.js';
import {NexusError} from '../../src/errors.js';
import {cleanupOf} from '../support/cleanup.js';
import {temporaryFolder} from '../support/folder.js';

const systemDefaults: Config = {
	storage: {workspaces: '/var/lib/nexus/workspaces', database: '/var/lib/nexus/nexus.db', backend: 'auto'},
	http: {socket: '/run/nexus/nexusd.sock'},
	daemon: {idleSeconds: 60},
};

const variables = ['HOME', 'XDG_CONFIG_HOME', 'XDG_DATA_HOME', 'XDG_STATE_HOME', 'XDG_RUNTIME_DIR'] as const;

/** For one test, which must be serial: these variables and no others of their kind. */
function setVariables(t: ExecutionContext, values: Partial<Record<typeof variables[number], string>>): void {
	const before = {...process.env};
	const clear = (): void => {
		for (const name of variables) {
			Reflect.deleteProperty(process.env, name);
		}
	};

	clear();
	Object.assign(process.env, values);
	t.teardown(() => {
		clear();
		Object.assign(process.env, before);
	});
}

async function load(t: ExecutionContext, source: string | Uint8Array, scope: Scope = 'system'): Promise<Config> {
	const file = path.join(await temporaryFolder(cleanupOf(t)), 'nexus.yaml');
	await writeFile(file, source);
	return loadConfig(scope, file);
}

/** The message of a refusal, its file replaced by FILE. */
async function refusal(t: ExecutionContext, source: string): Promise<string> {
	const folder = await temporaryFolder(cleanupOf(t));
	const file = path.join(folder, 'nexus.yaml');
	await writeFile(file, source);
	const error = await t.throwsAsync(loadConfig('system', file), {instanceOf: NexusError});
	t.is(error.code, 'InvalidArgument');
	t.true(error.message.startsWith(`${file}:`), error.message);
	return error.message.replace(file, 'FILE');
}

test('defaults of the system', t => {
	t.deepEqual(defaultConfig('system'), systemDefaults);
	t.is(defaultConfigFile('system'), '/etc/nexus/nexus.yaml');
});

test.serial('defaults of a user, by the XDG variables', t => {
	setVariables(t, {
		HOME: '/home/u', XDG_CONFIG_HOME: '/x/config', XDG_DATA_HOME: '/x/data', XDG_STATE_HOME: '/x/state', XDG_RUNTIME_DIR: '/x/run',
	});
	t.deepEqual(defaultConfig('user'), {
		storage: {workspaces: '/x/data/nexus/workspaces', database: '/x/state/nexus/nexus.db', backend: 'auto'},
		http: {socket: '/x/run/nexus/nexusd.sock'},
		daemon: {idleSeconds: 60},
	});
	t.is(defaultConfigFile('user'), '/x/config/nexus/nexus.yaml');
	t.deepEqual(defaultConfig('system'), systemDefaults);
});

const homeDefaults: Config = {
	storage: {workspaces: '/home/u/.local/share/nexus/workspaces', database: '/home/u/.local/state/nexus/nexus.db', backend: 'auto'},
	http: {socket: `/run/user/${process.getuid!()}/nexus/nexusd.sock`},
	daemon: {idleSeconds: 60},
};

test.serial('defaults of a user without XDG variables', t => {
	setVariables(t, {HOME: '/home/u'});
	t.deepEqual(defaultConfig('user'), homeDefaults);
	t.is(defaultConfigFile('user'), '/home/u/.config/nexus/nexus.yaml');
});

// The XDG Base Directory Specification: an empty variable counts as unset, and a relative path is to be ignored.
for (const value of ['', 'relative/path']) {
	test.serial(`XDG variables that are ${value === '' ? 'empty' : 'relative'} count as unset`, t => {
		setVariables(t, {
			HOME: '/home/u', XDG_CONFIG_HOME: value, XDG_DATA_HOME: value, XDG_STATE_HOME: value, XDG_RUNTIME_DIR: value,
		});
		t.deepEqual(defaultConfig('user'), homeDefaults);
		t.is(defaultConfigFile('user'), '/home/u/.config/nexus/nexus.yaml');
	});
}

test.serial('the default file is read where it is, and may be missing', async t => {
	const home = await temporaryFolder(cleanupOf(t));
	setVariables(t, {HOME: '/home/u', XDG_CONFIG_HOME: home});
	t.deepEqual(await loadConfig('user', undefined), homeDefaults);
	await mkdir(path.join(home, 'nexus'));
	await writeFile(path.join(home, 'nexus/nexus.yaml'), 'storage: {backend: directory}\n');
	t.deepEqual(await loadConfig('user', undefined), {...homeDefaults, storage: {...homeDefaults.storage, backend: 'directory'}});
});

test.serial('a default file that cannot be read is an error all the same', async t => {
	const home = await temporaryFolder(cleanupOf(t));
	setVariables(t, {HOME: '/home/u', XDG_CONFIG_HOME: home});
	const file = path.join(home, 'nexus/nexus.yaml');
	await mkdir(file, {recursive: true});
	const error = await t.throwsAsync(loadConfig('user', undefined), {instanceOf: NexusError});
	t.true(error.message.startsWith(`cannot read the configuration ${file}: EISDIR`), error.message);
});

test('a named file must exist', async t => {
	const file = path.join(await temporaryFolder(cleanupOf(t)), 'none.yaml');
	const error = await t.throwsAsync(loadConfig('system', file), {instanceOf: NexusError, code: 'NotFound'});
	t.true(error.message.startsWith(`cannot read the configuration ${file}: ENOENT`), error.message);
});

test('every key is honoured', async t => {
	t.deepEqual(await load(t, `
# All of it.
storage:
  workspaces: /srv/ws
  database: "/srv/state dir/n.db"
  backend: btrfs
http:
  socket: /run/x.sock
daemon:
  idle_seconds: 5
`), {
		storage: {workspaces: '/srv/ws', database: '/srv/state dir/n.db', backend: 'btrfs'},
		http: {socket: '/run/x.sock'},
		daemon: {idleSeconds: 5},
	});
});

const single: ReadonlyArray<[source: string, config: Config]> = [
	['storage: {workspaces: /w}', {...systemDefaults, storage: {...systemDefaults.storage, workspaces: '/w'}}],
	['storage: {database: /d}', {...systemDefaults, storage: {...systemDefaults.storage, database: '/d'}}],
	['storage: {backend: directory}', {...systemDefaults, storage: {...systemDefaults.storage, backend: 'directory'}}],
	['http: {socket: /s}', {...systemDefaults, http: {socket: '/s'}}],
	['{"http": {"socket": "/s"}}', {...systemDefaults, http: {socket: '/s'}}],
];

for (const [source, config] of single) {
	test(`the others keep their defaults: ${source}`, async t => {
		t.deepEqual(await load(t, source), config);
	});
}

for (const backend of ['auto', 'btrfs', 'directory'] as const) {
	test(`backend ${backend}`, async t => {
		const {storage} = await load(t, `storage: {backend: ${backend}}`);
		t.is(storage.backend, backend);
	});
}

for (const source of ['', '\n\n', '# nothing\n', '---\n', '{}', 'storage: {}\nhttp: {}\n']) {
	test(`a file that says nothing leaves the defaults: ${JSON.stringify(source)}`, async t => {
		t.deepEqual(await load(t, source), systemDefaults);
	});
}

const mistakes: ReadonlyArray<[title: string, source: string, message: string | RegExp]> = [
	['an unknown key', 'storage: {}\nbogus: 1\n', 'FILE:2: bogus: unknown key'],
	['an unknown key in storage', 'storage:\n  backend: auto\n\n  workspace: /w\n', 'FILE:4: storage.workspace: unknown key'],
	['an unknown key in http', '# The\n# socket\nhttp:\n  socket: /s\n  port: 80\n', 'FILE:5: http.port: unknown key'],
	['the first of two unknown keys', 'http:\n  a: 1\n  b: 2\n', 'FILE:2: http.a: unknown key'],
	['an unknown key with nothing behind it', 'storage:\n  backend: auto\nbogus:\n', 'FILE:3: bogus: unknown key'],
	['an unknown key with a block behind it', 'storage:\n  backend: auto\nbogus:\n  a: 1\n', 'FILE:3: bogus: unknown key'],
	['an unknown key with a list behind it', 'storage:\n  quotas:\n    - 1\n', 'FILE:2: storage.quotas: unknown key'],
	['an unknown key in a flow', '{storage: {backend: auto,\n  bogus: 1}}', 'FILE:2: storage.bogus: unknown key'],
	['a key that every object has', 'storage:\n  constructor: /w\n', 'FILE:2: storage.constructor: unknown key'],
	['the key __proto__', 'storage:\n  __proto__: {backend: btrfs}\n', 'FILE:2: storage.__proto__: unknown key'],
	['a number for a path', 'storage:\n  database: /d\n  workspaces: 5\n', /^FILE:3: storage\.workspaces: .*expected string, received number$/],
	['nothing for a path', 'storage:\n  database:\n', /^FILE:2: storage\.database: .*expected string, received null$/],
	['a list for a path', 'http:\n  socket: [/s]\n', /^FILE:2: http\.socket: .*expected string, received array$/],
	['a text for a section', 'http: {}\nstorage: /w\n', /^FILE:2: storage: .*expected object, received string$/],
	['a relative path for the workspaces', 'storage:\n  workspaces: ws\n', 'FILE:2: storage.workspaces: must be an absolute path'],
	['a relative path for the database', 'storage:\n  backend: auto\n  database: ./n.db\n', 'FILE:3: storage.database: must be an absolute path'],
	['a relative path for the socket', 'http:\n  socket: ~/s\n', 'FILE:2: http.socket: must be an absolute path'],
	['an empty path', 'storage:\n  workspaces: ""\n', 'FILE:2: storage.workspaces: must be an absolute path'],
	['an unknown backend', 'storage:\n  backend: zfs\n', /^FILE:2: storage\.backend: .*"auto"\|"btrfs"\|"directory"$/],
	['a backend in capitals', 'storage:\n  backend: BTRFS\n', /^FILE:2: storage\.backend: /],
	['a file that is a list', '\n- storage\n', /^FILE:2: the file: .*expected object, received array$/],
	['a file that is a text', 'hello\n', /^FILE:1: the file: .*expected object, received string$/],
	['a file that is a number', '5\n', /^FILE:1: the file: .*expected object, received number$/],
	['a tab for indentation', 'storage:\n\tbackend: auto\n', /^FILE:2: .*[Tt]abs/],
	['a flow that is not closed', '# one\nstorage: {backend: auto\n', /^FILE:3: /],
	['a quote that is not closed', 'storage:\n  workspaces: "/w\n', /^FILE:[23]: .*quote/],
	['two documents', 'storage: {}\n---\nhttp: {}\n', /^FILE:2: .*multiple documents/],
	['an alias to nothing', 'http: {}\nstorage: *missing\n', /^FILE:2: .*missing/],
	['a key twice', 'storage: {}\nhttp: {}\nstorage: {}\n', /^FILE:3: .*\bstorage\b/],
	['a key twice in a section', 'storage:\n  backend: auto\n  database: /d\n  backend: btrfs\n', /^FILE:4: .*\bbackend\b/],
];

for (const [title, source, message] of mistakes) {
	test(`refused with file, line and key: ${title}`, async t => {
		const said = await refusal(t, source);
		if (typeof message === 'string') {
			t.is(said, message);
		} else {
			t.regex(said, message);
		}

		// One line of a log, without a picture of the source.
		t.notRegex(said, /\n/);
	});
}

import {
	lstat, mkdir, readFile, rm, symlink, writeFile,
} from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import {crc32} from 'node:zlib';
import test from 'ava';
import {execa} from 'execa';
import {NexusError} from '../../../src/errors.js';
import {openStore} from '../../../src/store/open-store.js';
import {
	beside, databaseFile, image, openFor, segmentsOf, silent, snapshot, sqlite, version2, workspace, uuid,
} from './_records.js';

/** Makes a good database with some rows and closes it. */
async function makeGood(file: string): Promise<void> {
	const store = await openStore(file, silent);
	await store.commit({put: 'image', record: image(1)}, ...Array.from({length: 100}, (_, index) => ({put: 'workspace', record: workspace(index + 2, uuid(1))} as const)));
	await store.close();
}

const setVersion = (version: string): string => `UPDATE schema_meta SET value = '${version}' WHERE key = 'schema_version';`;

const unusable: ReadonlyArray<[title: string, make: (file: string) => Promise<unknown>, message: RegExp]> = [
	['from a newer version', async file => {
		await makeGood(file);
		await sqlite(file, setVersion('6'));
	}, /has schema version 6, and this nexusd knows up to 5: upgrade nexusd/],
	['from a much newer version that knows other tables', async file =>
		sqlite(file, 'CREATE TABLE schema_meta (key, value, more); INSERT INTO schema_meta VALUES (\'schema_version\', \'17\', 0);'), /has schema version 17/],
	['another program\'s', async file => sqlite(file, 'CREATE TABLE bookmarks (url); INSERT INTO bookmarks VALUES (1);'), /it is no database of Nexus's/],
	['another program\'s beside what was ours', async file => {
		await makeGood(file);
		await rm(file);
		await sqlite(file, 'CREATE TABLE bookmarks (url); INSERT INTO bookmarks VALUES (1);');
	}, /it is no database of Nexus's/],
	['another program\'s that has a table of the name', async file => sqlite(file, 'CREATE TABLE schema_meta (version); INSERT INTO schema_meta VALUES (3);'), /it is no database of Nexus's/],
	['without a version', async file => sqlite(file, `${version2}DELETE FROM schema_meta;`), /it is no database of Nexus's/],
	...['', 'three', '0', '-1', '2.5'].map((version): [string, (file: string) => Promise<unknown>, RegExp] =>
		[`of version ${JSON.stringify(version)}`, async file => sqlite(file, version2 + setVersion(version)), /it is no database of Nexus's/]),
	['of version 3 without the tables of version 3', async file => sqlite(file, version2 + setVersion('3')), /cannot be used/],
	['of this version without a table of it', async file => {
		await makeGood(file);
		await sqlite(file, 'DROP TABLE settings');
	}, /it is not what its schema version says \(no such table: settings\)/],
];

for (const [title, make, message] of unusable) {
	test(`a database that is ${title} is refused and untouched`, async t => {
		const file = await databaseFile(t);
		await make(file);
		const before = await all(file);
		// Twice: the first refusal must have let go of the file.
		for (let time = 0; time < 2; time++) {
			// eslint-disable-next-line no-await-in-loop
			const error = await t.throwsAsync(openStore(file, silent), {instanceOf: NexusError, code: 'Unsupported'});
			t.is(error.message.replace(`the database ${file} `, 'FILE ').slice(0, 5), 'FILE ');
			t.regex(error.message, message);
			t.regex(error.message, /untouched/);
		}

		t.deepEqual(await all(file), before);
	});
}

test('a journal from a newer nexusd is refused, and all is untouched', async t => {
	const file = await databaseFile(t);
	await makeGood(file);
	const segment = (await segmentsOf(file)).at(-1)!;
	const content = await readFile(segment);
	// The format version, and the checksum of the header.
	content.writeUInt32BE(2, 8);
	content.writeUInt32BE(crc32(content.subarray(0, 56)), 56);
	await writeFile(segment, content);
	const before = await all(file);
	const error = await t.throwsAsync(openStore(file, silent), {instanceOf: NexusError, code: 'Unsupported'});
	t.is(error.message, `the journal ${segment} is from a newer nexusd: upgrade nexusd. The file is untouched.`);
	t.deepEqual(await all(file), before);
});

/** The database and all that lies beside it. */
async function all(file: string): Promise<unknown> {
	return Promise.all([file, ...(await beside(file)).map(name => `${file}.${name}`)].map(async name => ({name, ...await snapshot(name)})));
}

test('a folder in its place is refused', async t => {
	const file = await databaseFile(t);
	await mkdir(file);
	const error = await t.throwsAsync(openStore(file, silent), {instanceOf: NexusError, code: 'Io'});
	t.is(error.message.split('EISDIR')[0], `cannot read the database ${file}: `);
});

test('a folder that cannot be made is an error that names the database', async t => {
	const file = await databaseFile(t);
	await writeFile(path.join(path.dirname(file), 'file'), '');
	const below = path.join(path.dirname(file), 'file/nexus.db');
	const error = await t.throwsAsync(openStore(below, silent), {instanceOf: NexusError, code: 'Io'});
	t.true(error.message.includes(below));
});

test('a second opener is told who has it, and the first goes on', async t => {
	const file = await databaseFile(t);
	const {store, close} = await openFor(t, file);
	await store.commit({put: 'image', record: image(1)});
	const before = await snapshot(file);
	await t.throwsAsync(openStore(file, silent), {instanceOf: NexusError, code: 'Conflict', message: `the database ${file} is in use by another nexusd (process ${process.pid})`});
	t.deepEqual(await snapshot(file), before);
	await store.commit({put: 'image', record: image(2)});
	await close();
	t.is(await sqlite(file, 'SELECT count(*) FROM master_images'), '2');
	const {store: next} = await openFor(t, file);
	t.is(next.counts().images, 2);
});

test('a second opener by another name of the same file is refused as well', async t => {
	const file = await databaseFile(t);
	const {store} = await openFor(t, file);
	await store.commit({put: 'image', record: image(1)});
	const other = path.join(path.dirname(file), 'link.db');
	await symlink('nexus.db', other);
	const opening = openStore(other, silent);
	t.teardown(async () => {
		const opened = await opening.catch(() => undefined);
		await opened?.close();
	});
	await t.throwsAsync(opening, {instanceOf: NexusError, code: 'Conflict'});
});

test('a database behind a symlink stays there', async t => {
	const file = await databaseFile(t);
	await mkdir(path.join(path.dirname(file), 'elsewhere'));
	const real = path.join(path.dirname(file), 'elsewhere/real.db');
	await makeGood(real);
	await symlink('elsewhere/real.db', file);
	const {store, close} = await openFor(t, file);
	await store.commit({put: 'image', record: image(200)});
	await close();
	t.true((await lstat(file)).isSymbolicLink());
	t.is(await sqlite(real, 'SELECT count(*) FROM master_images'), '2');
	t.is(await sqlite(file, 'SELECT count(*) FROM master_images'), '2');
});

test('another process that has it is named, and a killed one has it no more', async t => {
	const file = await databaseFile(t);
	const program = `
		const {openStore} = await import(${JSON.stringify(new URL('../../../src/store/open-store.ts', import.meta.url).href)});
		const store = await openStore(${JSON.stringify(file)}, () => undefined);
		await store.commit({put: 'image', record: ${JSON.stringify(image(1))}});
		process.stdout.write('open');
		setInterval(() => undefined, 1000);
	`;
	const holder = execa(process.execPath, ['--import', 'tsx', '--input-type=module', '--eval', program], {reject: false});
	t.teardown(async () => {
		holder.kill('SIGKILL');
		await holder;
	});
	// Its end without a word is a failure of this test, not a wait.
	const said = await Promise.race([new Promise<string>(resolve => {
		holder.stdout.once('data', chunk => {
			resolve(String(chunk));
		});
	}), holder]);
	t.is(said, 'open');
	await t.throwsAsync(openStore(file, silent), {instanceOf: NexusError, code: 'Conflict', message: new RegExp(`process ${holder.pid}`)});
	holder.kill('SIGKILL');
	await holder;
	const {store} = await openFor(t, file);
	t.is(store.counts().images, 1);
});

import {Buffer} from 'node:buffer';
import {writeFileSync} from 'node:fs';
import {
	chmod, chown, link, lstat, mkdir, open, readFile, readdir, rename, rm, symlink, truncate, utimes, writeFile,
} from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import test, {type ExecutionContext} from 'ava';
import {execa} from 'execa';
import {NexusError} from '../../../src/errors.js';
import {readFingerprint, readSourceTree, type SourceTree} from '../../../src/backend/source-tree.js';
import {cleanupOf} from '../../support/cleanup.js';
import {temporaryFolder} from '../../support/folder.js';
import {unmountAfterwards} from '../../support/mounts.js';
import {rootTest} from '../../support/requirements.js';

const read = async (folder: string): Promise<SourceTree> => readSourceTree(folder, undefined, new AbortController().signal);
const readAgain = async (folder: string): Promise<string> => readFingerprint(folder, undefined, new AbortController().signal);

/** A folder with some files, for a test to change. */
async function someTree(t: ExecutionContext): Promise<string> {
	const folder = path.join(await temporaryFolder(cleanupOf(t)), 'tree');
	await mkdir(path.join(folder, 'etc'), {recursive: true});
	await writeFile(path.join(folder, 'etc/one'), 'one');
	await writeFile(path.join(folder, 'two'), 'two');
	await symlink('two', path.join(folder, 'link'));
	return folder;
}

test('an empty folder is one entry', async t => {
	const folder = await temporaryFolder(cleanupOf(t));
	const {entries, contentBytes} = await read(folder);
	t.is(entries, 1);
	t.is(contentBytes, 0);
});

test('all kinds of files are counted, and the content of files', async t => {
	const folder = await temporaryFolder(cleanupOf(t));
	await mkdir(path.join(folder, 'a/b/c'), {recursive: true});
	await writeFile(path.join(folder, 'empty'), '');
	await writeFile(path.join(folder, 'a/small'), 'x');
	await writeFile(path.join(folder, 'a/b/block'), Buffer.alloc(4096, 1));
	await writeFile(path.join(folder, 'a/b/c/odd'), Buffer.alloc(10_001, 1));
	await symlink('a/small', path.join(folder, 'symlink'));
	await symlink('nowhere', path.join(folder, 'dangling'));
	await execa('mkfifo', [path.join(folder, 'fifo')]);
	const {entries, contentBytes} = await read(folder);
	t.is(entries, 1 + 3 + 4 + 2 + 1);
	t.is(contentBytes, 1 + 4096 + 10_001);
});

rootTest('device nodes are counted and not opened', async t => {
	const folder = await temporaryFolder(cleanupOf(t));
	await execa('mknod', [path.join(folder, 'zero'), 'c', '1', '5']);
	await execa('mknod', [path.join(folder, 'disk'), 'b', '7', '200']);
	const {entries, contentBytes} = await read(folder);
	t.is(entries, 3);
	t.is(contentBytes, 0);
});

test('hard links are counted once', async t => {
	const folder = await temporaryFolder(cleanupOf(t));
	await mkdir(path.join(folder, 'b'));
	await writeFile(path.join(folder, 'a'), Buffer.alloc(5000, 1));
	await link(path.join(folder, 'a'), path.join(folder, 'b/a'));
	await link(path.join(folder, 'a'), path.join(folder, 'c'));
	await writeFile(path.join(folder, 'd'), Buffer.alloc(5000, 1));
	await link(path.join(folder, 'd'), path.join(folder, 'e'));
	const {entries, contentBytes} = await read(folder);
	t.is(entries, 1 + 1 + 2);
	t.is(contentBytes, 10_000);
});

test('holes take no place', async t => {
	const folder = await temporaryFolder(cleanupOf(t));
	const file = path.join(folder, 'sparse');
	const handle = await open(file, 'w');
	await handle.write(Buffer.alloc(8192, 1), 0, 8192, 1024 * 1024);
	await handle.close();
	await truncate(file, 1024 * 1024 * 1024);
	const {contentBytes} = await read(folder);
	const {blocks} = await lstat(file);
	t.is(contentBytes, blocks * 512);
	t.true(contentBytes >= 8192 && contentBytes < 100_000, String(contentBytes));
});

test('symlinks are not followed', async t => {
	const base = await temporaryFolder(cleanupOf(t));
	const folder = path.join(base, 'tree');
	await mkdir(folder);
	await mkdir(path.join(base, 'outside'));
	await writeFile(path.join(base, 'outside/big'), Buffer.alloc(100_000, 1));
	await symlink('../outside', path.join(folder, 'out'));
	await symlink('.', path.join(folder, 'loop'));
	const {entries, contentBytes} = await read(folder);
	t.is(entries, 3);
	t.is(contentBytes, 0);
});

test('the folder itself: owner, mode and time', async t => {
	const folder = await temporaryFolder(cleanupOf(t));
	await writeFile(path.join(folder, 'newer'), '');
	for (const [mode, text] of [[0o755, '755'], [0o1777, '1777'], [0o2750, '2750'], [0o700, '700']] as const) {
		// eslint-disable-next-line no-await-in-loop
		await chmod(folder, mode);
		// Each time anew: to read a folder moves its time of access.
		// eslint-disable-next-line no-await-in-loop
		await utimes(folder, 5, 1_234_567_890.75);
		// eslint-disable-next-line no-await-in-loop
		const {top} = await read(folder);
		t.deepEqual(top, {
			uid: process.getuid!(), gid: process.getgid!(), mode: text, mtime: 1_234_567_890, atime: 5,
		});
	}
});

rootTest('the folder of another owner, from before the epoch', async t => {
	const folder = await temporaryFolder(cleanupOf(t));
	await chown(folder, 123, 456);
	await execa('touch', ['--date=@-1000', folder]);
	const {top} = await read(folder);
	t.deepEqual(top, {
		uid: 123, gid: 456, mode: '755', mtime: -1000, atime: -1000,
	});
});

const bytesName = (folder: string, ...bytes: number[]) => Buffer.concat([Buffer.from(`${folder}/`), Buffer.from(bytes)]);

test('any name is one entry: newlines, spaces, bytes that are no UTF-8', async t => {
	const folder = path.join(await temporaryFolder(cleanupOf(t)), 'a tree\nof %p -delete');
	await mkdir(folder);
	const names = ['with space', ' lead', 'new\nline', '\n', 'f 1:2 1 5 8', '-delete', '%s', String.raw`\0`, 'é', '\t\u001B[31m', 'x'.repeat(255)];
	await Promise.all(names.map(async name => writeFile(path.join(folder, name), 'x')));
	const odd = [bytesName(folder, 0xFF), bytesName(folder, 0xC3), bytesName(folder, 0xE9, 0x0A), bytesName(folder, 0xFE, 0x20, 0xFF)];
	await Promise.all(odd.map(async name => writeFile(name, 'x')));
	const {entries, contentBytes, fingerprint} = await read(folder);
	t.is(entries, 1 + names.length + odd.length);
	t.is(contentBytes, names.length + odd.length);

	t.is(await readAgain(folder), fingerprint);

	// Two names that decode to the same text are still two names.
	await rename(odd[0]!, bytesName(folder, 0xFD));
	const after = await read(folder);
	t.is(after.entries, entries);
	t.not(after.fingerprint, fingerprint);
	t.is(await readAgain(folder), after.fingerprint);
});

test('a large tree, read in many pieces, is counted to the last', async t => {
	const folder = await temporaryFolder(cleanupOf(t));
	for (let index = 0; index < 1500; index++) {
		writeFileSync(path.join(folder, `${index}${'é'.repeat(100)}`), 'xyz');
	}

	const {entries, contentBytes, fingerprint} = await read(folder);
	t.is(entries, 1501);
	t.is(contentBytes, 4500);
	t.is(await readAgain(folder), fingerprint);
});

test('reading changes nothing', async t => {
	const folder = await someTree(t);
	// A read moves a time of access that is long past, also where mounts are `relatime`.
	await utimes(path.join(folder, 'two'), 1, 2);
	const {fingerprint} = await read(folder);
	await readFile(path.join(folder, 'two'));
	await readFile(path.join(folder, 'etc/one'));
	await readdir(folder, {recursive: true});
	t.is(await readAgain(folder), fingerprint);
});

const changes: ReadonlyArray<[title: string, change: (folder: string) => Promise<unknown>]> = [
	['content, its length and time kept', async folder => {
		const file = path.join(folder, 'etc/one');
		const {atime, mtime} = await lstat(file);
		await writeFile(file, 'eno');
		await utimes(file, atime, mtime);
	}],
	['content, longer', async folder => writeFile(path.join(folder, 'two'), 'two two')],
	['a mode', async folder => chmod(path.join(folder, 'two'), 0o600)],
	['the mode of the folder itself', async folder => chmod(folder, 0o700)],
	['a name', async folder => rename(path.join(folder, 'two'), path.join(folder, 'owt'))],
	['a place', async folder => rename(path.join(folder, 'two'), path.join(folder, 'etc/two'))],
	['a time', async folder => utimes(path.join(folder, 'two'), 1, 1)],
	['a new file', async folder => writeFile(path.join(folder, 'etc/new'), '')],
	['a new empty folder', async folder => mkdir(path.join(folder, 'etc/new'))],
	['a removed file', async folder => rm(path.join(folder, 'etc/one'))],
	['a hard link more', async folder => link(path.join(folder, 'two'), path.join(folder, 'three'))],
	['a symlink to elsewhere', async folder => {
		await rm(path.join(folder, 'link'));
		await symlink('owt', path.join(folder, 'link'));
	}],
	['a file replaced by another with the same content', async folder => {
		await writeFile(path.join(folder, 'fresh'), 'two');
		await rename(path.join(folder, 'fresh'), path.join(folder, 'two'));
	}],
];

for (const [title, change] of changes) {
	test(`the fingerprint tells: ${title}`, async t => {
		const folder = await someTree(t);
		const {fingerprint} = await read(folder);
		await change(folder);
		t.not(await readAgain(folder), fingerprint);
	});
}

rootTest('the fingerprint tells: an owner, a file capability, an attribute', async t => {
	const folder = await someTree(t);
	const file = path.join(folder, 'two');
	const fingerprints = new Set<string>();
	for (const change of [
		async () => undefined,
		async () => chown(file, 1, 0),
		async () => chown(file, 1, 1),
		async () => execa('setfattr', ['-n', 'trusted.a', '-v', 'b', file]),
	]) {
		// eslint-disable-next-line no-await-in-loop
		await change();
		// eslint-disable-next-line no-await-in-loop
		const {fingerprint} = await read(folder);
		fingerprints.add(fingerprint);
	}

	t.is(fingerprints.size, 4);
});

rootTest('a tree that was written just now is the same when the kernel has brought it to the disk', async t => {
	const cleanup = cleanupOf(t);
	const folder = await temporaryFolder(cleanup);
	const disk = path.join(folder, 'disk.img');
	const mounted = path.join(folder, 'mounted');
	await writeFile(disk, '');
	await truncate(disk, 64 * 1024 * 1024);
	await mkdir(mounted);
	await execa('mke2fs', ['-q', '-t', 'ext4', disk]);
	await execa('mount', ['-o', 'loop', disk, mounted]);
	unmountAfterwards(mounted, cleanup);

	// With many holes: ext4 needs a block more for the list of its parts, and takes it when it writes the file out.
	const handle = await open(path.join(mounted, 'parts'), 'w');
	for (let part = 0; part < 50; part++) {
		// eslint-disable-next-line no-await-in-loop
		await handle.write(Buffer.alloc(4096, 1), 0, 4096, part * 8192);
	}

	await handle.close();
	const {fingerprint} = await read(mounted);
	await execa('sync', ['--file-system', mounted]);
	t.is(await readAgain(mounted), fingerprint);
});

test('a folder that is not there', async t => {
	const folder = path.join(await temporaryFolder(cleanupOf(t)), 'none');
	const error = await t.throwsAsync(read(folder), {instanceOf: NexusError, code: 'Conflict'});
	t.true(error.message.startsWith(folder), error.message);
});

// Serial: for its time the whole process is somebody else.
test.serial('a part that cannot be read is an error that names it', async t => {
	const folder = await someTree(t);
	const hidden = path.join(folder, 'hidden');
	await mkdir(hidden);
	await chmod(hidden, 0);
	const asNobody = process.getuid!() === 0;
	if (asNobody) {
		process.seteuid!(65_534);
	}

	try {
		const error = await t.throwsAsync(read(folder), {instanceOf: NexusError, code: 'AccessDenied'});
		t.true(error.message.startsWith(`a part of ${folder} is closed to you: `), error.message);
		t.true(error.message.includes(hidden), error.message);
		t.regex(error.message, /Permission denied/);
	} finally {
		if (asNobody) {
			process.seteuid!(0);
		}

		await chmod(hidden, 0o700);
	}
});

test('it can be canceled, before and meanwhile', async t => {
	const folder = await someTree(t);
	await t.throwsAsync(readSourceTree(folder, undefined, AbortSignal.abort()), {instanceOf: NexusError, code: 'Canceled'});
	const abort = new AbortController();
	const reading = readSourceTree('/usr', undefined, abort.signal);
	abort.abort();
	await t.throwsAsync(reading, {instanceOf: NexusError, code: 'Canceled'});
	await t.throwsAsync(readFingerprint(folder, undefined, AbortSignal.abort()), {instanceOf: NexusError, code: 'Canceled'});
});

import {
	mkdir, readdir, readFile, stat, symlink, writeFile,
} from 'node:fs/promises';
import path from 'node:path';
import test from 'ava';
import {errnoOf} from '../../src/errors.js';
import {
	isThere, keepCopy, keepLink, replaceFile,
} from '../../src/files.js';
import {cleanupOf} from '../support/cleanup.js';
import {temporaryFolder} from '../support/folder.js';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

test('a file is made and replaced, private, with nothing beside it', async t => {
	const folder = await temporaryFolder(cleanupOf(t));
	const file = path.join(folder, 'f');
	await replaceFile(file, bytes('old, and longer'));
	await replaceFile(file, bytes('new'));
	t.is(await readFile(file, 'utf8'), 'new');
	const {mode} = await stat(file);
	t.is(mode % 0o1000, 0o600);
	t.deepEqual(await readdir(folder), ['f']);
});

test('who reads a file while it is replaced keeps the old content', async t => {
	const file = path.join(await temporaryFolder(cleanupOf(t)), 'f');
	await replaceFile(file, bytes('old'));
	const before = await stat(file);
	await replaceFile(file, bytes('new'));
	const after = await stat(file);
	t.not(after.ino, before.ino);
});

test('what a crash left half-written is overwritten', async t => {
	const folder = await temporaryFolder(cleanupOf(t));
	const file = path.join(folder, 'f');
	await writeFile(`${file}.new`, 'half-written, and much longer than the rest');
	await replaceFile(file, bytes('new'));
	t.is(await readFile(file, 'utf8'), 'new');
	t.deepEqual(await readdir(folder), ['f']);
});

test('a failed replacement leaves the old content and nothing beside it', async t => {
	const folder = await temporaryFolder(cleanupOf(t));
	const file = path.join(folder, 'f');
	// A folder in its place cannot be replaced by a file.
	await mkdir(file);
	await t.throwsAsync(replaceFile(file, bytes('new')), {code: 'EISDIR'});
	t.deepEqual(await readdir(folder), ['f']);
});

test('copies are kept under names that are free', async t => {
	const folder = await temporaryFolder(cleanupOf(t));
	const file = path.join(folder, 'f');
	for (const [content, name] of [['one', 'f.v2'], ['two', 'f.v2.2'], ['three', 'f.v2.3']] as const) {
		// eslint-disable-next-line no-await-in-loop
		await writeFile(file, content);
		// eslint-disable-next-line no-await-in-loop
		t.is(await keepCopy(file, 'v2'), path.join(folder, name));
	}

	const contents = await Promise.all(['f.v2', 'f.v2.2', 'f.v2.3'].map(async name => readFile(path.join(folder, name), 'utf8')));
	t.deepEqual(contents, ['one', 'two', 'three']);
});

test('a second name is one that is free, or one that the file has already', async t => {
	const folder = await temporaryFolder(cleanupOf(t));
	const file = path.join(folder, 'f');
	await writeFile(path.join(folder, 'f.damaged'), 'something else');
	await writeFile(file, 'one');
	t.is(await keepLink(file, 'damaged'), `${file}.damaged.2`);
	t.is(await keepLink(file, 'damaged'), `${file}.damaged.2`);
	await replaceFile(file, bytes('two'));
	t.is(await keepLink(file, 'damaged'), `${file}.damaged.3`);
	t.is(await readFile(`${file}.damaged`, 'utf8'), 'something else');
	t.is(await readFile(`${file}.damaged.2`, 'utf8'), 'one');
	t.is(await readFile(`${file}.damaged.3`, 'utf8'), 'two');
});

test('a copy of what is not there', async t => {
	const folder = await temporaryFolder(cleanupOf(t));
	const error = await t.throwsAsync(keepCopy(path.join(folder, 'f'), 'v2'));
	t.is(errnoOf(error), 'ENOENT');
	t.deepEqual(await readdir(folder), []);
});

test('something is there, or not, or cannot be looked at', async t => {
	const folder = await temporaryFolder(cleanupOf(t));
	const file = path.join(folder, 'f');
	t.false(await isThere(file));
	await symlink('nowhere', file);
	t.true(await isThere(file));
	t.true(await isThere(folder));
	await writeFile(path.join(folder, 'g'), '');
	await t.throwsAsync(isThere(path.join(folder, 'x'.repeat(300))), {code: 'Io'});
});

import {once} from 'node:events';
import {readFile, writeFile} from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import test from 'ava';
import {execa} from 'execa';
import {NexusError} from '../../src/errors.js';
import {lockFile} from '../../src/file-lock.js';
import {cleanupOf} from '../support/cleanup.js';
import {temporaryFolder} from '../support/folder.js';

test('one has it, and the other learns who', async t => {
	const file = path.join(await temporaryFolder(cleanupOf(t)), 'lock');
	const lock = lockFile(file, 'the thing');
	t.is(await readFile(file, 'utf8'), `${process.pid}\n`);
	t.throws(() => lockFile(file, 'the thing'), {instanceOf: NexusError, code: 'Conflict', message: `the thing is in use by another nexusd (process ${process.pid})`});
	lock.release();
	t.notThrows(() => {
		lockFile(file, 'the thing').release();
	});
});

test('what an earlier holder left in it is replaced', async t => {
	const file = path.join(await temporaryFolder(cleanupOf(t)), 'lock');
	await writeFile(file, '1234567890\n');
	lockFile(file, 'the thing').release();
	t.is(await readFile(file, 'utf8'), `${process.pid}\n`);
});

test('a process that is killed gives it back', async t => {
	const cleanup = cleanupOf(t);
	const file = path.join(await temporaryFolder(cleanup), 'lock');
	await writeFile(file, '');
	// `flock` is a witness of its own: the lock is the kernel's, not an agreement among ourselves.
	const holder = execa('flock', ['--exclusive', '--no-fork', file, 'sh', '-c', 'echo "$$" >"$0"; echo locked; exec sleep infinity', file], {reject: false});
	cleanup(async () => {
		holder.kill('SIGKILL');
		await holder;
	});
	await once(holder.stdout, 'data');
	t.throws(() => lockFile(file, 'the thing'), {code: 'Conflict', message: `the thing is in use by another nexusd (process ${holder.pid})`});
	holder.kill('SIGKILL');
	await holder;
	t.notThrows(() => {
		lockFile(file, 'the thing').release();
	});
});

test('programs that are started do not inherit it', async t => {
	const cleanup = cleanupOf(t);
	const file = path.join(await temporaryFolder(cleanup), 'lock');
	const lock = lockFile(file, 'the thing');
	const child = execa('sh', ['-c', 'echo started; exec sleep infinity'], {reject: false});
	cleanup(async () => {
		child.kill('SIGKILL');
		await child;
	});
	await once(child.stdout, 'data');
	lock.release();
	t.notThrows(() => {
		lockFile(file, 'the thing').release();
	});
});

test('a file that cannot be opened is an error that names the thing', async t => {
	const folder = await temporaryFolder(cleanupOf(t));
	t.throws(() => lockFile(folder, 'the thing'), {instanceOf: NexusError, code: 'Io', message: /the thing.*EISDIR/});
});

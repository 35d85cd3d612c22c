import {
	lstat, mkdtemp, readFile, readlink, rm,
} from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import anyTest, {type TestFn} from 'ava';
import {execa} from 'execa';
import {installPrograms, makeRootFilesystem} from '../../scripts/root-filesystem.js';

const test = anyTest as TestFn<{root: string}>;
const rootTest = process.getuid!() === 0 ? test : test.skip;

test.before(async t => {
	t.context.root = await mkdtemp(path.join(os.tmpdir(), 'nexus-test-'));
	await makeRootFilesystem(t.context.root);
});

test.after.always(async t => {
	await rm(t.context.root, {recursive: true, force: true});
});

// Only what a chroot can show is worth more than reading the files, and a chroot needs root.
const inside = async (root: string, command: string): Promise<string> => {
	const {stdout} = await execa('chroot', [root, '/bin/sh', '-c', command]);
	return stdout;
};

rootTest('its programs run', async t => {
	t.regex(await inside(t.context.root, 'ls /'), /^bin\ndev\netc\n/);
	t.is(await inside(t.context.root, 'mkdir /tmp/a && echo hello >/tmp/a/b && cat /tmp/a/b && rm -r /tmp/a'), 'hello');
	t.regex(await inside(t.context.root, 'id'), /^uid=0\(root\) gid=0\(root\)/);
});

rootTest('init refuses to run where it is not process 1', async t => {
	const {exitCode, stderr} = await execa('chroot', [t.context.root, '/sbin/init'], {reject: false});
	t.is(exitCode, 1);
	t.regex(stderr, /only as its process 1/);
});

test('has the usual folders, with their modes', async t => {
	const mode = async (name: string): Promise<string> => {
		const {mode} = await lstat(path.join(t.context.root, name));
		// eslint-disable-next-line no-bitwise
		return (mode & 0o7777).toString(8);
	};

	t.is(await mode(''), '755');
	t.is(await mode('tmp'), '1777');
	t.is(await mode('root'), '700');
	t.is(await mode('etc/passwd'), '644');
	t.is(await mode('sbin/init'), '755');
	t.is(await mode('bin/mount'), '755');
	t.is(await readlink(path.join(t.context.root, 'bin')), 'usr/bin');
	t.regex(await readFile(path.join(t.context.root, 'etc/os-release'), 'utf8'), /^ID=/m);
});

test('is small', async t => {
	const {stdout} = await execa('du', ['-sm', t.context.root]);
	const size = Number.parseInt(stdout, 10);
	t.true(size > 1 && size < 40, `${size} MB`);
});

test('a program that is not there is an error that names it', async t => {
	await t.throwsAsync(installPrograms(t.context.root, ['no-such-program']), {message: /no-such-program/});
});

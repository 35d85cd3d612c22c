// What Nexus asks of btrfs, asked by the program, where the library is not installed.
import process from 'node:process';
import {execa} from 'execa';
import {errnoOf} from '../errors.js';
import {isThere} from '../files.js';
import {NativeError} from '../native.js';
import type {BtrfsCalls} from './btrfs-calls.js';

/** The calls by the program `btrfs`; `undefined` where it is not installed. */
export async function programCalls(): Promise<BtrfsCalls | undefined> {
	try {
		await execa('btrfs', ['version'], {env: programEnvironment, cwd: '/'});
	} catch (error) {
		if (errnoOf(error) === 'ENOENT') {
			return undefined;
		}

		throw error;
	}

	return {
		by: 'the btrfs program',
		async createSubvolume(path) {
			await refuseExisting(path);
			await run('subvolume', 'create', '--', path);
		},
		async snapshot(source, path) {
			await refuseExisting(path);
			await run('subvolume', 'snapshot', '--', source, path);
		},
		setReadOnly: async (path, readOnly) => run('property', 'set', '-t', 'subvol', '--', path, 'ro', String(readOnly)),
		deleteSubvolume: async path => run('subvolume', 'delete', '--', path),
		sync: async path => run('filesystem', 'sync', '--', path),
		async idOf(path) {
			const {stdout} = await execa('btrfs', ['inspect-internal', 'rootid', '--', path], {env: programEnvironment, cwd: '/'});
			return Number(stdout);
		},
		async deletedIds(path) {
			const {stdout} = await execa('btrfs', ['subvolume', 'list', '-d', '--', path], {env: programEnvironment, cwd: '/'});
			return [...stdout.matchAll(/^ID (\d+) /gm)].map(([, id]) => Number(id));
		},
	};
}

// Unprivileged users often have no sbin on their path, where Debian keeps such programs.
const programEnvironment = {LC_ALL: 'C', PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin`};

// Into a folder that exists the program would put the new subvolume under a name of its own.
async function refuseExisting(path: string): Promise<void> {
	if (await isThere(path)) {
		throw new NativeError(`${path} exists already`, 'EEXIST');
	}
}

async function run(...args: string[]): Promise<void> {
	const {failed, stderr} = await execa('btrfs', args, {env: programEnvironment, cwd: '/', reject: false});
	if (failed) {
		const code = Object.entries(messages).find(([message]) => stderr.includes(message))?.[1] ?? '';
		throw new NativeError(stderr.trim().replaceAll('\n', '; '), code);
	}
}

// The program says the cause in the words of strerror(3).
const messages: Readonly<Record<string, string>> = {
	'No space left on device': 'ENOSPC',
	'Disk quota exceeded': 'EDQUOT',
	'Operation not permitted': 'EPERM',
	'Permission denied': 'EACCES',
	'Read-only file system': 'EROFS',
	'No such file or directory': 'ENOENT',
	'Directory not empty': 'ENOTEMPTY',
	'Input/output error': 'EIO',
};

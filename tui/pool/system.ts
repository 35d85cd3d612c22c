// What the commands of the pool ask of the machine that they run on.
import {existsSync} from 'node:fs';
import {lstat, readdir, statfs} from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import {execa} from 'execa';
import type {ManagerProperties} from '../../dbus/contract.js';
import type {Invocation} from '../cli/command.js';
import {UsageError} from '../cli/usage-error.js';
import {ConflictError, RefusedError, RootNeededError} from '../errors.js';
import {quoted} from '../output/printable.js';

/**
Makes sure that this is root, on a machine that systemd runs, and that the machine's own nexusd is meant.

@throws UsageError, RootNeededError, RefusedError
*/
export function requireAdministrator({bus, path, words}: Pick<Invocation, 'bus' | 'path' | 'words'>): void {
	if (bus === 'session') {
		throw new UsageError(`${path} is about the pool of the machine: leave --user out`, path);
	}

	if (process.getuid!() !== 0) {
		throw new RootNeededError(`${path} mounts a filesystem, and that takes root`, {hint: `Type: sudo nexusctl ${words.map(word => shellWord(word)).join(' ')}`});
	}

	if (!existsSync('/run/systemd/system')) {
		throw new RefusedError('systemd does not run here, and it is a unit of systemd that mounts the pool', {hint: 'Mount a btrfs on the folder yourself: see docs/install.md'});
	}
}

// As little quoted as can be.
const shellWord = (word: string): string => /^[-\w/.,:=@%+]+$/.test(word) ? word : `'${word.replaceAll('\'', String.raw`'\''`)}'`;

/**
Makes sure that Nexus keeps nothing yet, or nothing any more.

@throws ConflictError
*/
export function requireNothingKept({images, workspaces}: Pick<ManagerProperties, 'images' | 'workspaces'>, {suggest}: Pick<Invocation, 'suggest'>): void {
	if (images > 0 || workspaces > 0) {
		throw new ConflictError(`there are ${countOf(images, 'image')} and ${countOf(workspaces, 'workspace')}: delete them first`, {
			hint: `See them with: ${suggest('image list')}, ${suggest('ws list')}`,
		});
	}
}

const countOf = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;

/**
Makes sure that a folder of images and workspaces has neither, nor one in the making, nor anything else.

@throws ConflictError
*/
export async function requireEmpty(root: string): Promise<void> {
	const names = await readdir(root);
	const strangers = names.filter(name => !ownNames.has(name));
	if (strangers.length > 0) {
		throw new ConflictError(`${quoted(root)} is not empty: it holds ${strangers.slice(0, 3).map(name => quoted(name)).join(', ')}${strangers.length > 3 ? ' and more' : ''}`);
	}

	const contents = async (folders: string[]): Promise<string[]> => {
		const entries = await Promise.all(folders.map(async folder => {
			const names = await readdir(path.join(root, folder));
			return names.map(name => path.join(folder, name));
		}));
		return entries.flat();
	};

	// The rooms of a stock stay while nexusd runs, and are empty when it has none.
	const rooms = await contents(names.filter(name => name === '.stock'));
	const work = await contents([...names.filter(name => name === '.work' || name === '.trash'), ...rooms]);
	if (work.length > 0) {
		throw new ConflictError('something is being made, or removed, right now', {hint: 'Try again when it is done.'});
	}
}

// What nexusd makes wherever its pool is.
const ownNames = new Set(['.work', '.stock', '.trash', '.lock']);

// From linux/magic.h.
const btrfsMagic = 0x91_23_68_3E;

/** Whether a folder is on btrfs. */
export async function isOnBtrfs(folder: string): Promise<boolean> {
	const {type} = await statfs(folder);
	return type === btrfsMagic;
}

/** Whether something is mounted right on a folder. */
export async function isMountPoint(folder: string): Promise<boolean> {
	const [here, above] = await Promise.all([lstat(folder), lstat(path.dirname(folder))]);
	return here.dev !== above.dev;
}

/** Bytes that root may still write to the filesystem of a folder. */
export async function freeBytes(folder: string): Promise<number> {
	const {bsize, bfree} = await statfs(folder);
	return bsize * bfree;
}

/** The name of the unit that mounts something on a folder, and its file. */
export async function mountUnitOf(root: string): Promise<{unit: string; unitFile: string}> {
	const unit = await runProgram('systemd-escape', ['--path', '--suffix=mount', root]);
	return {unit, unitFile: path.join('/etc/systemd/system', unit)};
}

/** Runs a program to its end and returns what it said. @throws RefusedError with the reason that it gave. */
export async function runProgram(file: string, args: readonly string[], cancelSignal?: AbortSignal): Promise<string> {
	const {failed, stdout, stderr, shortMessage} = await execa(file, args, {
		reject: false, stdin: 'ignore', env: {LC_ALL: 'C'}, ...(cancelSignal && {cancelSignal}),
	});
	if (failed) {
		throw new RefusedError(stderr.trim() ? `${file}: ${stderr.trim().replaceAll(/\s*\n\s*/g, ' ').replace(/^\S+: /, '')}` : shortMessage ?? `${file} failed`);
	}

	return stdout.trim();
}

/** Asks something of systemd. */
export async function systemctl(...args: string[]): Promise<void> {
	await runProgram('systemctl', ['--no-ask-password', ...args]);
}

// What mke2fs 1.47.0 gets wrong when it copies a tree, as commands for debugfs(8) that put it right:
// - the tree's own folder becomes the root of the filesystem, with an owner, a mode and times of mke2fs's own;
// - times from 2038 on lose the bits beyond 32 and come out in the past;
// - names of one symlink become symlinks of their own.
import {NexusError} from '../errors.js';
import type {SourceTree} from './source-tree.js';

/**
The commands for a tree, one a line, in Latin-1 as the paths of the tree are.

@throws NexusError Unsupported for a name that no such command can hold, where one is needed.
*/
export function correctionsOf({top, lateTimes, linkedSymlinks}: SourceTree): string {
	const commands = [
		`set_inode_field / mode 04${top.mode.padStart(4, '0')}`,
		`set_inode_field / uid ${top.uid}`,
		`set_inode_field / gid ${top.gid}`,
		...timeCommands('/', top),
		...lateTimes.flatMap(({path, ...times}) => timeCommands(quoted(path), times)),
		...[...linkedSymlinks.values()].flatMap(names => linkCommands(names.map(name => quoted(name)))),
	];
	return `${commands.join('\n')}\n`;
}

function timeCommands(file: string, {mtime, atime}: {mtime: number; atime: number}): string[] {
	return [['mtime', mtime], ['atime', atime]].flatMap(([field, time]) => [
		`set_inode_field ${file} ${field} @${Number(time) % 0x1_00_00_00_00}`,
		`set_inode_field ${file} ${field}_extra ${epochOf(Number(time))}`,
	]);
}

// ext4 keeps 32 bits of a time with their sign, and in two bits more how often 2^32 seconds are to be added.
const epochOf = (time: number): number => Math.floor((time + 0x80_00_00_00) / 0x1_00_00_00_00);

// debugfs's `ln` makes a name and does not count it.
function linkCommands([first, ...others]: string[]): string[] {
	return [
		...others.flatMap(name => [`rm ${name}`, `ln ${first!} ${name}`]),
		`set_inode_field ${first!} links_count ${others.length + 1}`,
	];
}

function quoted(path: string): string {
	if (/[\n\r"]/.test(path) || path.length > 4000) {
		throw new NexusError('Unsupported', `the time or the links of ${JSON.stringify(path)} cannot be kept: its path has the end of a line or a quote, or is too long; rename it or leave it out`);
	}

	return `"/${path}"`;
}

// Looks over a folder that is to become an image: what it holds, how much, and a fingerprint that tells later whether it
// has changed. `find` does it: it is many times quicker than a call for each file, and needs no thread of ours.
import {Buffer} from 'node:buffer';
import {createHash} from 'node:crypto';
import {execa} from 'execa';
import {NexusError} from '../errors.js';

export type SourceTree = {
	/** Files, folders and all else, hard links counted once, the folder itself included. */
	entries: number;
	/** Bytes of content that an image must hold: holes and hard links take none. */
	contentBytes: number;
	/** The owner, mode and modification time of the folder itself, which mke2fs does not copy. */
	top: {uid: number; gid: number; mode: string; mtime: number};
	/** Differs when anything in the tree has changed. */
	fingerprint: string;
};

// Blocks of 512 bytes; then type, device and inode, links, bytes, ctime, mtime, owner, group, mode, path below the folder.
const format = String.raw`%b %y %D:%i %n %s %C@ %T@ %U %G %m %P\0`;

/**
Reads the whole tree once, without following symlinks.

@param folder Absolute path.
@throws NexusError Io when a part of it cannot be read, Conflict when it vanishes meanwhile; Canceled through the signal.
*/
export async function readSourceTree(folder: string, signal: AbortSignal): Promise<SourceTree> {
	const find = execa('find', [folder, '-printf', format], {
		env: {LC_ALL: 'C'}, encoding: 'buffer', buffer: {stdout: false, stderr: true}, cancelSignal: signal, reject: false,
	});
	const hash = createHash('sha256');
	const summary = new Summary();
	let rest = '';
	for await (const chunk of find.stdout as AsyncIterable<Uint8Array>) {
		// Latin-1 keeps every byte of a name, whatever its encoding.
		const lines = (rest + Buffer.from(chunk).toString('latin1')).split('\0');
		rest = lines.pop()!;
		for (const line of lines) {
			summary.add(line);
			// The kernel may count blocks anew when it writes a file to the disk; that is no change.
			hash.update(line.slice(line.indexOf(' ')), 'latin1');
		}
	}

	const {isCanceled, failed, stderr} = await find;
	if (isCanceled) {
		throw new NexusError('Canceled', 'canceled');
	}

	if (failed || !summary.top) {
		const [why] = Buffer.from(stderr).toString().trim().split('\n');
		throw why?.includes('No such file or directory')
			? changedWhileRead(folder)
			: new NexusError('Io', `cannot read all of ${folder}: ${why ?? ''}`);
	}

	return {
		entries: summary.entries, contentBytes: summary.contentBytes, top: summary.top, fingerprint: hash.digest('hex'),
	};
}

/** The error for a source that did not stand still. */
export const changedWhileRead = (folder: string): NexusError =>
	new NexusError('Conflict', `${folder} changed while it was read: import a folder that nobody writes to, a snapshot for example`);

class Summary {
	entries = 0;
	contentBytes = 0;
	top: SourceTree['top'] | undefined;
	readonly #hardLinked = new Set<string>();

	add(line: string): void {
		const [blocks, type, inode, links, size, , mtime, uid, gid, mode] = line.split(' ', 10) as [string, string, string, string, string, string, string, string, string, string];
		this.top ??= {
			uid: Number(uid), gid: Number(gid), mode, mtime: Math.floor(Number(mtime)),
		};
		if (type !== 'd' && Number(links) > 1) {
			if (this.#hardLinked.has(inode)) {
				return;
			}

			this.#hardLinked.add(inode);
		}

		this.entries++;
		if (type === 'f') {
			// A sparse file occupies less than its length, any other a little more.
			this.contentBytes += Math.min(Number(size), Number(blocks) * 512);
		}
	}
}

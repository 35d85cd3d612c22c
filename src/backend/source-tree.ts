// Looks over a folder that is to become an image: what it holds, how much, and a fingerprint that tells later whether it
// has changed. `find` does it: it is many times quicker than a call for each file, and needs no thread of ours.
import {Buffer} from 'node:buffer';
import {createHash} from 'node:crypto';
import {execa} from 'execa';
import {NexusError} from '../errors.js';
import {commandAs, type Reader} from '../reader.js';

/** In seconds since the epoch. */
type Times = {mtime: number; atime: number};

export type SourceTree = {
	/** Files, folders and all else, hard links counted once, the folder itself included. */
	entries: number;
	/** Bytes of content that an image must hold: holes and hard links take none. */
	contentBytes: number;
	/** Bytes of all names, hard links included. */
	nameBytes: number;
	/** The owner, mode and times of the folder itself. */
	top: Times & {uid: number; gid: number; mode: string};
	/** What has a time from 2038 on. Paths are below the folder, a character a byte (Latin-1). */
	lateTimes: Array<Times & {path: string}>;
	/** The paths of each symlink that has several, all of them in the tree. */
	linkedSymlinks: Map<string, string[]>;
	/** Differs when anything in the tree has changed. */
	fingerprint: string;
};

// Type, device and inode, links, bytes, ctime, mtime, owner, group, mode, path below the folder: what tells a change. It
// is none when the kernel counts blocks anew as it writes a file to the disk, or when we read one.
const identity = String.raw`%y %D:%i %n %s %C@ %T@ %U %G %m %P\0`;
// Before it blocks of 512 bytes and atime.
const format = `%b %A@ ${identity}`;

/**
Reads the whole tree once, without following symlinks.

@param folder Absolute path.
@param reader With whose rights it is read.
@throws NexusError Io when a part of it cannot be read, Conflict when it vanishes meanwhile; Canceled through the signal.
*/
export async function readSourceTree(folder: string, reader: Reader | undefined, signal: AbortSignal): Promise<SourceTree> {
	const hash = createHash('sha256');
	const summary = new Summary();
	let rest = '';
	await find(folder, format, {reader, signal}, chunk => {
		// Latin-1 keeps every byte of a name, whatever its encoding.
		const lines = (rest + Buffer.from(chunk).toString('latin1')).split('\0');
		rest = lines.pop()!;
		let identities = '';
		for (const line of lines) {
			identities += `${summary.add(line)}\0`;
		}

		hash.update(identities, 'latin1');
	});
	if (!summary.top) {
		throw unreadable(folder);
	}

	return {...summary.totals(), top: summary.top, fingerprint: hash.digest('hex')};
}

/** The fingerprint alone of a tree, by reading it once more. Parameters and errors are those of `readSourceTree`. */
export async function readFingerprint(folder: string, reader: Reader | undefined, signal: AbortSignal): Promise<string> {
	const hash = createHash('sha256');
	await find(folder, identity, {reader, signal}, chunk => {
		hash.update(chunk);
	});
	return hash.digest('hex');
}

async function find(folder: string, format: string, {reader, signal}: {reader: Reader | undefined; signal: AbortSignal}, take: (chunk: Uint8Array) => void): Promise<void> {
	const [file, args] = commandAs(reader, 'find', [folder, '-printf', format]);
	const running = execa(file, args, {
		env: {LC_ALL: 'C'}, cwd: '/', encoding: 'buffer', buffer: {stdout: false, stderr: true}, cancelSignal: signal, killSignal: 'SIGKILL', reject: false,
	});
	for await (const chunk of running.stdout as AsyncIterable<Uint8Array>) {
		take(chunk);
	}

	const {isCanceled, failed, stderr} = await running;
	if (isCanceled) {
		throw signal.reason instanceof NexusError ? signal.reason : new NexusError('Canceled', 'canceled');
	}

	if (failed) {
		const [why] = Buffer.from(stderr).toString().trim().split('\n');
		throw why?.includes('No such file or directory') ? changedWhileRead(folder) : unreadable(folder, why);
	}
}

/** The error for a source of which a part cannot be read. */
export const unreadable = (folder: string, why = ''): NexusError => why.includes('Permission denied')
	? new NexusError('AccessDenied', `a part of ${folder} is closed to you: ${why}`)
	: new NexusError('Io', `cannot read all of ${folder}: ${why}`);

/** The error for a source that did not stand still. */
export const changedWhileRead = (folder: string): NexusError =>
	new NexusError('Conflict', `${folder} changed while it was read: import a folder that nobody writes to, a snapshot for example`);

const firstLateTime = 2 ** 31;
// A tree may be made to fill our memory, or to keep debugfs busy for ever, which needs the longer for each the more there are.
const mostHardLinked = 1_000_000;
const mostCorrections = 10_000;

class Summary {
	top: SourceTree['top'] | undefined;
	#entries = 0;
	#contentBytes = 0;
	#nameBytes = 0;
	readonly #lateTimes: SourceTree['lateTimes'] = [];
	readonly #symlinks = new Map<string, string[]>();
	readonly #hardLinked = new Set<string>();
	#corrections = 0;

	/** Returns the identity in a line. There are many lines: what few of them need is not made for all. */
	add(line: string): string {
		const fields = line.split(' ') as Fields;
		// An iterator takes as long as all the rest.
		const {
			0: blocks, 1: atime, 2: type, 3: inode, 4: links, 5: size, 7: mtime, 8: uid, 9: gid, 10: mode,
		} = fields;
		const path = fields.length === 12 ? fields[11]! : fields.slice(11).join(' ');
		this.top ??= {
			uid: Number(uid), gid: Number(gid), mode, ...timesOf(mtime, atime),
		};
		this.#nameBytes += path.length - path.lastIndexOf('/');
		if (path && Math.max(Number.parseInt(mtime, 10), Number.parseInt(atime, 10)) >= firstLateTime) {
			this.#countCorrection();
			this.#lateTimes.push({path, ...timesOf(mtime, atime)});
		}

		this.#count({
			type, inode, links, size, blocks,
		}, path);
		return line.slice(blocks.length + atime.length + 2);
	}

	totals(): Omit<SourceTree, 'top' | 'fingerprint'> {
		return {
			entries: this.#entries,
			contentBytes: this.#contentBytes,
			nameBytes: this.#nameBytes,
			lateTimes: this.#lateTimes,
			// The other names of a symlink may lie outside of the tree.
			linkedSymlinks: new Map([...this.#symlinks].filter(([, paths]) => paths.length > 1)),
		};
	}

	#count({type, inode, links, size, blocks}: Record<'type' | 'inode' | 'links' | 'size' | 'blocks', string>, path: string): void {
		if (type !== 'd' && Number(links) > 1) {
			if (type === 'l') {
				this.#addSymlink(inode, path);
			}

			if (this.#hardLinked.has(inode)) {
				return;
			}

			this.#hardLinked.add(inode);
			if (this.#hardLinked.size > mostHardLinked) {
				throw tooOdd(`${mostHardLinked} files with several names`);
			}
		}

		this.#entries++;
		if (type === 'f') {
			// A sparse file occupies less than its length, any other a little more.
			this.#contentBytes += Math.min(Number(size), Number(blocks) * 512);
		}
	}

	#addSymlink(inode: string, path: string): void {
		this.#countCorrection();
		const paths = this.#symlinks.get(inode);
		if (paths) {
			paths.push(path);
		} else {
			this.#symlinks.set(inode, [path]);
		}
	}

	#countCorrection(): void {
		this.#corrections++;
		if (this.#corrections > mostCorrections) {
			throw tooOdd(`${mostCorrections} times from 2038 on and names of symlinks that have several`);
		}
	}
}

const tooOdd = (what: string): NexusError => new NexusError('Unsupported', `the source has more than ${what}: import a simpler one`);

const timesOf = (mtime: string, atime: string): Times => ({mtime: Math.floor(Number(mtime)), atime: Math.floor(Number(atime))});

// Eleven, and a path, which may have spaces in it.
type Fields = [string, string, string, string, string, string, string, string, string, string, string, ...string[]];

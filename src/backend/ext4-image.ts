// Makes an ext4 filesystem from a folder, by mke2fs: no mount, no loop device, no symlink followed.
import process from 'node:process';
import {
	open, rm, stat, truncate, writeFile,
} from 'node:fs/promises';
import path from 'node:path';
import {Buffer} from 'node:buffer';
import {setInterval} from 'node:timers/promises';
import {execa} from 'execa';
import {allOf} from '../all-of.js';
import {syncFile} from '../files.js';
import {NexusError, asNexusError} from '../errors.js';
import {commandAs, type Reader} from '../reader.js';
import {
	blockSize, comfortableSize, fixedSize, necessaryBytes, sufficientSize, type Ext4Size,
} from './ext4-size.js';
import {correctionsOf} from './ext4-corrections.js';
import {
	changedWhileRead, readFingerprint, readSourceTree, unreadable, type SourceTree,
} from './source-tree.js';

export type Ext4Options = {
	/** Absolute path of the folder. */
	source: string;
	/** With whose rights the folder is read. */
	reader: Reader | undefined;
	/** The file to make; its folder exists. */
	file: string;
	/** Bytes of the filesystem; from the tree when `undefined`. */
	sizeBytes: number | undefined;
	signal: AbortSignal;
	/** Asked for so many bytes on the disk before they are written. */
	makeRoom: (bytes: number) => Promise<void>;
	/** Told from 0 to 1: bytes written of bytes expected, once those are known. */
	onProgress: (fraction: number, message: string, expectedBytes?: number) => void;
};

/**
Makes the file and waits until it is on disk. What it leaves on failure is for the caller to remove.

@returns Bytes of the filesystem.
@throws NexusError NoSpace when the tree does not fit or the disk is full, Conflict when the tree changes meanwhile,
Unsupported when mke2fs is missing, Io; Canceled through the signal.
*/
export async function makeExt4Image(options: Ext4Options): Promise<number> {
	try {
		return await makeFilesystem(options);
	} catch (error) {
		// A file that is cut gives its space back at once; one that is removed with its subvolume, some time later.
		await truncate(options.file).catch(() => undefined);
		throw error;
	}
}

async function makeFilesystem(options: Ext4Options): Promise<number> {
	const {source, reader, sizeBytes, signal, makeRoom, onProgress} = options;
	onProgress(0, 'looking over the source');
	const tree = await readSourceTree(source, reader, signal);
	const size = sizeFor(tree, sizeBytes);
	reportWritten(options, tree, 0);
	await makeRoom(tree.contentBytes + metadataBytes);
	const full = new AbortController();
	await watchProgress(options, tree, full, async () => runMke2fs({...options, signal: AbortSignal.any([signal, full.signal])}, tree, size));
	onProgress(1, 'checking that the source has not changed');
	await allOf([refuseChanged(options, tree), finish(options, tree)]);
	return size.sizeBytes;
}

async function refuseChanged({source, reader, signal}: Ext4Options, {fingerprint}: SourceTree): Promise<void> {
	if (await readFingerprint(source, reader, signal) !== fingerprint) {
		throw changedWhileRead(source);
	}
}

async function finish(options: Ext4Options, tree: SourceTree): Promise<void> {
	await correct(options, tree);
	await syncFile(options.file);
}

function sizeFor(tree: SourceTree, sizeBytes: number | undefined): Ext4Size {
	if (sizeBytes === undefined) {
		return comfortableSize(tree);
	}

	if (sizeBytes < necessaryBytes(tree)) {
		throw doesNotFit(tree, sizeBytes);
	}

	return fixedSize(sizeBytes, tree);
}

// What mke2fs writes beside the content, for a filesystem of some gigabytes.
const metadataBytes = 16 * 1024 * 1024;

const doesNotFit = (tree: SourceTree, sizeBytes: number): NexusError =>
	new NexusError('NoSpace', `the source does not fit into ${sizeBytes} bytes: it needs ${sufficientSize(tree).sizeBytes}; give that size or a larger one, or none`);

const poolIsFull = (tree: SourceTree): NexusError =>
	new NexusError('NoSpace', `the pool is full: ${tree.contentBytes} bytes are to be written; delete workspaces or grow the pool`);

// The same features on every machine, whatever its mke2fs.conf says, and none that older guest kernels lack.
const features = [
	'none',
	'has_journal',
	'ext_attr',
	'resize_inode',
	'dir_index',
	'filetype',
	'extent',
	'64bit',
	'flex_bg',
	'sparse_super',
	'large_file',
	'huge_file',
	'dir_nlink',
	'extra_isize',
	'metadata_csum',
];

// mke2fs gets the file opened: a reader has no way to the pool. Opening it anew as /proc/self/fd/3 takes rights to the
// file itself, so it is the reader's meanwhile, in a folder that nobody but us can enter.
async function runMke2fs(options: Ext4Options, tree: SourceTree, size: Ext4Size): Promise<void> {
	const {file, reader} = options;
	const output = await open(file, 'wx', 0o600);
	try {
		await output.chown(reader?.uid ?? process.getuid!(), process.getgid!());
		await fillByMke2fs(options, output.fd, tree, size);
	} finally {
		await output.chown(process.getuid!(), process.getgid!());
		await output.close();
	}
}

async function fillByMke2fs({source, reader, signal}: Ext4Options, output: number, tree: SourceTree, {sizeBytes, inodes}: Ext4Size): Promise<void> {
	const command = commandAs(reader, 'mke2fs', [
		'-q',
		'-F',
		'-t',
		'ext4',
		'-b',
		String(blockSize),
		'-I',
		'256',
		'-m',
		'0',
		'-O',
		features.join(','),
		'-N',
		String(inodes),
		'-E',
		'lazy_itable_init=1,lazy_journal_init=1',
		'-d',
		source,
		'--',
		'/proc/self/fd/3',
		String(sizeBytes / blockSize),
	]);
	await runTool('mke2fs', command, {cwd: '/', signal, output}, async message => {
		if (message.includes('Permission denied')) {
			return unreadable(source, message);
		}

		if (message.includes('No space left on device')) {
			return poolIsFull(tree);
		}

		if (/could not allocate|not enough space|too small|too big|no free/i.test(message)) {
			return doesNotFit(tree, sizeBytes);
		}

		// A file that goes away under mke2fs makes it fail; the tree itself says whether that was it.
		return await readFingerprint(source, reader, signal) === tree.fingerprint ? undefined : changedWhileRead(source);
	});
}

// What mke2fs 1.47.0 gets wrong, put right by debugfs.
async function correct({file, signal}: Ext4Options, tree: SourceTree): Promise<void> {
	const said = await runTool('debugfs', ['debugfs', ['-w', '-f', '-', path.basename(file)]], {
		cwd: path.dirname(file), signal, input: Buffer.from(correctionsOf(tree), 'latin1'),
	});
	// Its exit code is 0 whatever happens; after its version it says nothing but what failed.
	const [, ...complaints] = said.split('\n');
	if (complaints.length > 0) {
		throw new NexusError('Io', `debugfs failed: ${complaints.join('; ')}`);
	}
}

// Returns what the tool said on its standard error.
async function runTool(
	tool: string,
	[program, args]: readonly [string, string[]],
	// A file is named within its folder: behind a question mark in a path these programs expect options.
	{cwd, signal, input, output}: {cwd: string; signal?: AbortSignal; input?: Uint8Array; output?: number},
	explain: (message: string) => Promise<NexusError | undefined> = async () => undefined,
): Promise<string> {
	const {failed, isCanceled, code, stderr, exitCode, signal: killedBy} = await execa(program, args, {
		// Debian keeps these in sbin, which is not on everybody's path.
		env: {LC_ALL: 'C', PATH: `${process.env['PATH'] ?? ''}:/usr/sbin:/sbin`},
		cwd,
		reject: false,
		// What it has made is thrown away, and nothing may hold it up.
		...(signal && {cancelSignal: signal, killSignal: 'SIGKILL'}),
		...(input !== undefined && {input}),
		stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe', ...(output === undefined ? [] : [output as 3])], // execa's types stop at 9
	} as const);
	if (isCanceled) {
		throw asNexusError(signal!.reason, `${tool} was stopped`);
	}

	if (code === 'ENOENT' || stderr.startsWith(`setpriv: failed to execute ${tool}`)) {
		throw new NexusError('Unsupported', `${tool} is not installed: install the package e2fsprogs`);
	}

	if (failed) {
		const message = stderr.trim().replaceAll(/\s*\n\s*/g, '; ');
		throw await explain(message)
			?? new NexusError('Io', `${tool} failed${killedBy ? `, killed by ${killedBy}` : ` with exit code ${exitCode}`}${message ? `: ${message}` : ''}`);
	}

	return stderr.trim();
}

// What the file occupies is what mke2fs has written. On a full disk it goes on to the end of the file that it copies,
// block by block, and btrfs takes milliseconds to refuse each: it is stopped when nothing has come of that for a second.
async function watchProgress(options: Ext4Options, tree: SourceTree, full: AbortController, work: () => Promise<void>): Promise<void> {
	const {file} = options;
	const over = new AbortController();
	const watch = async (): Promise<void> => {
		let before = 0;
		let idle = 0;
		for await (const _ of setInterval(100, undefined, {signal: over.signal})) {
			const occupied = await occupiedBytes(file);
			idle = occupied > before ? 0 : idle + 1;
			before = occupied;
			if (idle > 0 && idle % 10 === 0 && await isFull(path.dirname(file))) {
				full.abort(poolIsFull(tree));
			}

			reportWritten(options, tree, occupied);
		}
	};

	// Its signal ends the watch by an AbortError.
	const watching = watch().catch(() => undefined);
	try {
		await work();
	} finally {
		over.abort();
		await watching;
	}
}

function reportWritten({onProgress}: Ext4Options, {contentBytes}: SourceTree, occupied: number): void {
	// Its own tables come on top of the content.
	const written = Math.min(occupied, contentBytes);
	onProgress(written / Math.max(contentBytes, 1), `${inMebibytes(written)} of ${inMebibytes(contentBytes)} MiB written`, contentBytes);
}

const inMebibytes = (bytes: number): string => (bytes / 1024 / 1024).toFixed(1);

// What statfs(2) shows as free cannot always be had on btrfs: it is tried.
async function isFull(folder: string): Promise<boolean> {
	const probe = path.join(folder, 'probe');
	try {
		await writeFile(probe, new Uint8Array(64 * 1024));
		return false;
	} catch (error) {
		return asNexusError(error, 'cannot write to the pool').code === 'NoSpace';
	} finally {
		await rm(probe, {force: true}).catch(() => undefined);
	}
}

async function occupiedBytes(file: string): Promise<number> {
	try {
		const {blocks} = await stat(file);
		return blocks * 512;
	} catch {
		// mke2fs has not begun, or has failed, as it will tell.
		return 0;
	}
}

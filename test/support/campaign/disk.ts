// Small disks that fail on demand: they fill up, break, turn read-only, go away, and come back.
import {
	mkdir, open, rm, stat, truncate, writeFile,
} from 'node:fs/promises';
import path from 'node:path';
import {execa} from 'execa';
import type {Cleanup} from '../cleanup.js';
import {unmountAfterwards, unmountLazily} from '../mounts.js';
import {errnoOf} from '../../../src/errors.js';

const mebi = 1024 * 1024;
const blockBytes = 4096;

export type DiskKind = 'btrfs' | 'mixed-btrfs' | 'ext4';

// Data and metadata of a mixed btrfs share their space: it is full for all at once. This ext4 has no journal, which it would
// give up for good at the first error, and has its tables in front.
const commands: Readonly<Record<DiskKind, [program: string, ...args: string[]]>> = {
	btrfs: ['mkfs.btrfs', '-q'],
	'mixed-btrfs': ['mkfs.btrfs', '-q', '--mixed'],
	ext4: ['mke2fs', '-q', '-F', '-t', 'ext4', '-b', String(blockBytes), '-m', '0', '-O', '^has_journal,^flex_bg', '-E', 'lazy_itable_init=0'],
};

/** A way to end a fault. It may be called again. */
export type Undo = () => Promise<void>;

export class Disk {
	readonly mountPoint: string;
	readonly #file: string;
	readonly #device: string;
	readonly #tableBytes: number;
	readonly #cleanup: Cleanup;

	/** For `makeDisk` alone. */
	constructor({mountPoint, file, device, tableBytes, cleanup}: {mountPoint: string; file: string; device: string; tableBytes: number; cleanup: Cleanup}) {
		this.mountPoint = mountPoint;
		this.#file = file;
		this.#device = device;
		this.#tableBytes = tableBytes;
		this.#cleanup = cleanup;
	}

	async mount(): Promise<void> {
		await execa('mount', ['-o', 'noatime', this.#device, this.mountPoint]);
	}

	async unmount(): Promise<void> {
		await execa('umount', [this.mountPoint]);
	}

	/** Takes it away from under those who use it. What they have open stays open. */
	async takeAway(): Promise<Undo> {
		await unmountLazily(this.mountPoint);
		return this.#once(async () => this.mount());
	}

	/** Fills it up but for so many bytes. */
	async fillUp(bytesLeft = 0): Promise<Undo> {
		const [filler, spare] = [path.join(this.mountPoint, 'filler'), path.join(this.mountPoint, 'spare')];
		// A full btrfs can remove a file, but not shorten one.
		await writeFile(spare, new Uint8Array(bytesLeft).fill(1));
		await this.#sync();
		for (const bytes of [mebi, blockBytes, blockBytes]) {
			/* eslint-disable no-await-in-loop -- what is on its way to the disk takes more room than it will there */
			await append(filler, bytes);
			await this.#sync();
			/* eslint-enable no-await-in-loop */
		}

		await rm(spare);
		await this.#sync();
		return this.#once(async () => {
			await rm(filler);
			await this.#sync();
		});
	}

	/** Waits until the space of subvolumes that were removed is free. */
	async reclaim(): Promise<void> {
		// The first wakes who frees it, the last makes it free for good.
		await execa('btrfs', ['filesystem', 'sync', this.mountPoint]);
		await execa('btrfs', ['subvolume', 'sync', this.mountPoint]);
		await this.#sync();
	}

	/** Breaks it but for its own tables: whatever is written to a file fails by EIO, and so does what is read and not in memory. */
	async breakFiles(): Promise<Undo> {
		await this.#sync();
		const kept = this.#tableBytes;
		const {size} = await stat(this.#file);
		const tail = await readFrom(this.#file, kept, size - kept);
		await truncate(this.#file, kept);
		await execa('losetup', ['--set-capacity', this.#device]);
		return this.#once(async () => {
			await truncate(this.#file, size);
			await writeAt(this.#file, tail, kept);
			await execa('losetup', ['--set-capacity', this.#device]);
		});
	}

	/** Makes it read-only for all who look for something by its path. What they have open for writing stays writable: no kernel would remount it. */
	async makeReadOnly(): Promise<Undo> {
		await execa('mount', ['--bind', this.mountPoint, this.mountPoint]);
		await execa('mount', ['-o', 'remount,ro,bind', this.mountPoint]);
		return this.#once(async () => unmountLazily(this.mountPoint));
	}

	// A test that fails in the midst ends the fault too.
	#once(undo: Undo): Undo {
		let isUndone = false;
		const end = async (): Promise<void> => {
			if (!isUndone) {
				isUndone = true;
				await undo();
			}
		};

		this.#cleanup(end);
		return end;
	}

	async #sync(): Promise<void> {
		await execa('sync', ['--file-system', this.mountPoint]);
	}
}

/** Makes and mounts a disk of so many bytes, `<name>` in a folder. */
export async function makeDisk(folder: string, cleanup: Cleanup, {kind, name, bytes}: {kind: DiskKind; name: string; bytes: number}): Promise<Disk> {
	const [file, mountPoint] = [path.join(folder, `${name}.img`), path.join(folder, name)];
	await writeFile(file, '');
	await truncate(file, bytes);
	const [program, ...args] = commands[kind];
	await execa(program, [...args, file]);
	const {stdout: device} = await execa('losetup', ['--find', '--show', file]);
	cleanup(async () => {
		await execa('losetup', ['--detach', device]);
	});
	await mkdir(mountPoint);
	const disk = new Disk({
		mountPoint, file, device, tableBytes: kind === 'ext4' ? await tableBytesOf(file) : bytes, cleanup,
	});
	await disk.mount();
	unmountAfterwards(mountPoint, cleanup);
	return disk;
}

// Of a new ext4: behind its tables all is free.
async function tableBytesOf(file: string): Promise<number> {
	const {stdout} = await execa('dumpe2fs', [file]);
	const [, firstFree] = /^ {2}Free blocks: (\d+)-\d+$/m.exec(stdout)!;
	return Number(firstFree) * blockBytes;
}

async function append(file: string, bytes: number): Promise<void> {
	const block = new Uint8Array(bytes).fill(1);
	const handle = await open(file, 'a').catch(() => undefined);
	if (!handle) {
		// It could not even be made.
		return;
	}

	try {
		for (;;) {
			// eslint-disable-next-line no-await-in-loop
			await handle.write(block);
		}
	} catch (error) {
		if (errnoOf(error) !== 'ENOSPC') {
			throw error;
		}
	} finally {
		await handle.close();
	}
}

async function readFrom(file: string, start: number, length: number): Promise<Uint8Array> {
	const handle = await open(file);
	try {
		const bytes = new Uint8Array(length);
		await handle.read(bytes, 0, length, start);
		return bytes;
	} finally {
		await handle.close();
	}
}

async function writeAt(file: string, bytes: Uint8Array, start: number): Promise<void> {
	const handle = await open(file, 'r+');
	try {
		await handle.write(bytes, 0, bytes.length, start);
	} finally {
		await handle.close();
	}
}

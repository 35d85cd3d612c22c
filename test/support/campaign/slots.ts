// What the campaigns write to workspaces: a slot is a stretch of the disk, a mark says which bytes it holds. A write that a
// power cut meets may be there in part, block by block.
import {Buffer} from 'node:buffer';
import {createHash} from 'node:crypto';
import {open, readFile} from 'node:fs/promises';
import path from 'node:path';
import type {Written} from './ledger.js';

const mebi = 1024 * 1024;

/** Bytes of every image's filesystem. */
export const imageBytes = 24 * mebi;
const slotCount = 6;
const slotBytes = 16 * 1024;
const blockBytes = 4096;

export const slots: readonly number[] = Array.from({length: slotCount}, (_, slot) => slot);

/** The disk of an image or a workspace. */
export const diskOf = (workspaces: string, name: string): string => path.join(workspaces, `@${name}`, 'rootfs.ext4');

// Past the superblock; anywhere else will do, for nobody mounts it.
const offsetOf = (slot: number): number => mebi + (slot * Math.floor((imageBytes - (2 * mebi)) / slotCount));

/** Writes the bytes of a mark; they are on disk when it resolves. */
export async function writeSlot(disk: string, slot: number, mark: string): Promise<void> {
	const handle = await open(disk, 'r+');
	try {
		await handle.write(bytesOf(mark), 0, slotBytes, offsetOf(slot));
		await handle.sync();
	} finally {
		await handle.close();
	}
}

/**
What is wrong with the slots of a workspace's disk, a line each.

@param possible What may have been written; nothing else is right.
@param base The disk of its image, which it shows where nothing was written.
*/
export async function slotFaults(disk: string, base: string, possible: readonly Written[]): Promise<string[]> {
	const [found, original] = await Promise.all([readSlots(disk), readSlots(base)]);
	return slots.flatMap(slot => {
		const right = possible.map(written => {
			const mark = written.get(slot);
			return mark === undefined ? original[slot]! : bytesOf(mark);
		});
		const blocks = Array.from({length: slotBytes / blockBytes}, (_, block) => block * blockBytes);
		const wrong = blocks.filter(start => !right.some(bytes => isSame(bytes, found[slot]!, start, start + blockBytes)));
		const due = possible.map(written => written.get(slot) ?? 'what its image has').join(' or ');
		return wrong.length === 0 ? [] : [`${disk} does not hold ${due} in slot ${slot}, at byte ${wrong.map(start => offsetOf(slot) + start).join(' and ')}`];
	});
}

/** Where a workspace's disk differs from its image's although nothing was written there; "" for nowhere. */
export async function strayBytes(disk: string, base: string): Promise<string> {
	const [found, original] = await Promise.all([disk, base].map(async file => {
		const bytes = await readFile(file);
		for (const slot of slots) {
			bytes.fill(0, offsetOf(slot), offsetOf(slot) + slotBytes);
		}

		return bytes;
	}));
	return found!.equals(original!) ? '' : `${disk} differs from ${base} where nothing was written`;
}

async function readSlots(disk: string): Promise<Uint8Array[]> {
	const handle = await open(disk);
	try {
		return await Promise.all(slots.map(async slot => {
			const bytes = new Uint8Array(slotBytes);
			await handle.read(bytes, 0, slotBytes, offsetOf(slot));
			return bytes;
		}));
	} finally {
		await handle.close();
	}
}

const bytesOf = (mark: string): Uint8Array => createHash('shake256', {outputLength: slotBytes}).update(mark).digest();

const isSame = (one: Uint8Array, other: Uint8Array, start: number, end: number): boolean =>
	Buffer.compare(one.subarray(start, end), other.subarray(start, end)) === 0;

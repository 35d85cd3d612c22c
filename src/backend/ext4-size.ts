// How large an ext4 filesystem must be for a tree, by the arithmetic of mke2fs.
import type {SourceTree} from './source-tree.js';

export type Ext4Size = {
	/** Bytes of the filesystem, a whole number of blocks. */
	sizeBytes: number;
	inodes: number;
};

export const blockSize = 4096;
const inodeSize = 256;
const bytesPerInode = 16_384;
const mebi = 1024 * 1024;
const gibi = 1024 * mebi;

/** The bounds of a filesystem that somebody asks for. */
export const smallestSize = 16 * mebi;
export const largestSize = 16 * 1024 * gibi;

/** A filesystem with room for the tree and as much again by half to work in, at least a gigabyte. It costs nothing until it is used. */
export function comfortableSize(tree: Tree): Ext4Size {
	const needed = bytesFor(tree);
	return withMetadata(needed + Math.max(gibi, needed / 2), tree);
}

/** The smallest filesystem that certainly holds the tree. */
export const sufficientSize = (tree: Tree): Ext4Size => withMetadata(bytesFor(tree), tree);

/** A filesystem of the size that was asked for. */
export function fixedSize(sizeBytes: number, tree: Tree): Ext4Size {
	return {sizeBytes: Math.ceil(sizeBytes / blockSize) * blockSize, inodes: inodesFor(sizeBytes, tree)};
}

/** Bytes below which no filesystem can hold the tree, however lucky. */
export const necessaryBytes = ({contentBytes, entries}: Tree): number => contentBytes + (entries * inodeSize);

type Tree = Pick<SourceTree, 'entries' | 'contentBytes' | 'nameBytes'>;

// For each entry a block that its content may not fill, and another for extended attributes or a long symlink. Folders
// hold 8 bytes with each name, and seldom fill their blocks.
const bytesFor = ({contentBytes, entries, nameBytes}: Tree): number =>
	contentBytes + (entries * (2 * blockSize)) + (entries * 16) + (nameBytes * 1.5);

function withMetadata(contentBytes: number, tree: Tree): Ext4Size {
	const inodes = inodesFor(contentBytes, tree);
	// Bitmaps, group descriptors and their copies take less than two hundredths.
	const bytes = (contentBytes + (inodes * inodeSize) + journalBytes(contentBytes)) * 1.02;
	return {sizeBytes: Math.ceil(Math.max(bytes, smallestSize) / mebi) * mebi, inodes};
}

const inodesFor = (bytes: number, {entries}: Tree): number =>
	Math.ceil(Math.max(bytes / bytesPerInode, (entries * 1.25) + 64));

// The defaults of libext2fs (ext2fs_default_journal_size), rounded up: a filesystem may grow past a bound by its journal.
function journalBytes(bytes: number): number {
	const bounds: Array<[bytes: number, journal: number]> = [
		[100 * mebi, 4 * mebi], [900 * mebi, 16 * mebi], [1.8 * gibi, 32 * mebi], [15 * gibi, 64 * mebi], [30 * gibi, 128 * mebi], [60 * gibi, 256 * mebi], [120 * gibi, 512 * mebi],
	];
	return bounds.find(([bound]) => bytes < bound)?.[1] ?? gibi;
}

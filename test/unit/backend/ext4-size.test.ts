import {Buffer} from 'node:buffer';
import {mkdirSync, writeFileSync} from 'node:fs';
import {mkdir, writeFile} from 'node:fs/promises';
import path from 'node:path';
import test, {type ExecutionContext} from 'ava';
import fc from 'fast-check';
import {makeExt4Image} from '../../../src/backend/ext4-image.js';
import {
	blockSize, comfortableSize, fixedSize, largestSize, necessaryBytes, smallestSize, sufficientSize,
} from '../../../src/backend/ext4-size.js';
import {readSourceTree} from '../../../src/backend/source-tree.js';
import {NexusError} from '../../../src/errors.js';
import {cleanupOf} from '../../support/cleanup.js';
import {temporaryFolder} from '../../support/folder.js';
import {run} from '../../support/run.js';

const mebi = 1024 * 1024;
const gibi = 1024 * mebi;

type Tree = {entries: number; contentBytes: number; nameBytes: number};

const anyTree = fc.record({
	entries: fc.oneof(fc.integer({min: 1, max: 100}), fc.integer({min: 1, max: 50_000_000})),
	contentBytes: fc.oneof(fc.nat({max: 1000}), fc.integer({min: 0, max: 200 * mebi}), fc.integer({min: 0, max: 8 * 1024 * gibi})),
	nameBytes: fc.nat({max: 255 * 100_000}),
});

test('a filesystem is a whole number of blocks and never smaller than the smallest', t => {
	fc.assert(fc.property(anyTree, tree => {
		for (const {sizeBytes, inodes} of [comfortableSize(tree), sufficientSize(tree)]) {
			t.true(Number.isSafeInteger(sizeBytes / blockSize));
			t.true(sizeBytes >= smallestSize);
			t.true(Number.isSafeInteger(inodes));
		}
	}));
});

test('what suffices is at least what is necessary, and comfortable is more', t => {
	fc.assert(fc.property(anyTree, tree => {
		const {sizeBytes} = sufficientSize(tree);
		t.true(sizeBytes > necessaryBytes(tree));
		t.true(necessaryBytes(tree) >= tree.contentBytes);
		t.true(comfortableSize(tree).sizeBytes > sizeBytes);
	}));
});

test('comfortable leaves a gigabyte, or half of the content, to work in', t => {
	fc.assert(fc.property(anyTree, tree => {
		const {sizeBytes, inodes} = comfortableSize(tree);
		t.true(sizeBytes - tree.contentBytes - (inodes * 256) >= Math.max(gibi, tree.contentBytes / 2));
		t.true(inodes >= tree.entries * 1.2);
	}));
});

test('every entry has an inode, beside the eleven that ext4 keeps for itself', t => {
	fc.assert(fc.property(anyTree, fc.integer({min: smallestSize, max: largestSize}), (tree, bytes) => {
		for (const {inodes} of [comfortableSize(tree), sufficientSize(tree), fixedSize(bytes, tree)]) {
			t.true(inodes >= tree.entries + 11);
		}
	}));
});

test('a larger tree never gets a smaller filesystem', t => {
	fc.assert(fc.property(anyTree, fc.nat({max: gibi}), fc.nat({max: 100_000}), (tree, bytes, entries) => {
		const larger: Tree = {entries: tree.entries + entries, contentBytes: tree.contentBytes + bytes, nameBytes: tree.nameBytes};
		for (const size of [comfortableSize, sufficientSize]) {
			t.true(size(larger).sizeBytes >= size(tree).sizeBytes);
		}

		t.true(necessaryBytes(larger) >= necessaryBytes(tree));
	}));
});

test('a size that is asked for is rounded up to a block', t => {
	const tree: Tree = {entries: 10, contentBytes: 1000, nameBytes: 100};
	t.is(fixedSize(32 * mebi, tree).sizeBytes, 32 * mebi);
	t.is(fixedSize((32 * mebi) + 1, tree).sizeBytes, (32 * mebi) + blockSize);
	fc.assert(fc.property(fc.integer({min: smallestSize, max: largestSize}), bytes => {
		const {sizeBytes} = fixedSize(bytes, tree);
		t.true(sizeBytes >= bytes && sizeBytes - bytes < blockSize && sizeBytes % blockSize === 0);
	}));
});

test('the bounds', t => {
	t.is(smallestSize, 16 * mebi);
	t.is(largestSize, 16 * 1024 * gibi);
	t.is(sufficientSize({entries: 1, contentBytes: 0, nameBytes: 1}).sizeBytes, smallestSize);
	t.true(comfortableSize({entries: 1, contentBytes: 0, nameBytes: 1}).sizeBytes > gibi);
});

// What is said to suffice does: mke2fs fills it, and e2fsck has nothing to say.
const trees: ReadonlyArray<[title: string, make: (folder: string) => Promise<unknown>]> = [
	['an empty folder', async () => undefined],
	['one large file', async folder => writeFile(path.join(folder, 'a'), Buffer.alloc(20 * mebi, 1))],
	['many files of one byte', async folder => {
		makeMany(folder, 3000, index => {
			writeFileSync(path.join(folder, index), 'x');
		});
	}],
	['many files and folders with the longest names, and attributes that need a block each', async folder => {
		makeMany(folder, 3000, index => {
			const entry = path.join(folder, index.padEnd(path.dirname(index).length + 1 + 255, 'x'));
			if (index.endsWith('0')) {
				mkdirSync(entry);
			} else {
				writeFileSync(entry, 'x');
			}
		});
		// Where the filesystem takes attributes.
		await run('find', [folder, '-mindepth', '2', '-exec', 'setfattr', '-n', 'user.test', '-v', 'v'.repeat(1000), '{}', '+']);
	}],
];

for (const [title, make] of trees) {
	test(`what suffices does suffice: ${title}`, async t => {
		const source = await sourceFolder(t);
		await make(source);
		const {sizeBytes} = sufficientSize(await readSourceTree(source, undefined, new AbortController().signal));
		t.is(await image(source, sizeBytes), sizeBytes);
		t.like(await run('e2fsck', ['-fn', `${source}.ext4`]), {exitCode: 0});
	});
}

test('a tree that does not fit says how much it needs', async t => {
	const source = await sourceFolder(t);
	await writeFile(path.join(source, 'a'), Buffer.alloc(20 * mebi, 1));
	const needed = sufficientSize(await readSourceTree(source, undefined, new AbortController().signal)).sizeBytes;
	// Less than the content, and less than the content and the journal.
	for (const sizeBytes of [smallestSize, (20 * mebi) + blockSize]) {
		const error = await t.throwsAsync(image(source, sizeBytes), {instanceOf: NexusError, code: 'NoSpace'}); // eslint-disable-line no-await-in-loop
		t.is(error.message, `the source does not fit into ${sizeBytes} bytes: it needs ${needed}; give that size or a larger one, or none`);
	}
});

async function sourceFolder(t: ExecutionContext): Promise<string> {
	const source = path.join(await temporaryFolder(cleanupOf(t)), 'source');
	await mkdir(source);
	return source;
}

// In many folders: mke2fs looks through a folder from its beginning for each name that it adds. One after the other:
// threads that make files in one folder wait for each other, and cost more than they gain.
function makeMany(folder: string, count: number, make: (index: string) => void): void {
	for (let part = 0; part * 500 < count; part++) {
		mkdirSync(path.join(folder, String(part)));
		for (let index = 0; index < 500; index++) {
			make(`${part}/${index}`);
		}
	}
}

const image = async (source: string, sizeBytes: number): Promise<number> => makeExt4Image({
	source, file: `${source}.ext4`, sizeBytes, reader: undefined, signal: new AbortController().signal, onProgress: () => undefined, makeRoom: async () => undefined,
});

// Compares two trees entry by entry: what `lstat` says, content, targets, hard links, extended attributes, ACLs, capabilities.
import {Buffer} from 'node:buffer';
import {createHash} from 'node:crypto';
import {createReadStream, type BigIntStats} from 'node:fs';
import {lstat, readdir, readlink} from 'node:fs/promises';
import {execa} from 'execa';

/**
What differs between two trees, a line for each difference; an empty list when they are the same.

Times are compared to the second. A `lost+found` that only the copy has is a filesystem's own.
*/
export async function differences(original: string, copy: string): Promise<string[]> {
	const [expected, actual] = await Promise.all([describeTree(original), describeTree(copy)]);
	if (!expected.has('/lost+found')) {
		actual.delete('/lost+found');
	}

	return [...new Set([...expected.keys(), ...actual.keys()])].flatMap(name => {
		const [wanted, found] = [expected.get(name) ?? 'nothing', actual.get(name) ?? 'nothing'];
		return wanted === found ? [] : [`${JSON.stringify(name)}: ${shortened(wanted)} became ${shortened(found)}`];
	});
}

const shortened = (text: string): string => text.length > 400 ? `${text.slice(0, 400)}…` : text;

/** How many entries a tree has, the folder itself included. */
export async function countEntries(folder: string): Promise<number> {
	let count = 0;
	for await (const _ of walk(nameOf(folder))) {
		count++;
	}

	return count;
}

async function describeTree(folder: string): Promise<Map<string, string>> {
	const described = new Map<string, string>();
	const firstNames = new Map<bigint, string>();
	for await (const {file, name, status} of walk(nameOf(folder))) {
		const firstName = firstNames.get(status.ino) ?? name;
		firstNames.set(status.ino, firstName);
		const content = firstName === name ? await describeContent(file, status) : `is ${firstName}`;
		described.set(name, [describeStatus(status), content].filter(Boolean).join(', '));
	}

	for (const [tool, args] of tools) {
		// One after the other: their order is that of the report.
		// eslint-disable-next-line no-await-in-loop
		for (const [name, text] of await attributesBy(tool, args, folder)) {
			described.set(name, `${described.get(name) ?? ''}, ${tool}: ${text}`);
		}
	}

	return described;
}

type Entry = {
	file: string;
	/** Below the tree's folder, which is `/` itself. */
	name: string;
	status: BigIntStats;
};

// A folder first, then what is in it, in the order of bytes.
async function * walk(file: string, name = '/'): AsyncGenerator<Entry> {
	const status = await lstat(bytes(file), {bigint: true});
	yield {file, name, status};
	if (!status.isDirectory()) {
		return;
	}

	const children = await readdir(bytes(file), {encoding: 'latin1'});
	for (const child of children.sort()) {
		yield * walk(`${file}/${child}`, `${name === '/' ? '' : name}/${child}`);
	}
}

// Names and targets are bytes, whatever their encoding; texts hold them as Latin-1, a character a byte.
const bytes = (text: string) => Buffer.from(text, 'latin1');
const nameOf = (path: string): string => Buffer.from(path).toString('latin1');

function describeStatus(status: BigIntStats): string {
	const isFolder = status.isDirectory();
	return [
		`mode ${status.mode.toString(8)}`,
		`owner ${status.uid}:${status.gid}`,
		`time ${seconds(status.mtimeNs)}`,
		// What these say of a folder is the filesystem's affair.
		...(isFolder ? [] : [`links ${status.nlink}`, `size ${status.size}`]),
		...(status.isCharacterDevice() || status.isBlockDevice() ? [`device ${status.rdev}`] : []),
	].join(', ');
}

// Whole seconds, rounded down also before 1970.
const seconds = (nanoseconds: bigint): bigint => (nanoseconds - (((nanoseconds % second) + second) % second)) / second;
const second = 1_000_000_000n;

async function describeContent(file: string, status: BigIntStats): Promise<string> {
	if (status.isSymbolicLink()) {
		return `target ${await readlink(bytes(file), {encoding: 'latin1'})}`;
	}

	return status.isFile() ? `sha256 ${await hashOf(file, Number(status.size))}` : '';
}

// Of a file so large that it can only be a hole for the most part, the two ends.
async function hashOf(file: string, size: number): Promise<string> {
	const end = 1024 * 1024;
	const hash = createHash('sha256');
	for (const range of size > 1024 * end ? [{start: 0, end}, {start: size - end, end: size}] : [{}]) {
		// eslint-disable-next-line no-await-in-loop
		for await (const chunk of createReadStream(bytes(file), range)) {
			hash.update(chunk as Uint8Array);
		}
	}

	return hash.digest('hex');
}

// Each walks the tree itself, follows no symlink and says `# file: NAME` before what it finds.
const tools: Array<[tool: string, args: string[]]> = [
	['getfattr', ['--recursive', '--physical', '--no-dereference', '--dump', '--match=-', '--encoding=hex', '.']],
	['getfacl', ['--recursive', '--physical', '--numeric', '--skip-base', '.']],
	['getcap', ['-n', '-r', '.']],
];

async function attributesBy(tool: string, args: string[], folder: string): Promise<Map<string, string>> {
	const {stdout} = await execa(tool, args, {cwd: folder, encoding: 'latin1'});
	if (tool === 'getcap') {
		return new Map(stdout.split('\n').filter(Boolean).map(line => {
			const [, name, text] = /^\.(\/.*?) (cap_.*|=.*)$/.exec(line)!;
			return [name!, text!];
		}));
	}

	return new Map(stdout.split('\n\n').filter(text => text.startsWith('# file: ')).map(text => {
		const [title, ...lines] = text.split('\n');
		const name = title!.replace(/^# file: /, '');
		return [name === '.' ? '/' : `/${name}`, lines.filter(Boolean).sort().join('; ')];
	}));
}

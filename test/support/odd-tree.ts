// Trees with everything in them that a root filesystem may hold and that a careless copy loses.
import {Buffer} from 'node:buffer';
import {createHash} from 'node:crypto';
import {
	chmod, chown, link, lchown, lutimes, mkdir, open, symlink, truncate, writeFile,
} from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import {execa} from 'execa';

/** Makes a folder with one of each oddity, and returns its path. */
export async function makeOddTree(parent: string): Promise<string> {
	const root = path.join(parent, 'odd tree');
	const at = (name: string): string => path.join(root, name);
	await mkdir(root);

	await makeLinks(parent, at);
	await makeNames(at);
	await makeContent(at);
	await makeNodes(at);
	await makeOwnersAndModes(at);
	await makeAttributes(root, at);
	// The owner and mode of the top folder go with the attributes; times come last, for all else changes them.
	await makeTimes(root, at);
	return root;
}

async function makeLinks(parent: string, at: (name: string) => string): Promise<void> {
	// What lies outside must not be in the image, however one gets there.
	await mkdir(path.join(parent, 'outside'));
	await writeFile(path.join(parent, 'outside/secret'), 'not for the image\n');
	await mkdir(at('links/folder'), {recursive: true});
	await writeFile(at('links/file'), 'content\n');
	await symlink('file', at('links/relative'));
	await symlink('/etc/passwd', at('links/absolute'));
	await symlink('/no/such/file', at('links/dangling'));
	await symlink('itself', at('links/itself'));
	await symlink('../../outside', at('links/outside'));
	await symlink(path.join(parent, 'outside'), at('links/outside-absolute'));
	await symlink('../..', at('links/above'));
	await symlink('folder', at('links/to-folder'));
	// Up to 59 bytes lie in the inode, more in a block.
	await Promise.all([1, 59, 60, 61, 1000, 4095].map(async length => symlink('x'.repeat(length), at(`links/length-${length}`))));
	await symlink(bytes('caf\u00E9 \n\u00FF'), at('links/bytes'));

	await link(at('links/file'), at('links/hard'));
	await link(at('links/file'), at('links/folder/hard in another folder'));
	await writeFile(at('links/executable'), '#!/bin/sh\n', {mode: 0o755});
	await link(at('links/executable'), at('links/executable-hard'));
}

async function makeNames(at: (name: string) => string): Promise<void> {
	await mkdir(at('names'));
	const names = [
		...String.raw` leading|trailing |in the middle|-rf|--help|-|...|.hidden|*|?|$HOME|'|"|\|\n|#|@name|%s|ünï¢ødé|😀`.split('|'),
		...['tab\there', 'new\nline', '\n', '`id`', '\u0001\u007F', 'n'.repeat(255), 'é'.repeat(127)],
	];
	await Promise.all(names.map(async name => writeFile(at(`names/${name}`), name)));
	const foreign = ['caf\u00E9', '\u00FF\u00FE', '\u0080', '\u00C3(', '\u00FF'.repeat(255)];
	await Promise.all(foreign.map(async name => writeFile(bytes(`${at('names')}/${name}`), name)));
	await mkdir(bytes(`${at('names')}/folder \u00E9\n`));
	await writeFile(bytes(`${at('names')}/folder \u00E9\n/inside \u00E9`), 'inside');
	await makeDeepFolder(at('deep'), 15);
	await mkdir(at('many'));
	await Promise.all(Array.from({length: 500}, async (_, index) => writeFile(at(`many/a rather long name to fill blocks ${index}`), String(index))));
}

/** Makes folders in each other, with names of 250 bytes and a file at the bottom. From 16 on no single path reaches down there. */
export async function makeDeepFolder(folder: string, depth: number): Promise<void> {
	await mkdir(folder);
	await execa(process.execPath, ['-e', `
		for (let level = 0; level < ${depth}; level++) {
			fs.mkdirSync('d'.repeat(250));
			process.chdir('d'.repeat(250));
		}

		fs.writeFileSync('file', 'bottom\\n');
	`], {cwd: folder});
}

async function makeContent(at: (name: string) => string): Promise<void> {
	await mkdir(at('content/empty folder/empty folder'), {recursive: true});
	await writeFile(at('content/empty'), '');
	const noise = noiseFrom('noise', 3 * 1024 * 1024);
	await Promise.all([1, 4095, 4096, 4097, noise.length].map(async length => writeFile(at(`content/length-${length}`), noise.subarray(0, length))));
	await writeFile(at('content/zeros'), Buffer.alloc(100_000));

	await mkdir(at('content/sparse'));
	await writeFile(at('content/sparse/hole'), '');
	await truncate(at('content/sparse/hole'), 64 * 1024 * 1024);
	await writeFile(at('content/sparse/hole at the end'), noise.subarray(0, 5000));
	await truncate(at('content/sparse/hole at the end'), 64 * 1024 * 1024);
	await writeAt(at('content/sparse/hole at the beginning'), noise.subarray(0, 5000), 64 * 1024 * 1024);
	// Data in the first, the second and the last block; in between nothing.
	await Promise.all([at('content/sparse/islands'), at('content/sparse/a terabyte')].map(async file => {
		await writeAt(file, noise.subarray(0, 8192), 0);
		const isLarge = file.endsWith('terabyte');
		await writeAt(file, noise.subarray(8192, 16_384), (isLarge ? 1024 : 0.03) * 1024 * 1024 * 1024);
	}));
}

async function makeNodes(at: (name: string) => string): Promise<void> {
	await mkdir(at('nodes'));
	const node = async (name: string, ...args: string[]): Promise<unknown> => execa('mknod', ['-m', '640', at(`nodes/${name}`), ...args]);
	await node('char', 'c', '5', '1');
	await node('char with large numbers', 'c', '4000', '1000000');
	await node('block', 'b', '8', '17');
	await node('block with large numbers', 'b', '259', '70000');
	await node('fifo', 'p');
	await node('overlay whiteout', 'c', '0', '0');
	await link(at('nodes/char'), at('nodes/char-hard'));
	await link(at('nodes/fifo'), at('nodes/fifo-hard'));
	// Whoever ends in good order takes its socket away.
	await execa(process.execPath, ['-e', 'require("node:net").createServer().listen("socket", () => process.kill(process.pid, "SIGKILL"))'], {cwd: at('nodes'), reject: false});
}

async function makeOwnersAndModes(at: (name: string) => string): Promise<void> {
	await mkdir(at('owners'));
	const owners = [[1, 2], [1000, 1000], [65_534, 65_535], [65_536, 65_537], [70_000, 3_000_000_000], [4_294_967_294, 4_294_967_294]];
	await Promise.all(owners.map(async ([uid, gid]) => {
		const file = at(`owners/${uid}-${gid}`);
		await writeFile(file, '');
		await chown(file, uid!, gid!);
		await mkdir(`${file}-folder`);
		await chown(`${file}-folder`, uid!, gid!);
		await symlink('target', `${file}-symlink`);
		await lchown(`${file}-symlink`, uid!, gid!);
	}));

	await mkdir(at('modes'));
	await Promise.all([0o000, 0o001, 0o444, 0o755, 0o777, 0o1777, 0o2755, 0o4755, 0o6711, 0o7000, 0o7777].map(async mode => {
		const file = at(`modes/${mode.toString(8)}`);
		await writeFile(file, 'x');
		await chown(file, 33, 44);
		await chmod(file, mode);
		await mkdir(`${file}-folder`);
		await writeFile(path.join(`${file}-folder`, 'inside'), '');
		await chmod(`${file}-folder`, mode);
	}));
}

async function makeAttributes(root: string, at: (name: string) => string): Promise<void> {
	const set = async (name: string, value: string, ...files: string[]): Promise<unknown> => execa('setfattr', ['-h', '-n', name, '-v', value, '--', ...files]);
	await mkdir(at('attributes/folder'), {recursive: true});
	await Promise.all(['file', 'acl', 'both', 'ping', 'permitted', 'namespaced'].map(async name => writeFile(at(`attributes/${name}`), name)));
	await mkdir(at('attributes/default acl'));
	await symlink('file', at('attributes/symlink'));
	await execa('mknod', [at('attributes/node'), 'c', '1', '3']);

	await set('user.comment', 'hello', at('attributes/file'), at('attributes/folder'));
	await set('user.binary', '0x00ff0a0d00', at('attributes/file'));
	await set('user.empty', '', at('attributes/file'));
	await set(`user.${'n'.repeat(200)}`, 'a long name', at('attributes/file'));
	await set('user.long', 'v'.repeat(2000), at('attributes/both'), at('attributes/folder'));
	await set('trusted.overlay.opaque', 'y', at('attributes/folder'));
	await set('trusted.symlink', 'kept', at('attributes/symlink'));
	await set('trusted.node', 'kept', at('attributes/node'));
	await set('security.selinux', 'system_u:object_r:bin_t:s0', at('attributes/file'), at('attributes/folder'));
	await execa('xargs', ['-0', 'setfattr', '-n', 'user.odd', '-v', 'name'], {input: Buffer.from(`${at('names/')}caf\u00E9\0${at('names/')}\u0080\0`, 'latin1')});

	await execa('setcap', ['cap_net_raw+ep', at('attributes/ping')]);
	await execa('setcap', ['cap_net_bind_service,cap_sys_admin+p', at('attributes/permitted')]);
	await execa('setcap', ['-n', '100000', 'cap_setuid+ep', at('attributes/namespaced')]);

	const setAcl = async (file: string, ...entries: string[]): Promise<unknown> => execa('setfacl', [...entries.flatMap(entry => ['-m', entry]), '--', file]);
	await setAcl(at('attributes/acl'), 'u:1234:rw', 'g:99999:x');
	await setAcl(at('attributes/both'), 'u:4000000000:r', 'm::r');
	await setAcl(at('attributes/default acl'), 'u:7:rwx', 'd:u:8:rx', 'd:g:9:-');

	await chown(root, 70_001, 80_001);
	await set('user.top', 'folder', root);
	await set('trusted.top', 'folder', root);
	await setAcl(root, 'u:55:rx', 'd:u:56:rwx');
	await chmod(root, 0o3751);
}

async function makeTimes(root: string, at: (name: string) => string): Promise<void> {
	await mkdir(at('times'));
	const files = ['1902-01-02T03:04:05Z', '1969-12-31T23:59:59Z', '1970-01-01T00:00:00Z', '2001-02-03T04:05:06Z', '2038-01-19T03:14:07Z'];
	await Promise.all(files.map(async time => {
		await writeFile(at(`times/${time}`), '');
		await setTime(at(`times/${time}`), time);
	}));
	await mkdir(at('times/folder/inside'), {recursive: true});
	await symlink('no target', at('times/symlink'));
	await setTime(at('times/symlink'), '1999-12-31T23:59:59Z');
	await setTime(at('links/file'), '2002-03-04T05:06:07Z');
	await setTime(at('nodes/fifo'), '2003-04-05T06:07:08Z');
	await setTime(at('nodes/char'), '2004-05-06T07:08:09Z');
	await setTime(at('times/folder/inside'), '2005-06-07T08:09:10Z');
	await setTime(at('times/folder'), '2006-07-08T09:10:11Z');
	await setTime(at('times'), '2007-08-09T10:11:12Z');
	await setTime(at('modes/0'), '2008-09-10T11:12:13Z');
	await setTime(root, '2009-10-11T12:13:14Z');
}

const setTime = async (file: string, time: string): Promise<void> => lutimes(file, new Date(time), new Date(time));

async function writeAt(file: string, content: Uint8Array, position: number): Promise<void> {
	const handle = await open(file, 'a+');
	await handle.close();
	const writer = await open(file, 'r+');
	try {
		await writer.write(content, 0, content.length, Math.floor(position));
	} finally {
		await writer.close();
	}
}

/**
Makes a folder with some hundred random entries, the same for the same seed, and returns its path.

@param seed Any text.
*/
export async function makeRandomTree(parent: string, seed: string): Promise<string> {
	const root = path.join(parent, 'random tree');
	const random = randomFrom(seed);
	await mkdir(root);
	// The names' bytes as Latin-1.
	const folders = [root];
	const files: string[] = [];
	const all: string[] = [];
	for (let index = 0; index < 400; index++) {
		const parentFolder = folders[random(folders.length)]!;
		const name = `${parentFolder}/${randomName(random, index)}`;
		const entry = bytes(name);
		const kind = random(10);
		/* eslint-disable no-await-in-loop -- each may lie in one made before */
		if (kind < 2) {
			await mkdir(entry);
			folders.push(name);
		} else if (kind < 4) {
			await symlink(bytes(randomBytes(random, 1 + random(200))), entry);
		} else if (kind === 4 && files.length > 0) {
			await link(bytes(files[random(files.length)]!), entry);
			continue;
		} else {
			await writeFile(entry, noiseFrom(`${seed} content ${index}`, random(3) === 0 ? random(200_000) : random(200)));
			if (random(5) === 0) {
				await truncate(entry, random(20_000_000));
			}

			files.push(name);
		}

		await lchown(entry, random(3) === 0 ? random(4_000_000_000) : random(2000), random(100_000));
		if (kind < 2 || kind >= 4) {
			await chmod(entry, random(0o1_0000));
		}
		/* eslint-enable no-await-in-loop */

		all.push(name);
	}

	// What lies below goes first: it would change the time of the folder above.
	for (const name of [...all.reverse(), root]) {
		const time = new Date((random(2_147_483_648) - 1_000_000_000) * 1000);
		// eslint-disable-next-line no-await-in-loop
		await lutimes(bytes(name), time, time);
	}

	return root;
}

type Random = (limit: number) => number;

// Any bytes but those two that no name can have. The number keeps names apart.
const randomName = (random: Random, index: number): string =>
	`${randomBytes(random, random(10) === 0 ? 200 + random(50) : 1 + random(30)).replaceAll('/', '.')}-${index}`;

// One in three may be any, the others are letters.
const randomBytes = (random: Random, length: number): string =>
	String.fromCodePoint(...Array.from({length}, () => random(3) === 0 ? 1 + random(255) : 97 + random(26)));

/** Random whole numbers from 0 up to a limit, the same for the same seed. */
function randomFrom(seed: string): Random {
	let count = 0;
	return limit => {
		count++;
		return createHash('sha256').update(`${seed} ${count}`).digest().readUIntBE(0, 6) % limit;
	};
}

/** Bytes that do not compress, the same for the same seed. */
function noiseFrom(seed: string, length: number): Uint8Array {
	// The output of this hash may be as long as one likes.
	return createHash('shake256', {outputLength: Math.max(length, 1)}).update(seed).digest().subarray(0, length);
}

// Names and targets are bytes, whatever their encoding; texts hold them as Latin-1, a character a byte.
const bytes = (text: string) => Buffer.from(text, 'latin1');

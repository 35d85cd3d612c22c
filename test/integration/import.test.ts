import {
	access, appendFile, link, mkdir, mkdtemp, rm, stat, symlink, truncate, utimes, writeFile,
} from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import test, {type ExecutionContext} from 'ava';
import {execa} from 'execa';
import {decodeProperties} from '../../dbus/codec.js';
import {contract, type Properties} from '../../dbus/contract.js';
import {busErrors} from '../../dbus/errors.js';
import {countEntries, differences} from '../support/compare-trees.js';
import {busctl, callManager} from '../support/daemon.js';
import {
	debugfs, faultsOf, freeBytes, whileMounted,
} from '../support/ext4.js';
import {haltImport, watchImport} from '../support/imports.js';
import {
	importImage, makeSource, startNexus, type TestNexus,
} from '../support/nexus.js';
import {makeDeepFolder, makeOddTree, makeRandomTree} from '../support/odd-tree.js';
import {contentsOf, isReadOnlySubvolume, subvolumes} from '../support/pool-witness.js';
import {mountBtrfs} from '../support/pool.js';
import {mountTmpfs} from '../support/filesystems.js';
import {refusal} from '../support/errors.js';
import {childrenOf} from '../support/processes.js';
import {rootTest} from '../support/requirements.js';
import {takingTurns} from '../support/turns.js';

const mebi = 1024 * 1024;
const gibi = 1024 * mebi;

const inTurn = takingTurns(4);

// A tree whose import takes long enough to interfere with it. No test writes to it.
let shared = '';
let large = '';

test.before(async () => {
	// Where the tests are passed over, so is this.
	if (process.getuid!() !== 0) {
		return;
	}

	shared = await mkdtemp(path.join(os.tmpdir(), 'nexus-test-'));
	large = await makeSource(shared, 'large', 256);
});

test.after.always(async () => {
	if (shared) {
		await rm(shared, {recursive: true, force: true});
	}
});

const diskOf = ({workspaces}: TestNexus, name: string): string => path.join(workspaces, `@${name}`, 'rootfs.ext4');

/** Imports, and fails the test when that fails. */
async function importWhole(t: ExecutionContext, nexus: TestNexus, name: string, source: string): Promise<string> {
	const end = await importImage(nexus.client, name, source);
	t.is(end.result, 'done', end.message);
	return diskOf(nexus, name);
}

/** Asserts that an image is sound and holds the same as its source. */
async function assertFaithful(t: ExecutionContext, nexus: TestNexus, name: string, source: string): Promise<void> {
	t.is(await faultsOf(diskOf(nexus, name)), '');
	t.deepEqual(await whileMounted(diskOf(nexus, name), nexus.folder, 'read-only', async mountPoint => differences(source, mountPoint)), []);
}

/** Asserts that an import which did not succeed is as if it had never begun, and that its name is free. */
async function assertNothingLeft(t: ExecutionContext, nexus: TestNexus, name: string): Promise<void> {
	t.deepEqual((await nexus.client.manager.listImages()).map(image => image.name).filter(other => other === name), []);
	t.deepEqual((await contentsOf(nexus.workspaces)).filter(other => other === `@${name}` || other.startsWith('.work')), []);
	t.deepEqual((await subvolumes(nexus.workspaces)).filter(other => other.endsWith(`@${name}`) || other.includes('.work')), []);
	t.deepEqual(await childrenOf(nexus.daemon.pid), []);
	const small = path.join(nexus.folder, `afterwards-${name}`);
	await mkdir(small);
	await writeFile(path.join(small, 'file'), 'content');
	await importWhole(t, nexus, name, small);
	t.is(await debugfs(diskOf(nexus, name), 'cat /file'), 'content');
}

rootTest('everything in a tree survives: links, names, content, nodes, owners, modes, attributes, times', inTurn(async t => {
	const nexus = await startNexus(t);
	const source = await makeOddTree(nexus.folder);
	await importWhole(t, nexus, 'odd', source);
	await assertFaithful(t, nexus, 'odd', source);

	// What the comparison rests on: the tree is as its maker says, and all of it was seen.
	const entries = await countEntries(source);
	t.true(entries > 600, `${entries} entries`);
	await whileMounted(diskOf(nexus, 'odd'), nexus.folder, 'read-only', async mountPoint => {
		const witness = async (tool: string, ...args: string[]): Promise<string> => {
			const {stdout} = await execa(tool, args, {cwd: mountPoint});
			return stdout;
		};

		t.is(await witness('stat', '-c', '%u:%g %a %Y', '.'), `70001:80001 3751 ${secondsOf('2009-10-11T12:13:14Z')}`);
		t.is(await witness('stat', '-c', '%h %Y', 'links/hard'), `3 ${secondsOf('2002-03-04T05:06:07Z')}`);
		t.is(await witness('stat', '-c', '%F %t:%T', 'nodes/block with large numbers'), 'block special file 103:11170');
		t.is(await witness('stat', '-c', '%F', 'nodes/socket'), 'socket');
		t.is(await witness('stat', '-c', '%Y', 'times/1902-01-02T03:04:05Z'), secondsOf('1902-01-02T03:04:05Z'));
		t.true(Number(await witness('stat', '-c', '%b', 'content/sparse/a terabyte')) * 512 < mebi);
		t.true(Number(await witness('stat', '-c', '%b', 'content/sparse/hole at the end')) * 512 < mebi);
		t.regex(await witness('getcap', 'attributes/ping'), /cap_net_raw=ep/);
		t.regex(await witness('getfacl', '-n', 'attributes/both'), /^user:40{9}:r-{2}/m);
		t.regex(await witness('getfattr', '-d', '-m', '-', '.'), /^trusted\.top="folder"$/m);
	});
	t.regex(await debugfs(diskOf(nexus, 'odd'), 'stat /links/outside'), /Type: symlink/);
	t.is(await debugfs(diskOf(nexus, 'odd'), 'cat /links/outside/secret'), '');
}));

const secondsOf = (time: string): string => String(Date.parse(time) / 1000);

rootTest('a random tree survives', inTurn(async t => {
	const seed = process.env['NEXUS_TEST_SEED'] ?? String(Date.now());
	t.log(`NEXUS_TEST_SEED=${seed}`);
	const nexus = await startNexus(t);
	const source = await makeRandomTree(nexus.folder, seed);
	await importWhole(t, nexus, 'random', source);
	await assertFaithful(t, nexus, 'random', source);
	t.true(await countEntries(source) > 300);
}));

rootTest('a folder deeper than a path is long survives', inTurn(async t => {
	const nexus = await startNexus(t);
	const source = path.join(nexus.folder, 'deep');
	await makeDeepFolder(source, 20);
	const disk = await importWhole(t, nexus, 'deep', source);
	t.is(await faultsOf(disk), '');
	const {stdout} = await whileMounted(disk, nexus.folder, 'read-only', async mountPoint =>
		execa('find', ['.', '-name', 'file', '-size', '-2', '-printf', '%d %s %P'], {cwd: mountPoint}));
	t.is(stdout, `21 7 ${`${'d'.repeat(250)}/`.repeat(20)}file`);
}));

rootTest('a lost+found of the tree\'s own survives', inTurn(async t => {
	const nexus = await startNexus(t);
	const source = await makeSource(nexus.folder, 'source', 1);
	await mkdir(path.join(source, 'lost+found'));
	await writeFile(path.join(source, 'lost+found/#12345'), 'found\n');
	await execa('chown', ['5:6', path.join(source, 'lost+found')]);
	await execa('chmod', ['750', path.join(source, 'lost+found')]);
	await importWhole(t, nexus, 'base', source);
	await assertFaithful(t, nexus, 'base', source);
}));

rootTest('an empty folder becomes an image', inTurn(async t => {
	const nexus = await startNexus(t);
	const source = path.join(nexus.folder, 'empty');
	await mkdir(source);
	await importWhole(t, nexus, 'empty', source);
	await assertFaithful(t, nexus, 'empty', source);
}));

rootTest('times after 2038 survive', inTurn(async t => {
	const nexus = await startNexus(t);
	const source = await makeSource(nexus.folder, 'source', 1);
	const late = new Date('2050-01-02T03:04:05Z');
	await utimes(path.join(source, 'etc/passwd'), late, late);
	await utimes(path.join(source, 'data'), late, late);
	await utimes(source, late, late);
	await importWhole(t, nexus, 'late', source);
	await assertFaithful(t, nexus, 'late', source);
}));

rootTest('hard links of a symlink stay links', inTurn(async t => {
	const nexus = await startNexus(t);
	const source = await makeSource(nexus.folder, 'source', 1);
	await execa('ln', ['-s', 'passwd', 'symlink'], {cwd: path.join(source, 'etc')});
	await execa('ln', ['-P', 'symlink', '../hard link of a symlink'], {cwd: path.join(source, 'etc')});
	await importWhole(t, nexus, 'links', source);
	await assertFaithful(t, nexus, 'links', source);
}));

rootTest('an image is a read-only subvolume with a sparse file', inTurn(async t => {
	const nexus = await startNexus(t);
	const source = await makeSource(nexus.folder);
	const disk = await importWhole(t, nexus, 'base', source);
	t.deepEqual(await subvolumes(nexus.workspaces), ['workspaces/@base']);
	t.true(await isReadOnlySubvolume(path.dirname(disk)));
	await t.throwsAsync(writeFile(path.join(path.dirname(disk), 'new'), ''), {code: 'EROFS'});
	await t.throwsAsync(appendFile(disk, 'x'), {code: 'EROFS'});

	const {size, blocks} = await stat(disk);
	t.true(size > gibi);
	t.true(blocks * 512 < 100 * mebi, `${blocks * 512} bytes are allocated`);
	const [image] = await nexus.client.manager.listImages();
	t.is(image!.size, size);
	t.is(image!.subvolumePath, path.dirname(disk));
	const {allocated, devicePath} = await nexus.client.properties('Image', image!.object);
	t.is(devicePath, disk);
	t.is(allocated, blocks * 512);
	// The name, the label and the features do not depend on this machine's mke2fs.conf.
	t.regex(await debugfs(disk, 'stats -h'), /metadata_csum/);
	t.is(await faultsOf(disk), '');
}));

rootTest('without a size there is at least a gigabyte free', inTurn(async t => {
	const nexus = await startNexus(t);
	const source = await makeSource(nexus.folder);
	t.true(await freeBytes(await importWhole(t, nexus, 'small', source)) >= gibi);
	t.true(await freeBytes(await importWhole(t, nexus, 'large', large)) >= gibi);
}));

rootTest('a size is kept to the block', inTurn(async t => {
	const nexus = await startNexus(t);
	const source = await makeSource(nexus.folder, 'source', 1);
	const cases: Array<[name: string, size: number, rounded: number]> = [
		['smallest', 16 * mebi, 16 * mebi],
		['exact', 64 * mebi, 64 * mebi],
		['odd', (50 * mebi) + 1, (50 * mebi) + 4096],
		['vast', 1024 * gibi, 1024 * gibi],
	];
	await Promise.all(cases.map(async ([name, size, rounded]) => {
		const end = await importImage(nexus.client, name, source, {size});
		t.is(end.result, 'done', end.message);
		const disk = diskOf(nexus, name);
		const {size: length} = await stat(disk);
		t.is(length, rounded, name);
		t.regex(await debugfs(disk, 'stats -h'), new RegExp(String.raw`^Block count:\s+${rounded / 4096}$`, 'm'));
		t.is(await faultsOf(disk), '');
		const {size: told} = await nexus.client.properties('Image', end.object);
		t.is(told, rounded);
	}));
}));

rootTest('a size that no filesystem can have is an invalid argument', inTurn(async t => {
	const nexus = await startNexus(t);
	const source = await makeSource(nexus.folder, 'source', 1);
	const sizes = [0, 1, 4096, (16 * mebi) - 1, (16 * 1024 * gibi) + 1, Number.MAX_SAFE_INTEGER];
	await Promise.all(sizes.map(async size => {
		const refused = await refusal(nexus.client.manager.importImage('base', source, {size}));
		t.is(refused?.code, 'InvalidArgument', String(size));
		t.regex(refused!.text, new RegExp(`${size} bytes is not possible: the size must be between 16777216 and`));
	}));
	for (const size of ['9007199254740993', '18446744073709551615']) {
		// eslint-disable-next-line no-await-in-loop
		const {exitCode, stderr} = await callManager(nexus.bus, 'ImportImage', 'ssa{sv}', 'base', source, '1', 'size', 't', size);
		t.is(exitCode, 1);
		t.regex(stderr, new RegExp(`${size} is too large`));
	}

	await assertNothingLeft(t, nexus, 'base');
}));

// What a tree needs lies in different things; each of these has one of them in plenty.
const demanding: Record<string, (folder: string) => Promise<unknown>> = {
	'a-large-file': async folder => execa('dd', ['if=/dev/urandom', 'of=file', 'bs=1M', 'count=30', 'status=none'], {cwd: folder}),
	'folders-with-long-names': async folder => inFolders(folder, 100, async parent => {
		await Promise.all(longNames(100).map(async name => mkdir(path.join(parent, name))));
	}),
	'files-with-attributes': async folder => inFolders(folder, 50, async parent => {
		const names = longNames(50).map(name => name.slice(200));
		await Promise.all(names.map(async name => writeFile(path.join(parent, name), 'x')));
		await execa('setfattr', ['-n', 'user.long', '-v', 'v'.repeat(3000), ...names], {cwd: parent});
	}),
	async 'hard-links-with-long-names'(folder) {
		await execa('dd', ['if=/dev/urandom', 'of=file', 'bs=1M', 'count=8', 'status=none'], {cwd: folder});
		await inFolders(folder, 200, async parent => {
			await Promise.all(longNames(100).map(async name => link(path.join(folder, 'file'), path.join(parent, name))));
		});
	},
	'long-symlinks': async folder => inFolders(folder, 60, async parent => {
		await Promise.all(longNames(50).map(async name => symlink('x'.repeat(1000), path.join(parent, name.slice(200)))));
	}),
};

const longNames = (count: number): string[] => Array.from({length: count}, (_, index) => String(index).padStart(255, '0'));

async function inFolders(parent: string, count: number, fill: (folder: string) => Promise<void>): Promise<void> {
	for (let index = 0; index < count; index++) {
		const folder = path.join(parent, `folder-${index}`);
		/* eslint-disable no-await-in-loop -- each makes many things at once */
		await mkdir(folder);
		await fill(folder);
		/* eslint-enable no-await-in-loop */
	}
}

for (const [what, make] of Object.entries(demanding)) {
	rootTest(`a size that is too small is refused with one that suffices: ${what}`, inTurn(async t => {
		const nexus = await startNexus(t);
		// On btrfs, where a file may have more attributes than on others.
		const source = path.join(path.dirname(nexus.workspaces), what);
		await mkdir(source);
		await make(source);
		const refused = await importImage(nexus.client, 'base', source, {size: 16 * mebi});
		t.is(refused.result, 'failed');
		t.regex(refused.message, /does not fit into 16777216 bytes: it needs \d+/);
		const needed = Number(/needs (\d+)/.exec(refused.message)![1]);
		t.true(needed > 16 * mebi && needed < 300 * mebi, `${needed} bytes`);
		t.deepEqual(await contentsOf(nexus.workspaces), []);

		const end = await importImage(nexus.client, 'base', source, {size: needed});
		t.is(end.result, 'done', end.message);
		const {size} = await stat(diskOf(nexus, 'base'));
		t.is(size, needed);
		await assertFaithful(t, nexus, 'base', source);
	}));
}

rootTest('a tree of many tiny things fits by default, and is told its size when one is too small', inTurn(async t => {
	const nexus = await startNexus(t);
	const folder = await mountTmpfs(nexus.folder, nexus.cleanup);
	const source = path.join(folder, 'source');
	await mkdir(source);
	await inFolders(source, 100, async parent => {
		await Promise.all(Array.from({length: 200}, async (_, index) => writeFile(path.join(parent, `file-${index}`), '')));
		await Promise.all(Array.from({length: 25}, async (_, index) => symlink('target', path.join(parent, `link-${index}`))));
		await Promise.all(Array.from({length: 24}, async (_, index) => mkdir(path.join(parent, `folder-${index}`))));
	});
	t.is(await countEntries(source), 25_001);
	const refused = await importImage(nexus.client, 'tiny', source, {size: 16 * mebi});
	t.is(refused.result, 'failed');
	t.regex(refused.message, /does not fit into 16777216 bytes: it needs \d+/);
	const disk = await importWhole(t, nexus, 'tiny', source);
	t.is(await faultsOf(disk), '');
	t.is(await whileMounted(disk, nexus.folder, 'read-only', countEntries), 25_002, 'all of them and lost+found');
}));

rootTest('more things than a filesystem of the size can have are refused with a size that suffices', inTurn(async t => {
	const nexus = await startNexus(t);
	const folder = await mountTmpfs(nexus.folder, nexus.cleanup);
	const source = path.join(folder, 'source');
	await mkdir(source);
	await execa('sh', ['-c', 'for f in $(seq 100); do mkdir $f && (cd $f && seq 550 | xargs touch); done'], {cwd: source});
	const refused = await importImage(nexus.client, 'many', source, {size: 16 * mebi});
	t.is(refused.result, 'failed');
	t.regex(refused.message, /does not fit into 16777216 bytes: it needs \d+/);
}));

rootTest('extended attributes that ext4 cannot hold are refused', inTurn(async t => {
	const nexus = await startNexus(t);
	// On btrfs an attribute may be larger than any on ext4.
	const source = path.join(path.dirname(nexus.workspaces), 'source');
	await mkdir(source);
	await writeFile(path.join(source, 'greedy'), '');
	await execa('setfattr', ['-n', 'user.large', '-v', 'v'.repeat(10_000), path.join(source, 'greedy')]);
	const end = await importImage(nexus.client, 'base', source);
	t.is(end.result, 'failed');
	t.regex(end.message, /greedy|extended attribute/i);
	await assertNothingLeft(t, nexus, 'base');
}));

rootTest('a source that cannot be one is refused at once', inTurn(async t => {
	const nexus = await startNexus(t);
	const pool = path.dirname(nexus.workspaces);
	const file = path.join(nexus.folder, 'file');
	await writeFile(file, '');
	await symlink('/no/such/folder', path.join(nexus.folder, 'dangling'));
	await symlink(nexus.workspaces, path.join(nexus.folder, 'to the pool'));
	await symlink('loop', path.join(nexus.folder, 'loop'));
	await mkdir(path.join(nexus.workspaces, 'inside'));

	const cases: Array<[source: string, code: string, message: RegExp]> = [
		[path.join(nexus.folder, 'missing'), 'NotFound', /missing does not exist/],
		[path.join(file, 'below'), 'InvalidArgument', /below is not a folder/],
		[path.join(nexus.folder, 'dangling'), 'NotFound', /dangling does not exist/],
		[file, 'InvalidArgument', /is not a folder/],
		['/dev/null', 'InvalidArgument', /is not a folder/],
		['', 'InvalidArgument', /absolute/],
		['etc', 'InvalidArgument', /absolute/],
		['./etc', 'InvalidArgument', /absolute/],
		[nexus.workspaces, 'InvalidArgument', /inside the workspaces folder/],
		[path.join(nexus.workspaces, 'inside'), 'InvalidArgument', /inside the workspaces folder/],
		[`${nexus.folder}/../${path.basename(nexus.folder)}/pool/workspaces/inside`, 'InvalidArgument', /inside the workspaces folder/],
		[path.join(nexus.folder, 'to the pool'), 'InvalidArgument', /inside the workspaces folder/],
		[pool, 'InvalidArgument', /contain itself/],
		['/', 'InvalidArgument', /contain itself/],
		[path.join(nexus.folder, 'loop'), 'Io', /Too many levels of symbolic links/],
	];
	for (const [source, code, message] of cases) {
		// eslint-disable-next-line no-await-in-loop
		const refused = await refusal(nexus.client.manager.importImage('base', source, {}));
		t.is(refused?.code, code, `${JSON.stringify(source)}: ${refused?.text}`);
		t.regex(refused!.text, message);
	}

	await assertNothingLeft(t, nexus, 'base');
}));

rootTest('a source may be named by a symlink, with a slash behind, and have a name of any form', inTurn(async t => {
	const nexus = await startNexus(t);
	const source = await makeSource(nexus.folder, '-d  odd\n"näme"?x=1', 1);
	const link = path.join(nexus.folder, 'link');
	await symlink(path.basename(source), link);
	await importWhole(t, nexus, 'by-name', source);
	await importWhole(t, nexus, 'by-link', link);
	await importWhole(t, nexus, 'by-slash', `${link}/`);
	await Promise.all(['by-name', 'by-link', 'by-slash'].map(async name => assertFaithful(t, nexus, name, source)));
}));

const changes: Array<[what: string, change: (source: string) => Promise<unknown>]> = [
	['grows', async source => appendFile(path.join(source, 'data/random'), 'more')],
	// As long as before, with the same time.
	['differs', async source => execa('sh', ['-c', 'touch -r data/random ../time && printf x | dd of=data/random conv=notrunc status=none && touch -r ../time data/random'], {cwd: source})],
	['shrinks', async source => truncate(path.join(source, 'data/random'), 200 * mebi)],
	['comes', async source => writeFile(path.join(source, 'new'), '')],
	['changes-hands', async source => execa('chown', ['1', path.join(source, 'etc/passwd')])],
	['moves', async source => execa('mv', ['etc', 'usr'], {cwd: source})],
	['goes', async source => rm(path.join(source, 'usr/passwd'))],
	['goes-whole', async source => rm(source, {recursive: true})],
];

rootTest('a source that changes while it is read fails the import', inTurn(async t => {
	const nexus = await startNexus(t);
	const source = await makeSource(await mountTmpfs(nexus.folder, nexus.cleanup), 'source', 256);
	for (const [name, change] of changes) {
		/* eslint-disable no-await-in-loop -- on one source, one after the other */
		const halted = await haltImport(nexus, name, source);
		await change(source);
		halted.goOn();
		const end = await halted.ended;
		t.is(end.result, 'failed', name);
		t.regex(end.message, /source changed while it was read/, name);
		t.is(end.object, '/');
		await assertNothingLeft(t, nexus, name);
		/* eslint-enable no-await-in-loop */
	}
}));

rootTest('an import tells its progress, and the daemon answers meanwhile', inTurn(async t => {
	const nexus = await startNexus(t);
	const other = await nexus.connect();
	const announced = new Promise<Partial<Properties['Job']>>(resolve => {
		nexus.client.once('ObjectManager.InterfacesAdded', (_, _path, interfaces) => {
			resolve(decodeProperties(contract.Job, interfaces[contract.Job.name]!));
		});
	});
	const watched = await watchImport(nexus.client, 'large', large);
	const atFirst = await announced;
	t.is(atFirst.name, 'large');
	t.is(atFirst.size, 0, 'nothing has been looked over');
	const properties = await nexus.client.properties('Job', watched.job);
	t.is(properties.kind, 'import');
	t.is(properties.state, 'running');
	t.true(properties.progress >= 0 && properties.progress <= 1);
	const answers = await Promise.all(Array.from({length: 50}, async () => other.manager.listImages()));
	t.false(watched.isOver(), 'all calls were answered before the import ended');
	t.deepEqual(answers.flat(), []);

	const end = await watched.ended;
	t.is(end.result, 'done', end.message);
	const steps = watched.changes.map(({progress}) => progress);
	t.deepEqual(steps, [...steps].sort((a, b) => a - b), 'it never falls');
	t.true(steps.every(progress => progress >= 0 && progress <= 1));
	t.true(new Set(steps.filter(progress => progress > 0 && progress < 1)).size >= 2, `it grows: ${steps.join(' ')}`);
	const {size, ...last} = watched.changes.at(-1)!;
	t.deepEqual(last, {state: 'done', progress: 1, message: 'done'});
	t.true(size > 256 * mebi && size < 257 * mebi, `two small files beside the large one: ${size}`);
	t.true(watched.changes.slice(0, -1).every(({state}) => state === 'running'));
	const sizes = watched.changes.map(change => change.size);
	t.true(sizes.slice(sizes.indexOf(size)).every(known => known === size), 'it stays known');
	t.true(watched.changes.every(({progress}, index) => progress === 0 || sizes[index] === size), 'a part is one of a known whole');
	const [image] = await nexus.client.manager.listImages();
	t.is(image!.object, end.object);
	t.is((await refusal(nexus.client.properties('Job', watched.job)))?.code, busErrors.unknownObject);
}));

rootTest('cancel stops an import under way and leaves nothing', inTurn(async t => {
	const nexus = await startNexus(t);
	const halted = await haltImport(nexus, 'large', large);
	t.deepEqual((await childrenOf(nexus.daemon.pid)).map(({name}) => name), ['mke2fs']);
	const canceled = nexus.client.object('Job', halted.job).cancel();
	// A call on the same connection is answered after the one before it has begun.
	await nexus.client.manager.listImages();
	halted.goOn();
	await canceled;
	const {result, object} = await halted.ended;
	t.is(result, 'canceled');
	t.is(object, '/');
	t.is(halted.changes.at(-1)!.state, 'canceled');
	await assertNothingLeft(t, nexus, 'large');
}));

rootTest('cancel at the very beginning leaves nothing', inTurn(async t => {
	const nexus = await startNexus(t);
	const watched = await watchImport(nexus.client, 'large', large);
	await nexus.client.object('Job', watched.job).cancel();
	const {result, message} = await watched.ended;
	t.is(result, 'canceled', message);
	await assertNothingLeft(t, nexus, 'large');
}));

rootTest('cancel while the tree is looked over leaves nothing', inTurn(async t => {
	const nexus = await startNexus(t);
	const folder = await mountTmpfs(nexus.folder, nexus.cleanup);
	// Enough to be looked at for a while.
	await execa('sh', ['-c', 'mkdir source && cd source && for f in $(seq 200); do mkdir $f && (cd $f && seq 500 | xargs touch); done'], {cwd: folder});
	const looking = nextMessage(nexus, /looking over/);
	const watched = await watchImport(nexus.client, 'many', path.join(folder, 'source'));
	await looking;
	await nexus.client.object('Job', watched.job).cancel();
	const {result, message} = await watched.ended;
	t.is(result, 'canceled', message);
	await assertNothingLeft(t, nexus, 'many');
}));

/** Resolves when a job says something. */
const nextMessage = async ({client}: TestNexus, pattern: RegExp): Promise<void> => new Promise(resolve => {
	client.on('Properties.PropertiesChanged', (_, interfaceName, changed) => {
		if (pattern.test(client.changes('Job', interfaceName, changed).message ?? '')) {
			resolve();
		}
	});
});

rootTest('busctl can cancel an import', inTurn(async t => {
	const nexus = await startNexus(t);
	const watched = await watchImport(nexus.client, 'large', large);
	const {exitCode, stderr} = await busctl(nexus.bus, 'call', 'org.workfort.Nexus1', watched.job, 'org.workfort.Nexus1.Job', 'Cancel');
	t.is(exitCode, 0, stderr);
	const {result} = await watched.ended;
	t.is(result, 'canceled');
}));

rootTest('several imports run side by side', inTurn(async t => {
	const nexus = await startNexus(t);
	const sources = await Promise.all([30, 31, 32, 33].map(async megabytes => makeSource(nexus.folder, `source-${megabytes}`, megabytes)));
	const watched = await Promise.all(sources.map(async source => watchImport(nexus.client, path.basename(source), source)));
	t.is(new Set(watched.map(({job}) => job)).size, 4);
	for (const {result, message} of await Promise.all(watched.map(async ({ended}) => ended))) {
		t.is(result, 'done', message);
	}

	t.deepEqual((await nexus.client.manager.listImages()).map(({name}) => name), sources.map(source => path.basename(source)));
	await Promise.all(sources.map(async source => assertFaithful(t, nexus, path.basename(source), source)));
}));

rootTest('a name that is being imported is taken', inTurn(async t => {
	const nexus = await startNexus(t);
	const small = await makeSource(nexus.folder);
	await importWhole(t, nexus, 'base', small);
	const watched = await watchImport(nexus.client, 'large', large);
	t.is((await refusal(nexus.client.manager.importImage('large', small, {})))?.code, 'AlreadyExists');
	t.is((await refusal(nexus.client.manager.createWorkspace('base', 'large', {})))?.code, 'AlreadyExists');
	t.is((await refusal(nexus.client.manager.createWorkspace('large', 'other', {})))?.code, 'NotFound');
	t.false(watched.isOver());
	const {result, message} = await watched.ended;
	t.is(result, 'done', message);
	t.is((await refusal(nexus.client.manager.importImage('large', small, {})))?.code, 'AlreadyExists');
}));

rootTest('of ten imports under one name at once, one wins', inTurn(async t => {
	const nexus = await startNexus(t);
	const source = await makeSource(nexus.folder);
	const clients = await Promise.all(Array.from({length: 10}, async () => nexus.connect()));
	const refused = await Promise.all(clients.map(async client => refusal(importImage(client, 'base', source))));
	t.deepEqual(refused.map(refusal => refusal?.code ?? 'done').sort(), [...Array.from({length: 9}, () => 'AlreadyExists'), 'done']);
	t.deepEqual(await contentsOf(nexus.workspaces), ['@base']);
	t.deepEqual(await subvolumes(nexus.workspaces), ['workspaces/@base']);
}));

rootTest('an import fails when somebody kills mke2fs, and leaves nothing', inTurn(async t => {
	const nexus = await startNexus(t);
	const halted = await haltImport(nexus, 'large', large);
	process.kill(halted.mke2fs, 'SIGKILL');
	const {result, message} = await halted.ended;
	t.is(result, 'failed');
	t.regex(message, /mke2fs failed, killed by SIGKILL/);
	await assertNothingLeft(t, nexus, 'large');
}));

rootTest('a full pool fails an import, keeps what there is, and takes a small one afterwards', inTurn(async t => {
	const nexus = await startNexus(t, {on: async (folder, cleanup) => mountBtrfs(folder, cleanup, 300 * mebi)});
	const small = await makeSource(nexus.folder);
	await importWhole(t, nexus, 'kept', small);
	const {result, message} = await importImage(nexus.client, 'large', large);
	t.is(result, 'failed');
	t.regex(message, /pool is full|no space is left/);
	t.regex(message, /delete workspaces or grow the pool/);
	await assertNothingLeft(t, nexus, 'large');
	await importWhole(t, nexus, 'another', small);
	t.is(await faultsOf(diskOf(nexus, 'kept')), '');
	await assertFaithful(t, nexus, 'another', small);
}));

rootTest('an import outlives its caller', inTurn(async t => {
	const nexus = await startNexus(t);
	const added = new Promise<void>(resolve => {
		nexus.client.on('ObjectManager.InterfacesAdded', (_, object) => {
			if (object.includes('/image/')) {
				resolve();
			}
		});
	});
	const source = await makeSource(nexus.folder, 'source', 60);
	// busctl leaves the bus as soon as it has its answer.
	const {exitCode, stderr} = await callManager(nexus.bus, 'ImportImage', 'ssa{sv}', 'base', source, '0');
	t.is(exitCode, 0, stderr);
	await added;
	await access(diskOf(nexus, 'base'));
	t.is(await faultsOf(diskOf(nexus, 'base')), '');
}));

rootTest('the space of what was deleted can be used at once', inTurn(async t => {
	const nexus = await startNexus(t, {on: async (folder, cleanup) => mountBtrfs(folder, cleanup, 300 * mebi)});
	const source = await makeSource(nexus.folder, 'source', 100);
	await importWhole(t, nexus, 'first', source);
	await nexus.client.manager.createWorkspace('first', 'one', {});
	const {result} = await importImage(nexus.client, 'second', large);
	t.is(result, 'failed', 'two do not fit');
	await nexus.client.manager.deleteWorkspace('one');
	await nexus.client.manager.deleteImage('first');
	for (const name of ['second', 'third', 'fourth']) {
		// eslint-disable-next-line no-await-in-loop
		await importWhole(t, nexus, name, source);
		// eslint-disable-next-line no-await-in-loop
		await nexus.client.manager.deleteImage(name);
	}
}));

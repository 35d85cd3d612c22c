import {
	access, chmod, lstat, mkdir, readdir, readFile, stat, writeFile,
} from 'node:fs/promises';
import path from 'node:path';
import type {ExecutionContext} from 'ava';
import {execa} from 'execa';
import {rootPath} from '../../dbus/paths.js';
import {libraryCalls, type BtrfsCalls} from '../../src/backend/btrfs-calls.js';
import {programCalls} from '../../src/backend/btrfs-program.js';
import {errnoOf} from '../../src/errors.js';
import {openNexus} from '../../src/nexus.js';
import {strangerUid} from '../support/as-user.js';
import {startBus} from '../support/bus.js';
import {cleanupOf} from '../support/cleanup.js';
import {differences} from '../support/compare-trees.js';
import {nexusctl, spawnDaemon} from '../support/daemon.js';
import {refusal} from '../support/errors.js';
import {
	debugfs, faultsOf, whileMounted,
} from '../support/ext4.js';
import {mountExt4, mountTmpfs} from '../support/filesystems.js';
import {temporaryFolder} from '../support/folder.js';
import {
	importImage, makeSource, startNexus, type TestNexus,
} from '../support/nexus.js';
import {contentsOf, isReadOnlySubvolume, subvolumes} from '../support/pool-witness.js';
import {mountBtrfs} from '../support/pool.js';
import {rootTest} from '../support/requirements.js';
import {run} from '../support/run.js';
import {startStrangersNexus} from '../support/stranger.js';
import {takingTurns} from '../support/turns.js';

const mebi = 1024 * 1024;

const inTurn = takingTurns(4);

const diskOf = (workspaces: string, name: string): string => path.join(workspaces, `@${name}`, 'rootfs.ext4');

async function sha256(file: string): Promise<string> {
	const {stdout} = await execa('sha256sum', ['--', file]);
	return stdout.split(' ')[0]!;
}

const modeOf = async (file: string): Promise<string> => {
	const {mode} = await stat(file);
	return (mode % 0o1_0000).toString(8);
};

async function allocatedBytes(file: string): Promise<number> {
	const {blocks} = await stat(file);
	return blocks * 512;
}

/** Imports an image of 64 MiB named `base`. */
async function importSmall(t: ExecutionContext, {client, folder}: TestNexus): Promise<string> {
	const source = await makeSource(folder);
	const end = await importImage(client, 'base', source, {size: 64 * mebi});
	t.is(end.result, 'done', end.message);
	return source;
}

/** Images and workspaces come and go, hold what they should, and leave nothing behind. */
async function assertWorks(t: ExecutionContext, nexus: TestNexus): Promise<void> {
	const {client: {manager}, workspaces} = nexus;
	const source = await importSmall(t, nexus);
	await manager.createWorkspace('base', 'one', {});
	await manager.createWorkspace('base', '', {});
	t.deepEqual((await contentsOf(workspaces)).map(name => name.replace(/-[\da-f]{8}$/, '-…')), ['@base', '@base-…', '@one']);
	t.is(await sha256(diskOf(workspaces, 'one')), await sha256(diskOf(workspaces, 'base')));
	t.is(await faultsOf(diskOf(workspaces, 'one')), '');
	t.deepEqual(await whileMounted(diskOf(workspaces, 'one'), nexus.folder, 'read-only', async mountPoint => differences(source, mountPoint)), []);

	t.is((await refusal(manager.deleteImage('base')))?.code, 'Conflict');
	await Promise.all((await manager.listWorkspaces('')).map(async ({name}) => manager.deleteWorkspace(name)));
	t.deepEqual(await contentsOf(workspaces), ['@base']);
	await manager.deleteImage('base');
	t.deepEqual(await contentsOf(workspaces), []);
}

/** Nobody sees what is written to one workspace: neither the image nor the other workspace. */
async function assertIsolation(t: ExecutionContext, nexus: TestNexus): Promise<void> {
	const {client, folder, workspaces} = nexus;
	await importSmall(t, nexus);
	const objects = {
		base: await client.manager.getImage('base'),
		one: await client.manager.createWorkspace('base', 'one', {}),
		two: await client.manager.createWorkspace('base', 'two', {}),
	};
	const names = ['base', 'one', 'two'] as const;
	const hashes = async (): Promise<string[]> => Promise.all(names.map(async name => sha256(diskOf(workspaces, name))));
	const allocated = async (): Promise<number[]> => Promise.all(names.map(async name => {
		const properties = await (name === 'base' ? client.properties('Image', objects.base) : client.properties('Workspace', objects[name]));
		t.is(properties.size, 64 * mebi);
		t.is(properties.allocated, await allocatedBytes(properties.devicePath));
		return properties.allocated;
	}));

	const original = await sha256(diskOf(workspaces, 'base'));
	t.deepEqual(await hashes(), [original, original, original]);
	const [baseBefore, oneBefore, twoBefore] = await allocated() as [number, number, number];

	await whileMounted(diskOf(workspaces, 'one'), folder, 'writable', async mountPoint => execa('dd', ['if=/dev/urandom', `of=${mountPoint}/noise`, 'bs=1M', 'count=20', 'status=none']));
	const [baseHash, oneHash, twoHash] = await hashes();
	t.deepEqual([baseHash, twoHash], [original, original]);
	t.not(oneHash, original);
	const [baseAfter, oneAfter, twoAfter] = await allocated() as [number, number, number];
	t.deepEqual([baseAfter, twoAfter], [baseBefore, twoBefore]);
	t.true(oneAfter >= oneBefore + (20 * mebi), `${oneBefore} became ${oneAfter}`);

	await debugfs(diskOf(workspaces, 'two'), 'write /etc/os-release written', '-w');
	t.deepEqual((await hashes()).slice(0, 2), [original, oneHash]);
	const {stdout: written} = await execa('cat', ['/etc/os-release']);
	t.is((await debugfs(diskOf(workspaces, 'two'), 'cat /written')).trimEnd(), written);
	t.is(await debugfs(diskOf(workspaces, 'one'), 'cat /written'), '');
	t.regex(await debugfs(diskOf(workspaces, 'one'), 'ls /'), /noise/);
	t.notRegex(await debugfs(diskOf(workspaces, 'two'), 'ls /'), /noise/);

	// What is made later is the image again, not one of its workspaces.
	await client.manager.createWorkspace('base', 'three', {});
	t.is(await sha256(diskOf(workspaces, 'three')), original);
	await client.manager.deleteWorkspace('one');
	t.is(await sha256(diskOf(workspaces, 'base')), original);
	t.is(await faultsOf(diskOf(workspaces, 'base')), '');
	t.is(await faultsOf(diskOf(workspaces, 'two')), '');
}

rootTest('btrfs: images and workspaces are subvolumes of their own', inTurn(async t => {
	const nexus = await startNexus(t);
	const {client: {manager}, workspaces} = nexus;
	await importSmall(t, nexus);
	await manager.createWorkspace('base', 'one', {});
	await manager.createWorkspace('base', 'two', {});
	t.deepEqual(await subvolumes(workspaces), ['workspaces/@base', 'workspaces/@one', 'workspaces/@two']);
	t.true(await isReadOnlySubvolume(path.join(workspaces, '@base')));
	t.false(await isReadOnlySubvolume(path.join(workspaces, '@one')));
	const {stdout} = await execa('btrfs', ['subvolume', 'show', path.join(workspaces, '@one')]);
	const {stdout: image} = await execa('btrfs', ['subvolume', 'show', path.join(workspaces, '@base')]);
	t.is(/Parent UUID:\s+(\S+)/.exec(stdout)![1], /\tUUID:\s+(\S+)/.exec(image)![1]);

	await manager.deleteWorkspace('one');
	t.deepEqual(await subvolumes(workspaces), ['workspaces/@base', 'workspaces/@two']);
	await manager.deleteWorkspace('two');
	await manager.deleteImage('base');
	t.deepEqual(await subvolumes(workspaces), []);
}));

rootTest('btrfs: what was kept ready is nothing that is being removed', inTurn(async t => {
	const {client: {manager}, client, workspaces, ...nexus} = await startNexus(t);
	await importSmall(t, {client, workspaces, ...nexus});
	const names = ['one', 'two', 'three', 'four', 'five', 'six'];
	for (const name of names) {
		// eslint-disable-next-line no-await-in-loop
		await manager.createWorkspace('base', name, {});
	}

	const inStock = async (): Promise<string[]> => (await subvolumes(workspaces, 'all')).filter(name => name.includes('.stock/'));
	// eslint-disable-next-line no-await-in-loop
	while ((await inStock()).length < names.length) {
		// They are made behind the answers.
	}

	await Promise.all(names.map(async name => manager.deleteWorkspace(name)));
	await manager.deleteImage('base');
	// eslint-disable-next-line no-await-in-loop
	while ((await inStock()).length > 0) {
		// They go behind the answer.
	}

	const {removing} = await client.properties('Manager', rootPath);
	t.true(removing <= names.length + 1, `${removing} are being removed`);
}));

rootTest('btrfs: it is chosen by itself, and said', inTurn(async t => {
	const nexus = await startNexus(t);
	t.regex(nexus.daemon.log(), /backend btrfs, because .*workspaces is on btrfs; calls by libbtrfsutil/);
	const {backend, warnings} = await nexus.client.properties('Manager', rootPath);
	t.is(backend, 'btrfs');
	t.deepEqual(warnings, []);
	await assertWorks(t, nexus);
	t.deepEqual(await subvolumes(nexus.workspaces), []);
}));

rootTest('btrfs: two workspaces never see each other\'s writes, and the image never changes', inTurn(async t => {
	await assertIsolation(t, await startNexus(t));
}));

const quotasOf = async (mountPoint: string): Promise<boolean> => {
	const {stdout: uuid} = await execa('findmnt', ['-n', '-o', 'UUID', mountPoint]);
	await access(`/sys/fs/btrfs/${uuid}`);
	const entries = await readdir(`/sys/fs/btrfs/${uuid}`);
	return entries.includes('qgroups');
};

rootTest('btrfs: Nexus leaves quotas alone', inTurn(async t => {
	const nexus = await startNexus(t);
	await importSmall(t, nexus);
	await nexus.client.manager.createWorkspace('base', 'one', {});
	t.false(await quotasOf(path.dirname(nexus.workspaces)));
	t.notRegex(nexus.daemon.log(), /quota/);
	const {stdout} = await nexusctl(nexus.bus, 'status');
	t.notRegex(stdout, /quota/i);
}));

rootTest('btrfs: quotas that somebody enabled are told of', inTurn(async t => {
	const nexus = await startNexus(t, {
		async on(folder, cleanup) {
			const mountPoint = await mountBtrfs(folder, cleanup);
			await execa('btrfs', ['quota', 'enable', mountPoint]);
			return mountPoint;
		},
	});
	const pool = path.dirname(nexus.workspaces);
	t.true(await quotasOf(pool));
	await nexus.daemon.logged(/^<4>.*quotas are enabled/m);
	const {warnings} = await nexus.client.properties('Manager', rootPath);
	t.is(warnings.length, 1);
	t.regex(warnings[0]!, /quotas are enabled on .*snapshots get slower.*btrfs quota disable/);
	const {stdout} = await nexusctl(nexus.bus, 'status');
	t.regex(stdout, /Warning: .*quotas are enabled/);
	const {stdout: json} = await nexusctl(nexus.bus, 'status', '--json');
	t.regex(json, /quotas are enabled/);

	// The advice works, and the warning goes away with its cause.
	const advice = /btrfs quota disable (.*)$/.exec(warnings[0]!)![1]!;
	await execa('btrfs', ['quota', 'disable', advice]);
	t.deepEqual((await nexus.client.properties('Manager', rootPath)).warnings, []);
}));

rootTest('btrfs: a quota that is used up is a lack of space', inTurn(async t => {
	const nexus = await startNexus(t, {
		async on(folder, cleanup) {
			const mountPoint = await mountBtrfs(folder, cleanup);
			await execa('btrfs', ['quota', 'enable', mountPoint]);
			return mountPoint;
		},
	});
	await importSmall(t, nexus);
	const pool = path.dirname(nexus.workspaces);
	await execa('btrfs', ['qgroup', 'limit', '16K', '0/5', pool]);
	const refused = await refusal(nexus.client.manager.createWorkspace('base', 'one', {}));
	t.is(refused?.code, 'NoSpace', refused?.text);
	t.deepEqual(await contentsOf(nexus.workspaces), ['@base']);
	await execa('btrfs', ['quota', 'disable', pool]);
	await nexus.client.manager.createWorkspace('base', 'one', {});
}));

/** An environment in which libbtrfsutil cannot be loaded: the loader finds something else under its name first. */
async function withoutLibrary(folder: string): Promise<Record<string, string>> {
	const libraries = path.join(folder, 'libraries');
	await mkdir(libraries);
	await writeFile(path.join(libraries, 'libbtrfsutil.so.1'), 'not a library');
	return {LD_LIBRARY_PATH: libraries};
}

rootTest('btrfs: without the library the program does it', inTurn(async t => {
	const nexus = await startNexus(t, {env: await withoutLibrary(await temporaryFolder(cleanupOf(t)))});
	t.regex(nexus.daemon.log(), /backend btrfs, because .*; calls by the btrfs program/);
	await assertWorks(t, nexus);
	t.deepEqual(await subvolumes(nexus.workspaces), []);
}));

rootTest('btrfs: without library and program nexusd does not start, and says what to install', inTurn(async t => {
	const cleanup = cleanupOf(t);
	const folder = await temporaryFolder(cleanup);
	const mountPoint = await mountBtrfs(folder, cleanup);
	const daemon = await spawnDaemon({
		bus: await startBus('system', folder, cleanup),
		folder,
		workspaces: path.join(mountPoint, 'workspaces'),
		database: path.join(folder, 'nexus.db'),
		env: {...await withoutLibrary(folder), PATH: '/no/such/folder'},
		cleanup,
	});
	const {exitCode, log} = await daemon.exit;
	t.is(exitCode, 1);
	t.regex(log, /neither libbtrfsutil nor the btrfs program is here: install libbtrfsutil1 or btrfs-progs/);
}));

/** The code with which a call fails, "" when it has none; `undefined` when it succeeds. */
async function codeOf(call: Promise<void>): Promise<string | undefined> {
	try {
		await call;
		return undefined;
	} catch (error) {
		return errnoOf(error);
	}
}

async function assertCalls(t: ExecutionContext, calls: BtrfsCalls): Promise<void> {
	const cleanup = cleanupOf(t);
	const pool = await mountBtrfs(await temporaryFolder(cleanup), cleanup);
	const at = (name: string): string => path.join(pool, name);

	await calls.createSubvolume(at('one'));
	await writeFile(at('one/file'), 'content');
	await calls.snapshot(at('one'), at('two'));
	t.is(await readFile(at('two/file'), 'utf8'), 'content');
	await writeFile(at('two/file'), 'other content');
	t.is(await readFile(at('one/file'), 'utf8'), 'content');
	t.deepEqual(await subvolumes(pool), ['one', 'two']);

	await calls.setReadOnly(at('one'), true);
	await calls.setReadOnly(at('one'), true);
	t.true(await isReadOnlySubvolume(at('one')));
	await t.throwsAsync(writeFile(at('one/file'), ''), {code: 'EROFS'});
	t.is(await codeOf(calls.createSubvolume(at('one/below'))), 'EROFS');
	t.is(await codeOf(calls.snapshot(at('two'), at('one/below'))), 'EROFS');
	// A snapshot of a read-only one is writable.
	await calls.snapshot(at('one'), at('three'));
	await writeFile(at('three/file'), 'third content');
	await calls.setReadOnly(at('one'), false);
	await writeFile(at('one/file'), 'content again');

	t.is(await codeOf(calls.createSubvolume(at('one'))), 'EEXIST');
	t.is(await codeOf(calls.snapshot(at('two'), at('one'))), 'EEXIST');
	t.deepEqual(await readdir(at('one')), ['file'], 'and nothing is made inside of it');
	t.is(await codeOf(calls.createSubvolume(at('missing/below'))), 'ENOENT');
	t.is(await codeOf(calls.snapshot(at('one'), at('missing/below'))), 'ENOENT');
	t.is(await codeOf(calls.snapshot(at('missing'), at('four'))), 'ENOENT');
	t.is(await codeOf(calls.setReadOnly(at('missing'), true)), 'ENOENT');
	t.is(await codeOf(calls.deleteSubvolume(at('missing'))), 'ENOENT');

	// What is no subvolume is left alone.
	await mkdir(at('folder'));
	await writeFile(at('folder/file'), '');
	t.not(await codeOf(calls.deleteSubvolume(at('folder'))), undefined);
	t.not(await codeOf(calls.snapshot(at('folder'), at('four'))), undefined);
	t.not(await codeOf(calls.setReadOnly(at('folder'), true)), undefined);
	await access(at('folder/file'));

	await calls.createSubvolume(at('two/nested'));
	t.is(await codeOf(calls.deleteSubvolume(at('two'))), 'ENOTEMPTY');
	await calls.deleteSubvolume(at('two/nested'));
	await calls.deleteSubvolume(at('two'));
	await calls.setReadOnly(at('one'), true);
	await calls.deleteSubvolume(at('one'));
	await calls.deleteSubvolume(at('three'));

	const odd = at('-odd "name"\nwith everything: $HOME é \'');
	await calls.createSubvolume(odd);
	await calls.snapshot(odd, `${odd} too`);
	await calls.setReadOnly(odd, true);
	await calls.deleteSubvolume(odd);
	await calls.deleteSubvolume(`${odd} too`);

	await Promise.all(Array.from({length: 16}, async (_, index) => calls.createSubvolume(at(`parallel-${index}`))));
	t.is((await subvolumes(pool)).length, 16);
	await Promise.all(Array.from({length: 16}, async (_, index) => calls.deleteSubvolume(at(`parallel-${index}`))));
	t.deepEqual(await subvolumes(pool), []);

	await calls.createSubvolume(at('limited'));
	await execa('btrfs', ['quota', 'enable', pool]);
	await execa('btrfs', ['qgroup', 'limit', '1K', at('limited')]);
	t.is(await codeOf(calls.createSubvolume(at('limited/below'))), 'EDQUOT');
	t.is(await codeOf(calls.snapshot(at('limited'), at('limited/below'))), 'EDQUOT');
}

rootTest('btrfs: the calls of the library', inTurn(async t => {
	const calls = libraryCalls();
	t.is(calls?.by, 'libbtrfsutil');
	await assertCalls(t, calls!);
}));

rootTest('btrfs: the calls of the program', inTurn(async t => {
	const calls = await programCalls();
	t.is(calls?.by, 'the btrfs program');
	await assertCalls(t, calls!);
}));

for (const [filesystem, on] of [['tmpfs', mountTmpfs], ['ext4', mountExt4]] as const) {
	rootTest(`directory: on ${filesystem} it is chosen by itself, and copies`, inTurn(async t => {
		const nexus = await startNexus(t, {on});
		t.regex(nexus.daemon.log(), /backend directory, because .*workspaces is not on btrfs/);
		const {backend, warnings: [warning, ...others]} = await nexus.client.properties('Manager', rootPath);
		t.is(backend, 'directory');
		t.regex(warning!, /workspaces is not on btrfs: .*nexusctl pool create, or see docs\/install\.md/);
		t.deepEqual(others, []);
		await nexus.daemon.logged(/^<4>.*workspaces is not on btrfs/m);
		t.true(nexus.daemon.log().includes(`<4>${warning!}`));
		await assertWorks(t, nexus);
	}));

	rootTest(`directory: on ${filesystem} two workspaces never see each other's writes, and the image never changes`, inTurn(async t => {
		await assertIsolation(t, await startNexus(t, {on}));
	}));
}

rootTest('directory: a copy keeps the holes', inTurn(async t => {
	const nexus = await startNexus(t, {on: mountExt4});
	const source = await makeSource(nexus.folder);
	const end = await importImage(nexus.client, 'base', source);
	t.is(end.result, 'done', end.message);
	await nexus.client.manager.createWorkspace('base', 'one', {});
	const {size} = await stat(diskOf(nexus.workspaces, 'one'));
	t.true(size > 1024 * mebi);
	const image = await allocatedBytes(diskOf(nexus.workspaces, 'base'));
	const workspace = await allocatedBytes(diskOf(nexus.workspaces, 'one'));
	t.true(image < 50 * mebi, `the image has ${image} bytes`);
	t.true(workspace <= image, `the image has ${image} bytes, the workspace ${workspace}`);
}));

rootTest('directory: on btrfs a workspace shares the image\'s blocks', inTurn(async t => {
	const nexus = await startNexus(t, {backend: 'directory'});
	t.regex(nexus.daemon.log(), /backend directory, because the configuration says so/);
	const {backend, warnings} = await nexus.client.properties('Manager', rootPath);
	t.is(backend, 'directory');
	t.deepEqual(warnings, []);
	await importSmall(t, nexus);
	await nexus.client.manager.createWorkspace('base', 'one', {});
	t.deepEqual(await subvolumes(nexus.workspaces), []);
	const {stdout} = await execa('filefrag', ['-v', '-s', diskOf(nexus.workspaces, 'one')]);
	const extents = stdout.split('\n').filter(line => /^\s*\d+:/.test(line));
	t.true(extents.length > 0);
	t.deepEqual(extents.filter(line => !line.includes('shared')), []);
}));

rootTest('directory: on btrfs two workspaces never see each other\'s writes, and the image never changes', inTurn(async t => {
	await assertIsolation(t, await startNexus(t, {backend: 'directory'}));
}));

rootTest('directory: an image is read-only, a workspace is not, and nobody else gets in', inTurn(async t => {
	const nexus = await startNexus(t, {on: mountTmpfs});
	await importSmall(t, nexus);
	await nexus.client.manager.createWorkspace('base', 'one', {});
	t.is(await modeOf(path.join(nexus.workspaces, '@base')), '511');
	t.is(await modeOf(diskOf(nexus.workspaces, 'base')), '400');
	t.is(await modeOf(path.join(nexus.workspaces, '@one')), '711');
	t.is(await modeOf(diskOf(nexus.workspaces, 'one')), '600');
}));

for (const backend of ['btrfs', 'directory'] as const) {
	rootTest(`${backend}: a disk is its owner's to open, and nobody else's`, inTurn(async t => {
		const cleanup = cleanupOf(t);
		const folder = await temporaryFolder(cleanup);
		const workspaces = path.join(await (backend === 'btrfs' ? mountBtrfs : mountTmpfs)(folder, cleanup), 'workspaces');
		const nexus = await openNexus({storage: {workspaces, database: path.join(folder, 'nexus.db'), backend}}, () => undefined);
		cleanup(async () => nexus.close());
		const job = await nexus.importImage({name: 'base', source: await makeSource(folder, 'source', 1), sizeBytes: 32 * 1024 * 1024});
		await job.ended;
		await nexus.createWorkspace('base', 'theirs', {name: 'them', uid: strangerUid});
		await nexus.createWorkspace('base', 'ours', {name: 'us', uid: 0});
		const open = async (name: string, uid: number): Promise<number | undefined> =>
			(await run('setpriv', ['--reuid', String(uid), '--regid', String(uid), '--clear-groups', 'dd', `if=${diskOf(workspaces, name)}`, 'count=1', 'of=/dev/null', 'conv=notrunc'])).exitCode;
		t.deepEqual(await Promise.all([open('theirs', strangerUid), open('theirs', strangerUid - 1), open('ours', strangerUid), open('base', strangerUid)]), [0, 1, 1, 1]);
	}));
}

rootTest('directory: the workspaces may lie below a folder with any name', inTurn(async t => {
	const nexus = await startNexus(t, {
		async on(folder) {
			const odd = path.join(folder, String.raw`-odd "näme"? #1 \ $HOME`);
			await mkdir(odd);
			return odd;
		},
	});
	await assertWorks(t, nexus);
}));

rootTest('the backend btrfs is refused where there is no btrfs', inTurn(async t => {
	const cleanup = cleanupOf(t);
	const folder = await temporaryFolder(cleanup);
	const workspaces = path.join(await mountTmpfs(folder, cleanup), 'workspaces');
	const daemon = await spawnDaemon({
		bus: await startBus('system', folder, cleanup), folder, workspaces, database: path.join(folder, 'nexus.db'), backend: 'btrfs', cleanup,
	});
	const {exitCode, log} = await daemon.exit;
	t.is(exitCode, 1);
	t.regex(log, /^<3>.*storage\.backend is btrfs, but .*workspaces is not on btrfs/m);
	t.notRegex(log, /\n\s+at /, 'without a stack trace');
	await t.throwsAsync(access(path.join(folder, 'nexus.db')), {code: 'ENOENT'});
}));

const unprivileged = {
	directory: mountTmpfs,
	btrfs: mountBtrfs,
};

for (const [backend, makeFilesystem] of Object.entries(unprivileged)) {
	rootTest(`a user without rights has a nexusd of their own: ${backend}`, inTurn(async t => {
		const cleanup = cleanupOf(t);
		const folder = await temporaryFolder(cleanup);
		const {daemon, workspaces, home, nexusctl} = await startStrangersNexus(folder, cleanup, makeFilesystem);
		const succeeds = async (...args: string[]): Promise<string> => {
			const {exitCode, stdout, stderr} = await nexusctl(...args);
			t.is(exitCode, 0, `${args.join(' ')}: ${stderr}`);
			return stdout;
		};

		const status = await readFile(`/proc/${daemon.pid}/status`, 'utf8');
		t.regex(status, new RegExp(String.raw`^Uid:\s+${strangerUid}\s`, 'm'));
		t.regex(status, /^CapEff:\s+0+$/m);
		t.regex(daemon.log(), new RegExp(`backend ${backend}, because`));

		const source = await makeSource(home);
		await execa('chown', ['-R', `${strangerUid}:${strangerUid}`, source]);
		await succeeds('image', 'import', source, '--name', 'base');
		await succeeds('ws', 'create', '--base', 'base', '--name', 'one');
		await succeeds('ws', 'create', '--base', 'base', '--name', 'two');
		const names = backend === 'btrfs' ? ['workspaces/@base', 'workspaces/@one', 'workspaces/@two'] : [];
		if (backend === 'btrfs') {
			t.deepEqual(await subvolumes(workspaces), names);
			t.true(await isReadOnlySubvolume(path.join(workspaces, '@base')));
		}

		t.is(await faultsOf(diskOf(workspaces, 'one')), '');
		t.deepEqual(await whileMounted(diskOf(workspaces, 'one'), folder, 'read-only', async mountPoint => differences(source, mountPoint)), []);
		const {uid, gid} = await lstat(diskOf(workspaces, 'one'));
		t.deepEqual([uid, gid], [strangerUid, strangerUid]);

		// What the user cannot read they cannot import.
		const forbidden = path.join(source, 'etc/forbidden');
		await writeFile(forbidden, '', {mode: 0o600});
		const refusedFile = await nexusctl('image', 'import', source, '--name', 'unreadable');
		t.is(refusedFile.exitCode, 1);
		t.regex(refusedFile.stderr, /forbidden/);
		t.regex(refusedFile.stderr, /permission denied/i);
		await execa('rm', [forbidden]);
		await mkdir(forbidden, {mode: 0o700});
		const refusedFolder = await nexusctl('image', 'import', source, '--name', 'unreadable');
		t.is(refusedFolder.exitCode, 1);
		t.regex(refusedFolder.stderr, /forbidden.*permission denied/i);
		await chmod(forbidden, 0o755);
		t.deepEqual(await contentsOf(workspaces), ['@base', '@one', '@two']);

		await succeeds('ws', 'delete', 'one', '--yes');
		await succeeds('ws', 'delete', 'two', '--yes');
		await succeeds('image', 'delete', 'base', '--yes');
		t.deepEqual(await contentsOf(workspaces), []);
		if (backend === 'btrfs') {
			t.deepEqual(await subvolumes(workspaces), []);
		}

		t.notRegex(daemon.log(), /could not be freed/);
	}));
}

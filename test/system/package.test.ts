// The Debian package on a machine that runs systemd: installed, upgraded while workspaces are in use, removed, purged;
// and the pool that nexusctl makes on such a machine. The tests of a machine build on each other, in their order.
import {createHash} from 'node:crypto';
import {once} from 'node:events';
import {existsSync} from 'node:fs';
import {
	chmod, mkdir, readdir, readFile, rm, writeFile,
} from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import test from 'ava';
import {execa} from 'execa';
import packageJson from '../../package.json' with {type: 'json'};
import {makeCleanup} from '../support/cleanup.js';
import {temporaryFolder} from '../support/folder.js';
import {bootMachine, type Machine, type MachineOptions} from '../support/machine.js';
import {rootTest} from '../support/requirements.js';
import {takingTurns} from '../support/turns.js';

const {cleanup, run: cleanUp} = makeCleanup();
test.after.always(cleanUp);
const inTurn = takingTurns(1);

type Packages = {older: string; current: string; again: string};
const packages = lazily(async (): Promise<Packages> => {
	const folder = await temporaryFolder(cleanup);
	const make = async (version: string, output: string): Promise<string> => {
		const {stdout} = await execa(process.execPath, ['--import', 'tsx', 'scripts/package.ts', '--version', version, '--output', path.join(folder, output)]);
		return stdout;
	};

	const {version} = packageJson;
	const [older, current, again] = await Promise.all([make('0.0.1-beta.1', 'a'), make(version, 'a'), make(version, 'b')]);
	return {older, current, again};
});

const machineWith = (options: MachineOptions): (() => Promise<Machine>) => lazily(async () => bootMachine(cleanup, options));
const machineOnBtrfs = machineWith({pool: 'btrfs'});
const machineWithoutBtrfs = machineWith({pool: 'none'});

// Made when it is first asked for, and only once.
function lazily<T>(make: () => Promise<T>): () => Promise<T> {
	let made: Promise<T> | undefined;
	return async () => {
		made ??= make();
		return made;
	};
}

const stateOf = async ({run}: Machine, unit: string): Promise<string> => (await run('systemctl', ['is-active', unit])).stdout;
const versionOf = async ({check}: Machine): Promise<string> => /^Version: (.*)$/m.exec(await check('dpkg', ['--status', 'nexus']))![1]!;
const mainPid = async ({check}: Machine): Promise<number> => Number(await check('systemctl', ['show', '--property=MainPID', '--value', 'nexusd.service']));
const json = async ({check}: Machine, ...words: string[]): Promise<unknown> => JSON.parse(await check('nexusctl', [...words, '--json']));

const programs = ['/usr/bin/nexusd', '/usr/bin/nexusctl', '/usr/bin/nxc'];

rootTest('lintian finds nothing', inTurn(async t => {
	const {current} = await packages();
	const {stdout, exitCode} = await execa('lintian', ['--fail-on', 'error,warning', current], {reject: false});
	t.is(stdout, '');
	t.is(exitCode, 0);
}));

rootTest('the same sources make the same package', inTurn(async t => {
	const {current, again} = await packages();
	const hash = async (file: string): Promise<string> => createHash('sha256').update(await readFile(file)).digest('hex');
	t.is(await hash(again), await hash(current));
	t.is(path.basename(current), `nexus_${packageJson.version}_${(await execa('dpkg', ['--print-architecture'])).stdout}.deb`);
}));

rootTest('installed, everything is in its place, and the first call starts the daemon', inTurn(async t => {
	const [{older}, machine] = await Promise.all([packages(), machineOnBtrfs()]);
	const {check, run, root, installDeb} = machine;
	await installDeb(older);
	t.is(await versionOf(machine), '0.0.1~beta.1');
	t.is(await check('dpkg', ['--verify', 'nexus']), '');
	for (const file of [
		...programs,
		'/lib/systemd/system/nexusd.service',
		'/lib/systemd/system/nexusd.socket',
		'/usr/lib/systemd/user/nexusd.service',
		'/usr/share/dbus-1/system.d/org.workfort.Nexus1.conf',
		'/usr/share/dbus-1/services/org.workfort.Nexus1.service',
		'/usr/share/dbus-1/interfaces/org.workfort.Nexus1.xml',
		'/usr/share/polkit-1/actions/org.workfort.Nexus1.policy',
		'/usr/share/polkit-1/rules.d/50-org.workfort.Nexus1.rules',
		'/usr/share/doc/nexus/docs/install.md',
		'/usr/share/zsh/vendor-completions/_nexusctl',
		'/usr/share/fish/vendor_completions.d/nxc.fish',
	]) {
		// eslint-disable-next-line no-await-in-loop
		t.is((await run('test', ['-e', file])).exitCode, 0, `there is no ${file}`);
	}

	t.is(await readFile(path.join(root, 'usr/lib/nexus/nexusd.js'), 'utf8').then(source => source.split('\n')[0]), '#!/usr/bin/node');
	t.regex(await check('getent', ['group', 'nexus']), /^nexus:/);
	t.is(await stateOf(machine, 'nexusd.socket'), 'active');
	t.is(await check('systemctl', ['is-enabled', 'nexusd.socket']), 'enabled');
	t.is(await stateOf(machine, 'nexusd.service'), 'inactive', 'nobody has called yet');
	t.regex(await check('nexusctl', ['status']), /^Backend: +btrfs$/m);
	t.is(await stateOf(machine, 'nexusd.service'), 'active');
}));

rootTest('manuals, completions and licences are found', inTurn(async t => {
	const {check, root} = await machineOnBtrfs();
	const pages = await check('man', ['--where', 'nexusctl', 'nxc', 'nexusd', 'nexus.yaml', 'org.workfort.Nexus1']);
	t.is(pages.split('\n').length, 5);
	const completions = await check('bash', ['-c', 'for name in nexusctl nxc; do . /usr/share/bash-completion/completions/$name && complete -p $name; done']);
	t.deepEqual(completions.split('\n').map(line => line.split(' ').at(-1)), ['nexusctl', 'nxc']);
	const licences = await readFile(path.join(root, 'usr/share/doc/nexus/copyright'), 'utf8');
	for (const name of ['koffi', 'dbus-next', 'sql.js', 'react', 'zod']) {
		t.regex(licences, new RegExp(`^${name.replace('.', String.raw`\.`)} \\d+\\.\\d+\\.\\d+$`, 'm'), `the licence of ${name} is missing`);
	}
}));

rootTest('members of the group nexus may work with it, others may look', inTurn(async t => {
	const {addUser, run, check} = await machineOnBtrfs();
	await addUser('alice', ['nexus']);
	await addUser('bob');
	await check('sh', ['-c', 'mkdir -p ~/rootfs/etc && cp /etc/os-release ~/rootfs/etc'], {user: 'alice'});
	await check('nexusctl', ['image', 'import', '/home/alice/rootfs', '--name', 'base'], {user: 'alice'});
	await check('nexusctl', ['ws', 'create', '--base', 'base', '--name', 'disk'], {user: 'alice'});
	t.is((await run('nexusctl', ['ws', 'create', '--base', 'base'], {user: 'bob'})).exitCode, 6);
	t.regex(await check('nexusctl', ['ws', 'list'], {user: 'bob'}), /^disk /m);
}));

rootTest('an upgrade replaces the daemon, and a disk that is in use does not notice', inTurn(async t => {
	const {current} = await packages();
	const machine = await machineOnBtrfs();
	const {check, root, spawn, installDeb} = machine;
	const [before, pid] = [await json(machine, 'ws', 'inspect', 'disk') as {devicePath: string}, await mainPid(machine)];
	// A VM has its disk open for as long as it lives.
	const vm = spawn('sh', ['-c', 'exec 3<>"$1" && echo open && read -r word && printf %s "$word" | dd bs=1 seek=100 conv=notrunc status=none >&3', 'sh', before.devicePath], {user: 'alice'});
	t.is(String((await once(vm.stdout!, 'data'))[0]), 'open\n');
	await writeFile(path.join(root, 'etc/nexus/nexus.yaml'), 'daemon:\n  idle_seconds: 600\n');

	await installDeb(current);
	t.is(await versionOf(machine), packageJson.version);
	const newPid = await mainPid(machine);
	t.true(newPid > 0 && newPid !== pid, `the daemon was ${pid} and is ${newPid}`);
	t.is(await stateOf(machine, 'nexusd.socket'), 'active');
	t.deepEqual(await json(machine, 'ws', 'inspect', 'disk'), before);
	t.regex(await readFile(path.join(root, 'etc/nexus/nexus.yaml'), 'utf8'), /idle_seconds: 600/, 'what was configured is kept');

	vm.stdin!.end('written afterwards\n');
	t.deepEqual(await once(vm, 'exit'), [0, null]);
	t.is(await check('dd', [`if=${before.devicePath}`, 'bs=1', 'skip=100', 'count=18', 'status=none']), 'written afterwards');
}));

rootTest('who has disabled the socket finds it disabled after an upgrade', inTurn(async t => {
	const {current} = await packages();
	const machine = await machineOnBtrfs();
	const {check, run, installDeb} = machine;
	await check('systemctl', ['disable', '--now', 'nexusd.socket']);
	await check('systemctl', ['stop', 'nexusd.service']);
	await installDeb(current);
	t.is((await run('systemctl', ['is-enabled', 'nexusd.socket'])).stdout, 'disabled');
	t.is(await stateOf(machine, 'nexusd.socket'), 'inactive');
	t.is(await stateOf(machine, 'nexusd.service'), 'inactive', 'what does not run is not started');
	await check('systemctl', ['enable', '--now', 'nexusd.socket']);
}));

rootTest('a removal ends the daemon and leaves configuration and disks', inTurn(async t => {
	const machine = await machineOnBtrfs();
	const {check, run, root, state} = machine;
	await check('nexusctl', ['status']);
	await check('dpkg', ['--remove', 'nexus']);
	t.is(await stateOf(machine, 'nexusd.service'), 'inactive');
	t.is(await stateOf(machine, 'nexusd.socket'), 'inactive');
	for (const file of [...programs, '/usr/lib/nexus']) {
		// eslint-disable-next-line no-await-in-loop
		t.is((await run('test', ['-e', file])).exitCode, 1, `${file} is still there`);
	}

	t.true(existsSync(path.join(root, 'etc/nexus/nexus.yaml')));
	t.true(existsSync(path.join(state, 'nexus.db')));
	t.true(existsSync(path.join(state, 'workspaces/@disk/rootfs.ext4')));
}));

rootTest('a purge leaves disks, says so, and a new installation finds them', inTurn(async t => {
	const {current} = await packages();
	const machine = await machineOnBtrfs();
	const {check, root, state, installDeb} = machine;
	const output = await check('dpkg', ['--purge', 'nexus']);
	t.regex(output, /\/var\/lib\/nexus holds images, workspaces, a pool or something unknown, and stays as it is/);
	t.regex(output, /rm -rf \/var\/lib\/nexus/);
	t.false(existsSync(path.join(root, 'etc/nexus')));
	t.true(existsSync(path.join(state, 'workspaces/@disk/rootfs.ext4')));

	await installDeb(current);
	t.is(await stateOf(machine, 'nexusd.socket'), 'active');
	t.regex(await check('nexusctl', ['ws', 'list']), /^disk /m);
}));

rootTest('it can be installed where systemd does not run', inTurn(async t => {
	const {current} = await packages();
	const {check, run, root, installDeb} = await machineWithoutBtrfs();
	// As in a chroot: nothing of the running system is to be seen.
	await writeFile(path.join(root, 'root/install'), '#!/bin/sh\nset -e\nmount -t tmpfs tmpfs /run\ndpkg --install /root/nexus.deb\n', {mode: 0o755});
	await writeFile(path.join(root, 'root/nexus.deb'), await readFile(current));
	t.notRegex(await check('unshare', ['--mount', '/root/install']), /[Ff]ailed/);
	t.regex(await check('getent', ['group', 'nexus']), /^nexus:/);
	t.is((await run('systemctl', ['is-enabled', 'nexusd.socket'])).stdout, 'enabled', 'the next boot starts it');
	await installDeb(current);
}));

const unitFile = '/etc/systemd/system/var-lib-nexus-workspaces.mount';
const poolFile = '/var/lib/nexus/pool.btrfs';

rootTest('pool create refuses before it touches anything', inTurn(async t => {
	const {run, check, root, addUser} = await machineWithoutBtrfs();
	await addUser('carol');
	const refusal = async (words: string, user = 'root'): Promise<{exitCode: number | undefined; stderr: string}> => run('nexusctl', words.split(' '), {user});
	const assertRefused = async (words: string, exitCode: number, reason: RegExp, user?: string): Promise<void> => {
		const {stderr, ...others} = await refusal(words, user);
		t.is(others.exitCode, exitCode, stderr);
		t.regex(stderr, reason);
	};

	await assertRefused('pool create --size 1G', 6, /takes root\nType: sudo nexusctl pool create --size 1G$/, 'carol');
	await assertRefused('pool delete --yes', 6, /takes root/, 'carol');
	await assertRefused('pool create --size 1G --user', 2, /leave --user out/);
	await assertRefused('pool create --size 1M', 2, /at least 256 MiB/);
	await assertRefused('pool create', 2, /--size SIZE is missing/);
	await assertRefused('pool create --size 100T', 1, /has room for .*, and all 100 TiB of the pool are reserved at once/);
	await assertRefused('pool create --size 1G --file /etc/passwd', 5, /"\/etc\/passwd" exists already/);
	await assertRefused('pool create --size 1G --file /nowhere/pool', 4, /there is no folder "\/nowhere"/);
	await assertRefused('pool create --size 1G --file /var/lib/nexus/workspaces/pool', 5, /would lie below/);
	await assertRefused('pool delete', 2, /give --yes/);
	await assertRefused('pool delete --yes', 4, /no pool was made/);

	await writeFile(path.join(root, unitFile), '# By hand\n[Mount]\nWhat=/x\nWhere=/var/lib/nexus/workspaces\n');
	await assertRefused('pool create --size 1G', 5, /var-lib-nexus-workspaces\.mount" exists already/);
	await assertRefused('pool delete --yes', 5, /was not written by nexusctl/);
	await check('rm', [unitFile]);
	await check('touch', ['/var/lib/nexus/workspaces/something']);
	await assertRefused('pool create --size 1G', 5, /is not empty: it holds "something"/);
	await check('rm', ['/var/lib/nexus/workspaces/something']);
	t.false(existsSync(path.join(root, poolFile)));
}));

rootTest('pool create that fails, or is interrupted, leaves nothing', inTurn(async t => {
	const machine = await machineWithoutBtrfs();
	const {run, check, root} = machine;
	const makeFilesystem = path.join(root, 'usr/local/sbin/mkfs.btrfs');
	const assertNothingLeft = async (): Promise<void> => {
		t.false(existsSync(path.join(root, poolFile)));
		t.deepEqual((await readdir(path.join(root, 'etc/systemd/system'))).filter(name => name.startsWith('var-lib-nexus') || name.includes('requires')), []);
		t.is((await run('findmnt', ['/var/lib/nexus/workspaces'])).exitCode, 1);
		t.regex(await check('nexusctl', ['status']), /^Backend: +directory$/m);
	};

	const pretend = async (script: string): Promise<void> => {
		await writeFile(makeFilesystem, `#!/bin/sh\n${script}\n`);
		await chmod(makeFilesystem, 0o755);
	};

	// What it makes cannot be mounted.
	await pretend(':');
	const failed = await run('nexusctl', ['pool', 'create', '--size', '256M']);
	t.is(failed.exitCode, 1);
	t.regex(failed.stderr, /^nexusctl: the pool cannot be mounted on .*\nSee why with: journalctl --unit var-lib-nexus-workspaces\.mount$/m);
	await assertNothingLeft();

	await pretend('[ "$1" = --version ] || { kill -INT $PPID; exec sleep 100; }');
	const interrupted = await run('nexusctl', ['pool', 'create', '--size', '256M']);
	t.is(interrupted.exitCode, 130);
	t.regex(interrupted.stderr, /^Creating the pool canceled\.$/m);
	await assertNothingLeft();
	await check('rm', ['/usr/local/sbin/mkfs.btrfs']);
}));

rootTest('pool create makes a pool that is there whenever nexusd is, and pool delete takes it away', inTurn(async t => {
	const machine = await machineWithoutBtrfs();
	const {run, check, root} = machine;
	t.regex(await check('nexusctl', ['status']), /^Warning: .*workspaces is not on btrfs: .*nexusctl pool create/m);
	const output = await check('nexusctl', ['pool', 'create', '--size', '512M']);
	t.regex(output, /^Created a pool of 512 MiB\nFile: \/var\/lib\/nexus\/pool\.btrfs$/m);
	t.is(await check('stat', ['--format=%a %U %s', poolFile]), `600 root ${512 * (1024 ** 2)}`);
	t.true(Number(await check('stat', ['--format=%b', poolFile])) * 512 >= 512 * (1024 ** 2), 'all of it is reserved');
	t.is(await check('stat', ['--format=%a', '/var/lib/nexus/workspaces']), '711');
	t.is(await check('findmnt', ['--noheadings', '--output=FSTYPE', '/var/lib/nexus/workspaces']), 'btrfs');
	t.is(await check('systemctl', ['is-enabled', path.basename(unitFile)]), 'enabled');

	// As after a boot that has not got so far yet: who calls nexusd gets the pool with it.
	await check('systemctl', ['stop', 'nexusd.service', path.basename(unitFile)]);
	t.is((await run('findmnt', ['/var/lib/nexus/workspaces'])).exitCode, 1);
	const status = await check('nexusctl', ['status']);
	t.regex(status, /^Backend: +btrfs$/m);
	t.notRegex(status, /Warning/);

	await check('nexusctl', ['image', 'import', '/etc/systemd', '--name', 'base']);
	await check('nexusctl', ['ws', 'create', '--base', 'base', '--name', 'disk']);
	t.is(await check('stat', ['--format=%b', poolFile]), String((512 * (1024 ** 2)) / 512), 'nothing of it was given back');
	t.is((await run('nexusctl', ['pool', 'create', '--size', '512M'])).exitCode, 5);
	const kept = await run('nexusctl', ['pool', 'delete', '--yes']);
	t.is(kept.exitCode, 5);
	t.regex(kept.stderr, /there are 1 image and 1 workspace: delete them first\nSee them with: nexusctl image list, nexusctl ws list/);

	await check('nexusctl', ['ws', 'delete', 'disk', '--yes']);
	await check('nexusctl', ['image', 'delete', 'base', '--yes']);
	await writeFile(path.join(root, 'usr/local/sbin/systemctl'), '#!/bin/sh\n[ "$2" = disable ] && kill -INT $PPID\nexec /usr/bin/systemctl "$@"\n', {mode: 0o755});
	const interrupted = await run('nexusctl', ['pool', 'delete', '--yes']);
	await check('rm', ['/usr/local/sbin/systemctl']);
	t.is(interrupted.exitCode, 130, interrupted.stderr);
	t.regex(interrupted.stderr, /^Deleting the pool canceled\.$/m);
	t.is(await check('systemctl', ['is-enabled', path.basename(unitFile)]), 'enabled');
	t.regex(await check('nexusctl', ['status']), /^Backend: +btrfs$/m);

	t.deepEqual(await json(machine, 'pool', 'delete', '--yes'), {deleted: poolFile});
	t.false(existsSync(path.join(root, poolFile)));
	t.false(existsSync(path.join(root, unitFile)));
	t.regex(await check('nexusctl', ['status']), /^Backend: +directory$/m);
}));

rootTest('a purge where nothing is kept leaves nothing', inTurn(async t => {
	const {current} = await packages();
	const {check, root, installDeb} = await machineWithoutBtrfs();
	// A disk in a place that no package could guess is something too.
	const disk = path.join(root, 'var/lib/nexus/elsewhere/workspaces/@alpha/rootfs.ext4');
	await mkdir(path.dirname(disk), {recursive: true});
	await writeFile(disk, 'precious');
	t.regex(await check('dpkg', ['--purge', 'nexus']), /stays as it is/);
	t.is(await readFile(disk, 'utf8'), 'precious');
	await rm(path.join(root, 'var/lib/nexus/elsewhere'), {recursive: true});

	await installDeb(current);
	t.notRegex(await check('dpkg', ['--purge', 'nexus']), /stays as it is/);
	for (const folder of ['etc/nexus', 'var/lib/nexus', 'usr/lib/nexus', 'usr/share/doc/nexus']) {
		t.false(existsSync(path.join(root, folder)), `${folder} is still there`);
	}

	t.deepEqual((await readdir(path.join(root, 'etc/systemd/system'), {recursive: true})).filter(name => name.includes('nexusd')), []);
	t.regex(await check('getent', ['group', 'nexus']), /^nexus:/, 'files may belong to the group');
}));

// A machine: a real systemd as process 1 in a container, on a copy of this machine's own root filesystem. What happens
// in it is gone when it ends. It is up in a second and shares the kernel, the network and, read-only, this checkout.
import {spawn, type ChildProcess} from 'node:child_process';
import {once} from 'node:events';
import {readFileSync, watch, type FSWatcher} from 'node:fs';
import {
	copyFile, mkdir, readdir, rm, symlink, writeFile,
} from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import {execa} from 'execa';
import {makeControlGroup} from './cgroup.js';
import type {Cleanup} from './cleanup.js';
import {mountTmpfs} from './filesystems.js';
import {temporaryFolder, temporaryFolders} from './folder.js';
import {unmountAfterwards} from './mounts.js';
import {mountBtrfs} from './pool.js';
import {childrenOf} from './processes.js';
import type {Run} from './run.js';

export type MachineOptions = {
	/** What `/var/lib/nexus` is: a btrfs of its own, or a folder of the root filesystem, which is an overlay. */
	pool?: 'btrfs' | 'none';
	/** The size of that btrfs; its file is sparse and lies in memory. */
	poolBytes?: number;
};

export type CommandOptions = {
	/** The user's name; root when it is left out. */
	user?: string;
	/** Variables beside those that a login sets. */
	env?: Record<string, string>;
	/** What it reads on its standard input. */
	input?: string | Uint8Array;
};

export type Machine = {
	/** The machine's root filesystem as it is seen from here. Nothing that is mounted in the machine is in it. */
	root: string;
	/** The machine's `/var/lib/nexus` as it is seen from here. */
	state: string;
	/** Its process 1 as it is numbered here. */
	pid: number;
	/** Runs a program in it, to its end; a failure is told by its exit code, not thrown. */
	run: (file: string, args?: string[], options?: CommandOptions) => Promise<Run>;
	/** Runs a program in it that must succeed, and returns what it wrote to its standard output. */
	check: (file: string, args?: string[], options?: CommandOptions) => Promise<string>;
	/** Starts a program in it, with pipes to it. It ends with the machine at the latest. */
	spawn: (file: string, args?: string[], options?: Omit<CommandOptions, 'input'>) => ChildProcess;
	/** Installs a package whose dependencies are on this machine. Returns what dpkg said. */
	installDeb: (file: string) => Promise<string>;
	/** Makes a user with a home and returns the uid. */
	addUser: (name: string, groups?: string[]) => Promise<number>;
};

/** Boots a machine and waits until it is up. It ends with the test, or with the test's process. */
export async function bootMachine(cleanup: Cleanup, {pool = 'btrfs', poolBytes}: MachineOptions = {}): Promise<Machine> {
	const folder = await temporaryFolder(cleanup);
	const memory = await mountTmpfs(folder, cleanup);
	const root = await mountRoot(folder, memory, cleanup);
	const poolFolder = pool === 'btrfs' ? await mountBtrfs(memory, cleanup, poolBytes) : undefined;
	await prepareRoot(root);
	const pid = await bootContainer(root, poolFolder, cleanup);

	const run: Machine['run'] = async (file, args = [], {input, ...options} = {}) => {
		const {exitCode, stdout, stderr} = await execa('nsenter', enter({pid, root}, file, args, options), {reject: false, input: input ?? ''});
		return {exitCode, stdout, stderr};
	};

	const check: Machine['check'] = async (file, args, options) => {
		const {exitCode, stdout, stderr} = await run(file, args, options);
		if (exitCode !== 0) {
			throw new Error(`${[file, ...args ?? []].join(' ')} ended with ${exitCode} in the machine:\n${stdout}\n${stderr}`);
		}

		return stdout;
	};

	await check('sh', ['-c', makeLoopDevices]);
	// It answers when no unit is left to be started.
	await run('systemctl', ['is-system-running', '--wait']);
	return {
		root,
		state: poolFolder ?? path.join(root, 'var/lib/nexus'),
		pid,
		run,
		check,
		spawn: (file, args = [], options = {}) => spawn('nsenter', enter({pid, root}, file, args, options)),
		async installDeb(file) {
			// The machine has a /tmp of its own.
			const place = '/var/cache/nexus-test.deb';
			await copyFile(file, path.join(root, place));
			return check('dpkg', ['--install', place], {env: {DEBIAN_FRONTEND: 'noninteractive'}});
		},
		async addUser(name, groups = []) {
			await check('useradd', ['--create-home', '--user-group', ...(groups.length > 0 ? ['--groups', groups.join(',')] : []), name]);
			return Number(await check('id', ['--user', name]));
		},
	};
}

// What is written goes to memory and leaves this machine's own files as they are.
async function mountRoot(folder: string, memory: string, cleanup: Cleanup): Promise<string> {
	const [root, upper, work] = [path.join(folder, 'root'), path.join(memory, 'upper'), path.join(memory, 'work')];
	await Promise.all([root, upper, work].map(async name => mkdir(name)));
	await execa('mount', ['-t', 'overlay', '-o', `lowerdir=/,upperdir=${upper},workdir=${work}`, 'overlay', root]);
	unmountAfterwards(root, cleanup);
	return root;
}

const units = 'etc/systemd/system';
const upUnit = 'nexus-test-up.service';
// A folder that only this unit writes to.
const upFolder = 'nexus-test';

// The kernel hands out whichever is free on the whole computer, and nothing else adds it to the machine's /dev.
const makeLoopDevices = 'for n in $(seq 0 255); do mknod -m 600 /dev/loop$n b 7 $n; done';

const unwanted = [
	'etc/fstab',
	'etc/machine-id',
	// Images for containers keep packages from starting their services, and from bringing manuals.
	'usr/sbin/policy-rc.d',
	'etc/dpkg/dpkg.cfg.d',
	// With it every installation indexes all manuals, for seconds.
	'var/lib/man-db/auto-update',
];

async function prepareRoot(root: string): Promise<void> {
	// What this machine's owner has enabled has nothing to do with the tests. What Debian itself needs is in /lib.
	const enabled = (await readdir(path.join(root, units))).filter(name => /\.(wants|requires)$/.test(name));
	await Promise.all([...enabled.map(name => path.join(units, name)), ...unwanted].map(async name => rm(path.join(root, name), {recursive: true, force: true})));
	await Promise.all(['etc/fstab', 'etc/machine-id'].map(async name => writeFile(path.join(root, name), '')));

	await Promise.all([upFolder, `${units}/multi-user.target.wants`].map(async name => mkdir(path.join(root, name))));
	await writeFile(path.join(root, units, upUnit), `[Unit]
After=multi-user.target
[Service]
Type=oneshot
ExecStart=touch /${upFolder}/up
`);
	await symlink(`../${upUnit}`, path.join(root, units, 'multi-user.target.wants', upUnit));
}

// Copies of what other tests have mounted, which would keep it mounted as long as the machine runs.
const dropOtherMounts = `while read -r _ place _; do
	case $place in "$OWN_FOLDER"/*) ;; "$FOLDERS"*) umount --lazy "$place" 2>/dev/null ;; esac
done </proc/mounts`;
// 0 is the process that writes it.
const joinGroups = 'for group in $GROUPS_TO_JOIN; do echo 0 >"$group/cgroup.procs"; done';

// Returns the machine's process 1.
async function bootContainer(root: string, pool: string | undefined, cleanup: Cleanup): Promise<number> {
	const groups = makeControlGroup(cleanup);
	const {up, watcher} = watchFor(path.join(root, upFolder));
	const container = execa('setpriv', [
		// A process namespace around it all: whichever of these processes is killed, the kernel ends all that is inside.
		...['--pdeathsig', 'KILL', 'unshare', '--pid', '--fork', '--kill-child', '--mount', '--mount-proc'],
		...['sh', '-c', `${dropOtherMounts}; ${joinGroups}; exec "$@"`, 'sh'],
		...['systemd-nspawn', '--quiet', '--register=no', '--keep-unit', '--console=pipe', '--boot', `--directory=${root}`],
		...(pool ? [`--bind=${pool}:/var/lib/nexus`] : []),
		`--bind-ro=${process.cwd()}`,
		'--bind=/dev/loop-control',
		'systemd.unit=multi-user.target',
	], {
		env: {GROUPS_TO_JOIN: groups.join(' '), OWN_FOLDER: path.dirname(root), FOLDERS: temporaryFolders}, all: true, reject: false, stdin: 'ignore',
	});
	cleanup(async () => {
		await end(container);
		await container;
	});
	try {
		const ended = await Promise.race([up, container]);
		if (ended) {
			throw new Error(`the machine did not boot: ${ended.all}`);
		}
	} finally {
		watcher.close();
	}

	return leaderOf(container.pid!);
}

function watchFor(folder: string): {up: Promise<void>; watcher: FSWatcher} {
	const watcher = watch(folder);
	return {watcher, up: once(watcher, 'change').then(() => undefined)};
}

// `setpriv` has become `unshare`, whose child is `systemd-nspawn`, whose child is the machine's process 1.
async function leaderOf(unshare: number): Promise<number> {
	const [nspawn] = await childrenOf(unshare);
	const children = nspawn ? await childrenOf(nspawn.pid) : [];
	const leader = children.find(({name}) => name === 'systemd');
	if (!leader) {
		throw new Error('the machine has ended');
	}

	return leader.pid;
}

// With its process 1 a container is gone; then `systemd-nspawn` and `unshare` end in good order.
async function end(container: Pick<ChildProcess, 'pid' | 'kill'>): Promise<void> {
	const leader = await leaderOf(container.pid!).catch(() => undefined);
	if (leader) {
		process.kill(leader, 'SIGKILL');
	} else {
		container.kill('SIGKILL');
	}
}

type Place = {pid: number; root: string};

function enter({pid, root}: Place, file: string, args: string[], {user = 'root', env = {}}: CommandOptions): string[] {
	const {uid, gid} = idsOf(user, root);
	return [
		...['-t', String(pid), '-m', '-p', '-u', '-i', '-n', '--'],
		...['setpriv', '--reuid', uid, '--regid', gid, '--init-groups', '--reset-env'],
		...['env', 'LANG=C.UTF-8', ...Object.entries(env).map(([name, value]) => `${name}=${value}`)],
		...[file, ...args],
	];
}

function idsOf(user: string, root: string): {uid: string; gid: string} {
	const users = readFileSync(path.join(root, 'etc/passwd'), 'utf8').split('\n').map(line => line.split(':'));
	const found = users.find(([name]) => name === user);
	if (!found) {
		throw new Error(`the machine has no user ${user}`);
	}

	const [_name, _password, uid, gid] = found as [string, string, string, string];
	return {uid, gid};
}

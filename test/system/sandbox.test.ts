// The sandbox of the installed unit: how it scores, what cannot be done in it, and that all of Nexus works in it.
import {mkdir} from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import test from 'ava';
import {bootInstalled, shareMachine, type Installed} from '../support/installed.js';
import {rootTest} from '../support/requirements.js';
import type {Run} from '../support/run.js';

const {machine, inTurn} = shareMachine(test.after.always, bootInstalled);

rootTest('the unit scores at most 3.0, and systemd finds nothing wrong with the units', inTurn(async t => {
	const {run} = await machine();
	const score = await run('systemd-analyze', ['security', '--no-pager', '--threshold=30', 'nexusd.service']);
	t.is(score.exitCode, 0, score.stdout);
	const verify = await run('systemd-analyze', ['verify', '/lib/systemd/system/nexusd.service', '/lib/systemd/system/nexusd.socket']);
	t.deepEqual([verify.exitCode, verify.stdout, verify.stderr], [0, '', '']);
	await run('mkdir', ['-p', '/run/user/0']);
	const units = ['nexusd.service', 'nexusd.socket'].map(name => path.join('/usr/lib/systemd/user', name));
	const user = await run('systemd-analyze', ['verify', '--user', ...units], {env: {XDG_RUNTIME_DIR: '/run/user/0'}});
	t.deepEqual([user.exitCode, user.stdout, user.stderr], [0, '', '']);
}));

/** Runs a program in the sandbox of the installed unit instead of nexusd. */
async function inSandbox({check, run}: Installed, file: string, ...args: string[]): Promise<Run> {
	const unit = await check('cat', ['/lib/systemd/system/nexusd.service']);
	await check('tee', ['/run/systemd/system/nexus-probe.service'], {
		input: `${unit.replaceAll(/^(Type|NotifyAccess|BusName|ExecStart|ExecReload|Restart|RestartSec|WatchdogSec|Wants|After|RequiresMountsFor)=.*$/gm, '')}
Type=oneshot
StandardOutput=file:/var/lib/nexus/probe.out
StandardError=file:/var/lib/nexus/probe.err
ExecStart=${[file, ...args].map(word => JSON.stringify(word)).join(' ')}
`,
	});
	await check('systemctl', ['daemon-reload']);
	await check('rm', ['-f', '/var/lib/nexus/probe.out', '/var/lib/nexus/probe.err']);
	await run('systemctl', ['start', 'nexus-probe.service']);
	const exitCode = Number(await check('systemctl', ['show', '--property=ExecMainStatus', '--value', 'nexus-probe.service']));
	await run('systemctl', ['reset-failed', 'nexus-probe.service']);
	return {exitCode, stdout: (await run('cat', ['/var/lib/nexus/probe.out'])).stdout, stderr: (await run('cat', ['/var/lib/nexus/probe.err'])).stdout};
}

rootTest('what the job needs works in the sandbox', inTurn(async t => {
	const installed = await machine();
	await installed.check('sh', ['-c', 'mkdir -p /root/tree /home/tree /tmp/tree && echo text | tee /root/tree/file /home/tree/file /tmp/tree/file']);
	for (const file of ['/root/tree/file', '/home/tree/file', '/tmp/tree/file', '/etc/shadow', '/usr/bin/node']) {
		// eslint-disable-next-line no-await-in-loop
		t.is((await inSandbox(installed, '/usr/bin/head', '-c', '1', file)).exitCode, 0, file);
	}

	t.is((await inSandbox(installed, '/usr/bin/touch', '/var/lib/nexus/probe')).exitCode, 0);
	t.is((await inSandbox(installed, '/usr/bin/node', '-e', 'console.log(require("os").cpus().length)')).exitCode, 0);
}));

/** Calls a function of the C library: it succeeds where that returns something other than -1, or fails for want of more than the right. */
const call = (signature: string, ...args: string[]): string => `
	const koffi = require("/usr/lib/nexus/node_modules/koffi");
	const result = koffi.load("libc.so.6").func("${signature}")(${args.join(', ')});
	process.exit(Number(result) !== -1 || !["EPERM", "EAFNOSUPPORT"].includes(Object.keys(koffi.os.errno).find(name => koffi.os.errno[name] === koffi.errno())) ? 0 : 1);
`;
const connect = (options: string): string => `
	require("net").connect(${options}).on("connect", () => process.exit(0)).on("error", error => { console.error(error.code); process.exit(1); });
`;

const escapes: ReadonlyArray<[title: string, ...command: string[]]> = [
	['writing to /etc', '/usr/bin/touch', '/etc/nexus/escaped'],
	['writing to /usr', '/usr/bin/touch', '/usr/bin/escaped'],
	['writing to a home', '/usr/bin/touch', '/root/escaped'],
	['writing to /tmp', '/usr/bin/touch', '/tmp/escaped'],
	['writing to /run', '/usr/bin/touch', '/run/escaped'],
	['writing a unit', '/usr/bin/touch', '/run/systemd/system/escaped.service'],
	['writing to shared memory', '/usr/bin/touch', '/dev/shm/escaped'],
	['systemd\'s private socket', '/usr/bin/node', '-e', connect('"/run/systemd/private"')],
	['writing to /var', '/usr/bin/touch', '/var/escaped'],
	['writing a tunable', '/usr/bin/sh', '-c', 'echo 1 >/proc/sys/kernel/sysrq'],
	['writing to sysfs', '/usr/bin/sh', '-c', 'echo 1 >/sys/kernel/mm/ksm/run'],
	['a TCP socket', '/usr/bin/node', '-e', connect('80, "127.0.0.1"')],
	['a netlink socket', '/usr/bin/node', '-e', call('int socket(int, int, int)', '16', '3', '0')],
	['a packet socket', '/usr/bin/node', '-e', call('int socket(int, int, int)', '17', '3', '768')],
	['loading a module', '/usr/bin/node', '-e', call('long syscall(long, void *, long, str)', '175', 'null', '0', '""')],
	['mounting', '/usr/bin/mount', '-t', 'tmpfs', 'none', '/var/lib/nexus'],
	['remounting', '/usr/bin/mount', '-o', 'remount,rw', '/'],
	['unmounting', '/usr/bin/umount', '/etc'],
	['a user namespace', '/usr/bin/unshare', '--user', 'true'],
	['a mount namespace', '/usr/bin/unshare', '--mount', 'true'],
	['entering another namespace', '/usr/bin/nsenter', '--target', '1', '--mount', 'true'],
	['the kernel\'s log', '/usr/bin/dmesg'],
	['the clock', '/usr/bin/date', '--set', '2001-01-01'],
	['the host\'s name', '/usr/bin/hostname', 'escaped'],
	['chroot', '/usr/sbin/chroot', '/', 'true'],
	['a device node', '/usr/bin/mknod', '/var/lib/nexus/node', 'b', '7', '0'],
	['a loop device', '/usr/bin/head', '-c', '1', '/dev/loop0'],
	['kernel memory', '/usr/bin/head', '-c', '1', '/dev/mem'],
	['a file that is setuid', '/usr/bin/sh', '-c', 'touch /var/lib/nexus/suid && chmod u+s /var/lib/nexus/suid'],
	['tracing', '/usr/bin/node', '-e', call('long ptrace(long, int, void *, void *)', '16', 'process.ppid', 'null', 'null')],
	['seeing other users\' processes', '/usr/bin/sh', '-c', 'grep -q polkitd /proc/[0-9]*/comm'],
	['a real-time schedule', '/usr/bin/chrt', '--fifo', '1', 'true'],
	['control groups', '/usr/bin/sh', '-c', 'mkdir /sys/fs/cgroup/escaped'],
	['rebooting', '/usr/bin/node', '-e', call('int reboot(int)', '0')],
	['swap', '/usr/bin/node', '-e', call('int swapoff(str)', '"/dev/null"')],
];

rootTest('nothing leads out of the sandbox', inTurn(async t => {
	const installed = await machine();
	await installed.check('sh', ['-c', 'setpriv --reuid polkitd --regid polkitd --clear-groups sleep infinity >/dev/null 2>&1 &']);
	for (const [title, ...command] of escapes) {
		// eslint-disable-next-line no-await-in-loop
		const {exitCode, stderr} = await inSandbox(installed, ...command as [string, ...string[]]);
		t.not(exitCode, 0, title);
		// 203 and above are systemd's own: the program was not there.
		t.true(exitCode! < 200, `${title}: ${exitCode} ${stderr}`);
		t.log(`${title}: ${exitCode} ${stderr.split('\n')[0] ?? ''}`);
	}
}));

rootTest('all that Nexus does, it does in the sandbox', inTurn(async t => {
	const {run, check} = await machine();
	// The checkout is read-only there, and the runner keeps notes.
	const notes = path.join(process.cwd(), 'node_modules/.cache');
	await mkdir(notes, {recursive: true});
	await check('mount', ['-t', 'tmpfs', 'none', notes]);
	const suites = ['backends', 'contract', 'workspaces', 'import', 'daemon', 'nexusctl', 'rest'];
	const {exitCode, stdout} = await run('env', [
		...[`--chdir=${process.cwd()}`, process.execPath, 'node_modules/ava/entrypoints/cli.mjs', '--tap'],
		...suites.map(name => `test/integration/${name}.test.ts`),
	], {env: {CI: 'true', NEXUS_TEST_UNIT: '/lib/systemd/system/nexusd.service'}});
	t.is(exitCode, 0, stdout.replaceAll(/^ok .*\n(?: {2}.*\n)*/gm, ''));
	t.true(stdout.split('\n').filter(line => line.startsWith('ok ')).length > 60);
}));

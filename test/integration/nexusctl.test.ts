// nexusctl as people and scripts run it: what it prints, where, and with which exit code.
import {once} from 'node:events';
import {writeFile} from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import {setTimeout as wait} from 'node:timers/promises';
import test from 'ava';
import {Message} from 'dbus-next';
import {execa} from 'execa';
import {contract} from '../../dbus/contract.js';
import {signatureOf} from '../../dbus/spec.js';
import packageJson from '../../package.json' with {type: 'json'};
import {asStranger} from '../support/as-user.js';
import {openCheckout} from '../support/checkout.js';
import {startBus, type TestBus} from '../support/bus.js';
import {cleanupOf} from '../support/cleanup.js';
import {nexusctl, startDaemon} from '../support/daemon.js';
import {temporaryFolder} from '../support/folder.js';
import {impersonate} from '../support/impostor.js';
import {importImage, makeSource, startNexus} from '../support/nexus.js';
import {rootTest} from '../support/requirements.js';
import {run, type Run} from '../support/run.js';

rootTest('the whole of a day, in the words of the documentation', async t => {
	const {bus, folder, workspaces} = await startNexus(t);
	const source = await makeSource(folder);
	const ok = async (...args: string[]): Promise<string[]> => {
		const {exitCode, stdout, stderr} = await nexusctl(bus, ...args);
		t.is(exitCode, 0, `${args.join(' ')}: ${stderr}`);
		return stdout.split('\n');
	};

	t.deepEqual(await ok('image', 'list'), ['No images found.']);
	t.deepEqual(await ok('ws', 'list'), ['No workspaces found.']);
	t.deepEqual(await ok('vm', 'list'), ['No VMs found.']);

	const imported = await ok('image', 'import', source, '--name', 'base');
	t.is(imported[0], 'Imported image "base"');
	t.true(imported[1]!.endsWith(`${workspaces}/@base`));
	t.is(imported[2], 'Next: nexusctl ws create --base base');
	t.is((await ok('ws', 'create', '--base', 'base', '--name', 'one'))[0], 'Created workspace "one" from base "base"');
	t.regex((await ok('workspace', 'create', '--base', 'base'))[0]!, /^Created workspace "base-[\da-f]{8}" from base "base"$/);

	const [header, row] = await ok('img', 'list');
	t.deepEqual(header!.split(/\s{2,}/), ['NAME', 'PATH', 'SIZE', 'WORKSPACES', 'AGE']);
	t.regex(row!, new RegExp(`^base +${workspaces}/@base +[\\d.]+ GiB +2 +\\S+$`));
	const [wsHeader, , wsRow] = await ok('ws', 'list', '--base', 'base');
	t.deepEqual(wsHeader!.split(/\s{2,}/), ['NAME', 'PATH', 'READ-ONLY', 'BASE', 'ATTACHED', 'OWNER', 'SIZE', 'AGE']);
	t.regex(wsRow!, /^one +\S+ +no +base +- +root /);

	t.deepEqual(await ok('vm', 'create', 'guest', '--role', 'work', '--vcpu', '2', '--mem', '512'), ['Created VM "guest" (state: created, CID: 3)']);
	await ok('ws', 'attach', 'one', '--vm', 'guest', '--root', '--read-only');
	const inspected = await ok('ws', 'inspect', 'one');
	for (const line of [/^Base image: +base$/, /^Attached: +VM "guest"/, /^Root device: +yes$/, /^Read-only: +yes$/]) {
		t.true(inspected.some(text => line.test(text)), String(line));
	}

	await ok('ws', 'detach', 'one');
	t.true((await ok('ws', 'inspect', 'one')).some(text => /^Attached: +\(none\)/.test(text)));
	t.deepEqual(await ok('ws', 'delete', 'one', '--yes'), ['Deleted workspace "one"']);
	t.deepEqual(await ok('vm', 'delete', 'guest', '--yes'), ['Deleted VM "guest"']);
	const status = (await ok('status')).join('\n');
	for (const line of [/Version: +0/, /Backend: +btrfs/, /Images: +1/, /Workspaces: +1/, /VMs: +0/]) {
		t.regex(status, line);
	}

	const rest = JSON.parse((await ok('ws', 'list', '--json')).join('\n')) as Array<{name: string}>;
	await ok('ws', 'delete', rest[0]!.name, '--yes');
	t.deepEqual(await ok('image', 'delete', 'base', '--yes'), ['Deleted image "base"']);
	t.deepEqual(await ok('version'), [`nexusctl ${packageJson.version}`, `nexusd ${packageJson.version}`]);
});

rootTest('--json prints JSON and nothing else, on every command', async t => {
	const {bus, folder} = await startNexus(t);
	const json = async (...args: string[]): Promise<Record<string, unknown>> => {
		const {exitCode, stdout, stderr} = await nexusctl(bus, ...args, '--json');
		t.deepEqual([exitCode, stderr], [0, '']);
		return JSON.parse(stdout) as Record<string, unknown>;
	};

	t.is((await json('image', 'import', await makeSource(folder), '--name', 'base'))['name'], 'base');
	t.is((await json('image', 'inspect', 'base'))['workspaces'], 0);
	t.is((await json('ws', 'create', '--base', 'base', '--name', 'one'))['base'], 'base');
	t.is((await json('vm', 'create', 'guest'))['cid'], 3);
	t.is((await json('ws', 'attach', 'one', '--vm', 'guest', '--root'))['vm'], 'guest');
	t.is((await json('ws', 'inspect', 'one'))['rootDevice'], true);
	t.is((await json('vm', 'inspect', 'guest'))['role'], 'work');
	t.is((await json('ws', 'detach', 'one'))['vm'], '');
	t.like(await json('image', 'list'), [{name: 'base'}]);
	t.like(await json('ws', 'list'), [{name: 'one'}]);
	t.like(await json('vm', 'list', '--role', 'work', '--state', 'created'), [{name: 'guest'}]);
	t.deepEqual(await json('vm', 'list', '--role', 'portal'), [] as unknown as Record<string, unknown>);
	t.is((await json('status'))['backend'], 'btrfs');
	t.truthy(await json('version'));
	t.deepEqual(await json('ws', 'delete', 'one', '--yes'), {deleted: 'one'});
	t.deepEqual(await json('vm', 'delete', 'guest', '--yes'), {deleted: 'guest'});
	t.deepEqual(await json('image', 'delete', 'base', '--yes'), {deleted: 'base'});
});

rootTest('every kind of failure has its exit code, its words and a way on', async t => {
	const {
		bus, folder, client, cleanup,
	} = await startNexus(t);
	await importImage(client, 'base', await makeSource(folder));
	await client.manager.createWorkspace('base', 'one', {});
	await client.manager.createVm('guest', 'work', 1, 128);
	await client.manager.attachWorkspace('one', 'guest', {});
	const fails = async (code: number, words: RegExp, ...args: string[]): Promise<void> => {
		const {exitCode, stdout, stderr} = await nexusctl(bus, ...args);
		t.is(exitCode, code, args.join(' '));
		t.is(stdout, '', args.join(' '));
		t.regex(stderr, words);
		t.notRegex(stderr, /\n\s+at /, 'no stack trace');
	};

	await fails(2, /nexusctl: .*--name/, 'image', 'import', folder);
	await fails(2, /--help/, 'image', 'nonsense');
	await fails(2, /--yes/, 'ws', 'delete', 'one');
	await fails(2, /--yes/, 'image', 'delete', 'base', '--json');
	await fails(4, /no image "nothing"/, 'ws', 'create', '--base', 'nothing');
	await fails(4, /no workspace "nothing"/, 'ws', 'inspect', 'nothing');
	await fails(4, /no workspace "nothing"/, 'ws', 'delete', 'nothing', '--yes');
	await fails(4, /does not exist/, 'image', 'import', path.join(folder, 'nothing'), '--name', 'x');
	await fails(5, /taken by a workspace/, 'ws', 'create', '--base', 'base', '--name', 'one');
	await fails(5, /in use by 1 workspace[\S\s]*nexusctl ws list --base base/, 'image', 'delete', 'base', '--yes');
	await fails(5, /attached to VM "guest"[\S\s]*nexusctl ws detach one/, 'ws', 'delete', 'one', '--yes');
	await fails(1, /not a valid name/, 'vm', 'create', 'a/b');
	await fails(2, /portal/, 'vm', 'create', 'x', '--role', 'butler');
	const {node, nexusctl: program} = await openCheckout(folder, cleanup);
	const {exitCode, stderr} = await asStranger(bus, node, program, 'ws', 'create', '--base', 'base');
	t.is(exitCode, 6, stderr);
	t.regex(stderr, /not authorised to create workspaces \(org\.workfort\.Nexus1\.create-workspace\): polkit does not answer/);
});

test('a daemon that is not there gets a hint and exit code 3', async t => {
	const cleanup = cleanupOf(t);
	const folder = await temporaryFolder(cleanup);
	const bus = await startBus('session', folder, cleanup);
	const reached = async (...args: string[]): Promise<Run> => nexusctl(bus, 'status', ...args);
	const hints: Array<[flags: string[], hint: RegExp]> = [
		[[], /systemctl status nexusd/], [['--system'], /systemctl status nexusd/], [['--user'], /nexusd --user/],
	];
	for (const [flags, hint] of hints) {
		// eslint-disable-next-line no-await-in-loop
		const {exitCode, stderr} = await reached(...flags);
		t.is(exitCode, 3);
		t.regex(stderr, hint);
	}

	// Only the user's daemon is there: it is found without a flag.
	await startDaemon({
		bus, folder, workspaces: path.join(folder, 'ws'), database: path.join(folder, 'nexus.db'), backend: 'directory', cleanup,
	});
	t.is((await reached()).exitCode, 0);
	t.is((await reached('--user')).exitCode, 0);
	t.is((await reached('--system')).exitCode, 3);
});

type Typed = {exitCode: number | undefined; stdout: string};

/** Runs nexusctl on a terminal and types keys when it says something. */
async function typeAt(bus: TestBus, words: string, said: string, keys: string): Promise<Typed> {
	const command = `stty cols 80 rows 30; exec ${process.execPath} dist/nexusctl.js ${words}`;
	const running = execa('script', ['--quiet', '--return', '--command', command, '/dev/null'], {
		env: {...bus.env, TERM: 'xterm-256color'}, reject: false, stdin: 'pipe',
	});
	const type = (chunk: unknown): void => {
		if (String(chunk).includes(said)) {
			running.stdout.off('data', type);
			running.stdin.write(keys);
		}
	};

	running.stdout.on('data', type);
	const {exitCode, stdout} = await running;
	return {exitCode, stdout};
}

test('a delete asks at a terminal, and only a yes deletes', async t => {
	const {bus, client} = await startNexus(t, {on: 'directory', kind: 'session'});
	await client.manager.createVm('guest', 'work', 1, 128);
	const answer = async (keys: string): Promise<Typed> => typeAt(bus, 'vm delete guest', '[y/N]', keys);
	for (const [keys, code, words] of [
		['n\n', 1, /nexusctl: nothing was deleted/],
		['\n', 1, /nexusctl: nothing was deleted/],
		['\u0004', 1, /nexusctl: nothing was deleted/],
		['\u0003', 130, /\nNothing was deleted\./],
	] as const) {
		// eslint-disable-next-line no-await-in-loop
		const {exitCode, stdout} = await answer(keys);
		t.is(exitCode, code, `${JSON.stringify(keys)}: ${stdout}`);
		t.regex(stdout, words);
	}

	t.is((await client.manager.listVms()).length, 1);
	const {exitCode, stdout} = await answer('yes\n');
	t.is(exitCode, 0);
	t.regex(stdout, /Delete VM "guest" and detach its workspaces \(0\)\? \[y\/N] [\S\s]*Deleted VM "guest"/);
	t.deepEqual(await client.manager.listVms(), []);
});

test('what nobody knows the length of shows that it goes on, and is not waited for after Ctrl-C', async t => {
	const {bus, daemon} = await startNexus(t, {on: 'directory', kind: 'session'});
	daemon.kill('SIGSTOP');
	const {exitCode, stdout} = await typeAt(bus, 'doctor', 'Comparing the pool with the records', '\u0003');
	daemon.kill('SIGCONT');
	t.is(exitCode, 130);
	t.regex(stdout, /[\u2800-\u28FF]\S* Comparing the pool with the records[\S\s]*Comparing canceled\./);
});

// The password prompt of polkit's own agent, as far as nexusctl knows it.
const agent = `#!/bin/sh
exec 3>&-
sleep 1
printf 'Password: '
sleep 1
echo thanks
sleep 60
`;

test('nothing is drawn over the question for a password', async t => {
	const cleanup = cleanupOf(t);
	const folder = await temporaryFolder(cleanup);
	await writeFile(path.join(folder, 'pkttyagent'), agent, {mode: 0o755});
	const bus = await startBus('session', folder, cleanup);
	await impersonate(bus, cleanup, async call => {
		await wait(3000);
		return Message.newMethodReturn(call, signatureOf(contract.Manager.methods.Examine.out), [[]]);
	});
	const typed = await typeAt({...bus, env: {...bus.env, PATH: `${folder}:${process.env['PATH']}`}}, 'doctor', 'Password', 'secret\n');
	t.is(typed.exitCode, 0);
	t.regex(typed.stdout, /Password: secret\r?\nthanks\r?\n[\S\s]*No problems found\.$/);
});

rootTest('an import shows its progress on a terminal, as lines elsewhere, and is canceled by Ctrl-C', async t => {
	const {bus, folder, client, workspaces} = await startNexus(t);
	const source = await makeSource(folder, 'source', 96);
	const lines = await nexusctl(bus, 'image', 'import', source, '--name', 'lines');
	t.is(lines.exitCode, 0, lines.stderr);
	const percents = [...lines.stderr.matchAll(/(\d+)%/g)].map(match => Number(match[1]));
	t.is(percents.at(-1), 100);
	t.deepEqual(percents, [...percents].sort((a, b) => a - b));

	const typescript = path.join(folder, 'typescript');
	const command = `stty cols 100 rows 30; exec ${process.execPath} dist/nexusctl.js image import ${source} --name bar`;
	const shown = await run('script', ['--quiet', '--return', '--command', command, typescript], {...bus.env, TERM: 'xterm-256color'});
	t.is(shown.exitCode, 0, shown.stdout);
	t.regex(shown.stdout, /\d+%[\S\s]*Imported image "bar"/);
	t.true(shown.stdout.includes('\u001B[?25h'), 'the cursor is shown again');

	const interrupted = execa(process.execPath, ['dist/nexusctl.js', 'image', 'import', source, '--name', 'gone'], {env: bus.env, reject: false});
	// Its first line is that the import has begun.
	await once(interrupted.stderr, 'data');
	interrupted.kill('SIGINT');
	const {exitCode, stderr} = await interrupted;
	t.is(exitCode, 130);
	t.regex(stderr, /Import of "gone" canceled/);
	const images = await client.manager.listImages();
	t.deepEqual(images.map(({name}) => name), ['bar', 'lines']);
	const {stdout} = await run('ls', ['-A', workspaces]);
	t.deepEqual(stdout.split('\n').sort(), ['.lock', '.stock', '.trash', '.work', '@bar', '@lines']);
});

// Lets mke2fs write in gusts only.
const gusty = `#!/bin/sh
/usr/sbin/mke2fs "$@" &
for gust in 1 2 3 4 5 6 7 8; do
	sleep 0.03
	kill -STOP $!
	sleep 0.3
	kill -CONT $!
done
wait $!
`;

rootTest('an import that takes a while says how fast it goes and when it will be over', async t => {
	const bin = await temporaryFolder(cleanupOf(t));
	await writeFile(path.join(bin, 'mke2fs'), gusty, {mode: 0o755});
	const {bus, folder} = await startNexus(t, {env: {PATH: `${bin}:${process.env['PATH']}`}});
	const source = await makeSource(folder, 'source', 96);
	const lines = await nexusctl(bus, 'image', 'import', source, '--name', 'lines');
	t.is(lines.exitCode, 0, lines.stderr);
	t.regex(lines.stderr, /^Importing image "lines": \d0%, [\d.]+ [KM]iB\/s, \d+s left$/m);

	// A terminal is a terminal, in a pipeline too.
	const command = `stty cols 80 rows 30; exec ${process.execPath} dist/nexusctl.js image import ${source} --name bar`;
	const shown = await run('script', ['--quiet', '--return', '--command', command, '/dev/null'], {
		...bus.env, TERM: 'xterm-256color', CI: 'true', NO_COLOR: '1', FORCE_COLOR: undefined,
	});
	t.is(shown.exitCode, 0, shown.stdout);
	t.regex(shown.stdout, /█+░+ +\d+% {2}[\d.]+ [KM]iB of 96 MiB +[\d.]+ [KM]iB\/s +\d+s left/);
	t.false(/\[[\d;]+m/.test(shown.stdout), 'no colours');
});

test('colours respect NO_COLOR, and every level of help has an example', async t => {
	for (const args of [['--help'], ['ws', '--help'], ['ws', 'create', '--help'], ['image', 'import', '--help'], ['vm', 'create', '--help']]) {
		/* eslint-disable no-await-in-loop */
		const plain = await run(process.execPath, ['dist/nexusctl.js', ...args], {NO_COLOR: '1', FORCE_COLOR: undefined});
		t.is(plain.exitCode, 0);
		t.regex(plain.stdout, /example/i);
		t.false(plain.stdout.includes('\u001B'));
		t.true(plain.stdout.split('\n').every(line => line.length <= 80));
		/* eslint-enable no-await-in-loop */
	}
});

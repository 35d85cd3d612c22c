// The program as a process, where there is no bus.
import process from 'node:process';
import test from 'ava';
import {execa} from 'execa';
import packageJson from '../../../package.json' with {type: 'json'};

const nowhere = 'unix:path=/nowhere/at-all';

const nexusctl = async (...args: string[]) => execa(process.execPath, ['--import=tsx', 'tui/nexusctl.ts', ...args], {
	env: {DBUS_SYSTEM_BUS_ADDRESS: nowhere, DBUS_SESSION_BUS_ADDRESS: nowhere, FORCE_COLOR: undefined},
	reject: false,
	stdin: 'ignore',
});

test('no arguments: the help, and no colours in a pipe', async t => {
	const {exitCode, stdout, stderr} = await nexusctl();
	t.is(exitCode, 0);
	t.is(stderr, '');
	t.true(stdout.startsWith('Usage: nexusctl '));
	t.false(stdout.includes('\u001B'));
});

test('--version', async t => {
	t.like(await nexusctl('--version'), {exitCode: 0, stdout: `nexusctl ${packageJson.version}`, stderr: ''});
});

test('version without a daemon', async t => {
	t.like(await nexusctl('version'), {exitCode: 0, stdout: `nexusctl ${packageJson.version}\nnexusd (not reachable)`, stderr: ''});
	const {stdout} = await nexusctl('version', '--json');
	t.deepEqual(JSON.parse(stdout), {nexusctl: packageJson.version, nexusd: null});
});

test('a wrong command line is 2, before anything is asked of a bus', async t => {
	t.like(await nexusctl('ws', 'list', '--bogus', '--json'), {
		exitCode: 2,
		stdout: '',
		stderr: 'nexusctl: unknown flag --bogus\nSee: nexusctl ws list --help',
	});
});

test('a delete without a terminal and without --yes is 2, before anything is asked of a bus', async t => {
	const {exitCode, stderr} = await nexusctl('vm', 'delete', 'web');
	t.is(exitCode, 2);
	t.regex(stderr, /--yes/);
});

for (const [bus, hint] of [['--system', 'systemctl status nexusd'], ['--user', 'nexusd --user']] as const) {
	test(`no bus at all is 3: ${bus}`, async t => {
		const {exitCode, stdout, stderr} = await nexusctl('image', 'list', '--json', bus);
		t.is(exitCode, 3);
		t.is(stdout, '');
		t.true(stderr.startsWith('nexusctl: '));
		t.true(stderr.endsWith(hint));
		t.notRegex(stderr, /^\s+at /m);
	});
}

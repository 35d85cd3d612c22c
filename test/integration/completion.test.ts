// The completion scripts in the shells they are for, with a daemon that has records.
import {existsSync} from 'node:fs';
import {
	mkdir, readFile, rm, symlink, writeFile,
} from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import {setTimeout} from 'node:timers/promises';
import test, {type ExecutionContext} from 'ava';
import {execa} from 'execa';
import {
	importImage, makeSource, startNexus, type TestNexus,
} from '../support/nexus.js';
import {run} from '../support/run.js';

type Environment = Record<string, string>;

const shells = ['bash', 'zsh', 'fish'] as const;
type Shell = typeof shells[number];

/** How each shell is started, and the files by which it finds the script as the help of `nexusctl completion` says. */
const starts: Readonly<Record<Shell, {command: (home: string) => string[]; files: (script: string) => Record<string, string>}>> = {
	bash: {
		command: home => ['bash', '--rcfile', path.join(home, 'bashrc')],
		files: script => ({bashrc: script}),
	},
	zsh: {
		command: () => ['zsh', '-o', 'no_global_rcs'],
		files: script => ({
			'functions/_nexusctl': script,
			'.zshrc': 'fpath=($HOME/functions $fpath)\nautoload -Uz compinit\ncompinit -u -D\n',
		}),
	},
	fish: {
		command: () => ['fish'],
		files: script => ({'.config/fish/conf.d/nexusctl.fish': script}),
	},
};

/** What somebody types before the Tab key, and the words that the line has after it. */
const keystrokes: ReadonlyArray<[typed: string, words: string[]]> = [
	['nexusctl wor', ['nexusctl', 'workspace']],
	['nxc vm cre', ['nxc', 'vm', 'create']],
	['nexusctl ws inspect al', ['nexusctl', 'ws', 'inspect', 'alpha']],
	['nxc ws inspect al', ['nxc', 'ws', 'inspect', 'alpha']],
	['nexusctl ws inspect "al', ['nexusctl', 'ws', 'inspect', 'alpha']],
	['nexusctl "ws" \'inspect\' al', ['nexusctl', 'ws', 'inspect', 'alpha']],
	['nexusctl ws attach "alpha" --vm ', ['nexusctl', 'ws', 'attach', 'alpha', '--vm', 'guest']],
	['nexusctl ws create --name "a b" --ba', ['nexusctl', 'ws', 'create', '--name', 'a b', '--base']],
	['nexusctl ws create --base=deb', ['nexusctl', 'ws', 'create', '--base=debian']],
	['nexusctl ws create --base ', ['nexusctl', 'ws', 'create', '--base', 'debian']],
	['nexusctl vm list --state=cra', ['nexusctl', 'vm', 'list', '--state=crashed']],
	['nexusctl completion zs', ['nexusctl', 'completion', 'zsh']],
	[String.raw`nexusctl image import ./a\ fol`, ['nexusctl', 'image', 'import', './a folder']],
	['nexusctl image import --name x ./a', ['nexusctl', 'image', 'import', '--name', 'x', './a folder']],
	['nexusctl vm create ', ['nexusctl', 'vm', 'create']],
	['nexusctl bogus ', ['nexusctl', 'bogus']],
	['true; nexusctl ws inspect al', ['nexusctl', 'ws', 'inspect', 'alpha']],
	['X=1 nexusctl ws inspect al', ['nexusctl', 'ws', 'inspect', 'alpha']],
];

test('the Tab key in bash, zsh and fish', async t => {
	const nexus = await startNexusWithRecords(t);
	const environment = await prepareEnvironment(nexus);
	await Promise.all(shells.map(async shell => {
		const terminal = await openTerminal(nexus, shell, environment);
		for (const [typed, words] of keystrokes) {
			// eslint-disable-next-line no-await-in-loop
			t.deepEqual(await terminal.press(typed), words, `${shell}: ${typed}`);
		}
	}));

	await nexus.daemon.stop();
	await Promise.all(shells.map(async shell => {
		const terminal = await openTerminal(nexus, shell, environment, 'without');
		t.deepEqual(await terminal.press('nexusctl ws inspect '), ['nexusctl', 'ws', 'inspect'], shell);
		t.deepEqual(await terminal.press('nexusctl ws insp'), ['nexusctl', 'ws', 'inspect'], shell);
		t.notRegex(await terminal.screen(), /error|not|unreachable/i);
	}));
});

test('a path is left to the shell, after the equals sign of a flag too', async t => {
	const nexus = await startNexus(t, {on: 'directory', kind: 'session'});
	const environment = await prepareEnvironment(nexus, 'echo :path; exit');
	await Promise.all(shells.map(async shell => {
		const terminal = await openTerminal(nexus, shell, environment);
		for (const [typed, word] of [['oth', 'other'], ['--x=oth', '--x=other'], [String.raw`--x=./a\ fol`, '--x=./a folder'], ['--x ./oth', './other']]) {
			// eslint-disable-next-line no-await-in-loop
			const words = await terminal.press(`nexusctl ${typed!}`);
			t.is(words.at(-1), word, `${shell}: ${typed!}`);
		}
	}));
});

test('bash: what it is offered', async t => {
	const environment = await prepareEnvironment(await startNexusWithRecords(t));
	const script = `
		source <(nexusctl completion bash)
		COMP_LINE=$1 COMP_POINT=$2 COMP_WORDS=() COMP_CWORD=0
		set -u
		_nexusctl nexusctl '' ''
		printf '%s\\n' "\${COMPREPLY[@]}"
	`;
	const offered = async (line: string, point = line.length): Promise<string[]> => {
		const {stdout, stderr} = await run('bash', ['--norc', '-c', script, 'bash', line, String(point)], environment);
		t.is(stderr, '');
		return stdout.split('\n');
	};

	t.deepEqual(await offered('nexusctl ws '), ['create', 'list', 'inspect', 'delete', 'attach', 'detach']);
	t.deepEqual(await offered('nexusctl ws inspect '), ['alpha', 'beta']);
	t.deepEqual(await offered('nexusctl ws create --base='), ['debian']);
	// The cursor is in the middle of the line, after a character of several bytes.
	t.deepEqual(await offered('nexusctl image import é --na x', 'nexusctl image import é --na'.length), ['--name']);
	t.deepEqual(await offered('nexusctl nonsense '), ['']);
	t.is((await run('bash', ['--norc', '-c', 'source <(nexusctl completion bash) && complete -p nexusctl nxc'], environment)).stdout, [
		'complete -F _nexusctl nexusctl',
		'complete -F _nexusctl nxc',
	].join('\n'));
});

test('fish: what it is offered, and what it is told about it', async t => {
	const environment = await prepareEnvironment(await startNexusWithRecords(t));
	const offered = async (line: string): Promise<string[]> => {
		const {stdout, stderr} = await run('fish', ['--no-config', '-c', 'nexusctl completion fish | source; complete --do-complete $argv[1]', line], environment);
		t.is(stderr, '');
		return stdout.split('\n');
	};

	t.deepEqual(await offered('nexusctl ws inspect '), ['alpha', 'beta']);
	t.deepEqual(await offered('nxc ws inspect '), ['alpha', 'beta']);
	t.deepEqual(await offered('nexusctl ws d'), ['delete\tDelete a workspace and all that was written to it', 'detach\tDetach a workspace from its VM']);
	t.deepEqual(await offered('nexusctl ws create --base='), ['--base=debian']);
	t.true((await offered('nexusctl ws create --')).includes('--base\tThe image to start from: its name or its id'));
	t.deepEqual(await offered('nexusctl nonsense '), ['']);
});

test('zsh: what it is offered, and what it is told about it', async t => {
	const nexus = await startNexusWithRecords(t);
	const environment = await prepareEnvironment(nexus);
	const terminal = await openTerminal(nexus, 'zsh', environment);
	await terminal.type('nexusctl ws de\t');
	await terminal.shows(/delete +-- Delete a workspace and all that was written to it\n *detach +-- Detach a workspace from its VM/);
	await terminal.type('\u0015nexusctl ws inspect \t');
	await terminal.shows(/^alpha +beta$/m);
	// The other way to load it.
	const {stdout} = await run('zsh', ['-f', '-c', 'autoload -Uz compinit && compinit -u -D && source <(nexusctl completion zsh) && print $_comps[nexusctl] $_comps[nxc]'], environment);
	t.is(stdout, '_nexusctl _nexusctl');
});

test('a question gets no message and no failure, whatever it is', async t => {
	const nowhere = {DBUS_SYSTEM_BUS_ADDRESS: 'unix:path=/nowhere/at-all', DBUS_SESSION_BUS_ADDRESS: 'tcp:host=x'};
	const ask = async (...words: string[]) => run(process.execPath, ['dist/nexusctl.js', '__complete', ...words], nowhere);
	t.deepEqual(await ask('zsh', 'ws', 'inspect', ''), {exitCode: 0, stdout: '', stderr: ''});
	t.deepEqual(await ask('zsh', 'ws', '--user', 'inspect', ''), {exitCode: 0, stdout: '', stderr: ''});
	t.deepEqual(await ask('zsh', 'nonsense', ''), {exitCode: 0, stdout: '', stderr: ''});
	t.like(await ask(), {exitCode: 0, stderr: ''});
	t.like(await ask('bash'), {exitCode: 0, stderr: ''});
});

test('a daemon that does not answer is not waited for', async t => {
	const {bus, daemon} = await startNexus(t, {on: 'directory', kind: 'session'});
	daemon.kill('SIGSTOP');
	const {exitCode, stdout, stderr} = await run('timeout', ['30', process.execPath, 'dist/nexusctl.js', '__complete', 'zsh', 'ws', 'inspect', ''], bus.env);
	daemon.kill('SIGCONT');
	t.deepEqual({exitCode, stdout, stderr}, {exitCode: 0, stdout: '', stderr: ''});
});

test('a shell that there is no script for is named with those that there are', async t => {
	t.deepEqual(await run(process.execPath, ['dist/nexusctl.js', 'completion', 'tcsh']), {
		exitCode: 2,
		stdout: '',
		stderr: 'nexusctl: the argument SHELL takes one of bash, zsh, fish, not "tcsh"\nSee: nexusctl completion --help',
	});
});

async function startNexusWithRecords(t: ExecutionContext): Promise<TestNexus> {
	const nexus = await startNexus(t, {on: 'directory', kind: 'session'});
	const {client, folder} = nexus;
	await importImage(client, 'debian', await makeSource(folder, 'source', 1));
	await client.manager.createWorkspace('debian', 'alpha', {});
	await client.manager.createWorkspace('debian', 'beta', {});
	await client.manager.createVm('guest', 'work', 1, 128);
	return nexus;
}

/** The variables for programs that find nexusctl and nxc, this test's bus, and no settings of the user's. */
async function prepareEnvironment({folder, bus}: TestNexus, helper = `exec "${process.execPath}" "${path.resolve('dist/nexusctl.js')}" "$@"`): Promise<Environment> {
	const programs = path.join(folder, 'programs');
	await mkdir(programs);
	await writeFile(path.join(programs, 'nexusctl'), nexusctlThatTells(helper), {mode: 0o755});
	await symlink('nexusctl', path.join(programs, 'nxc'));
	await mkdir(path.join(folder, 'a folder'));
	await writeFile(path.join(folder, 'other'), '');
	return {
		...bus.env,
		PATH: `${programs}:${process.env['PATH']!}`,
		HOME: folder,
		TERM: 'screen',
		LC_ALL: 'C.UTF-8',
	};
}

/** It has the scripts' questions answered, and where somebody runs it, it tells what with. */
const nexusctlThatTells = (helper: string): string => `#!/bin/sh
if [ -z "$RESULT" ] || [ "$1" = __complete ]; then
	${helper}
fi
printf '%s\\n' "\${0##*/}" "$@" >"$RESULT.part"
mv "$RESULT.part" "$RESULT"
`;

type Terminal = {
	/** Types a line, presses the Tab key, ends the line, and tells the words with which it ran. */
	press: (line: string) => Promise<string[]>;
	type: (keys: string) => Promise<void>;
	screen: () => Promise<string>;
	/** Resolves when the screen matches. */
	shows: (pattern: RegExp) => Promise<void>;
};

/** A shell on a terminal, in the test's folder. */
async function openTerminal({folder, cleanup}: TestNexus, shell: Shell, environment: Environment, label = 'with'): Promise<Terminal> {
	const home = path.join(folder, `${shell}-${label}`);
	const result = path.join(home, 'result');
	const {command, files} = starts[shell];
	const {stdout: script} = await run(process.execPath, ['dist/nexusctl.js', 'completion', shell]);
	await writeFiles(home, files(script));
	const tmux = async (...args: string[]): Promise<string> => {
		const {stdout} = await execa('tmux', ['-S', path.join(home, 'tmux.sock'), '-f', '/dev/null', ...args], {
			cwd: folder,
			env: {
				...environment, HOME: home, ZDOTDIR: home, XDG_CONFIG_HOME: path.join(home, '.config'), RESULT: result,
			},
		});
		return stdout;
	};

	await tmux('new-session', '-d', '-x', '160', '-y', '40', ...command(home));
	cleanup(async () => {
		await tmux('kill-server');
	});
	const type = async (keys: string): Promise<void> => {
		await tmux('send-keys', '-l', '--', keys);
	};

	const screen = async (): Promise<string> => tmux('capture-pane', '-p');
	const terminal: Terminal = {
		async press(line) {
			await rm(result, {force: true});
			await type(`${line}\t\r`);
			await until(async () => existsSync(result), screen);
			// Zsh takes back the slash that it put after a folder when the line ends there.
			return (await readFile(result, 'utf8')).split('\n').slice(0, -1).map(word => word.replace(/(?<=.)\/$/, ''));
		},
		type,
		screen,
		async shows(pattern) {
			await until(async () => pattern.test(await screen()), screen);
		},
	};
	await type('echo rea""dy\r');
	await terminal.shows(/^ready$/m);
	return terminal;
}

async function writeFiles(folder: string, files: Record<string, string>): Promise<void> {
	for (const [name, text] of Object.entries(files)) {
		const file = path.join(folder, name);
		// eslint-disable-next-line no-await-in-loop
		await mkdir(path.dirname(file), {recursive: true});
		// eslint-disable-next-line no-await-in-loop
		await writeFile(file, text);
	}
}

async function until(isDone: () => Promise<boolean>, screen: () => Promise<string>): Promise<void> {
	const end = Date.now() + 30_000;
	// eslint-disable-next-line no-await-in-loop
	while (!await isDone()) {
		if (Date.now() > end) {
			// eslint-disable-next-line no-await-in-loop
			throw new Error(`waited in vain before:\n${await screen()}`);
		}

		// eslint-disable-next-line no-await-in-loop
		await setTimeout(50);
	}
}

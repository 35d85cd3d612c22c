// The terminal UI and its terminal: sizes, ways out, what is given back, and terminals that can do little or are none.
import {
	readFile, stat, writeFile,
} from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import test from 'ava';
import {execa} from 'execa';
import {startFilled, type Filled} from '../support/filled.js';
import {childrenOf} from '../support/processes.js';
import {rootTest} from '../support/requirements.js';
import {run} from '../support/run.js';
import {startTerminal, type TerminalState} from '../support/terminal.js';
import {
	asTui, nexusctlCommand, openLiveTui, openTui, type Frame, type Tui,
} from '../support/tui.js';
import {takingTurns} from '../support/turns.js';

const inTurn = takingTurns(2);

type Size = readonly [columns: number, rows: number];

const sizes: readonly Size[] = [[60, 15], [80, 24], [120, 40], [250, 80]];

rootTest('at every size the screen is whole, and after a change of size as it is for who opens it there', inTurn(async t => {
	const filled = await startFilled(t, 100);
	const fresh = new Map<string, string>();
	for (const [columns, rows] of sizes) {
		// eslint-disable-next-line no-await-in-loop
		const tui = await openLiveTui({...filled, columns, rows});
		// eslint-disable-next-line no-await-in-loop
		const {text, lines: [header], rows: shown} = await tui.frame('all is known', ({text}) => isSettled(text));
		t.true(shown.length >= 9, text);
		t.regex(header!, /^ Nexus {2}● live on the system bus {2,}\S.*\d%\)?$/);
		fresh.set(`${columns} ${rows}`, withoutPool(text));
	}

	const [least, small, large, most] = sizes as [Size, Size, Size, Size];
	const tui = await openLiveTui({...filled});
	for (const [columns, rows] of [least, small, large, most, large, small, least, most, least, large, small]) {
		// eslint-disable-next-line no-await-in-loop
		await tui.resize(columns, rows);
		// eslint-disable-next-line no-await-in-loop
		await tui.until(`it is as when it is opened at ${columns} by ${rows}`, screen => withoutPool(screen) === fresh.get(`${columns} ${rows}`));
	}

	// In quick succession, with a dialog, and on so little room that the rest is cut off.
	await tui.press('G');
	await tui.standsAt('ws-00099');
	await Promise.all([most, least, small, large].map(async ([columns, rows]) => tui.resize(columns, rows)));
	await tui.standsAt('ws-00099');
	await tui.press('n');
	await tui.asks('Create workspaces');
	await tui.type('abc');
	for (const [columns, rows] of [least, most, large]) {
		// eslint-disable-next-line no-await-in-loop
		await tui.resize(columns, rows);
		// eslint-disable-next-line no-await-in-loop
		await tui.frame('the form is whole', ({panes}) => panes.at(-1)!.width === columns && panes.at(-1)!.lines.some(line => /^> Image +abc/.test(line)));
		// eslint-disable-next-line no-await-in-loop
		const {cursor: {x, y, visible}} = await tui.state();
		// eslint-disable-next-line no-await-in-loop
		const line = (await tui.screen()).split('\n')[y]!;
		t.true(visible);
		t.true(line.slice(0, x).endsWith('abc'), 'somebody is typing where the cursor is');
	}

	await tui.press('Escape', 'g');
	await tui.resize(30, 5);
	const cut = await tui.until('what there is room for', screen => screen.startsWith(' Nexus  ● live on the system'));
	t.regex(cut, /^.*\n 1 {2}\[2 Workspaces] {2}3 {3}4\n╭─ Workspaces .*…\n│ {3}NAME.*…\n│ > ws-0{5} .*…$/);
	await tui.resize(...small);
	await tui.until('it is as it was at first', screen => withoutPool(screen) === fresh.get('80 24'));
}));

// Users are called by their numbers until their names are known.
const isSettled = (text: string): boolean => !/ 3y {2}\d| Owner +\d/.test(text);

// Others write to the disk that the pool is on.
const withoutPool = (text: string): string => text.replace(/live on the system bus.*/, 'live');

/** Whether a terminal is as a shell wants it. */
const isGivenBack = ({alternate, cursor, mouse}: TerminalState): boolean => !alternate && cursor.visible && !mouse;

const isAtPrompt = (screen: string): boolean => screen.trimEnd().endsWith('ready>');

type Shell = Tui & {
	/** The terminal's modes, as stty writes them down. */
	modes: () => Promise<string>;
};

/** An interactive shell in which the UI is started as people do it. */
async function startShell({bus, cleanup}: Filled): Promise<Shell> {
	const shell = asTui(await startTerminal(cleanup, {command: ['bash', '--norc', '-i'], env: {...bus.env, PS1: 'ready> ', NODE: process.execPath}}));
	await shell.until('a prompt', isAtPrompt);
	let count = 0;
	return {
		...shell,
		async modes() {
			const end = `end-${++count}`;
			await shell.type(`clear; stty --save; echo ${end}\n`);
			const screen = await shell.until('what stty says', screen => screen.includes(`\n${end}\n`));
			return screen.slice(0, screen.indexOf(`\n${end}\n`)).replaceAll('\n', '');
		},
	};
}

const openInShell = async (shell: Tui, words = 'tui'): Promise<Frame> => {
	await shell.type(`clear; $NODE dist/nexusctl.js ${words}\n`);
	return shell.shows('● live on the', '> ws-00000');
};

const childOf = async ({pid}: Tui): Promise<number> => (await childrenOf(pid))[0]!.pid;

type WayOut = {name: string; status: number; leave: (shell: Tui) => Promise<void>};

const waysOut: readonly WayOut[] = [
	{
		name: 'q', status: 0, leave: async shell => shell.press('q'),
	},
	{
		name: 'Ctrl-C', status: 0, leave: async shell => shell.press('C-c'),
	},
	{
		name: 'Ctrl-C in a form',
		status: 0,
		async leave(shell) {
			await shell.press('n');
			await shell.asks('Create workspaces');
			await shell.press('C-c');
		},
	},
	...([['SIGTERM', 143], ['SIGINT', 130], ['SIGHUP', 129]] as const).map(([signal, status]) => ({
		name: signal,
		status,
		async leave(shell: Tui) {
			process.kill(await childOf(shell), signal);
		},
	})),
];

rootTest('whatever way leads out, the terminal is given back as it was, and the status tells which', inTurn(async t => {
	const filled = await startFilled(t, 20);
	const shell = await startShell(filled);
	const modes = await shell.modes();
	t.regex(modes, /^[\da-f]+(?::[\da-f]+){10,}$/);
	for (const {name, status, leave} of waysOut) {
		/* eslint-disable no-await-in-loop */
		await openInShell(shell);
		await leave(shell);
		await shell.until(`${name} has led out`, (screen, state) => isGivenBack(state) && isAtPrompt(screen));
		await shell.type('echo status=$?\n');
		const after = await shell.until('its status', screen => /^status=\d+$/m.test(screen));
		t.is(Number(/^status=(\d+)$/m.exec(after)![1]), status, name);
		t.notRegex(after, /[╭│╰]|Nexus/, 'nothing of the UI is left');
		t.is(await shell.modes(), modes, name);
		/* eslint-enable no-await-in-loop */
	}
}));

// A module that lets a signal make the program fail.
const fragile = `process.on('SIGUSR2', () => {
	throw new Error('something broke');
});`;

rootTest('when it fails the terminal is given back, and the failure is told there', inTurn(async t => {
	const filled = await startFilled(t, 20);
	const shell = await startShell(filled);
	const modes = await shell.modes();
	const module = path.join(filled.folder, 'fragile.mjs');
	await writeFile(module, fragile);
	await shell.type(`export NODE_OPTIONS=--import=${module}\n`);
	await openInShell(shell);
	process.kill(await childOf(shell), 'SIGUSR2');
	await shell.until('it has failed', (screen, state) => isGivenBack(state) && isAtPrompt(screen));
	await shell.type('echo status=$?\n');
	const after = await shell.until('its status', screen => /^status=\d+$/m.test(screen));
	t.regex(after, /^nexusctl: Error: something broke\nready> echo .*\nstatus=1$/m);
	t.notRegex(after, /\n\s+at /, 'no stack trace');
	t.is(await shell.modes(), modes);
}));

rootTest('Ctrl-Z gives the terminal to the shell, and fg leads back to a whole screen', inTurn(async t => {
	const filled = await startFilled(t, 20);
	const shell = await startShell(filled);
	const modes = await shell.modes();
	await openInShell(shell);
	await shell.press('j');
	await shell.standsAt('ws-00001');
	const stopped = async (): Promise<string> => shell.until('it is stopped', (screen, state) => isGivenBack(state) && screen.includes('Stopped') && isAtPrompt(screen));
	await shell.press('C-z');
	t.notRegex(await stopped(), /[╭│╰]/);
	t.is(await shell.modes(), modes);
	await shell.type('fg\n');
	await shell.standsAt('ws-00001');
	await shell.press('j');
	await shell.standsAt('ws-00002');
	const {alternate, mouse} = await shell.state();
	t.true(alternate && mouse);

	// It may find another size, and others may stop it.
	process.kill(await childOf(shell), 'SIGTSTP');
	await stopped();
	await shell.resize(100, 30);
	await filled.client.manager.createVm('while-it-slept', 'work', 1, 128);
	await shell.type('fg\n');
	await shell.frame('it has the new size', ({panes, text}) => panes.reduce((sum, {width}) => sum + width, 0) === 100 && text.includes('3 VMs 3 '));
	await shell.press('n');
	await shell.asks('Create workspaces');
	await shell.press('C-z');
	await stopped();
	await shell.type('fg\n');
	await shell.asks('Create workspaces');
	await shell.press('Escape');
	await shell.isFree();
	await shell.press('q');
	await shell.until('it has ended', (screen, state) => isGivenBack(state) && isAtPrompt(screen));
	t.is(await shell.modes(), modes);
}));

rootTest('when its terminal is closed it goes', inTurn(async t => {
	const filled = await startFilled(t, 20);
	const outer = await openLiveTui({...filled, command: ['script', '--quiet', '--return', '--command', nexusctlCommand('tui').join(' '), '/dev/null']});
	const [shell] = await childrenOf(outer.pid);
	const inner = shell!.name === 'node' ? shell!.pid : (await childrenOf(shell!.pid))[0]!.pid;
	process.kill(outer.pid, 'SIGKILL');
	// It ends when the process does.
	await execa('tail', [`--pid=${inner}`, '--follow', '/dev/null']);
	await t.throwsAsync(readFile(`/proc/${inner}/stat`), {code: 'ENOENT'});
}));

test('without a terminal, or on one that can do nothing, it says so and ends with 2', async t => {
	const wanted = /nexusctl: the terminal UI needs a terminal; scripts use the other commands, with --json/;
	const nowhere = await run(process.execPath, ['dist/nexusctl.js', 'tui']);
	t.is(nowhere.exitCode, 2);
	t.is(nowhere.stdout, '');
	t.regex(nowhere.stderr, wanted);
	const inPipe = await run('script', ['--quiet', '--return', '--command', `bash -c '${process.execPath} dist/nexusctl.js tui | cat; exit \${PIPESTATUS[0]}'`, '/dev/null']);
	t.is(inPipe.exitCode, 2);
	t.regex(inPipe.stdout, wanted);
	const dumb = await run('script', ['--quiet', '--return', '--command', `TERM=dumb ${process.execPath} dist/nexusctl.js tui`, '/dev/null']);
	t.is(dumb.exitCode, 2);
	t.regex(dumb.stdout, wanted);
	// There, without arguments, it explains itself.
	const help = await run('script', ['--quiet', '--return', '--command', `TERM=dumb ${process.execPath} dist/nexusctl.js`, '/dev/null']);
	t.regex(help.stdout, /usage/i);
	t.false(help.stdout.includes('\u001B[?1049h'));
});

rootTest('nexusctl alone opens it, on a terminal', inTurn(async t => {
	const filled = await startFilled(t, 20);
	const tui = await openLiveTui({...filled, args: []});
	await tui.standsAt('ws-00000');
	await tui.press('q');
	t.deepEqual(await tui.ended, {exitCode: 0, signal: undefined});
}));

// Of the foreground or the background, by number or in full; 39 and 49 lead back to those of the terminal.
const colour = /\[(?:\d+;)*(?:3[0-8]|4[0-8]|9\d|10[0-7])(?:;\d+)*m/;

rootTest('NO_COLOR: no colours, and what is selected, marked or wrong can be told without them', inTurn(async t => {
	const filled = await startFilled(t, 20);
	const coloured = await openLiveTui({...filled});
	await coloured.standsAt('ws-00000');
	t.regex(await coloured.styled(), colour);
	const tui = await openLiveTui({...filled, env: {NO_COLOR: '1'}});
	await tui.press('Space');
	await tui.shows('│  *ws-00000', '│ > ws-00001');
	t.notRegex(await tui.styled(), colour);
	await tui.press('d');
	await tui.asks('Cannot delete workspace "ws-00000"');
	t.notRegex(await tui.styled(), colour);
	await tui.press('Escape');
	await tui.isFree();
	await tui.press(':');
	await tui.asks('Command');
	await tui.type('nonsense');
	await tui.press('Enter');
	await tui.shows('✗ ');
	t.notRegex(await tui.styled(), colour);
	t.true((await tui.state()).alternate);
}));

rootTest('--plain: sentences in the order in which things happen, for screen readers', inTurn(async t => {
	const filled = await startFilled(t, 20);
	const tui = await openTui({
		...filled, args: ['tui', '--plain'], columns: 200, rows: 60,
	});
	const says = async (...sentences: string[]): Promise<string> => tui.until(`it says ${sentences.join(', ')}`, screen => sentences.every(sentence => screen.includes(sentence)));
	await says('nexusd: live on the system bus.', 'Workspaces: 20, sorted by NAME.', 'Keys: n new,', 'ws-00000, 1 of 20: base base, vm vm-0, ');
	await tui.press('j');
	await says('ws-00001, 2 of 20: base base, vm -, ');
	await tui.press('Space');
	await says('ws-00001, 2 of 20, marked: ', 'ws-00002, 3 of 20: ');
	await tui.press('/');
	await tui.type('19');
	await says('ws-00019, 1 of 1: ', '\n/19');
	await tui.press('Enter', '3');
	await says('VMs: 2, sorted by NAME.', 'vm-0, 1 of 2: state created, role work, ');
	await tui.press('n');
	await says('Record a VM, field 1 of 4: Name, of the VM.');
	await tui.type('guest');
	await says('\nName: guest');
	await tui.press('Enter');
	await says('Created VM "guest".', 'guest, 1 of 3: state created, ');
	await tui.press('Enter');
	await says('Esc leads back to the list.', 'Memory      128 MiB');
	await tui.press('Escape');
	await tui.press('d');
	const asked = await says('Delete VM "guest"?', 'y yes');
	t.notRegex(asked, /[\u2500-\u257F\u2580-\u259F]/, 'no boxes and no bars');
	const {alternate, mouse, cursor} = await tui.state();
	t.deepEqual([alternate, mouse, cursor.visible], [false, false, true]);
	await tui.press('y');
	await says('Deleted VM "guest".');
	await filled.daemon.stop();
	await says('nexusd: nexusd is not running.', 'R starts it.');
	await tui.press('q');
	t.deepEqual(await tui.ended, {exitCode: 0, signal: undefined});
	t.regex(await tui.screen(), /nexusd has left the bus/, 'what was said stays');
}));

rootTest('the list, its order and its filter are there again the next time', inTurn(async t => {
	const filled = await startFilled(t, 20);
	const env = {XDG_STATE_HOME: path.join(filled.folder, 'state')};
	const tui = await openLiveTui({...filled, env});
	await tui.press('S', '/');
	await tui.type('01');
	await tui.filters('01');
	await tui.press('Enter');
	await tui.isFree();
	const chosen = ['ws-00019', 'ws-00018', 'ws-00017', 'ws-00016', 'ws-00015', 'ws-00014', 'ws-00013', 'ws-00012', 'ws-00011', 'ws-00010', 'ws-00001'];
	await tui.lists(...chosen);
	await tui.press('3', 's');
	await tui.frame('VMs by their state', ({titles}) => titles.includes('STATE ▲'));
	await tui.press('q');
	await tui.ended;
	const file = path.join(env.XDG_STATE_HOME, 'nexus/tui.json');
	t.is((await stat(path.dirname(file))).mode % 0o1000, 0o700, 'what somebody looks at is nobody else\'s business');

	const again = await openLiveTui({...filled, env});
	await again.frame('VMs by their state', ({titles, tab}) => tab === '3 VMs 2' && titles.includes('STATE ▲'));
	await again.press('2');
	t.is((await again.lists(...chosen)).list!.title, 'Workspaces · 11 of 20 match /01');
	await again.press('q');
	await again.ended;

	// What makes no sense is as good as nothing.
	await writeFile(file, '{"tab":"nonsense"}');
	const fresh = await openLiveTui({...filled, env});
	await fresh.frame('what is shown at first', ({tab, rows}) => tab === '2 Workspaces 20' && rows[0]?.name === 'ws-00000');
}));

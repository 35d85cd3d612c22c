import {Buffer} from 'node:buffer';
import {access, readFile} from 'node:fs/promises';
import process from 'node:process';
import {setTimeout as delay} from 'node:timers/promises';
import test, {type ExecutionContext} from 'ava';
import {cleanupOf, makeCleanup} from '../support/cleanup.js';
import {childrenOf} from '../support/processes.js';
import {startTerminal, type Terminal, type TerminalOptions} from '../support/terminal.js';

const start = async (t: ExecutionContext, command: TerminalOptions['command'], options: Partial<TerminalOptions> = {}): Promise<Terminal> =>
	startTerminal(cleanupOf(t), {command, ...options});

/** A script of Node that goes on until it is ended. */
const node = (script: string): TerminalOptions['command'] => [process.execPath, '--eval', `${script}; setInterval(() => {}, 1000)`];

const startShell = async (t: ExecutionContext): Promise<Terminal> => {
	const terminal = await start(t, ['bash', '--norc', '-i'], {env: {PS1: 'ready> '}});
	await terminal.until('a prompt', screen => screen.startsWith('ready>'));
	return terminal;
};

const lineCount = (screen: string): number => screen.split('\n').length;

test('the screen is what is visible, a line for each row', async t => {
	const terminal = await start(t, ['sh', '-c', 'seq 9; printf "last  "; exec cat'], {columns: 20, rows: 4});
	const screen = await terminal.until('the last line', screen => screen.includes('last'));
	t.is(screen, '7\n8\n9\nlast');
	t.is(await terminal.screen(), screen);
	t.deepEqual(await terminal.state(), {
		columns: 20, rows: 4, cursor: {x: 6, y: 3, visible: true}, alternate: false, mouse: false,
	});
});

test('the program finds its own environment and folder', async t => {
	const terminal = await start(t, ['env'], {cwd: '/usr', env: {ODD: 'a b;\'"$#{pane_id};', HOME: '/nowhere'}, term: 'xterm-256color'});
	await terminal.ended;
	const lines = (await terminal.screen()).split('\n').filter(Boolean).sort();
	t.deepEqual(lines, [
		'HOME=/nowhere',
		'LANG=C.UTF-8',
		'ODD=a b;\'"$#{pane_id};',
		...`PATH=${process.env['PATH']!}`.match(/.{1,80}/g)!,
		'TERM=xterm-256color',
	].sort());
	const here = await start(t, ['pwd'], {cwd: '/usr'});
	t.deepEqual(await here.ended, {exitCode: 0, signal: undefined});
	t.regex(await here.screen(), /^\/usr\n/);
});

test('arguments are those that were given', async t => {
	const words = ['a b', '', ';', 'x;', String.raw`\;`, '$HOME', '#{pane_id}', '\'"', '{', '~'];
	const terminal = await start(t, ['printf', '<%s>\n', ...words]);
	await terminal.ended;
	t.is((await terminal.screen()).trimEnd(), words.map(word => `<${word}>`).join('\n'));
});

test('an end is told, and all that was written before it is there', async t => {
	const four = await start(t, ['sh', '-c', 'seq 1000; exit 4'], {rows: 3});
	t.deepEqual(await four.ended, {exitCode: 4, signal: undefined});
	t.is(await four.screen(), '999\n1000\n');
	t.true((await four.state()).cursor.visible);
	const killed = await start(t, ['cat']);
	process.kill(killed.pid, 'SIGTERM');
	t.deepEqual(await killed.ended, {exitCode: undefined, signal: 'SIGTERM'});
	const none = await start(t, ['/nowhere/program']);
	t.is((await none.ended).exitCode, 127);
	t.regex(await none.screen(), /ENOENT/);
});

test('keys and texts arrive as bytes', async t => {
	const terminal = await start(t, ['sh', '-c', 'stty raw -echo; echo ready; exec od -An -tx1 -v -w1'], {rows: 60});
	await terminal.until('that it listens', screen => screen.includes('ready'));
	const bytes = async (send: () => Promise<void>, count: number): Promise<string> => {
		await terminal.type('\u0000');
		await send();
		await terminal.type('\u0001');
		const isOver = (screen: string): boolean => / 00\s+(?:[\da-f]{2}\s+)*01\s*$/.test(screen);
		const screen = await terminal.until(`${count} bytes`, isOver);
		return / 00\s+((?:[\da-f]{2}\s+)*?)01\s*$/.exec(screen.slice(screen.lastIndexOf(' 00')))![1]!.trim().split(/\s+/).join(' ');
	};

	t.is(await bytes(async () => terminal.press('a', ';', '\'', 'Enter', 'Escape', 'C-c', 'ä'), 8), '61 3b 27 0d 1b 03 c3 a4');
	t.is(await bytes(async () => terminal.press('Down', 'BTab', 'BSpace', 'M-x', 'F1'), 13), '1b 5b 42 1b 5b 5a 7f 1b 78 1b 4f 50');
	t.is(await bytes(async () => terminal.press(), 0), '');
	t.is(await bytes(async () => terminal.type('Enter;'), 6), '45 6e 74 65 72 3b');
	t.is(await bytes(async () => terminal.type('漢\n\u001B[200~'), 10), 'e6 bc a2 0a 1b 5b 32 30 30 7e');
	await t.throwsAsync(terminal.press('a', 'Entr'), {message: 'there is no key Entr'});
});

test('styles and colours are told', async t => {
	const terminal = await start(t, ['sh', '-c', String.raw`printf 'a\033[1;31mb\033[0m\033[48;2;1;2;3m c \033[0m.'; exec cat`], {rows: 2});
	await terminal.until('the end', screen => screen.includes('.'));
	t.is(await terminal.styled(), 'a\u001B[1m\u001B[31mb\u001B[0m\u001B[39m\u001B[48;2;1;2;3m c \u001B[49m.\n');
});

test('the alternate screen, the cursor and the mouse are told', async t => {
	const terminal = await start(t, node(String.raw`
		process.stdin.setRawMode(true);
		process.stdout.write('before\r\n');
		process.stdin.on('data', data => {
			if (data.toString() === 'q') {
				process.stdout.write('\u001B[?1000l\u001B[?1006l\u001B[?25h\u001B[?1049l');
			} else {
				process.stdout.write(JSON.stringify(data.toString().slice(1)) + '\r\n');
			}
		});
		process.stdout.write('\u001B[?1049h\u001B[?25l\u001B[?1000h\u001B[?1006hinside\r\n')`));
	await terminal.until('the alternate screen', (screen, {alternate}) => alternate && screen.includes('inside'));
	const inside = await terminal.state();
	t.true(inside.mouse);
	t.false(inside.cursor.visible);
	t.notRegex(await terminal.screen(), /before/);
	await terminal.mouse('click', 4, 2);
	await terminal.until('a click', screen => screen.includes('"[<0;5;3M') && screen.includes('[<0;5;3m"'));
	await terminal.mouse('wheel-down', 0, 0);
	await terminal.until('a turn of the wheel', screen => screen.includes('"[<65;1;1M"'));
	await terminal.press('q');
	const after = await terminal.until('the screen of before', (_screen, {alternate}) => !alternate);
	t.is(after.trimEnd(), 'before');
	t.true((await terminal.state()).cursor.visible);
	await t.throwsAsync(terminal.mouse('click', 0, 0), {message: 'the program did not ask for the mouse in SGR mode'});
});

test('what is copied arrives', async t => {
	const text = 'one\n\u001B[31m漢\n\n';
	const terminal = await start(t, node(String.raw`process.stdout.write('\u001B]52;c;${Buffer.from(text).toString('base64')}\u0007done')`));
	t.is(await (await start(t, ['cat'])).clipboard(), undefined);
	await terminal.until('that it is done', screen => screen.includes('done'));
	t.is(await terminal.clipboard(), text);
});

test('the program is told of another size', async t => {
	const terminal = await start(t, ['bash', '-c', 'trap "stty size" WINCH; stty size; while :; do sleep 0.01; done'], {columns: 90, rows: 30});
	await terminal.until('the first size', screen => screen.startsWith('30 90\n'));
	await terminal.resize(40, 10);
	const small = await terminal.until('the second size', screen => screen.includes('10 40'));
	t.is(lineCount(small), 10);
	await terminal.resize(200, 50);
	t.is(lineCount(await terminal.until('the third size', screen => screen.includes('50 200'))), 50);
	const {columns, rows} = await terminal.state();
	t.deepEqual([columns, rows], [200, 50]);
});

test('waiting in vain tells what there was instead', async t => {
	const terminal = await start(t, ['sh', '-c', 'echo something else; exec cat'], {rows: 2});
	await terminal.until('the line', screen => screen.includes('else'));
	await t.throwsAsync(terminal.until('a miracle', screen => screen.includes('miracle'), 50), {message: '50 ms have passed without: a miracle\nsomething else\n'});
	// Without waiting for the time to be over.
	const waiting = terminal.until('a miracle', screen => screen.includes('miracle'), 1e6);
	await terminal.press('C-d');
	await t.throwsAsync(waiting, {message: 'the program has ended without: a miracle\nsomething else\n'});
	await t.throwsAsync(terminal.until('a miracle', () => false, 1e6), {message: /^the program has ended without: a miracle/});
	t.is(await terminal.until('what is there', screen => screen.includes('else')), 'something else\n');
});

test('much output is no hindrance', async t => {
	const terminal = await start(t, ['sh', '-c', 'seq 200000; echo done; exec cat']);
	await terminal.until('the end', screen => screen.includes('done'), 60_000);
	t.true((await terminal.screen()).includes('\n199999\n200000\ndone\n'));
});

test('a shell controls its jobs', async t => {
	const terminal = await startShell(t);
	await terminal.type('stty -a | grep -o -- "-\\?icanon"; cat\r');
	await terminal.until('the mode', screen => screen.includes('\nicanon\n'));
	await terminal.type('first\r');
	await terminal.until('an echo', screen => screen.includes('first\nfirst\n'));
	await terminal.press('C-z');
	await terminal.until('that it is stopped', screen => /Stopped +cat/.test(screen));
	await terminal.type('fg\r');
	await terminal.until('that it goes on', screen => screen.includes('fg\ncat\n'));
	await terminal.type('second\r');
	await terminal.until('one more echo', screen => screen.includes('second\nsecond\n'));
	await terminal.press('C-c');
	await terminal.until('a prompt', screen => /\^C\nready>\s*$/.test(screen));
	await terminal.type('stty raw -echo\n');
	await terminal.type('exit $((40 + 2))\r');
	t.deepEqual(await terminal.ended, {exitCode: 42, signal: undefined});
});

test('a program that a shell has stopped is ended with it', async t => {
	const {cleanup, run} = makeCleanup();
	const terminal = await startTerminal(cleanup, {command: ['bash', '--norc', '-i'], env: {PS1: 'ready> '}});
	await terminal.type('cat\r');
	await terminal.until('that it runs', screen => screen.includes('cat\n'));
	await terminal.type('here\r');
	await terminal.until('an echo', screen => screen.includes('here\nhere'));
	const [cat] = await childrenOf(terminal.pid);
	await terminal.press('C-z');
	await terminal.until('a prompt', screen => /Stopped .*\nready>/.test(screen));
	await run();
	await gone(t, terminal.pid);
	await gone(t, cat!.pid);
});

test('nothing is left, also of a program that ignores that it is hung up', async t => {
	const {cleanup, run} = makeCleanup();
	const terminal = await startTerminal(cleanup, {command: ['sh', '-c', 'trap "" HUP TERM; echo "$HOME"; while :; do sleep 0.1; done']});
	const home = (await terminal.until('a folder', screen => screen.startsWith('/'))).trim();
	await t.notThrowsAsync(access(home));
	await run();
	t.deepEqual(await terminal.ended, {exitCode: undefined, signal: 'SIGKILL'});
	await gone(t, terminal.pid);
	await t.throwsAsync(access(home));
	await t.throwsAsync(terminal.screen(), {message: /^tmux has ended/});
});

test('a terminal that cannot be made says why', async t => {
	await t.throwsAsync(start(t, ['cat'], {columns: 0}), {message: /^tmux has ended: .*(?:width|size)/});
});

/** Waits until a process has ended, be it that nobody has asked yet how. */
async function gone(t: ExecutionContext, pid: number): Promise<void> {
	for (;;) {
		// eslint-disable-next-line no-await-in-loop
		const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
		if (!/^State:\s+[^ZX]/m.test(status)) {
			t.pass();
			return;
		}

		// Nothing tells of a stranger's end.
		// eslint-disable-next-line no-await-in-loop
		await delay(5);
	}
}

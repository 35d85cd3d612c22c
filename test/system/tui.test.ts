// The terminal UI lends its terminal to polkit's agent: an ordinary user on a machine with the package, a real polkit, and a
// password that is full of keys which mean something on the screen.
import test from 'ava';
import {cleanupOf, type Cleanup} from '../support/cleanup.js';
import {
	bootInstalled, people, shareMachine, type Installed,
} from '../support/installed.js';
import {rootTest} from '../support/requirements.js';
import {startTerminal} from '../support/terminal.js';
import {asTui, type Tui} from '../support/tui.js';

const {machine, inTurn} = shareMachine(test.after.always, furnish);

// As keys they would open forms and questions, answer them, go elsewhere, and leave.
const password = 'nd1y:*/q';

async function furnish(cleanup: Cleanup): Promise<Installed> {
	const installed = await bootInstalled(cleanup);
	const {check} = installed;
	await check('mkdir', ['-p', '/srv/tree/etc']);
	await check('nexusctl', ['image', 'import', '/srv/tree', '--name', 'base', '--size', '32M']);
	await check('nexusctl', ['ws', 'create', '--base', 'base', '--name', 'roots']);
	await check('useradd', ['--groups', 'sudo', 'administrator']);
	await check('chpasswd', [], {input: `administrator:${password}\n`});
	return installed;
}

type Seat = Tui & {
	/** Waits until the agent asks for a password for something, and nobody would see what is typed. */
	isAsked: (action: string, words: string) => Promise<void>;
};

/** A terminal in a login session of the stranger's, with the UI on it. */
async function takeSeat(cleanup: Cleanup, {pid, check}: Installed): Promise<Seat> {
	const session = 'tty >~/terminal; exec nexusctl tui';
	// Not in a session of its own, which would not be told of another size.
	const login = ['runuser', '--login', people.stranger, '--session-command', `LANG=C.UTF-8 exec script --quiet --return --command '${session}' /dev/null`];
	const tui = asTui(await startTerminal(cleanup, {
		command: ['nsenter', ...`-t ${pid} -m -p -u -i -n -- setpriv --reuid 0 --regid 0 --init-groups --reset-env env TERM=tmux-256color`.split(' '), ...login],
	}));
	await tui.shows('● live on the system bus');
	const terminal = (await check('cat', [`/home/${people.stranger}/terminal`])).trim();
	const isSecret = async (): Promise<boolean> => (await check('stty', ['--file', terminal, '--all'])).includes(' -echo ');
	return {
		...tui,
		async isAsked(action, words) {
			const question = `AUTHENTICATING FOR org.workfort.Nexus1.${action} ====\nAuthentication is required to ${words}\nAuthenticating as: administrator\nPassword:`;
			await tui.until(`a password is asked for, to ${words}`, (screen, {alternate, mouse, cursor}) => !alternate && !mouse && cursor.visible && screen.trimEnd().endsWith(question));
			// What is typed before the echo is off is thrown away, and nothing tells when it is.
			// eslint-disable-next-line no-await-in-loop
			while (!await isSecret()) {
				// It is looked at again.
			}
		},
	};
}

async function askForWorkspace(seat: Seat, name: string): Promise<void> {
	await seat.press('n');
	await seat.asks('Create workspaces');
	await seat.press('Down');
	await seat.type(name);
	await submit(seat);
}

async function submit(seat: Seat): Promise<void> {
	await seat.press('Enter');
	await seat.isAsked('create-workspace', 'create a workspace from the image "base"');
}

rootTest('the screen gives way to the question, comes back whole, and knows nothing of what was typed', inTurn(async t => {
	const seat = await takeSeat(cleanupOf(t), await machine());
	await seat.lists('roots');
	await askForWorkspace(seat, 'asked');
	t.regex(await seat.screen(), /^nexusd wants to know that it is you\.\n==== /);
	// Another size meanwhile.
	await seat.resize(90, 30);
	await seat.type(`${password}\r`);
	await seat.shows('✓ Created workspace "asked"', '[2 Workspaces 2]');
	const {rows, list} = await seat.frame('it has the new size', ({panes, footer}) => panes[0]!.width === 90 && footer.endsWith('q quit'));
	t.deepEqual(rows.map(({name, isAt, isMarked}) => [name, isAt, isMarked]), [['asked', true, false], ['roots', false, false]]);
	t.is(list!.title, 'Workspaces');
	const {alternate, mouse, cursor} = await seat.state();
	t.deepEqual([alternate, mouse, cursor.visible], [true, true, false]);
	await seat.press('j');
	await seat.standsAt('roots');

	// Once for each where polkit keeps nothing, one after the other.
	await askForWorkspace(seat, 'second');
	await seat.type(`${password}\r`);
	await seat.shows('✓ Created workspace "second"');
	await seat.press('g', 'Space', 'j', 'Space', 'd');
	await seat.asks('Delete 2 workspaces?');
	await seat.press('y');
	for (const name of ['asked', 'second']) {
		/* eslint-disable no-await-in-loop */
		await seat.isAsked('delete-workspace', `delete the workspace "${name}" and all that was written to it`);
		await seat.type(`${password}\r`);
		/* eslint-enable no-await-in-loop */
	}

	await seat.shows('✓ Deleted 2 workspaces');
	await seat.lists('roots');
	await seat.press('q');
	await seat.ended;
	t.false((await seat.screen()).includes(password), 'nobody has seen it');
}));

rootTest('a wrong password, and Ctrl-C instead of one, lead back to the form', inTurn(async t => {
	const installed = await machine();
	const seat = await takeSeat(cleanupOf(t), installed);
	await askForWorkspace(seat, 'wanted');
	await seat.type('q:q\r');
	const refused = await seat.shows('✗ you are not authorised to create workspaces', '(org.workfort.Nexus1.create-workspace)', /> Name +wanted /);
	t.is(refused.panes.at(-1)!.title, 'Create workspaces');
	await submit(seat);
	await seat.press('C-c');
	await seat.shows('✗ you are not authorised to create workspaces', /> Name +wanted /);
	await submit(seat);
	await seat.type(`${password}\r`);
	await seat.shows('✓ Created workspace "wanted"');
	await seat.press('C-c');
	t.deepEqual(await seat.ended, {exitCode: 0, signal: undefined});
	t.regex(await installed.check('nexusctl', ['ws', 'list']), /^wanted .* stranger /m);
}));

// The terminal UI under the fingers of one person: every key, on a real terminal, with a real nexusd and a real pool.
import {writeFile} from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import type {ExecutionContext} from 'ava';
import {execa} from 'execa';
import {cleanupOf} from '../support/cleanup.js';
import {temporaryFolder} from '../support/folder.js';
import {
	importImage, makeSource, startNexus, type TestNexus,
} from '../support/nexus.js';
import {rootTest} from '../support/requirements.js';
import {openLiveTui, type Frame} from '../support/tui.js';
import {takingTurns} from '../support/turns.js';

const inTurn = takingTurns(2);

/** Takes away what stands in a field. */
const clear = 'C-u';

type Furniture = {workspaces?: readonly string[]; vms?: readonly string[]};

/** A Nexus with an image `debian` and what is made of it. */
async function furnish(t: ExecutionContext, {workspaces = [], vms = []}: Furniture = {}): Promise<TestNexus> {
	const nexus = await startNexus(t);
	const {client: {manager}, client, folder} = nexus;
	await importImage(client, 'debian', await makeSource(folder, 'source', 1));
	await Promise.all([
		...workspaces.map(async name => manager.createWorkspace('debian', name, {})),
		...vms.map(async name => manager.createVm(name, 'work', 1, 128)),
	]);
	return nexus;
}

const workspacesOf = async ({client}: TestNexus): Promise<string[]> => (await client.manager.listWorkspaces('')).map(({name}) => name);

// It writes a part, and goes on when it is let through the gate.
const halting = (gate: string): string => `#!/bin/sh
dd if=/dev/zero of=/dev/fd/3 bs=1M count=4 status=none
read -r _ <'${gate}'
exec /usr/sbin/mke2fs "$@"
`;

/** A Nexus whose imports stop halfway, until something is written to the gate. */
async function startHalting(t: ExecutionContext): Promise<TestNexus & {gate: string}> {
	const bin = await temporaryFolder(cleanupOf(t));
	const gate = path.join(bin, 'gate');
	await execa('mkfifo', [gate]);
	await writeFile(path.join(bin, 'mke2fs'), halting(gate), {mode: 0o755});
	return {...await startNexus(t, {env: {PATH: `${bin}:${process.env['PATH']}`}}), gate};
}

rootTest('i: a folder is imported, which is followed in the list of jobs, or canceled there', inTurn(async t => {
	const nexus = await startHalting(t);
	const {client, folder, gate} = nexus;
	await Promise.all([makeSource(folder, 'tree-a', 8), makeSource(folder, 'tree-b', 8)]);
	const tui = await openLiveTui({...nexus, columns: 99});
	await tui.shows('There is no image yet. i imports a folder that holds a root filesystem.');
	await tui.press('i');
	await tui.asks('Import a folder as an image');
	await tui.type(`${folder}/tre`);
	await tui.press('Tab');
	await tui.shows(`${folder}/tree-`);
	await tui.press('Tab');
	await tui.shows(/ tree-a\/ +tree-b\/ /);
	await tui.type('b');
	await tui.press('Tab');
	await tui.shows(`${folder}/tree-b/`);
	await tui.press('Enter');
	await tui.shows('✗ Name is missing');
	await tui.type('debian');
	await tui.press('Enter');
	const running = await tui.frame('half of it is written', ({at}) => /^debian +running +█+░+ [45]\d% +import/.test(at?.text ?? ''));
	t.is(running.tab, '4 Jobs 1');
	await writeFile(gate, '\n');
	await tui.shows('✓ Imported image "debian"', /> debian +done +█+ 100%/, '1 Images 1 ');
	await tui.press('1');
	await tui.frame('the image is there', ({tab, at}) => tab === '1 Images 1' && at?.name === 'debian');

	await tui.press('i');
	await tui.asks('Import a folder as an image');
	await tui.type(`${folder}/tree-a`);
	// It could be the folders in it as well, which are shown first.
	await tui.press('Tab');
	await tui.shows(`${folder}/tree-a/`);
	await tui.press('Tab');
	await tui.shows(/ data\/ +etc\/ /);
	await tui.press('Tab');
	await tui.shows(/> Name /);
	await tui.type('large');
	await tui.press('Down');
	await tui.type('a lot');
	await tui.press('Enter');
	await tui.shows('✗ Size takes ', 'not "a lot"');
	await tui.press(clear);
	await tui.type('2G');
	await tui.press('Enter');
	await tui.frame('a part of it is written', ({at, footer}) => /^large +running +█+░+ [45]\d% /.test(at?.text ?? '') && footer.includes(' c cancel '));
	await tui.press('c');
	await tui.shows(/import of "large" was canceled/, /> large +canceled/, '[4 Jobs 2]');
	await tui.lists('debian', 'large');
	await tui.frame('nothing can be canceled', ({footer}) => footer.endsWith('q quit') && !footer.includes('cancel'));
	await tui.press('1');
	await tui.lists('debian');
	t.deepEqual((await client.manager.listImages()).map(({name}) => name), ['debian']);
}));

rootTest('n: one workspace is made, several at once, one without a name; what is refused stays in the form', inTurn(async t => {
	const nexus = await furnish(t);
	const tui = await openLiveTui({...nexus});
	await tui.press('1', 'n');
	await tui.asks('Create workspaces');
	await tui.shows(/> Image +\(debian if left empty/);
	await tui.press('Tab');
	await tui.shows(/> Name /);
	await tui.type('one');
	await tui.press('Enter');
	await tui.shows('✓ Created workspace "one"', '[2 Workspaces 1]');
	await tui.standsAt('one');

	// From a workspace the base is that of the workspace.
	await tui.press('n');
	await tui.asks('Create workspaces');
	await tui.shows(/> Image +\(debian if left empty/);
	await tui.press('Down');
	await tui.type('web');
	await tui.press('Down', clear);
	await tui.type('eleven');
	await tui.press('Enter');
	await tui.shows('✗ How many takes ', 'not "eleven"', /Name +web/);
	await tui.press(clear);
	await tui.type('11');
	await tui.press('Enter');
	await tui.shows('✓ Created 11 workspaces', '[2 Workspaces 12]');
	await tui.standsAt('web-1');
	await tui.lists('one', ...Array.from({length: 11}, (_, index) => `web-${index + 1}`));

	await tui.press('n');
	await tui.asks('Create workspaces');
	await tui.press('Enter');
	const made = await tui.shows(/✓ Created workspace "debian-[\da-f]{8}"/);
	t.is(made.at?.name, /"(debian-.*)"/.exec(made.notice)![1]);

	// A name that is taken: the form stays, with what was typed, and can be put right.
	await tui.press('n');
	await tui.asks('Create workspaces');
	await tui.press('Down');
	await tui.type('one');
	await tui.press('Enter');
	const {text} = await tui.shows('✗ the name "one" is taken by a workspace', /> Name +one /);
	t.is([...text.matchAll(/choose another name/gi)].length, 1, text);
	await tui.press('BSpace', 'BSpace', 'BSpace');
	await tui.type('two');
	await tui.press('Enter');
	await tui.shows('✓ Created workspace "two"');
	await tui.press('n');
	await tui.asks('Create workspaces');
	await tui.press(clear);
	await tui.type('nothing');
	await tui.press('Enter');
	await tui.shows('✗ there is no image "nothing"');
	await tui.press('Escape');
	await tui.isFree();
	t.is((await workspacesOf(nexus)).length, 14);
}));

rootTest('a, t: workspaces are attached from either side, as root disk and read-only, and detached', inTurn(async t => {
	const nexus = await furnish(t, {workspaces: ['one', 'two'], vms: ['guest', 'ghost']});
	const {client} = nexus;
	const usage = async (name: string): Promise<unknown[]> => {
		const {vm, rootDevice, readOnly} = await client.properties('Workspace', await client.manager.getWorkspace(name));
		return [vm, rootDevice, readOnly];
	};

	const guest = await client.manager.getVm('guest');
	const tui = await openLiveTui({...nexus, columns: 99});
	await tui.standsAt('one');
	await tui.press('a');
	await tui.asks('Attach workspace "one"');
	await tui.type('g');
	await tui.press('Tab');
	await tui.shows(/ ghost +guest /);
	await tui.type('u');
	await tui.press('Tab');
	await tui.shows(/> VM +guest /);
	await tui.press('Tab');
	await tui.shows(/> Root disk +\[ ] no/);
	await tui.press('Space', 'Down');
	await tui.shows(/> Read-only +\[ ] no/, /Root disk +\[x] yes/);
	await tui.press('y', 'Enter');
	await tui.shows('✓ Attached workspace "one" to VM "guest"', /> one +debian +guest .* root, ro/);
	t.deepEqual(await usage('one'), [guest, true, true]);

	await tui.press('3', 'g');
	await tui.standsAt('ghost');
	await tui.press('j');
	t.regex((await tui.standsAt('guest')).at!.text, /^guest +created +work +\d+ +1 +1 /);
	await tui.press('a');
	await tui.asks('Attach a workspace to VM "guest"');
	await tui.type('three');
	await tui.press('Enter');
	await tui.shows('✗ there is no workspace "three"');
	await tui.press(clear, 'Tab');
	// The one that is attached already is not offered.
	await tui.shows(/> Workspace +two /);
	await tui.press('Down', 'Space', 'Enter');
	await tui.shows(/✗ VM "guest" .*root/, /> Root disk +\[x] yes/);
	await tui.press('n', 'Enter');
	await tui.shows('✓ Attached workspace "two" to VM "guest"', /> guest +created +work +\d+ +2 /);
	t.deepEqual(await usage('two'), [guest, false, false]);

	await tui.press('w');
	t.is((await tui.lists('one', 'two')).list!.title, 'Workspaces · 2 of 2 match /vm:guest');
	await tui.press('t');
	await tui.shows('✓ Detached workspace "one"', '1 of 2 match');
	await tui.lists('two');
	t.deepEqual(await usage('one'), ['/', false, false]);
	await tui.press('t');
	await tui.shows('✓ Detached workspace "two"', 'Nothing matches the filter. Esc takes it back.');
}));

rootTest('d: it asks before it deletes, names what is in the way, and deletes nothing without a yes', inTurn(async t => {
	const nexus = await furnish(t, {workspaces: ['one', 'two', 'three', 'four'], vms: ['guest']});
	await nexus.client.manager.attachWorkspace('one', 'guest', {});
	const tui = await openLiveTui({...nexus});
	await tui.standsAt('four');
	await tui.press('d');
	await tui.asks('Delete workspace "four"?');
	await tui.shows('All that was written to it is lost.');
	for (const key of ['n', 'Escape', 'q']) {
		/* eslint-disable no-await-in-loop */
		await tui.press(key);
		await tui.isFree();
		await tui.press('d');
		await tui.asks('Delete workspace "four"?');
		/* eslint-enable no-await-in-loop */
	}

	// Other keys are no answer.
	await tui.press('Enter', 'Space', 'd', 'n');
	await tui.isFree();
	t.is((await workspacesOf(nexus)).length, 4);
	await tui.press('d');
	await tui.asks('Delete workspace "four"?');
	await tui.press('y');
	await tui.shows('✓ Deleted workspace "four"');
	await tui.lists('one', 'three', 'two');

	// The cursor stays where it was, at what came into its place.
	await tui.standsAt('one');
	await tui.press('Space', 'Space', 'Space');
	await tui.shows('Workspaces · 3 marked');
	await tui.press('d');
	await tui.asks('Delete 2 workspaces?');
	await tui.shows('three, two', 'All that was written to them is lost.', '"one" stays: it is attached to VM "guest", to be detached first (t).');
	await tui.press('y');
	await tui.shows('✓ Deleted 2 workspaces');
	await tui.lists('one');
	await tui.press('d');
	await tui.asks('Cannot delete workspace "one"');
	await tui.press('y', 'Escape');
	await tui.isFree();

	await tui.press('1', 'd');
	await tui.asks('Cannot delete image "debian"');
	await tui.shows('"debian" stays: 1 workspace is based on it, to be deleted first (w lists');
	await tui.press('y', 'Enter');
	await tui.isFree();
	t.deepEqual(await workspacesOf(nexus), ['one']);
	await tui.press('3', 'd');
	await tui.asks('Delete VM "guest"?');
	await tui.shows('Detached: one.');
	await tui.press('y');
	await tui.shows('✓ Deleted VM "guest"', 'No VM is recorded yet.');
	await tui.press('2');
	await tui.shows(/> one +debian +- /);
	await tui.press('d');
	await tui.asks('Delete workspace "one"?');
	await tui.press('y');
	await tui.shows('There is no workspace yet.');
	await tui.press('1');
	await tui.shows(/> debian +\S+ GiB +0 /);
	await tui.press('d');
	await tui.asks('Delete image "debian"?');
	await tui.press('y');
	await tui.shows('✓ Deleted image "debian"', 'There is no image yet.');
	t.deepEqual(await nexus.client.manager.listImages(), []);
}));

rootTest('n: a VM is recorded, with what was typed', inTurn(async t => {
	const nexus = await startNexus(t);
	const tui = await openLiveTui({...nexus});
	await tui.press('3', 'n');
	await tui.asks('Record a VM');
	await tui.type('guest');
	await tui.press('Down', clear);
	await tui.type('p');
	await tui.press('Tab');
	await tui.shows(/> Role +portal /);
	await tui.press('Tab', clear);
	await tui.type('2');
	await tui.press('Down', clear);
	await tui.type('many');
	await tui.press('Enter');
	await tui.shows('✗ Memory MiB takes ', 'not "many"');
	await tui.press(clear);
	await tui.type('2048');
	await tui.press('Enter');
	await tui.shows('✓ Created VM "guest"', /> guest +created +portal +3 +0 +2 +2 GiB/);
	t.deepEqual((await nexus.client.manager.listVms()).map(({role, cid}) => [role, cid]), [['portal', 3]]);
	await tui.press('n');
	await tui.asks('Record a VM');
	await tui.type('guest');
	await tui.press('Enter');
	await tui.shows(/✗ .*"guest" /, /> Name +guest /);
	await tui.press('Escape');
	await tui.isFree();
}));

rootTest('y: what a VM monitor needs is copied', inTurn(async t => {
	const nexus = await furnish(t, {workspaces: ['one'], vms: ['guest']});
	const {client, workspaces} = nexus;
	await client.manager.attachWorkspace('one', 'guest', {rootDevice: true, readOnly: true});
	const device = path.join(workspaces, '@one/rootfs.ext4');
	const {id} = await client.properties('Workspace', await client.manager.getWorkspace('one'));
	const tui = await openLiveTui({...nexus, columns: 120, rows: 40});
	const copy = async (name: string, key: string): Promise<string | undefined> => {
		await tui.press('y');
		await tui.asks(`Copy of ${name}`);
		await tui.press(key);
		await tui.shows('✓ Copied');
		const copied = await tui.clipboard();
		await tui.press('Escape');
		await tui.frame('the notice is gone', ({notice}) => notice === '');
		return copied;
	};

	await tui.standsAt('one');
	t.is(await copy('one', 'p'), device);
	t.deepEqual(JSON.parse(await copy('one', 'f') ?? ''), {
		drive_id: 'one', path_on_host: device, is_root_device: true, is_read_only: true,
	});
	t.is(await copy('one', 'u'), `-drive file=${device},format=raw,if=virtio,readonly=on`);
	t.is(await copy('one', 'n'), 'one');
	t.is(await copy('one', 'i'), id);
	await tui.press('1');
	await tui.standsAt('debian');
	t.is(await copy('debian', 'p'), path.join(workspaces, '@debian/rootfs.ext4'));
	await tui.press('3');
	await tui.standsAt('guest');
	await tui.press('y');
	await tui.asks('Copy of guest');
	await tui.frame('a VM has a name and an id, and no device', ({panes}) => /^n +name +guest +i +id +\S+ *$/.test(panes.at(-1)!.lines.join(' ').replace('Esc close', '')));
	await tui.press('q');
	await tui.isFree();
}));

const forty = Array.from({length: 40}, (_, index) => `web-${index + 1}`);

/** Keys, and what each leads to. */
const pairs = (text: string): Array<[key: string, rest: string]> => text.split(', ').map(pair => [pair.slice(0, pair.indexOf(' ')), pair.slice(pair.indexOf(' ') + 1)]);

rootTest('the list is gone through with arrows, vi\'s keys, pages and the mouse', inTurn(async t => {
	const nexus = await furnish(t, {workspaces: forty, vms: ['guest']});
	const tui = await openLiveTui({...nexus});
	await tui.standsAt('web-1');
	// On 24 rows 18 are in sight, and a page keeps one of them.
	const byRow = 'Down web-2, j web-3, Up web-2, k web-1, k web-1';
	const byPage = 'PageDown web-18, C-f web-35, PageDown web-40, PageUp web-23, C-b web-6, C-d web-15, C-u web-6, End web-40, Home web-1, G web-40, g web-1';
	const steps = pairs(`${byRow}, ${byPage}`);
	for (const [key, name] of steps) {
		/* eslint-disable no-await-in-loop */
		await tui.press(key);
		const {list, rows} = await tui.standsAt(name);
		/* eslint-enable no-await-in-loop */
		t.is(list!.title, `Workspaces · ${name.slice(4)}/40`);
		t.is(rows.length, 18);
	}

	await tui.press('Down', 'Down');
	const {y} = (await tui.frame('a row that is clicked', ({at, rows}) => at?.name === 'web-3' && rows.length === 18)).rows[10]!;
	await tui.mouse('click', 10, y);
	await tui.standsAt('web-11');
	await tui.mouse('wheel-down', 10, y);
	await tui.standsAt('web-14');
	await tui.mouse('wheel-up', 10, y);
	await tui.mouse('wheel-up', 10, y);
	await tui.standsAt('web-8');

	// From list to list.
	const tabs = pairs('Tab 3 VMs 1, Right 4 Jobs 0, l 1 Images 1, BTab 4 Jobs 0, Left 3 VMs 1, h 2 Workspaces 40, 1 1 Images 1, 2 2 Workspaces 40, 3 3 VMs 1, 4 4 Jobs 0');
	for (const [key, tab] of tabs) {
		/* eslint-disable no-await-in-loop */
		await tui.press(key);
		await tui.frame(`the tab is ${tab}`, frame => frame.tab === tab);
		/* eslint-enable no-await-in-loop */
	}

	for (const tab of ['1 Images 1', '3 VMs 1', '2 Workspaces 40']) {
		/* eslint-disable no-await-in-loop */
		await tui.mouse('click', (await tui.screen()).split('\n')[1]!.indexOf(tab) + 2, 1);
		await tui.frame(`the tab is ${tab}`, frame => frame.tab === tab);
		/* eslint-enable no-await-in-loop */
	}

	// Each list keeps its cursor.
	const back = await tui.standsAt('web-8');
	t.deepEqual(back.rows.filter(({isAt}) => isAt).length, 1);
}));

rootTest('s, S, / and the titles of columns sort and filter; Esc leads back', inTurn(async t => {
	const nexus = await furnish(t, {workspaces: ['web-1', 'web-2', 'web-10', 'database', 'Weber'], vms: ['guest']});
	const {client: {manager}} = nexus;
	await manager.attachWorkspace('web-2', 'guest', {});
	const tui = await openLiveTui({...nexus});
	const byName = ['Weber', 'database', 'web-1', 'web-2', 'web-10'] as const;
	t.regex((await tui.lists(...byName)).titles, /^NAME ▲ +BASE +VM +SIZE/);
	await tui.press('S');
	t.regex((await tui.lists(...[...byName].reverse())).titles, /^NAME ▼/);
	await tui.press('s');
	t.regex((await tui.frame('it is sorted by base', ({titles}) => titles.includes('BASE ▲'))).titles, /^NAME +BASE ▲/);
	await tui.press('s', 'S');
	const byVm = await tui.lists('web-2', 'Weber', 'database', 'web-1', 'web-10');
	t.regex(byVm.titles, /VM ▼/);
	const titlesAt = byVm.list!.top + 1;
	await tui.mouse('click', byVm.lines[titlesAt]!.indexOf('NAME') + 1, titlesAt);
	t.regex((await tui.lists(...byName)).titles, /NAME ▲/);
	await tui.mouse('click', byVm.lines[titlesAt]!.indexOf('NAME') + 1, titlesAt);
	t.regex((await tui.lists(...[...byName].reverse())).titles, /NAME ▼/);
	await tui.press('S');
	await tui.lists(...byName);

	await tui.press('/');
	await tui.filters('');
	await tui.type('w1');
	await tui.lists('web-1', 'web-10');
	await tui.filters('w1');
	await tui.press('BSpace');
	await tui.lists('Weber', 'web-1', 'web-2', 'web-10');
	await tui.press('Down', 'Enter');
	const kept = await tui.isFree();
	t.is(kept.list!.title, 'Workspaces · 4 of 5 match /w');
	// Keys mean again what they mean.
	await tui.press('s');
	await tui.frame('it is sorted by base', ({titles}) => titles.includes('BASE ▲'));
	await tui.press('Escape');
	await tui.frame('no filter is left', ({rows}) => rows.length === 5);
	await tui.press('/');
	await tui.type('guest');
	await tui.filters('guest');
	await tui.lists('web-2');
	await tui.press('Escape');
	await tui.frame('no filter is left', ({rows, footer}) => rows.length === 5 && footer.endsWith('q quit'));
	await tui.press('/');
	await tui.type('nothing like it');
	await tui.filters('nothing like it');
	await tui.shows('Nothing matches the filter. Esc takes it back.');
	await tui.press('Escape');
	await tui.isFree();

	// Of an image, its workspaces.
	await tui.press('1', 'w');
	await tui.frame('the workspaces of the image', ({tab, list, rows}) => tab === '2 Workspaces 5' && list?.title === 'Workspaces · 5 of 5 match /base:debian' && rows.length === 5);
}));

rootTest('*, Space, Enter, e and ?: marks, the detail, exact figures and the keys', inTurn(async t => {
	const nexus = await furnish(t, {workspaces: ['one', 'two', 'three'], vms: ['guest']});
	const {client} = nexus;
	await client.manager.attachWorkspace('two', 'guest', {rootDevice: true});
	const {size, id, createdAt} = await client.properties('Workspace', await client.manager.getWorkspace('one'));
	const tui = await openLiveTui({...nexus});
	const marked = async (...names: string[]): Promise<Frame> => tui.frame(`marked: ${names.join(', ')}`, ({rows}) =>
		rows.filter(({isMarked}) => isMarked).map(({name}) => name).join(', ') === names.join(', '));

	await tui.standsAt('one');
	await tui.press('Space');
	t.is((await marked('one')).at?.name, 'three');
	await tui.press('Space');
	t.is((await marked('one', 'three')).list!.title, 'Workspaces · 2 marked');
	await tui.press('k', 'Space');
	await marked('one');
	await tui.press('*');
	await marked('one', 'three', 'two');
	await tui.press('*');
	t.is((await marked()).list!.title, 'Workspaces');
	await tui.press('*');
	await marked('one', 'three', 'two');
	await tui.press('Escape');
	await marked();
	await tui.press('g', 'Space', 'Space');
	await marked('one', 'three');
	await tui.press('a');
	await tui.asks('Attach 2 workspaces');
	await tui.type('guest');
	await tui.press('Enter');
	await tui.shows('✓ Attached 2 workspaces to VM "guest"');
	await tui.press('t');
	await tui.shows('✓ Detached 2 workspaces');
	await tui.press('Escape');
	await tui.frame('the notice is gone', ({notice}) => notice === '');
	await tui.press('Escape');
	await marked();
	await tui.press('g', 'Enter');
	await tui.frame('the detail is shown', ({panes: [pane]}) => pane!.title.startsWith('one · 1-'));
	await tui.shows(/^│ Name +one +│$/m, /^│ Image +debian +│$/m, /^│ VM +none +│$/m, /^│ Owner +root +│$/m, /^│ Size +[\d.]+ GiB +│$/m, new RegExp(`^│ ID +${id} +│$`, 'm'), '│ Firecracker drive ');
	await tui.press('G');
	await tui.shows(/│ debian +│\n│ ├─ one {2}◂ this one +│\n│ ├─ three +│\n│ └─ two → guest +│\n╰/);
	await tui.press('e', 'g');
	await tui.shows('one · 1-', new RegExp(`│ Size .*${[...String(size)].join(',?')}`));
	await tui.press('Escape');
	await tui.frame('the figures are exact', ({at}) => at?.name === 'one' && at.text.includes(` ${size} `) && at.text.includes(` ${createdAt}`));
	await tui.press('e');
	await tui.frame('the figures are human again', ({at}) => at?.text.includes(' GiB ') ?? false);

	await tui.press('?');
	await tui.asks('Keys');
	// A line that is too long goes on in its column.
	await tui.frame('its beginning', ({text}) => /│ What is selected +│\n│ {3}n {16}make workspaces: .+│\n│ {20}\S/.test(text) && !text.includes('half a page up'));
	await tui.press('G');
	await tui.frame('its end', ({text}) => text.includes('half a page up') && text.includes('to the last') && !text.includes('What is selected'));
	await tui.press('k', 'g');
	await tui.shows('What is selected');
	await tui.press('?');
	await tui.isFree();
}));

rootTest('`:` takes the words of nexusctl, completes them, shows what they say, and knows what is no command', inTurn(async t => {
	const nexus = await furnish(t, {workspaces: ['one', 'two'], vms: ['guest']});
	const tui = await openLiveTui({...nexus});
	const command = async (text: string, ...keys: string[]): Promise<void> => {
		await tui.press(':');
		await tui.asks('Command');
		await tui.type(text);
		await tui.press(...keys);
	};

	await command('w', 'Tab');
	await tui.shows(/:w +│\n│ +ws +workspace /);
	await tui.type('o');
	await tui.press('Tab');
	await tui.type('in');
	await tui.press('Tab', 'Tab');
	await tui.shows(/:workspace inspect +│\n│ +one +two /);
	await tui.type('o');
	await tui.press('Tab', 'Enter');
	await tui.asks('workspace inspect one');
	await tui.shows(/Base image: +debian/);
	await tui.press('q');
	await tui.isFree();

	await command('vm inspect guest --json', 'Enter');
	await tui.asks('vm inspect guest --json');
	await tui.shows(/│ {3}"id": "\S+", +│\n│ {3}"name": "guest", +│/);
	await tui.press('Escape');
	await tui.isFree();

	await command('nexusctl status', 'Enter');
	await tui.asks('status');
	await tui.shows(/Backend: +btrfs/);
	await tui.press('Escape');
	await tui.isFree();

	await command('ws create --base debian --name three', 'Enter');
	await tui.asks('ws create');
	await tui.press('Enter');
	await tui.lists('one', 'three', 'two');
	await command('ws delete three', 'Enter');
	await tui.asks('ws delete three');
	await tui.shows('Delete workspace "three" and all that was written to it?');
	await tui.press('n');
	await tui.shows('✗ nothing was deleted');
	await command('ws delete three', 'Enter');
	await tui.asks('ws delete three');
	await tui.shows('Delete workspace "three" and all that was written to it?');
	await tui.press('y');
	await tui.shows('✓ Deleted workspace "three"');
	await tui.lists('one', 'two');

	await command('frobnicate', 'Enter');
	await tui.shows(/✗ .*frobnicate/);
	await command('ws delete nobody', 'Enter');
	await tui.shows('✗ there is no workspace "nobody"', 'ws list');
	await command('', 'Enter');
	await tui.isFree();
	await command('', 'BSpace');
	await tui.isFree();
	await command('q', 'Enter');
	t.deepEqual(await tui.ended, {exitCode: 0, signal: undefined});
}));

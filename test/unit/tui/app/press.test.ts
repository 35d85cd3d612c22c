import {once} from 'node:events';
import test from 'ava';
import {kinds} from '../../../../dbus/paths.js';
import {columnsOf} from '../../../../tui/app/columns.js';
import {press} from '../../../../tui/app/press.js';
import type {Session} from '../../../../tui/app/session.js';
import {open} from './_session.js';
import {
	imageOf, jobOf, vmOf, workspaceOf, type World,
} from './_world.js';

const images = [imageOf(1, {name: 'debian'}), imageOf(2, {name: 'alpine', workspaces: 2})];
const vms = [vmOf(1, {name: 'proxy'}), vmOf(2, {name: 'db', state: 'running'})];
const workspaces = [
	workspaceOf(1, {name: 'web-1', baseImage: images[0]!.path}),
	workspaceOf(2, {name: 'web-2', baseImage: images[1]!.path, vm: vms[0]!.path}),
	workspaceOf(3, {name: 'web-10', baseImage: images[1]!.path}),
];
const world: World = {
	images, workspaces, vms, jobs: [jobOf(1, {name: 'fedora'}), jobOf(2, {name: 'gentoo'})],
};
const many: World = {workspaces: Array.from({length: 100}, (_, index) => workspaceOf(index, {name: `ws-${index}`}))};

const sortOf = ({list: {wish: {sort}}, view: {tab}}: Session): string => `${columnsOf(tab)[sort.column]!.title}${sort.descending ? ' down' : ''}`;

test('digits show the lists', async t => {
	const {session, keys} = open(t, world);
	for (const [index, kind] of kinds.entries()) {
		// eslint-disable-next-line no-await-in-loop
		await keys(String(index + 1));
		t.is(session.view.tab, kind);
	}
});

test('the next list and the one before, round and round', async t => {
	for (const [next, before] of [['tab', 'shift-tab'], ['right', 'left'], ['l', 'h']] as const) {
		const {session, keys} = open(t, world, {view: {tab: 'image'}});
		/* eslint-disable no-await-in-loop */
		const seen = [];
		for (let index = 0; index < 5; index++) {
			await keys(next);
			seen.push(session.view.tab);
		}

		t.deepEqual(seen, ['workspace', 'vm', 'job', 'image', 'workspace']);
		await keys(before, before);
		t.is(session.view.tab, 'job');
		/* eslint-enable no-await-in-loop */
	}
});

test('each list keeps its cursor, its order and its filter', async t => {
	const {session, keys, type, selected} = open(t, world);
	await keys('down', 's', '1');
	t.is(sortOf(session), 'NAME');
	await type('/deb');
	await keys('enter', '2');
	t.is(sortOf(session), 'BASE');
	t.is(session.list.wish.filter, '');
	await keys('1');
	t.is(session.list.wish.filter, 'deb');
	t.is(selected(), 'debian');
});

test('the cursor goes by rows, pages, and to both ends', async t => {
	const {session, keys, selected} = open(t, many);
	const at = async (...names: readonly string[]): Promise<number> => {
		await keys(...names);
		return Number(selected()!.slice(3));
	};

	// 21 lines of the body, 3 of them frame and titles.
	const page = 17;
	t.is(await at('down'), 1);
	t.is(await at('j', 'j'), 3);
	t.is(await at('up', 'k'), 1);
	t.is(await at('pagedown'), 1 + page);
	t.is(await at('ctrl-f'), 1 + (2 * page));
	t.is(await at('pageup', 'ctrl-b'), 1);
	t.is(await at('ctrl-d'), 10);
	t.is(await at('ctrl-u'), 1);
	t.is(await at('end'), 99);
	t.is(await at('down', 'G'), 99);
	t.is(await at('home'), 0);
	t.is(await at('up', 'g'), 0);
	t.is(session.view.focus, 'list');
});

test('in the detail the same keys scroll it, and Esc leads back', async t => {
	const {session, keys, selected} = open(t, world, {size: {columns: 80, rows: 12}});
	await keys('enter');
	t.is(session.view.focus, 'detail');
	const {length} = session.detail;
	await keys('down', 'j');
	t.is(session.view.detailTop, 2);
	await keys('up');
	t.is(session.view.detailTop, 1);
	await keys('end', 'down');
	t.is(session.view.detailTop, length - 7);
	await keys('pageup');
	t.is(session.view.detailTop, length - 7 - 6);
	await keys('home');
	t.is(session.view.detailTop, 0);
	t.is(selected(), 'web-1');
	await keys('escape');
	t.is(session.view.focus, 'list');
});

test('another row is looked at from its first line', async t => {
	const {session, keys} = open(t, world, {size: {columns: 120, rows: 12}});
	await keys('enter', 'down', 'down', 'escape', 'down');
	t.is(session.view.detailTop, 0);
});

test('columns are sorted by one after the other, and the other way round', async t => {
	const {session, keys} = open(t, world, {view: {tab: 'image'}});
	const seen = [];
	for (let index = 0; index < 5; index++) {
		// eslint-disable-next-line no-await-in-loop
		await keys('s');
		seen.push(sortOf(session));
	}

	t.deepEqual(seen, ['SIZE', 'WORKSPACES', 'AGE', 'NAME', 'SIZE']);
	await keys('S');
	t.is(sortOf(session), 'SIZE down');
	await keys('S');
	t.is(sortOf(session), 'SIZE');
});

test('the cursor stays with its row when the order is another one', async t => {
	const {keys, selected, names} = open(t, world);
	await keys('end');
	t.is(selected(), 'web-10');
	await keys('S');
	t.deepEqual(names(), ['web-10', 'web-2', 'web-1']);
	t.is(selected(), 'web-10');
});

test('exact figures, and back', async t => {
	const {session, keys} = open(t, world);
	await keys('e');
	t.true(session.view.exact);
	await keys('e');
	t.false(session.view.exact);
});

test('a mark is set and taken back, and the cursor goes on', async t => {
	const {session, keys, selected} = open(t, world);
	const marked = (): string[] => [...session.list.marked].map(object => session.nameOf(object));
	await keys(' ');
	t.deepEqual(marked(), ['web-1']);
	t.is(selected(), 'web-2');
	await keys('down', ' ');
	t.deepEqual(marked(), ['web-1', 'web-10']);
	await keys('home', ' ');
	t.deepEqual(marked(), ['web-10']);
	t.deepEqual(session.chosen.map(({name}) => name), ['web-10']);
});

test('all that are listed are marked, and then none', async t => {
	const {session, keys, type} = open(t, world);
	const marked = (): string[] => [...session.list.marked].map(object => session.nameOf(object));
	await keys('*');
	t.deepEqual(marked(), ['web-1', 'web-2', 'web-10']);
	await keys('*');
	t.deepEqual(marked(), []);
	await type('/base:alpine');
	await keys('enter', '*');
	t.deepEqual(marked(), ['web-2', 'web-10']);
});

test('all that are listed are marked also where others are that the filter hides', async t => {
	const {session, keys, type} = open(t, world);
	await keys('down', ' ');
	await type('/base:debian');
	await keys('enter', '*');
	t.deepEqual(session.chosen.map(({name}) => name), ['web-1']);
	await keys('*');
	t.is(session.list.marked.size, 0);
});

test('of jobs those are marked that run', async t => {
	const {session, watcher, keys} = open(t, world, {view: {tab: 'job'}});
	watcher.tell({kind: 'removed', object: jobOf(1).path});
	await keys('*');
	t.deepEqual([...session.list.marked], [jobOf(2).path]);
	await keys('*');
	t.deepEqual([...session.list.marked], []);
});

test('Esc takes back one thing after the other: the detail, the notice, the marks, the filter', async t => {
	const {session, keys, type} = open(t, world);
	await type('/web');
	await keys('enter', ' ', 'enter');
	session.notify({kind: 'done', text: 'x'});
	const state = (): string => [session.view.focus, session.view.notice?.text, session.list.marked.size, session.list.wish.filter].join(' ');
	const seen = [state()];
	for (let index = 0; index < 5; index++) {
		// eslint-disable-next-line no-await-in-loop
		await keys('escape');
		seen.push(state());
	}

	t.deepEqual(seen, ['detail x 1 web', 'list x 1 web', 'list  1 web', 'list  0 web', 'list  0 ', 'list  0 ']);
});

test('the workspaces of an image or a VM are shown, and no others', async t => {
	const {session, keys, names} = open(t, world, {view: {tab: 'image'}});
	await keys('w');
	t.is(session.view.tab, 'workspace');
	t.is(session.list.wish.filter, 'base:alpine');
	t.deepEqual(names(), ['web-2', 'web-10']);
	await keys('3', 'end', 'w');
	t.is(session.list.wish.filter, 'vm:proxy');
	t.deepEqual(names(), ['web-2']);
});

test('R starts nexusd, or looks at all anew', async t => {
	const {watcher, keys} = open(t, world);
	await keys('R');
	t.is(watcher.restarts, 1);
});

test('q and Ctrl-C leave, Ctrl-Z suspends', async t => {
	for (const [key, event] of [['q', 'end'], ['ctrl-c', 'end'], ['ctrl-z', 'suspend']] as const) {
		const {session, keys} = open(t, world);
		const happened = once(session, event);
		// eslint-disable-next-line no-await-in-loop
		await keys(key);
		// eslint-disable-next-line no-await-in-loop
		await t.notThrowsAsync(happened);
	}
});

test('Ctrl-C leaves whatever is open, also while nexusd is at it', async t => {
	for (const opening of [['i'], ['n'], ['d'], [':'], ['?'], ['y'], ['/'], ['enter']]) {
		const {session, keys} = open(t, world);
		// eslint-disable-next-line no-await-in-loop
		await keys(...opening);
		let ended = false;
		session.once('end', () => {
			ended = true;
		});
		// eslint-disable-next-line no-await-in-loop
		await keys('ctrl-c');
		t.true(ended, `not with ${opening.join(' ')}`);
	}

	const {session, client, keys} = open(t, world);
	// Nobody ever answers.
	client.answer = async () => once(session, 'end');
	await keys('n', 'enter');
	t.true(session.view.dialog?.kind === 'form' && session.view.dialog.isBusy);
	const ended = once(session, 'end');
	await keys('ctrl-c');
	await t.notThrowsAsync(ended);
});

test('a paste into the list is nothing, whatever it says', async t => {
	const {session, client, paste} = open(t, world);
	const {view} = session;
	await paste('dyqqq\n');
	await paste('d');
	t.is(session.view, view);
	t.deepEqual(client.calls, []);
});

test('a key that means nothing is nothing', async t => {
	const {session, keys} = open(t, world);
	const {view} = session;
	await keys('x', 'ctrl-x', 'backspace', 'ß', '日', 'constructor', '');
	t.is(session.view, view);
});

test('? shows all keys in pages that are scrolled, and goes away', async t => {
	const {session, keys} = open(t, world);
	await keys('?');
	const top = (): number => session.view.dialog?.kind === 'pages' ? session.view.dialog.top : -1;
	t.is(top(), 0);
	await keys('down', 'j', 'up');
	t.is(top(), 1);
	await keys('G');
	const last = top();
	t.true(last > 1);
	await keys('down', 'pagedown', ' ');
	t.is(top(), last);
	await keys('pageup');
	t.true(top() < last);
	await keys('home', 'up', 'k');
	t.is(top(), 0);
	for (const key of ['escape', 'q', 'enter', '?']) {
		session.open({
			kind: 'pages', title: 'x', lines: [], top: 0,
		});
		// eslint-disable-next-line no-await-in-loop
		await keys(key);
		t.is(session.view.dialog, undefined);
	}
});

test('what is copied is chosen by its key', async t => {
	const {session, keys} = open(t, world);
	const copied: string[] = [];
	session.on('copy', text => copied.push(text));
	for (const key of ['p', 'f', 'u', 'n', 'i']) {
		// eslint-disable-next-line no-await-in-loop
		await keys('y', key);
		t.is(session.view.dialog, undefined);
		t.true(session.view.notice!.text.includes(copied.at(-1)!));
	}

	t.is(copied[0], '/srv/nexus/workspaces/web-1/disk.raw');
	t.true(copied[1]!.startsWith('{"drive_id":"web_1"'));
	t.true(copied[2]!.startsWith('-drive file='));
	t.deepEqual(copied.slice(3), ['web-1', workspaces[0]!.id]);
	await keys('y', 'x');
	t.is(session.view.dialog?.kind, 'menu');
	await keys('escape');
	t.is(session.view.dialog, undefined);
	t.is(copied.length, 5);
});

test('of images and VMs there is less to copy', async t => {
	const {session, keys} = open(t, world, {view: {tab: 'vm'}});
	await keys('y');
	t.deepEqual(session.view.dialog?.kind === 'menu' ? session.view.dialog.items.map(({key}) => key) : [], ['n', 'i']);
	await keys('escape', '1', 'y');
	t.deepEqual(session.view.dialog?.kind === 'menu' ? session.view.dialog.items.map(({key}) => key) : [], ['p', 'n', 'i']);
});

test('a filter is typed and applied at once, and the cursor goes to what fits best', async t => {
	const {session, keys, type, names, selected} = open(t, {workspaces: ['a-w-e-b', 'web', 'x', 'zweb'].map((name, index) => workspaceOf(index, {name}))});
	await type('/we');
	t.deepEqual(names(), ['a-w-e-b', 'web', 'zweb']);
	t.is(selected(), 'web');
	await keys('down');
	t.is(selected(), 'zweb');
	await keys('backspace', 'backspace');
	t.deepEqual(names(), ['a-w-e-b', 'web', 'x', 'zweb']);
	await type('zq');
	t.deepEqual(names(), []);
	t.is(selected(), undefined);
	await keys('backspace', 'enter');
	t.is(session.view.filter, undefined);
	t.is(session.list.wish.filter, 'z');
	t.is(selected(), 'zweb');
	await keys('/');
	t.is(session.view.filter?.text, 'z');
	await keys('escape');
	t.is(session.view.filter, undefined);
	t.is(session.list.wish.filter, '');
	t.is(selected(), 'zweb');
});

test('letters of a filter are no keys, and a paste gets into it', async t => {
	const {session, client, type, paste} = open(t, world);
	await type('/qd');
	await paste('y\n\u001B[2J');
	t.is(session.list.wish.filter, 'qdy [2J');
	t.is(session.view.dialog, undefined);
	t.deepEqual(client.calls, []);
});

test('a filter that is being typed is edited like any line', async t => {
	const {session, keys, type} = open(t, world);
	await type('/one two');
	await keys('ctrl-w', 'home', 'x', 'end', 'left', 'backspace');
	t.is(session.list.wish.filter, 'xon ');
	await keys('ctrl-u');
	t.is(session.list.wish.filter, ' ');
});

test('a filter that is being typed is of the list where it was begun', async t => {
	const {session, keys, type} = open(t, world);
	await type('/web');
	await keys('tab');
	t.is(session.view.tab, 'vm');
	// What is typed now is no filter of that list.
	t.is(session.view.filter, undefined);
	t.is(session.list.wish.filter, '');
	await keys('shift-tab');
	t.is(session.list.wish.filter, 'web');
});

test('a click goes to a row, a tab, a title, the detail', async t => {
	const {session, click, selected} = open(t, world, {size: {columns: 120, rows: 30}});
	const {list, detail} = session.layout;
	await click(5, list!.top + 3);
	t.is(selected(), 'web-2');
	await click(detail!.left + 5, detail!.top + 5);
	t.is(session.view.focus, 'detail');
	await click(5, list!.top + 2);
	t.is(session.view.focus, 'list');
	t.is(selected(), 'web-1');
	await click(2, list!.top + 1);
	t.is(sortOf(session), 'NAME down');
	await click(session.tabs.find(({kind}) => kind === 'vm')!.left + 1, 1);
	t.is(session.view.tab, 'vm');
});

test('a click beside all that does nothing', async t => {
	const {session, click} = open(t, world, {size: {columns: 120, rows: 30}});
	const {view} = session;
	const {list} = session.layout;
	await click(2, 0);
	await click(119, 1);
	await click(60, 29);
	await click(list!.width - 1, list!.top + 1);
	t.is(session.view.tab, view.tab);
	t.deepEqual(session.list.wish, view.lists.workspace.wish);
	t.is(session.view.dialog, undefined);
});

test('where no titles are shown a click sorts by none', async t => {
	const {session, click} = open(t);
	await click(5, session.layout.list!.top + 1);
	t.is(sortOf(session), 'NAME');
});

test('the wheel moves what it is over', async t => {
	const {session, wheel, selected, keys} = open(t, many, {size: {columns: 120, rows: 20}});
	const {list, detail} = session.layout;
	await wheel('down', 5, list!.top + 5);
	t.is(selected(), 'ws-3');
	await wheel('up', 5, list!.top + 5);
	t.is(selected(), 'ws-0');
	await wheel('down', detail!.left + 5, detail!.top + 5);
	t.is(session.view.detailTop, 3);
	t.is(selected(), 'ws-0');
	await keys('enter');
	await wheel('down', 5, list!.top + 5);
	t.is(selected(), 'ws-3');
});

test('with a dialog open the mouse scrolls its pages, and does nothing else', async t => {
	const {session, wheel, click, keys, selected} = open(t, world);
	await keys('?');
	await wheel('down', 5, 10);
	t.is(session.view.dialog?.kind === 'pages' ? session.view.dialog.top : -1, 3);
	await click(5, 6);
	await click(2, 1);
	t.is(session.view.tab, 'workspace');
	await keys('escape', 'i');
	await wheel('down', 5, 5);
	t.is(selected(), 'web-1');
});

test('who presses while nothing is there does no harm', async t => {
	const {session, keys, click, wheel} = open(t);
	for (const key of ['a', 't', 'd', 'y', 'w', 'c', ' ', '*', 'enter', 'end', 'pagedown', 's', 'S', 'e', 'tab', 'escape', 'g']) {
		// eslint-disable-next-line no-await-in-loop
		await t.notThrowsAsync(keys(key));
	}

	await click(5, 5);
	await wheel('down', 5, 5);
	t.is(session.view.dialog, undefined);
	await press(session, {kind: 'paste', text: 'x'});
	t.is(session.selected, undefined);
});

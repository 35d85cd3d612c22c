import {once} from 'node:events';
import test from 'ava';
import {objectPath} from '../../../../dbus/paths.js';
import {columnsOf} from '../../../../tui/app/columns.js';
import {memoryOf} from '../../../../tui/app/memory.js';
import {typingAt} from '../../../../tui/app/typing.js';
import {userNames} from '../../../../tui/output/users.js';
import {noted, open} from './_session.js';
import {
	imageOf, jobOf, vmOf, workspaceOf, type World,
} from './_world.js';

const image = imageOf(1, {name: 'debian'});
const workspaces = [1, 2, 3, 4, 5].map(number => workspaceOf(number, {baseImage: image.path}));
const world: World = {images: [image], workspaces};

test('what others do is shown a moment later, and the cursor stays with its row', async t => {
	const {session, watcher, keys, selected, names} = open(t, world);
	await keys('down', 'down');
	watcher.tell({kind: 'added', object: workspaceOf(0).path, properties: workspaceOf(0)});
	watcher.tell({kind: 'removed', object: workspaces[1]!.path});
	await noted(session);
	t.deepEqual(names(), ['ws-0', 'ws-1', 'ws-3', 'ws-4', 'ws-5']);
	t.is(selected(), 'ws-3');
});

test('when the row at the cursor goes, the next one takes its place', async t => {
	const {session, watcher, keys, selected} = open(t, world);
	await keys('down');
	watcher.tell({kind: 'removed', object: workspaces[1]!.path});
	await noted(session);
	t.is(selected(), 'ws-3');
	await keys('end');
	watcher.tell({kind: 'removed', object: workspaces[4]!.path});
	await noted(session);
	t.is(selected(), 'ws-4');
});

test('what was marked and looked at is there again when nexusd is', async t => {
	const {session, watcher, keys, selected} = open(t, world);
	await keys('down', ' ', 'down');
	t.is(selected(), 'ws-4');
	watcher.mirror.clear(0);
	watcher.turn({state: 'away'});
	await noted(session);
	t.deepEqual(session.rows().rows, []);
	watcher.fill(world);
	watcher.turn({state: 'live'});
	await noted(session);
	t.is(selected(), 'ws-4');
	t.deepEqual(session.chosen.map(({name}) => name), ['ws-2']);
});

test('a list that is hidden for a while is where it was', async t => {
	const {session, keys} = open(t, {workspaces: Array.from({length: 100}, (_, index) => workspaceOf(index))});
	session.moveTo(60);
	session.moveTo(50);
	const {top} = session.list.cursor;
	t.not(top, 50);
	await keys('enter', 'escape', '?', 'escape');
	t.is(session.list.cursor.top, top);
});

test('the detail of another row is looked at from its beginning, however somebody came to it', async t => {
	const size = {columns: 140, rows: 24};
	for (const leave of [['escape', ' '], ['escape', 'down'], ['escape', '/', '4', '*']]) {
		const {session, keys, selected} = open(t, world, {size});
		// eslint-disable-next-line no-await-in-loop
		await keys('enter', 'end');
		t.true(session.view.detailTop > 0);
		// eslint-disable-next-line no-await-in-loop
		await keys(...leave);
		t.not(selected(), 'ws-1');
		t.is(session.view.detailTop, 0);
	}

	const {session, watcher, keys} = open(t, world, {size});
	await keys('enter', 'end');
	watcher.tell({kind: 'removed', object: workspaces[0]!.path});
	await noted(session);
	t.is(session.view.detailTop, 0);
});

test('what is being done is said until it is done, beneath what has happened meanwhile', async t => {
	const {session} = open(t, world);
	let finish!: (text: string) => void;
	const slow = session.perform('Deleting much', async () => new Promise(resolve => {
		finish = resolve;
	}));
	t.deepEqual(session.notice, {kind: 'busy', text: 'Deleting much'});
	await session.perform('Detaching', async () => 'Detached');
	t.is(session.notice?.text, 'Detached');
	session.notify(undefined);
	t.is(session.notice?.text, 'Deleting much');
	const other = session.startTask({
		text: 'Importing', breakOff() {
			t.fail();
		},
	});
	t.is(session.notice?.text, 'Importing (Esc breaks it off), and 1 more');
	other.end();
	finish('Deleted');
	await slow;
	t.deepEqual(session.notice, {kind: 'done', text: 'Deleted'});
	session.notify(undefined);
	t.is(session.notice, undefined);
});

test('what is said while something is being done stays when it is done', async t => {
	const {session, watcher} = open(t, {jobs: [jobOf(1, {name: 'fedora'})]});
	session.expect(jobOf(1).path);
	await session.perform('Canceling job "fedora"', async () => {
		watcher.tell({kind: 'changed', object: jobOf(1).path, properties: {state: 'canceled'}});
		watcher.tell({kind: 'removed', object: jobOf(1).path});
		while (!session.view.notice) {
			// eslint-disable-next-line no-await-in-loop
			await noted(session);
		}

		return 'Canceled job "fedora"';
	});
	t.is(session.notice?.text, 'The import of "fedora" was canceled, and nothing is left of it; Canceled job "fedora"');
});

test('whoever leaves while something waits for its turn is asked, and Ctrl-C asks nobody', async t => {
	for (const leave of [['q', 'y'], ['ctrl-c']]) {
		const {session, keys} = open(t, world);
		let isBrokenOff = false;
		session.startTask({
			text: 'Importing', breakOff() {
				isBrokenOff = true;
			},
		});
		let ends = 0;
		session.on('end', () => {
			ends++;
		});
		/* eslint-disable no-await-in-loop */
		await keys('q');
		t.is(ends, 0);
		t.like(session.view.dialog, {kind: 'question', title: 'Leave?'});
		await keys('n');
		t.false(isBrokenOff);
		await keys(...leave);
		/* eslint-enable no-await-in-loop */
		t.is(ends, 1);
		t.true(isBrokenOff);
		session.end();
		t.is(ends, 1);
	}
});

test('what nobody waits for is opened when nothing else is', t => {
	const {session} = open(t, world);
	const page = (title: string) => ({
		kind: 'pages', title, lines: ['x'], top: 0,
	} as const);
	session.open(page('first'));
	session.offer(page('second'));
	session.offer(page('third'));
	const titles: unknown[] = [];
	while (session.view.dialog) {
		titles.push(session.view.dialog.kind === 'pages' && session.view.dialog.title);
		session.closeDialog();
	}

	t.deepEqual(titles, ['first', 'second', 'third']);
});

test('what is gone to before its signal has come is gone to when it has', async t => {
	const {session, watcher, selected, keys} = open(t, world);
	session.goTo(workspaceOf(9).path);
	t.is(selected(), 'ws-1');
	watcher.tell({kind: 'added', object: workspaceOf(9).path, properties: workspaceOf(9)});
	await noted(session);
	t.is(selected(), 'ws-9');
	// Whoever goes elsewhere meanwhile stays there.
	session.goTo(workspaceOf(10).path);
	await keys('home');
	watcher.tell({kind: 'added', object: workspaceOf(10).path, properties: workspaceOf(10)});
	await noted(session);
	t.is(selected(), 'ws-1');
});

test('hundreds of signals are one change', async t => {
	const {session, watcher} = open(t, world);
	let changes = 0;
	session.on('change', () => {
		changes++;
	});
	for (let number = 100; number < 600; number++) {
		watcher.tell({kind: 'added', object: workspaceOf(number).path, properties: workspaceOf(number)});
	}

	t.is(changes, 0);
	await noted(session);
	t.is(changes, 1);
});

test('a key means what was shown, also when that has gone since', async t => {
	const {session, watcher, keys, selected, names} = open(t, world);
	await keys('down');
	const detail = session.detailIn(60);
	watcher.tell({kind: 'removed', object: workspaces[1]!.path});
	t.is(selected(), 'ws-2');
	t.is(session.detailIn(60), detail);
	t.deepEqual(session.chosen.map(({name}) => name), ['ws-2']);
	await noted(session);
	t.is(selected(), 'ws-3');
	t.false(names().includes('ws-2'));
});

test('what is marked is no longer when it is gone', async t => {
	const {session, watcher, keys} = open(t, world);
	await keys('*');
	watcher.tell({kind: 'removed', object: workspaces[0]!.path});
	await noted(session);
	t.is(session.list.marked.size, 4);
	t.deepEqual(session.chosen.map(({name}) => name), ['ws-2', 'ws-3', 'ws-4', 'ws-5']);
});

test('what is marked in a list that is not shown is no longer either, when it is gone', async t => {
	const {session, watcher, keys} = open(t, world);
	await keys('*', '3');
	watcher.tell({kind: 'removed', object: workspaces[0]!.path});
	await noted(session);
	await keys('2');
	t.is(session.list.marked.size, 4);
});

test('marks of rows that a filter hides count for nothing', async t => {
	const {session, keys, type} = open(t, world);
	await keys(' ', 'end', ' ');
	await type('/ws-5');
	await keys('enter');
	t.deepEqual(session.chosen.map(({name}) => name), ['ws-5']);
});

test('how an import ended that was begun here is said, and of no other', async t => {
	const {session, watcher, said} = open(t, {jobs: [jobOf(1, {name: 'fedora'}), jobOf(2, {name: 'other'})]});
	session.expect(jobOf(1).path);
	watcher.tell({kind: 'changed', object: jobOf(2).path, properties: {state: 'failed', message: 'no space left'}});
	watcher.tell({kind: 'removed', object: jobOf(2).path});
	await noted(session);
	t.is(session.view.notice, undefined);
	watcher.tell({kind: 'changed', object: jobOf(1).path, properties: {state: 'done', message: 'done'}});
	watcher.tell({kind: 'removed', object: jobOf(1).path});
	await noted(session);
	t.is(await said(), 'Imported image "fedora"');
});

test('an import that failed says why, one that was canceled that nothing is left, one that was lost that it was', async t => {
	const end = async (state: string, message: string): Promise<string> => {
		const {session, watcher} = open(t, {jobs: [jobOf(1, {name: 'fedora'})]});
		session.expect(jobOf(1).path);
		watcher.tell({kind: 'changed', object: jobOf(1).path, properties: {state, message}});
		watcher.tell({kind: 'removed', object: jobOf(1).path});
		await noted(session);
		const {kind, text} = session.view.notice!;
		return `${kind}: ${text}`;
	};

	t.is(await end('failed', 'cannot read /a\u001B[2J'), String.raw`error: the import of "fedora" failed: cannot read /a\x1b[2J`);
	t.is(await end('canceled', 'canceled'), 'done: The import of "fedora" was canceled, and nothing is left of it');
	const {session, watcher} = open(t, {jobs: [jobOf(1, {name: 'fedora'})]});
	session.expect(jobOf(1).path);
	watcher.mirror.clear(100);
	watcher.turn({state: 'away'});
	await noted(session);
	t.is(session.view.notice?.kind, 'error');
	t.regex(session.view.notice!.text, /^the import of "fedora" was lost: /);
});

test('of imports that end together none is forgotten, and what went wrong is read first', async t => {
	const {session, watcher} = open(t, {jobs: [jobOf(1, {name: 'one'}), jobOf(2, {name: 'two'})]});
	for (const [number, state] of [[1, 'done'], [2, 'failed']] as const) {
		session.expect(jobOf(number).path);
		watcher.tell({kind: 'changed', object: jobOf(number).path, properties: {state, message: 'no space'}});
		watcher.tell({kind: 'removed', object: jobOf(number).path});
	}

	await noted(session);
	t.deepEqual(session.notice, {kind: 'error', text: 'the import of "two" failed: no space; Imported image "one"'});
});

test('an import that had ended before anybody could wait for it is said too', async t => {
	const {session, watcher} = open(t, {jobs: [jobOf(1, {name: 'fedora'})]});
	watcher.tell({kind: 'changed', object: jobOf(1).path, properties: {state: 'done'}});
	watcher.tell({kind: 'removed', object: jobOf(1).path});
	session.expect(jobOf(1).path);
	while (!session.view.notice) {
		// eslint-disable-next-line no-await-in-loop
		await noted(session);
	}

	t.is(session.view.notice.text, 'Imported image "fedora"');
});

test('who goes to something sees it, whatever its list filters', t => {
	const {session, selected} = open(t, {...world, vms: [vmOf(1)]}, {view: {tab: 'vm', focus: 'detail'}});
	session.wish({filter: 'nothing'});
	session.goTo(workspaces[3]!.path);
	t.is(session.view.tab, 'workspace');
	t.is(session.view.focus, 'list');
	t.is(selected(), 'ws-4');
	session.goTo(vmOf(1).path);
	t.is(session.list.wish.filter, '');
	t.is(selected(), 'vm-1');
	session.goTo('/');
	t.is(session.view.tab, 'vm');
});

test('a filter is kept where it shows what is gone to, also when nothing of that was drawn yet', t => {
	const {session, watcher, selected} = open(t, world);
	session.wish({filter: 'ws'});
	watcher.tell({kind: 'added', object: workspaceOf(9).path, properties: workspaceOf(9)});
	session.goTo(workspaceOf(9).path);
	t.is(selected(), 'ws-9');
	t.is(session.list.wish.filter, 'ws');
});

test('a filter is kept where it shows what is gone to', t => {
	const {session, selected} = open(t, world);
	session.wish({filter: 'ws-4'});
	session.goTo(workspaces[3]!.path);
	t.is(session.list.wish.filter, 'ws-4');
	t.is(selected(), 'ws-4');
});

test('whatever size the screen gets, the cursor stays in sight', t => {
	const {session} = open(t, {workspaces: Array.from({length: 100}, (_, index) => workspaceOf(index))});
	session.moveTo(60);
	for (const rows of [10, 50, 12, 100, 24, 5]) {
		for (const columns of [40, 120, 80, 20]) {
			session.update({size: {columns, rows}});
			const {list: {cursor}, layout} = session;
			t.is(cursor.at, 60);
			const height = layout.list ? layout.list.height - 3 : 1;
			t.true(cursor.top <= 60 && cursor.top + height > 60);
		}
	}
});

test('what stands on small screens is measured for what is drawn, which is no smaller than the smallest', t => {
	const {session} = open(t, world, {size: {columns: 20, rows: 6}});
	session.notify({kind: 'error', text: 'fifty characters would be too many for a line of it.'});
	const small = session.layout;
	session.update({size: {columns: 40, rows: 10}});
	t.deepEqual(small, session.layout);
});

test('a detail that gets shorter, or more room, is scrolled back as far as it must be', async t => {
	const {session, watcher, keys} = open(t, {...world, vms: [vmOf(1)]}, {size: {columns: 80, rows: 12}});
	await keys('enter', 'end');
	const {length} = session.detail;
	t.is(session.view.detailTop, length - 7);
	session.update({size: {columns: 80, rows: 20}});
	t.is(session.view.detailTop, length - 15);
	watcher.tell({kind: 'changed', object: workspaces[0]!.path, properties: {baseImage: '/'}});
	await noted(session);
	t.true(session.detail.length < length);
	t.is(session.view.detailTop, session.detail.length - 15);
	session.update({size: {columns: 80, rows: 60}});
	t.is(session.view.detailTop, 0);
});

test('users get their names as soon as they are known, and lists are sorted and filtered by them', async t => {
	const names = await userNames([0, 1, 2]);
	if (names.size < 3) {
		t.log('this machine has other users');
		t.pass();
		return;
	}

	const owned: World = {workspaces: [0, 1, 2].map(owner => workspaceOf(owner, {owner}))};
	const {session} = open(t, owned);
	const column = columnsOf('workspace').findIndex(({title}) => title === 'OWNER');
	session.wish({sort: {column, descending: false}});
	const owners = (): string[] => session.rows().rows.map(row => columnsOf('workspace')[column]!.cell(row, session.surroundings));
	while (owners().some(owner => /^\d+$/.test(owner))) {
		// eslint-disable-next-line no-await-in-loop
		await noted(session);
	}

	t.deepEqual(owners(), [...names.values()].sort());
	session.wish({filter: names.get(1)!});
	t.true(session.rows().rows.some(({name}) => name === 'ws-1'));
});

test('what nexusd knows of the thing at the cursor is asked for when the cursor stays there, and not on the way', async t => {
	const {session, client, keys} = open(t, world);
	const asked = new Promise<string>(resolve => {
		client.onLook = object => {
			resolve(session.nameOf(object));
		};
	});
	await keys('down', 'down', 'up', 'down', 'down');
	t.is(await asked, 'ws-4');
});

test('when it is over nothing changes any more, whatever comes', async t => {
	const {session, watcher, keys} = open(t, world);
	let isOver = false;
	session.on('change', () => {
		t.false(isOver);
	});
	const ended = once(session, 'end');
	await keys('q');
	await ended;
	isOver = true;
	const {view} = session;
	watcher.tell({kind: 'removed', object: workspaces[0]!.path});
	watcher.turn({state: 'away'});
	await session.perform('late', async () => 'later');
	session.update({});
	t.is(session.view, view);
});

test('what is remembered is the list, its order and its filter', async t => {
	const {session, keys, type} = open(t, world);
	await type('/x');
	await keys('enter', 's', 'e', 'i', 'escape', '4');
	t.deepEqual(memoryOf(session.view), {
		tab: 'job',
		lists: {
			...memoryOf(session.view).lists,
			workspace: {sort: {column: 1, descending: false}, filter: 'x'},
		},
	});
});

test('the cursor of the terminal is where somebody types, and nowhere else', async t => {
	const {session, keys, type} = open(t, world);
	t.is(typingAt(session), undefined);
	await type('/we');
	t.deepEqual(typingAt(session), {x: 4, y: 23});
	await keys('left');
	t.deepEqual(typingAt(session), {x: 3, y: 23});
	await keys('escape', ':');
	const {dialog} = session.layout;
	t.deepEqual(typingAt(session), {x: 3, y: dialog!.top + 1});
	await type('ab');
	t.deepEqual(typingAt(session), {x: 5, y: dialog!.top + 1});
	await keys('escape', 'n', 'down');
	t.is(typingAt(session)!.y, session.layout.dialog!.top + 2);
	await keys('escape', 'd');
	t.is(typingAt(session), undefined);
	await keys('n', '?');
	t.is(typingAt(session), undefined);
});

test('a job is timed from what its signals tell', async t => {
	const {session, watcher} = open(t, {jobs: [jobOf(1)]});
	t.is(session.paceOf(jobOf(1).path), undefined);
	t.is(session.paceOf(objectPath('job', 9)), undefined);
	watcher.tell({kind: 'changed', object: jobOf(1).path, properties: {progress: 0.5}});
	await noted(session);
	// Nobody can tell after so short a time.
	t.is(session.paceOf(jobOf(1).path), undefined);
});

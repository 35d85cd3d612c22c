import test, {type ExecutionContext} from 'ava';
import fc from 'fast-check';
import {Speaker} from '../../../../tui/app/plain.js';
import {noted, open, type Stage} from './_session.js';
import {
	imageOf, jobOf, vmOf, workspaceOf, type World,
} from './_world.js';

const image = imageOf(1, {name: 'debian'});
const world: World = {
	images: [image], vms: [vmOf(1, {name: 'proxy'})], workspaces: [1, 2, 3].map(number => workspaceOf(number, {baseImage: image.path})),
};

/** What is said: each time all that was written since. */
function listen(t: ExecutionContext, world: World): Stage & {heard: () => string; lines: () => string[]} {
	const stage = open(t, world);
	let written = '';
	const speaker = new Speaker(stage.session, text => {
		written += text;
	});
	stage.session.on('change', () => {
		speaker.speak();
	});
	stage.session.update({});
	const heard = (): string => {
		const said = written;
		written = '';
		return said;
	};

	return {...stage, heard, lines: () => heard().split('\r\n').filter(Boolean)};
}

test('at first it is said how things stand, what is listed, which keys there are, and what the cursor is at', t => {
	const {lines} = listen(t, world);
	const [state, place, keys, row, ...others] = lines();
	t.is(state, 'nexusd: live on the system bus. The pool: 25 GiB of 100 GiB (25%) used.');
	t.is(place, 'Workspaces: 3, sorted by NAME.');
	t.regex(keys!, /^Keys: n new, a attach, .*, q quit\.$/);
	t.regex(row!, /^ws-1, 1 of 3: base debian, vm -, size 2 GiB, age \w+, owner \w+, use -\.$/);
	t.deepEqual(others, []);
});

test('only what has become another is said', async t => {
	const {lines, keys, heard, session} = listen(t, world);
	heard();
	await keys('down');
	t.deepEqual(lines().map(line => line.split(':')[0]), ['ws-2, 2 of 3']);
	await keys('end', 'down');
	t.deepEqual(lines().map(line => line.split(':')[0]), ['ws-3, 3 of 3']);
	session.update({});
	await keys('escape');
	t.is(heard(), '');
});

test('nobody is told of what changes by itself all the time', async t => {
	const {heard, session, watcher} = listen(t, {jobs: [jobOf(1)]});
	session.update({tab: 'job'});
	heard();
	for (const progress of [0.3, 0.4, 0.5]) {
		watcher.tell({kind: 'changed', object: jobOf(1).path, properties: {progress, message: `at ${progress}`}});
		// eslint-disable-next-line no-await-in-loop
		await noted(session);
	}

	t.is(heard(), '');
});

test('what matters of the row at the cursor is told when others change it', async t => {
	const {lines, session, watcher, heard} = listen(t, world);
	heard();
	watcher.tell({kind: 'changed', object: workspaceOf(1).path, properties: {vm: vmOf(1).path}});
	await noted(session);
	t.regex(lines().join('\n'), /^ws-1, 1 of 3: base debian, vm proxy, /);
});

test('another list is said with how it is sorted and filtered', async t => {
	const {lines, keys, type, heard} = listen(t, world);
	heard();
	await keys('1');
	t.deepEqual(lines().map(line => line.split(/[:.]/)[0]), ['Images', 'Keys', 'debian, 1 of 1']);
	await keys('s', 'S');
	t.deepEqual(lines().filter(line => line.startsWith('Images')), ['Images: 1, sorted by SIZE.', 'Images: 1, sorted by SIZE, descending.']);
	await keys('2');
	heard();
	await type('/base:debian');
	await keys('enter');
	t.true(heard().includes('Workspaces: 3 of 3 match base:debian, sorted by NAME.\r\n'));
});

test('marks are said with their row', async t => {
	const {lines, keys, heard} = listen(t, world);
	heard();
	await keys(' ', 'up');
	t.true(lines().some(line => line.startsWith('ws-1, 1 of 3, marked: ')));
});

test('the line that is typed is written in its place, and nothing else with it', async t => {
	const {keys, type, heard, paste} = listen(t, world);
	await keys(':');
	t.true(heard().endsWith(':'));
	await type('ws');
	t.is(heard(), '\r\u001B[K:w\r\u001B[K:ws');
	await paste(' list');
	t.is(heard(), '\r\u001B[K:ws list');
	await keys('ctrl-u');
	t.is(heard(), '\r\u001B[K:');
	await keys('left');
	t.is(heard(), '');
});

test('the field of a form is said, and typed on a line with its name', async t => {
	const {keys, type, heard, lines} = listen(t, world);
	heard();
	await keys('n');
	t.is(heard(), 'Create workspaces, field 1 of 3: Image, debian if left empty; to start from. Enter does it, Tab goes on, Esc cancels.\r\nImage: ');
	await keys('down');
	t.is(heard(), '\r\nCreate workspaces, field 2 of 3: Name, left out, it is made from the image\'s. Enter does it, Tab goes on, Esc cancels.\r\nName: ');
	await type('x');
	t.is(heard(), '\r\u001B[KName: x');
	await keys('escape', 'a', 'down');
	heard();
	await keys(' ');
	t.deepEqual(lines(), ['Attach workspace "ws-1", field 2 of 3: Root disk, yes. Space changes it. Enter does it, Tab goes on, Esc cancels.']);
});

test('what a text could become is said', async t => {
	const {keys, type, lines, heard} = listen(t, {...world, images: [imageOf(1, {name: 'debian-11'}), imageOf(2, {name: 'debian-12'})]});
	await keys('n', 'ctrl-u');
	await type('d');
	heard();
	await keys('tab');
	t.deepEqual(lines(), ['debian-11, debian-12', 'Image: debian-1']);
});

test('a problem is said with what to do about it', async t => {
	const {keys, client, said, heard, lines} = listen(t, world);
	client.answer = () => {
		throw new Error('Nobody is there.');
	};

	await keys('i', 'enter');
	t.true(heard().includes('Folder is missing.\r\n'));
	await keys('escape', 't');
	heard();
	await said();
	t.deepEqual(lines(), ['Error: Nobody is there.']);
});

test('questions, menus and pages are said whole', async t => {
	const {keys, heard, lines} = listen(t, world);
	heard();
	await keys('d');
	t.deepEqual(lines(), ['Delete workspace "ws-1"?', 'All that was written to it is lost.', 'y yes · n no']);
	await keys('n', 'y');
	t.true(heard().includes('n  name'));
	await keys('escape', '?');
	t.true(heard().includes('mark it, or take the mark back'));
	await keys('escape');
	heard();
	await keys('d');
	t.is(lines()[0], 'Delete workspace "ws-1"?');
});

test('the detail is said when it is looked at', async t => {
	const {keys, heard, lines} = listen(t, world);
	heard();
	await keys('enter');
	const said = lines();
	t.true(said.includes('Name        ws-1'));
	t.true(said.includes('/srv/nexus/workspaces/ws-1/disk.raw'));
	t.is(said.at(-1), 'Esc leads back to the list.');
	await keys('escape');
	t.is(heard(), '');
});

test('when nexusd goes that is said, and nothing of what it had', async t => {
	const {session, watcher, heard, lines} = listen(t, world);
	heard();
	watcher.mirror.clear(0);
	watcher.turn({state: 'away'});
	await noted(session);
	t.deepEqual(lines(), ['nexusd: nexusd is not running.', 'nexusd has left the bus.', 'What it has is shown as soon as it is back. R starts it.']);
	watcher.turn({state: 'unreachable', message: 'evil\u001B[2J'});
	await noted(session);
	t.true(heard().includes(String.raw`Evil\x1b[2J.`));
});

// eslint-disable-next-line no-control-regex
const cursorBack = /\u001B\[\d+D/g;

test('nothing that is said acts upon the terminal, whatever it is about', async t => {
	const odd = fc.string({unit: fc.constantFrom('a', '\u001B', '[2J', '\n', '\r', '\u202E', '\u009B', '日'), minLength: 1, maxLength: 20});
	await fc.assert(fc.asyncProperty(odd, async text => {
		const job = jobOf(1, {message: text});
		const workspace = workspaceOf(1, {devicePath: `/${text}`});
		const {session, keys, heard, watcher} = listen(t, {jobs: [job], workspaces: [workspace]});
		await keys('enter', 'escape', 'y', 'p', 'y', 'escape', '4', 'enter', 'escape');
		session.notify({kind: 'error', text, hint: text});
		session.open({
			kind: 'pages', title: text, lines: [text, text], top: 0,
		});
		session.open({kind: 'prompt', line: {text, cursor: 0}, candidates: [text, `${text}x`]});
		session.closeDialog();
		watcher.turn({state: 'failed', message: text});
		session.update({});
		t.notRegex(heard().replaceAll('\r\n', '').replaceAll('\r\u001B[K', '').replaceAll(cursorBack, ''), /[\p{Cc}\u202A-\u202E\u2066-\u2069]/u);
	}), {numRuns: 50});
});

test('who has an order that a list has not is told of the first', t => {
	const {session, heard} = listen(t, world);
	session.updateList({wish: {sort: {column: 9, descending: false}, filter: ''}}, 'image');
	t.notThrows(() => {
		session.update({tab: 'image'});
	});
	t.true(heard().includes('Images: 1, sorted by NAME.'));
});

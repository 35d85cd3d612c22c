import {EventEmitter, once} from 'node:events';
import test, {type ExecutionContext} from 'ava';
import {render} from 'ink';
import stringWidth from 'string-width';
import {kinds} from '../../../../dbus/paths.js';
import {Canvas} from '../../../../tui/app/canvas.js';
import {isIn, type Area, type Size} from '../../../../tui/app/layout.js';
import {Screen} from '../../../../tui/app/screen/screen.js';
import type {Session} from '../../../../tui/app/session.js';
import {typingAt} from '../../../../tui/app/typing.js';
import type {LinkState} from '../../../../tui/mirror/watcher.js';
import {noted, open} from './_session.js';
import {frameOf, Keyboard, show} from './_screen.js';
import {Terminal} from './_terminal.js';
import {
	imageOf, jobOf, vmOf, workspaceOf, type World,
} from './_world.js';

const complaints: unknown[] = [];
console.error = (...texts: unknown[]) => {
	complaints.push(texts);
};

const sizes: readonly Size[] = [[60, 15], [80, 24], [100, 30], [120, 40], [250, 80]].map(([columns, rows]) => ({columns: columns!, rows: rows!}));

const image = imageOf(1, {name: 'debian', workspaces: 200});
const vm = vmOf(1, {name: 'proxy', state: 'running'});
const many: World = {
	images: [image, ...Array.from({length: 60}, (_, index) => imageOf(index + 2))],
	workspaces: Array.from({length: 200}, (_, index) => workspaceOf(index, {baseImage: image.path, vm: index % 2 === 0 ? vm.path : '/'})),
	vms: [vm, ...Array.from({length: 60}, (_, index) => vmOf(index + 2, {state: 'crashed'}))],
	jobs: Array.from({length: 60}, (_, index) => jobOf(index + 1)),
};

const long = 'x'.repeat(64);
const odd = `日本語 e\u0301 🇩🇪 ${'größe '.repeat(30)}\u001B[2J\n\u202E`;
const wide: World = {
	images: [imageOf(1, {name: long, workspaces: 1_000_000, size: 2 ** 50})],
	workspaces: [workspaceOf(1, {
		name: long, baseImage: imageOf(1).path, vm: vmOf(1).path, owner: 4_000_000_000, size: 2 ** 50, devicePath: `/srv/${'größe/日本'.repeat(20)}`, rootDevice: true, readOnly: true,
	})],
	vms: [vmOf(1, {name: long, cid: 4_294_967_295, memoryMiB: (2 ** 32) - 1})],
	jobs: [jobOf(1, {name: long, message: odd})],
};

const links: readonly LinkState[] = [
	{state: 'opening'},
	{state: 'starting'},
	{state: 'loading'},
	{state: 'live'},
	{state: 'away'},
	{state: 'unreachable', message: odd},
	{state: 'failed', message: 'it was refused. '.repeat(20)},
];

const worlds: Readonly<Record<string, World>> = {empty: {}, many, wide};

// Every frame fills the screen to its edges and not beyond.
function checkFrame(t: ExecutionContext, session: Session, about: string): void {
	const {layout} = session;
	const lines = frameOf(session);
	t.is(lines.length, layout.rows, about);
	t.deepEqual(lines.filter(line => stringWidth(line) > layout.columns), [], about);
	for (const area of [layout.list, layout.detail, layout.dialog].filter(area => area !== undefined)) {
		checkArea(t, lines, area, about);
	}
}

function checkArea(t: ExecutionContext, lines: readonly string[], {left, top, width, height}: Area, about: string): void {
	const rows = lines.slice(top, top + height).map(line => columnsOf(line));
	t.is(rows.map(row => row[left]).join(''), `╭${'│'.repeat(height - 2)}╰`, about);
	t.is(rows.map(row => row[left + width - 1]).join(''), `╮${'│'.repeat(height - 2)}╯`, about);
}

const segmenter = new Intl.Segmenter();

// What stands in each column: a character in the first of those that it takes.
const columnsOf = (line: string): string[] => Array.from(segmenter.segment(line), ({segment}) => segment)
	.flatMap(character => [character, ...Array.from({length: stringWidth(character) - 1}, () => '')]);

for (const size of sizes) {
	const name = `${size.columns}×${size.rows}`;

	test(`${name}: every list`, t => {
		for (const [about, world] of Object.entries(worlds)) {
			for (const tab of kinds) {
				const {session} = open(t, world, {size, view: {tab}});
				checkFrame(t, session, `${about}, ${tab}`);
			}
		}
	});

	test(`${name}: every detail, with exact figures`, t => {
		for (const tab of kinds) {
			const {session} = open(t, wide, {size, view: {tab, focus: 'detail', exact: true}});
			checkFrame(t, session, tab);
		}
	});

	test(`${name}: every kind of dialog, with a notice that is long`, async t => {
		for (const keys of [['n'], ['i', 'tab'], ['3', 'n'], ['a', 'enter'], ['d'], ['?', 'end'], ['y'], [':', 't', 'tab']]) {
			const {session, keys: press} = open(t, wide, {size});
			// eslint-disable-next-line no-await-in-loop
			await press(...keys);
			session.notify({kind: 'error', text: odd});
			checkFrame(t, session, keys.join(' '));
		}

		const {session, keys} = open(t, many, {size});
		await keys('*', 'd');
		checkFrame(t, session, 'a question about many');
	});

	test(`${name}: every state of nexusd and the bus`, t => {
		for (const link of links) {
			const {session, watcher} = open(t, many, {size});
			watcher.turn(link);
			checkFrame(t, session, link.state);
		}
	});

	test(`${name}: a filter, marks, warnings, and the cursor at the end`, async t => {
		const {session, watcher, keys, type} = open(t, many, {size});
		watcher.fill(many, {warnings: [odd, 'x'], removing: 1234, poolFree: 0});
		await keys('*', 'end');
		await type('/1');
		checkFrame(t, session, 'filter');
	});
}

test('screens that are smaller than anything is drawn for', async t => {
	for (const size of [{columns: 20, rows: 5}, {columns: 39, rows: 9}, {columns: 40, rows: 10}, {columns: 41, rows: 11}]) {
		for (const keys of [[], ['n'], ['d'], ['?'], ['3', 'n']]) {
			const stage = open(t, many, {size});
			// eslint-disable-next-line no-await-in-loop
			await stage.keys(...keys);
			const lines = frameOf(stage.session);
			t.is(lines.length, stage.session.layout.rows);
		}
	}
});

test('how far a job is stands above its detail, which is scrolled beneath it', async t => {
	for (const rows of [10, 11, 12, 13, 14, 24]) {
		const {session, keys} = open(t, {jobs: [jobOf(1, {name: 'fedora', message: 'writing'})]}, {size: {columns: 70, rows}, view: {tab: 'job', focus: 'detail'}});
		const seen = new Set<string>();
		for (let line = 0; line < 7; line++) {
			const shown = frameOf(session).slice(3, -2).map(line => line.slice(2, -2).trimEnd());
			t.deepEqual([shown[0], shown[1]!.includes(' 25%  256 MiB of 1 GiB'), shown[2], shown[3]], ['Importing image "fedora"', true, 'writing', '']);
			for (const line of shown) {
				seen.add(line);
			}

			// eslint-disable-next-line no-await-in-loop
			await keys('down');
		}

		for (const fact of ['Name        fedora', 'Kind        import', 'State       running', 'Message     writing', 'To write    1 GiB', 'Number      1']) {
			t.true(seen.has(fact), `${rows} ${fact}`);
		}
	}
});

const thousands: World = {workspaces: Array.from({length: 10_000}, (_, index) => workspaceOf(index, {name: `ws-${index}`}))};

test('of thousands of rows only those in sight are looked at, and drawn', async t => {
	const {session, watcher, keys} = open(t, thousands, {size: {columns: 80, rows: 24}});
	const looked = new Set<string>();
	for (const workspace of watcher.mirror.all('workspace').values()) {
		const {size} = workspace;
		Object.defineProperty(workspace, 'size', {
			get() {
				looked.add(workspace.name);
				return size;
			},
		});
	}

	const {lines, after} = show(t, session);
	const rows = (): string[] => lines().map(line => /ws-\d+/.exec(line)?.[0]).filter(name => name !== undefined);
	const first = Array.from({length: 18}, (_, index) => `ws-${index}`);
	looked.clear();
	session.update({});
	await after(() => {
		session.update({});
	});
	t.deepEqual(rows(), first);
	t.deepEqual([...looked].filter(name => !first.includes(name)), []);
	await after(() => {
		session.moveTo(Number.MAX_SAFE_INTEGER);
	});
	const last = Array.from({length: 18}, (_, index) => `ws-${index + 10_000 - 18}`);
	t.deepEqual(rows(), last);
	t.true(lines()[2]!.includes(' Workspaces · 10,000/10,000 '));
	t.true([...looked].every(name => first.includes(name) || last.includes(name)));
	await keys('home');
	t.true(looked.size <= 2 * 18);
});

test('the screen is drawn anew when something has changed, and shows where the cursor is', async t => {
	const {session, watcher} = open(t, {workspaces: [workspaceOf(1), workspaceOf(2)]});
	const {lines, after} = show(t, session);
	const rows = (lines: readonly string[]): string[] => lines.slice(4, 7).map(line => line.slice(2, 10).trimEnd());
	t.deepEqual(rows(lines()), ['> ws-1', '  ws-2', '']);
	t.deepEqual(rows(await after(() => {
		session.move(1);
	})), ['  ws-1', '> ws-2', '']);
	t.deepEqual(rows(await after(() => {
		watcher.tell({kind: 'added', object: workspaceOf(0).path, properties: workspaceOf(0)});
	})), ['  ws-0', '  ws-1', '> ws-2']);
});

test('what is typed reaches the session, in its order, also what comes while a completion is waited for', async t => {
	const {session, said, client} = open(t, {images: [image], workspaces: [workspaceOf(1), workspaceOf(2)]});
	client.answer = () => workspaceOf(2).path;
	const {type} = show(t, session);
	await type('j');
	t.is(session.selected?.name, 'ws-2');
	// The first Tab completes, the second goes on.
	await type('n\u0015deb\t\tmine\r');
	while (session.view.dialog) {
		// eslint-disable-next-line no-await-in-loop
		await noted(session);
	}

	await said();
	t.deepEqual(client.calls, [['createWorkspace', 'debian', 'mine', {}]]);
	await type('/\u001B[200~ws-1\u001B[201~');
	t.is(session.list.wish.filter, 'ws-1');
	await type('\r\u001B[<65;5;6M');
	const ended = once(session, 'end');
	void type('q');
	await t.notThrowsAsync(ended);
});

test('nothing there, nothing that matches, and nobody who answers are said', async t => {
	const {session, watcher} = open(t);
	const {lines, after} = show(t, session);
	t.true(lines().join(' ').includes('There is no image yet. i imports a folder that holds a root filesystem.'));
	t.true((await after(() => {
		watcher.fill({images: [imageOf(1)]});
	})).join(' ').includes('There is no workspace yet. n makes one of an image.'));
	watcher.fill({workspaces: [workspaceOf(1)]});
	t.true((await after(() => {
		session.wish({filter: 'q'});
	})).join(' ').includes('Nothing matches the filter. Esc takes it back.'));
	t.true((await after(() => {
		watcher.turn({state: 'away'});
	})).join(' ').includes('nexusd has left the bus.'));
});

/** A terminal that shows a session by a canvas, as it is opened. */
function showOn(t: ExecutionContext, session: Session): {terminal: () => Terminal; resize: (size: Size) => void; drawn: () => Promise<unknown>} {
	let terminal = new Terminal(session.view.size);
	const written = new EventEmitter();
	const canvas = new Canvas({
		size: session.view.size,
		write(bytes) {
			terminal.write(bytes);
			written.emit('write');
		},
		cursor: () => typingAt(session),
	});
	canvas.reset(session.view.size);
	const {unmount} = render(<Screen session={session}/>, {
		stdout: canvas.asStdout, stdin: new Keyboard() as unknown as NodeJS.ReadStream, debug: true, exitOnCtrlC: false, patchConsole: false,
	});
	t.teardown(() => {
		canvas.close();
		unmount();
	});
	return {
		terminal: () => terminal,
		resize(size) {
			terminal = new Terminal(size);
			canvas.reset(size);
			session.update({size});
		},
		drawn: async () => once(written, 'write'),
	};
}

test('a terminal shows the frame, whatever size it gets, and the cursor where somebody types', async t => {
	const {session, keys} = open(t, many);
	const {terminal, resize, drawn} = showOn(t, session);
	await keys('n', 'down');
	for (const size of [...sizes, {columns: 40, rows: 10}, {columns: 80, rows: 24}]) {
		const next = drawn();
		resize(size);
		// eslint-disable-next-line no-await-in-loop
		await next;
		t.deepEqual(terminal().lines, frameOf(session).map(line => line.trimEnd()));
		t.deepEqual(terminal().cursor, typingAt(session));
		const {x, y} = typingAt(session)!;
		t.true(isIn(x, y, session.layout.dialog));
	}
});

test('on a terminal that is smaller than anything is drawn for, the rest is cut off', async t => {
	const {session} = open(t, many);
	const {terminal, resize, drawn} = showOn(t, session);
	const next = drawn();
	resize({columns: 25, rows: 7});
	await next;
	t.deepEqual(terminal().lines.map(line => line.slice(0, 24).trimEnd()), frameOf(session).slice(0, 7).map(line => line.slice(0, 24).trimEnd()));
});

test.after('React had nothing to complain about', t => {
	t.deepEqual(complaints, []);
});

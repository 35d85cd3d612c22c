import {mkdir} from 'node:fs/promises';
import path from 'node:path';
import test from 'ava';
import {DBusError} from 'dbus-next';
import {busErrors, errorPrefix} from '../../../../dbus/errors.js';
import {objectPath} from '../../../../dbus/paths.js';
import type {Session} from '../../../../tui/app/session.js';
import type {Form, Question} from '../../../../tui/app/view.js';
import {temporaryFolder} from '../../../support/folder.js';
import {noted, open, type Stage} from './_session.js';
import {
	imageOf, jobOf, vmOf, workspaceOf, type World,
} from './_world.js';

const images = [imageOf(1, {name: 'debian-12', workspaces: 3}), imageOf(2, {name: 'debian-11'}), imageOf(3, {name: 'alpine'})];
const vms = [vmOf(1, {name: 'proxy', workspaces: [workspaceOf(2).path]}), vmOf(2, {name: 'database', state: 'running'})];
const workspaces = [
	workspaceOf(1, {name: 'web-1', baseImage: images[0]!.path}),
	workspaceOf(2, {name: 'web-2', baseImage: images[0]!.path, vm: vms[0]!.path}),
	workspaceOf(3, {name: 'web-3', baseImage: images[0]!.path}),
];
const world: World = {
	images, workspaces, vms, jobs: [jobOf(1), jobOf(2)],
};

function formIn({view: {dialog}}: Session): Form {
	if (dialog?.kind !== 'form') {
		throw new Error(`there is no form, but ${dialog?.kind ?? 'nothing'}`);
	}

	return dialog;
}

function questionIn({view: {dialog}}: Session): Question {
	if (dialog?.kind !== 'question') {
		throw new Error(`there is no question, but ${dialog?.kind ?? 'nothing'}`);
	}

	return dialog;
}

const textsIn = (session: Session): string[] => formIn(session).fields.map(({line, fallback = ''}) => line.text || fallback);
const problemIn = (session: Session): string | undefined => formIn(session).problem?.text;
const inUse = new DBusError(`${errorPrefix}AlreadyExists`, 'the name is taken');
const denied = new DBusError(busErrors.accessDenied, 'you may not');

/** Nexusd makes what it is asked for, and tells of it before it answers. */
function obey({watcher, client}: Stage): void {
	let number = 100;
	client.answer = ([method, first, second]) => {
		number++;
		if (method === 'createWorkspace') {
			const workspace = workspaceOf(number, {name: second === '' ? 'generated' : second as string, baseImage: images.find(({name}) => name === first)!.path});
			watcher.tell({kind: 'added', object: workspace.path, properties: workspace});
			return workspace.path;
		}

		if (method === 'createVm') {
			const vm = vmOf(number, {name: first as string});
			watcher.tell({kind: 'added', object: vm.path, properties: vm});
			return vm.path;
		}

		if (method === 'importImage') {
			const job = jobOf(number, {name: first as string});
			watcher.tell({kind: 'added', object: job.path, properties: job});
			return job.path;
		}

		return undefined;
	};
}

test('a workspace is made of the image at the cursor, and gone to', async t => {
	const stage = open(t, world, {view: {tab: 'image'}});
	const {session, client, keys, type, said, selected} = stage;
	obey(stage);
	await keys('end', 'n');
	t.deepEqual(textsIn(session), ['debian-12', '', '1']);
	await keys('down');
	await type('mine');
	await keys('enter');
	t.is(await said(), 'Created workspace "mine"');
	t.deepEqual(client.calls, [['createWorkspace', 'debian-12', 'mine', {}]]);
	t.is(session.view.dialog, undefined);
	t.is(session.view.tab, 'workspace');
	t.is(selected(), 'mine');
});

test('a workspace is made of the base of the one at the cursor, and gets a name where none is given', async t => {
	const stage = open(t, world);
	const {client, keys, said} = stage;
	obey(stage);
	await keys('n', 'enter');
	t.is(await said(), 'Created workspace "generated"');
	t.deepEqual(client.calls, [['createWorkspace', 'debian-12', '', {}]]);
});

test('the only image there is is the one that is meant; of several, none', async t => {
	const only = open(t, {images: [images[2]!]});
	await only.keys('n');
	t.is(textsIn(only.session)[0], 'alpine');
	const several = open(t, {images});
	await several.keys('n');
	t.is(textsIn(several.session)[0], '');
});

test('several workspaces get numbers; the first is made alone, the others together', async t => {
	const stage = open(t, world);
	const {client, keys, type, said, selected} = stage;
	obey(stage);
	const {answer} = client;
	const before: number[] = [];
	client.answer = async call => {
		before.push(client.mostAtOnce);
		return answer(call);
	};

	await keys('n', 'down');
	await type('lab');
	await keys('down', 'backspace');
	await type('40');
	await keys('enter');
	t.is(await said(), 'Created 40 workspaces');
	t.deepEqual(client.calls, Array.from({length: 40}, (_, index) => ['createWorkspace', 'debian-12', `lab-${index + 1}`, {}]));
	t.is(client.mostAtOnce, 16);
	t.is(before[0], 1);
	t.is(selected(), 'lab-1');
});

test('a new workspace is shown whatever the filter', async t => {
	const stage = open(t, world);
	const {session, keys, type, selected, said} = stage;
	obey(stage);
	await type('/web');
	await keys('enter', 'n', 'down');
	await type('qq');
	await keys('enter');
	await said();
	t.is(session.list.wish.filter, '');
	t.is(selected(), 'qq');
});

test('what is required and missing is said, and the cursor goes there', async t => {
	const {session, client, keys, type} = open(t, world);
	await keys('i', 'enter');
	t.is(problemIn(session), 'Folder is missing');
	t.is(formIn(session).at, 0);
	await type('/srv');
	t.is(problemIn(session), undefined);
	await keys('enter');
	t.is(problemIn(session), 'Name is missing');
	t.is(formIn(session).at, 1);
	await type('  ');
	await keys('enter');
	t.is(problemIn(session), 'Name is missing');
	t.deepEqual(client.calls, []);
});

test('a number that is none is refused in the form, and nothing is asked', async t => {
	const {session, client, keys, type, said} = open(t, world);
	for (const wrong of ['0', '-1', '1.5', 'many', '10001', '1e3']) {
		/* eslint-disable no-await-in-loop */
		await keys('n', 'down', 'down', 'backspace');
		await type(wrong);
		await keys('enter');
		await said();
		t.regex(problemIn(session)!, /^How many takes /);
		t.true(problemIn(session)!.includes(`"${wrong}"`));
		await keys('escape');
		/* eslint-enable no-await-in-loop */
	}

	t.deepEqual(client.calls, []);
});

test('what nexusd refuses is said in the form, which keeps what was typed; Esc leaves it', async t => {
	const {session, client, keys, type, said} = open(t, world);
	client.answer = () => {
		throw inUse;
	};

	await keys('n', 'down');
	await type('mine');
	await keys('enter');
	await said();
	t.is(problemIn(session), 'the name is taken');
	t.false(formIn(session).isBusy);
	t.deepEqual(textsIn(session), ['debian-12', 'mine', '1']);
	t.is(formIn(session).at, 1);
	await type('2');
	t.is(problemIn(session), undefined);
	await keys('escape');
	t.is(session.view.dialog, undefined);
	t.is(client.calls.length, 1);
});

test('while nexusd is at it no key does anything', async t => {
	const {session, client, keys, type, paste, said} = open(t, world);
	let answer!: (path: string) => void;
	client.answer = async () => new Promise<string>(resolve => {
		answer = resolve;
	});
	await keys('n', 'down', 'enter');
	const busy = formIn(session);
	t.true(busy.isBusy);
	await type('x');
	await paste('y');
	await keys('escape', 'enter', 'tab', 'up', 'backspace');
	t.is(formIn(session), busy);
	answer(workspaces[0]!.path);
	t.is(await said(), 'Created workspace "web-1"');
	t.is(client.calls.length, 1);
});

test('fields are gone through in both ways, round and round', async t => {
	const {session, keys} = open(t, world);
	await keys('i');
	const places = [];
	for (const key of ['down', 'down', 'down', 'up', 'shift-tab', 'shift-tab']) {
		// eslint-disable-next-line no-await-in-loop
		await keys(key);
		places.push(formIn(session).at);
	}

	t.deepEqual(places, [1, 2, 0, 2, 1, 0]);
});

test('Tab completes as far as it is clear, shows what it could become, and goes on', async t => {
	const {session, keys, type} = open(t, world, {view: {tab: 'vm'}});
	const state = (): unknown[] => [formIn(session).at, textsIn(session)[0], formIn(session).candidates];
	await keys('2', 'n', 'ctrl-u');
	await type('d');
	await keys('tab');
	t.deepEqual(state(), [0, 'debian-1', ['debian-11', 'debian-12']]);
	await type('2');
	t.deepEqual(state(), [0, 'debian-12', []]);
	await keys('tab');
	t.deepEqual(state(), [1, 'debian-12', []]);
	await keys('tab');
	t.is(formIn(session).at, 2);
	await keys('up', 'up', 'ctrl-u');
	await type('x');
	await keys('tab');
	t.deepEqual(state(), [1, 'x', []]);
	await keys('up', 'ctrl-u', 'tab');
	// What it means when it is empty is an answer.
	t.deepEqual(state(), [0, 'debian-12', ['alpine', 'debian-11', 'debian-12']]);
	await keys('tab');
	t.is(formIn(session).at, 1);
});

test('who types on while it is completed is not overtaken', async t => {
	const {session, keys, type} = open(t, world);
	await keys('i');
	const completion = keys('tab');
	await type('/x');
	await completion;
	t.is(textsIn(session)[0], '/x');
	t.is(formIn(session).at, 0);
});

test('a folder is completed, and an import of it is begun and gone to', async t => {
	const stage = open(t, world);
	const {session, client, keys, type, selected, said} = stage;
	obey(stage);
	const folder = await temporaryFolder(t.teardown);
	await mkdir(path.join(folder, 'fedora/boot'), {recursive: true});
	await keys('i');
	await type(`${folder}/fe`);
	await keys('tab');
	t.is(textsIn(session)[0], `${folder}/fedora/`);
	await keys('down');
	await type('fedora-42');
	await keys('down');
	await type('2G');
	await keys('enter');
	await said();
	t.deepEqual(client.calls, [['importImage', 'fedora-42', path.join(folder, 'fedora'), {size: 2 * (1024 ** 3)}]]);
	t.is(session.view.dialog, undefined);
	t.is(session.view.tab, 'job');
	t.is(selected(), 'fedora-42');
});

test('an import without a size is made to measure, and a size that is none is refused', async t => {
	const stage = open(t, world);
	const {session, client, keys, type, said} = stage;
	obey(stage);
	await keys('i');
	await type('~/x');
	await keys('down');
	await type('x');
	await keys('down');
	await type('big');
	await keys('enter');
	await said();
	t.regex(problemIn(session)!, /^Size takes /);
	await keys('ctrl-u', 'enter');
	await said();
	t.deepEqual(client.calls.map(([method, name, , options]) => [method, name, options]), [['importImage', 'x', {}]]);
	t.true(path.isAbsolute(client.calls[0]![2] as string));
});

test('a VM is recorded, and gone to', async t => {
	const stage = open(t, world, {view: {tab: 'vm'}});
	const {session, client, keys, type, said, selected} = stage;
	obey(stage);
	await keys('n');
	t.deepEqual(textsIn(session), ['', 'work', '1', '128']);
	await type('mail');
	await keys('down', 'ctrl-u');
	await type('s');
	await keys('tab');
	t.is(textsIn(session)[1], 'service');
	await keys('down', 'backspace');
	await type('4');
	await keys('enter');
	t.is(await said(), 'Created VM "mail"');
	t.deepEqual(client.calls, [['createVm', 'mail', 'service', 4, 128]]);
	t.is(selected(), 'mail');
});

test('workspaces are attached to a VM: the one at the cursor, or those that are marked', async t => {
	const stage = open(t, world);
	const {session, client, keys, type, said} = stage;
	obey(stage);
	await keys('a');
	t.is(formIn(session).title, 'Attach workspace "web-1"');
	await type('p');
	await keys('tab');
	t.is(textsIn(session)[0], 'proxy');
	await keys('down', ' ', 'down', 'y', 'enter');
	t.is(await said(), 'Attached workspace "web-1" to VM "proxy"');
	t.deepEqual(client.calls, [['attachWorkspace', 'web-1', 'proxy', {rootDevice: true, readOnly: true}]]);
	await keys(' ', 'end', ' ', 'a');
	t.is(formIn(session).title, 'Attach 2 workspaces');
	await type('database');
	await keys('enter');
	t.is(await said(), 'Attached 2 workspaces to VM "database"');
	t.deepEqual(client.calls.slice(1), [
		['attachWorkspace', 'web-1', 'database', {rootDevice: false, readOnly: false}],
		['attachWorkspace', 'web-3', 'database', {rootDevice: false, readOnly: false}],
	]);
});

test('a toggle takes its own keys, and no text', async t => {
	const {session, keys, type, paste} = open(t, world);
	await keys('a', 'down');
	const answers = [];
	for (const key of [' ', ' ', 'y', 'y', 'n', 'right', 'left', 'x', 'backspace', 'ctrl-u']) {
		// eslint-disable-next-line no-await-in-loop
		await keys(key);
		answers.push(textsIn(session)[1]);
	}

	t.deepEqual(answers, ['yes', 'no', 'yes', 'yes', 'no', 'yes', 'no', 'no', 'no', 'no']);
	await paste('yes');
	await type('abc');
	t.is(textsIn(session)[1], 'no');
});

test('a workspace that is free is attached to the VM at the cursor', async t => {
	const stage = open(t, world, {view: {tab: 'vm'}});
	const {session, client, keys, type, said} = stage;
	obey(stage);
	await keys('end', 'a');
	t.is(formIn(session).title, 'Attach a workspace to VM "proxy"');
	await keys('tab');
	t.is(textsIn(session)[0], 'web-');
	t.deepEqual(formIn(session).candidates, ['web-1', 'web-3']);
	await type('9');
	await keys('enter');
	await said();
	t.is(problemIn(session), 'there is no workspace "web-9"');
	await keys('backspace', '3', 'enter');
	t.is(await said(), 'Attached workspace "web-3" to VM "proxy"');
	t.deepEqual(client.calls, [['attachWorkspace', 'web-3', 'proxy', {rootDevice: false, readOnly: false}]]);
});

test('workspaces are detached', async t => {
	const {client, keys, said} = open(t, world);
	await keys('down', 't');
	t.is(await said(), 'Detached workspace "web-2"');
	t.deepEqual(client.calls, [[workspaces[1]!.path, 'detach']]);
	client.answer = () => {
		throw new DBusError(`${errorPrefix}Conflict`, 'it is attached to no VM');
	};

	await keys('home', 't');
	t.is(await said(), 'it is attached to no VM');
});

test('a deletion is asked for first, and says what is lost', async t => {
	const {session, client, keys, said} = open(t, world);
	await keys('d');
	t.is(questionIn(session).title, 'Delete workspace "web-1"?');
	t.deepEqual(questionIn(session).lines, ['All that was written to it is lost.']);
	await keys('x', 'd', ' ');
	t.is(questionIn(session).title, 'Delete workspace "web-1"?');
	await keys('n');
	t.is(session.view.dialog, undefined);
	await keys('d', 'escape', 'd', 'q');
	t.deepEqual(client.calls, []);
	await keys('d', 'y');
	t.is(await said(), 'Deleted workspace "web-1"');
	t.deepEqual(client.calls, [[workspaces[0]!.path, 'delete']]);
});

test('Enter is no answer to what cannot be undone', async t => {
	const {session, client, keys} = open(t, world);
	await keys('d', 'enter');
	t.is(session.view.dialog?.kind, 'question');
	t.deepEqual(client.calls, []);
});

test('what stands in the way is said, and all else deleted; the marks are gone then', async t => {
	const {session, client, keys, said} = open(t, world);
	await keys('*', 'd');
	t.is(questionIn(session).title, 'Delete 2 workspaces?');
	t.deepEqual(questionIn(session).lines, ['web-1, web-3', 'All that was written to them is lost.', '"web-2" stays: it is attached to VM "proxy", to be detached first (t).']);
	await keys('y');
	t.is(await said(), 'Deleted 2 workspaces');
	t.deepEqual(client.calls.map(([object]) => object), [workspaces[0]!.path, workspaces[2]!.path]);
	t.is(session.list.marked.size, 0);
});

test('where all that stands in the way is all there is, nothing can be answered', async t => {
	const {session, client, keys} = open(t, world);
	await keys('down', 'd');
	t.is(questionIn(session).title, 'Cannot delete workspace "web-2"');
	t.deepEqual(questionIn(session).lines, ['"web-2" stays: it is attached to VM "proxy", to be detached first (t).']);
	await keys('y');
	t.is(session.view.dialog?.kind, 'question');
	await keys('enter');
	t.is(session.view.dialog, undefined);
	t.deepEqual(client.calls, []);
});

test('images with workspaces and VMs that run stay', async t => {
	const {session, keys, client, said} = open(t, world, {view: {tab: 'image'}});
	await keys('*', 'd');
	t.deepEqual(questionIn(session).lines, ['alpine, debian-11', '"debian-12" stays: 3 workspaces are based on it, to be deleted first (w lists them).']);
	await keys('y');
	t.is(await said(), 'Deleted 2 images');
	t.deepEqual(client.calls.map(([object]) => object), [images[2]!.path, images[1]!.path]);
	await keys('3', '*', 'd');
	t.is(questionIn(session).title, 'Delete VM "proxy"?');
	t.deepEqual(questionIn(session).lines, ['Detached: web-2.', '"database" stays: it runs, and is to be stopped first.']);
});

test('who says no keeps the marks', async t => {
	const {session, keys} = open(t, world);
	await keys('*', 'd', 'n');
	t.is(session.list.marked.size, 3);
});

test('jobs that run are canceled', async t => {
	const {session, client, keys, watcher, said} = open(t, world, {view: {tab: 'job'}});
	await keys('c');
	t.is(await said(), 'Canceled job "job-1"');
	await keys('*', 'c');
	t.is(await said(), 'Canceled 2 jobs');
	t.deepEqual(client.calls, [1, 1, 2].map(number => [objectPath('job', number), 'cancel']));
	watcher.tell({kind: 'removed', object: jobOf(1).path});
	watcher.tell({kind: 'removed', object: jobOf(2).path});
	await noted(session);
	await keys('c');
	t.is(client.calls.length, 3);
});

const many: World = {workspaces: Array.from({length: 50}, (_, index) => workspaceOf(index, {name: `ws-${index}`}))};

test('of many, the first is asked for alone; then no more at once than nexusd takes', async t => {
	const {client, keys, said} = open(t, many);
	let release!: () => void;
	const first = new Promise<void>(resolve => {
		release = resolve;
	});
	client.answer = async () => first;
	await keys('*', 'd', 'y');
	t.is(client.calls.length, 1);
	release();
	t.is(await said(), 'Deleted 50 workspaces');
	t.is(client.calls.length, 50);
	t.is(client.mostAtOnce, 16);
});

test('what failed of many is summed up, and the rest is done', async t => {
	const {client, keys, said, session} = open(t, many);
	client.answer = ([object]) => {
		if (['ws-7', 'ws-30'].includes(session.nameOf(object as string))) {
			throw new DBusError(`${errorPrefix}Io`, 'cannot delete');
		}
	};

	await keys('*', 'd', 'y');
	t.is(await said(), '2 of 50 failed, the first of them "ws-7": cannot delete');
	t.is(session.view.notice?.hint, 'See the log: journalctl -u nexusd');
	t.is(client.calls.length, 50);
});

test('whoever is refused once is not asked for the others', async t => {
	const {client, keys, said, session} = open(t, many);
	client.answer = () => {
		throw denied;
	};

	await keys('*', 'd', 'y');
	t.is(await said(), 'you may not');
	t.is(client.calls.length, 1);
	// A right may end in the midst.
	client.answer = ([object]) => {
		if (session.nameOf(object as string) === 'ws-20') {
			throw denied;
		}
	};

	await keys('escape', '*', 'd', 'y');
	t.regex((await said())!, /^1 of 50 failed; \d+ were not tried any more, the first of them "ws-20": you may not$/);
	t.true(client.calls.length < 50);
});

test('where the first of many fails for a reason of its own, the others are tried', async t => {
	const {client, keys, said} = open(t, many);
	client.answer = () => {
		throw inUse;
	};

	await keys('*', 'd', 'y');
	t.is(await said(), '50 of 50 failed, the first of them "ws-0": the name is taken');
});

test('what was made in part is not asked for once more', async t => {
	const {session, client, keys, type, said} = open(t, world);
	client.answer = call => {
		if (call[2] === 'web-2') {
			throw inUse;
		}

		return '/';
	};

	await keys('n', 'down');
	await type('web');
	await keys('down', 'backspace');
	await type('3');
	await keys('enter');
	while (session.view.dialog) {
		// eslint-disable-next-line no-await-in-loop
		await noted(session);
	}

	t.is(await said(), '1 of 3 failed, the first of them "web-2": the name is taken');
	t.is(session.view.notice?.kind, 'error');
});

test('a workspace among many that has no name yet is not named when it fails', async t => {
	const {session, client, keys, type, said} = open(t, world);
	client.answer = () => {
		throw inUse;
	};

	await keys('n', 'down', 'down', 'backspace');
	await type('3');
	await keys('enter');
	await said();
	t.is(problemIn(session), '3 of 3 failed, the first of them: the name is taken');
});

test('without a bus it is said that there is none', async t => {
	const {session, watcher, keys, said} = open(t, world);
	watcher.turn({state: 'unreachable', message: 'gone'});
	await noted(session);
	await keys('n', 'enter');
	await said();
	t.is(problemIn(session), 'there is no connection to the bus');
});

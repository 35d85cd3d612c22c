import {
	mkdir, readdir, readFile, symlink, writeFile,
} from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import test, {type ExecutionContext} from 'ava';
import fc from 'fast-check';
import {kinds} from '../../../../dbus/paths.js';
import {columnsOf} from '../../../../tui/app/columns.js';
import {
	memoryOf, recall, remember, withMemory, type Memory,
} from '../../../../tui/app/memory.js';
import {freshView, type View} from '../../../../tui/app/view.js';
import {temporaryFolder} from '../../../support/folder.js';

const fresh = freshView({columns: 80, rows: 24});

/** The environment is one for all tests here, so they come one after the other. */
async function home(t: ExecutionContext): Promise<string> {
	const folder = await temporaryFolder(t.teardown);
	const before = process.env['XDG_STATE_HOME'];
	process.env['XDG_STATE_HOME'] = folder;
	t.teardown(() => {
		if (before === undefined) {
			delete process.env['XDG_STATE_HOME'];
		} else {
			process.env['XDG_STATE_HOME'] = before;
		}
	});
	return folder;
}

const used: View = {
	...fresh,
	tab: 'vm',
	lists: {
		...fresh.lists,
		vm: {...fresh.lists.vm, wish: {sort: {column: 3, descending: true}, filter: 'running'}},
		workspace: {...fresh.lists.workspace, wish: {sort: {column: 1, descending: false}, filter: 'base:größe'}},
	},
};

test.serial('what was shown, how it was sorted and filtered is so again the next time, and nothing else', async t => {
	await home(t);
	await remember({
		...used, exact: true, focus: 'detail', notice: {kind: 'done', text: 'x'},
	});
	t.deepEqual(withMemory(fresh, await recall()), used);
});

test.serial('who has never been here sees it fresh', async t => {
	await home(t);
	t.is(await recall(), undefined);
	t.is(withMemory(fresh, undefined), fresh);
});

test.serial('a file that makes no sense is no memory', async t => {
	const folder = await home(t);
	await remember(used);
	const file = path.join(folder, 'nexus/tui.json');
	const whole = await readFile(file, 'utf8');
	const damaged = [
		'',
		'{',
		whole.slice(0, -5),
		'null',
		'[]',
		'{}',
		'"vm"',
		whole.replace('"vm"', '"disk"'),
		whole.replace('"column":3', '"column":-1'),
		whole.replace('"column":3', '"column":1.5'),
		whole.replace('"column":3', '"column":"3"'),
		'\0'.repeat(1000),
	];
	for (const text of damaged) {
		// eslint-disable-next-line no-await-in-loop
		await writeFile(file, text);
		// eslint-disable-next-line no-await-in-loop
		t.is(await recall(), undefined, text.slice(0, 200));
	}

	await writeFile(file, whole);
	t.deepEqual(await recall(), memoryOf(used));
});

test.serial('a filter that is not worth it is forgotten, and nothing else', async t => {
	const folder = await temporaryFolder(t.teardown);
	process.env['XDG_STATE_HOME'] = folder;
	await remember(used);
	const file = path.join(folder, 'nexus/tui.json');
	const whole = await readFile(file, 'utf8');
	const expected = memoryOf(used);
	for (const filter of ['a\u001B[2Jb', 'a\u202Eb', 'x'.repeat(201)]) {
		// eslint-disable-next-line no-await-in-loop
		await writeFile(file, whole.replace('"running"', JSON.stringify(filter)));
		// eslint-disable-next-line no-await-in-loop
		t.deepEqual(await recall(), {...expected, lists: {...expected.lists, vm: {...expected.lists.vm, filter: ''}}});
	}
});

test.serial('a column that a list has not is no memory', async t => {
	const folder = await home(t);
	for (const kind of kinds) {
		const {length} = columnsOf(kind);
		for (const column of [length - 1, length]) {
			const memory: Memory = {...memoryOf(fresh), lists: {...memoryOf(fresh).lists, [kind]: {sort: {column, descending: false}, filter: ''}}};
			/* eslint-disable no-await-in-loop */
			await mkdir(path.join(folder, 'nexus'), {recursive: true});
			await writeFile(path.join(folder, 'nexus/tui.json'), JSON.stringify(memory));
			t.deepEqual(await recall(), column < length ? memory : undefined);
			/* eslint-enable no-await-in-loop */
		}
	}
});

test.serial('whatever filter can be typed is remembered', async t => {
	await home(t);
	await fc.assert(fc.asyncProperty(fc.string({unit: 'grapheme-ascii', maxLength: 50}), async filter => {
		const view: View = {...fresh, lists: {...fresh.lists, job: {...fresh.lists.job, wish: {...fresh.lists.job.wish, filter}}}};
		await remember(view);
		t.deepEqual(await recall(), memoryOf(view));
	}), {numRuns: 20});
});

test.serial('a home that cannot be written to troubles nobody', async t => {
	const folder = await home(t);
	await writeFile(path.join(folder, 'nexus'), 'a file where the folder should be');
	await t.notThrowsAsync(remember(used));
	t.is(await recall(), undefined);
	await symlink('/nowhere', path.join(folder, 'link'));
	process.env['XDG_STATE_HOME'] = path.join(folder, 'link');
	await t.notThrowsAsync(remember(used));
	t.is(await recall(), undefined);
});

test.serial('it is put in place whole, and nothing else is left', async t => {
	const folder = await home(t);
	await remember(fresh);
	await remember(used);
	t.deepEqual(await readdir(path.join(folder, 'nexus')), ['tui.json']);
});

test.serial('without a state folder of one\'s own it is below the home folder', async t => {
	const folder = await home(t);
	const before = process.env['HOME'];
	t.teardown(() => {
		process.env['HOME'] = before;
	});
	process.env['HOME'] = folder;
	for (const unset of ['', undefined]) {
		process.env['XDG_STATE_HOME'] = unset;
		if (unset === undefined) {
			delete process.env['XDG_STATE_HOME'];
		}

		// eslint-disable-next-line no-await-in-loop
		await remember(used);
		// eslint-disable-next-line no-await-in-loop
		t.deepEqual(await readdir(path.join(folder, '.local/state/nexus')), ['tui.json']);
	}
});

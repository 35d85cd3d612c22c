import {
	chmod, mkdir, symlink, writeFile,
} from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import test, {type ExecutionContext} from 'ava';
import fc from 'fast-check';
import {charactersOf} from '../../../../tui/app/line-editor.js';
import {commonBeginning, completeFolder, resolvePath} from '../../../../tui/app/paths.js';
import {temporaryFolder} from '../../../support/folder.js';

async function folderOf(t: ExecutionContext, ...names: readonly string[]): Promise<string> {
	const folder = await temporaryFolder(t.teardown);
	for (const name of names) {
		// eslint-disable-next-line no-await-in-loop
		await mkdir(path.join(folder, name), {recursive: true});
	}

	return folder;
}

test('folders are completed, as they would be typed', async t => {
	const folder = await folderOf(t, 'debian-12', 'debian-11', 'alpine');
	await writeFile(path.join(folder, 'debian.txt'), '');
	t.deepEqual(await completeFolder(`${folder}/deb`), [`${folder}/debian-11/`, `${folder}/debian-12/`]);
	t.deepEqual(await completeFolder(`${folder}/`), [`${folder}/alpine/`, `${folder}/debian-11/`, `${folder}/debian-12/`]);
	t.deepEqual(await completeFolder(`${folder}/x`), []);
	t.deepEqual(await completeFolder(`${folder}/../${path.basename(folder)}/al`), [`${folder}/../${path.basename(folder)}/alpine/`]);
});

test('a folder that is hidden is for those who begin with a dot', async t => {
	const folder = await folderOf(t, '.hidden', 'seen');
	t.deepEqual(await completeFolder(`${folder}/`), [`${folder}/seen/`]);
	t.deepEqual(await completeFolder(`${folder}/.`), [`${folder}/.hidden/`]);
	t.deepEqual(await completeFolder(`${folder}/.h`), [`${folder}/.hidden/`]);
});

test('a link to a folder is one, a link to anything else is none', async t => {
	const folder = await folderOf(t, 'target');
	await writeFile(path.join(folder, 'file'), '');
	await symlink('target', path.join(folder, 'to-folder'));
	await symlink('file', path.join(folder, 'to-file'));
	await symlink('nowhere', path.join(folder, 'to-nothing'));
	await symlink('to-itself', path.join(folder, 'to-itself'));
	t.deepEqual(await completeFolder(`${folder}/to`), [`${folder}/to-folder/`]);
});

test('where nothing can be read there is nothing to complete', async t => {
	const folder = await folderOf(t, 'closed/inner');
	await chmod(path.join(folder, 'closed'), 0o000);
	t.teardown(async () => chmod(path.join(folder, 'closed'), 0o700));
	// Root may read all.
	t.deepEqual(await completeFolder(`${folder}/closed/`), process.getuid!() === 0 ? [`${folder}/closed/inner/`] : []);
	t.deepEqual(await completeFolder(`${folder}/none/`), []);
	await writeFile(path.join(folder, 'file'), '');
	t.deepEqual(await completeFolder(`${folder}/file/`), []);
	t.deepEqual(await completeFolder('/\0/'), []);
});

test('names are completed whatever they are made of', async t => {
	const folder = await folderOf(t, 'a b', 'größe', '日本', 'odd\nname');
	t.deepEqual(await completeFolder(`${folder}/`), ['a b', 'größe', 'odd\nname', '日本'].map(name => `${folder}/${name}/`));
});

test('a path begins at home behind a tilde, and where we are otherwise', async t => {
	t.is(resolvePath('~'), os.homedir());
	t.is(resolvePath('~/images'), path.join(os.homedir(), 'images'));
	t.is(resolvePath('~user/x'), path.resolve('~user/x'));
	t.is(resolvePath('/srv/../srv/x/'), '/srv/x');
	t.is(resolvePath('x'), path.join(process.cwd(), 'x'));
	t.true((await completeFolder('tu')).includes('tui/'));
	t.true((await completeFolder('./tu')).includes('./tui/'));
});

test('what all begin with', t => {
	t.is(commonBeginning([]), '');
	t.is(commonBeginning(['/srv/a/']), '/srv/a/');
	t.is(commonBeginning(['debian-12', 'debian-11', 'debian']), 'debian');
	t.is(commonBeginning(['a', 'b']), '');
	t.is(commonBeginning(['a', '']), '');
});

test('what all begin with is made of whole characters, and is as long as it can be', t => {
	t.is(commonBeginning(['x👩‍👩‍👧/', 'x👩‍👩‍👦/']), 'x');
	t.is(commonBeginning(['x😀/', 'x😁/']), 'x');
	t.is(commonBeginning(['cafe/', 'cafe\u0301/']), 'caf');
	fc.assert(fc.property(fc.array(fc.array(fc.constantFrom('a', 'b', 'e', 'e\u0301', '😀', '😁', '🇩🇪', '🇩🇰'), {maxLength: 5}), {minLength: 1, maxLength: 4}), texts => {
		const [first, ...others] = texts as [string[], ...string[][]];
		const different = first.findIndex((character, index) => others.some(other => other[index] !== character));
		const common = commonBeginning(texts.map(text => text.join('')));
		t.deepEqual(charactersOf(common), different === -1 ? first : first.slice(0, different));
	}));
});

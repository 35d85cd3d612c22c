import {mkdir, readdir, writeFile} from 'node:fs/promises';
import path from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {directoryBackend} from '../../src/backend/directory-backend.js';
import {openPool, poolLock, type Pool} from '../../src/pool.js';
import {cleanupOf} from '../support/cleanup.js';
import {temporaryFolder} from '../support/folder.js';

/** A pool with one image, and what an earlier process left in its stock: ids by room. */
async function makePool(t: ExecutionContext, left: Readonly<Record<string, readonly string[]>> = {}): Promise<Pool> {
	const root = await temporaryFolder(cleanupOf(t));
	await writeFile(poolLock(root), '');
	const folders = [path.join(root, '@base'), ...Object.entries(left).flatMap(([room, ids]) => ids.map(id => path.join(root, '.stock', room, id)))];
	await Promise.all(folders.map(async folder => mkdir(folder, {recursive: true})));
	return openPool(root, directoryBackend(root, false));
}

const roomsIn = async ({root}: Pool): Promise<string[]> => {
	const rooms = await readdir(path.join(root, '.stock'));
	return rooms.sort();
};

test('copies that wait at the same time have rooms of their own', async t => {
	const pool = await makePool(t);
	await Promise.all(['a', 'b', 'c'].map(async id => pool.clone('base', id)));
	t.is((await roomsIn(pool)).length, 3);
});

test('a room is used again when what was in it has its name', async t => {
	const pool = await makePool(t);
	await pool.clone('base', 'a');
	await pool.publish('a', 'one');
	await pool.clone('base', 'b');
	t.is((await roomsIn(pool)).length, 1);
});

test('nothing is put into a room in which an earlier process left something', async t => {
	const pool = await makePool(t, {0: ['old', 'older'], 1: []});
	const {cloned} = await pool.left();
	t.deepEqual(cloned.sort(), ['old', 'older']);
	await pool.publish('old', 'recovered');
	await pool.tidy();
	// As many come and go as there are rooms in doubt, in an order that leaves each of them empty once.
	await Promise.all(['a', 'b', 'c'].map(async id => pool.clone('base', id)));
	await pool.publish('a', 'one');
	await pool.discard('older');
	await pool.discard('b');
	await pool.publish('c', 'two');
	await t.notThrowsAsync(Promise.all(['d', 'e', 'f'].map(async id => pool.clone('base', id))));
	t.deepEqual((await pool.names()).sort(), ['base', 'one', 'recovered', 'two']);
});

test('tidied, a pool has no empty room, and makes others', async t => {
	const pool = await makePool(t, {7: [], 8: ['old']});
	await pool.clone('base', 'a');
	await pool.publish('a', 'one');
	await pool.tidy();
	t.deepEqual(await roomsIn(pool), ['8']);
	await t.notThrowsAsync(pool.clone('base', 'b'));
});

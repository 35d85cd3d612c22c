// Importing a tree, beside the tool that makes the filesystem and machined's import.
import {randomBytes} from 'node:crypto';
import {mkdir, rm, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {execa} from 'execa';
import {race, timed} from './measure.js';
import type {Surroundings} from './part.js';
import {addMachined, makePool, openPlace} from './place.js';
import {showProgress} from './progress.js';
import {beside, type Row} from './row.js';

/** An import of 250 MB. */
export async function measureImports({cleanup}: Surroundings): Promise<Row[]> {
	const place = await openPlace(cleanup);
	const source = path.join(place.folder, 'large');
	await makeTree(source);
	const machined = await addMachined(place, cleanup);
	const file = path.join(await makePool(cleanup), 'bare.ext4');
	const nexus = async (): Promise<number[]> => {
		const took = await timed(async () => place.import('large', source));
		await place.client.manager.deleteImage('large');
		return [took];
	};

	const tool = async (): Promise<number[]> => {
		const took = await timed(async () => execa('mke2fs', ['-q', '-F', '-t', 'ext4', '-d', source, file, '2G']));
		await rm(file);
		return [took];
	};

	const folder = async (): Promise<number[]> => {
		const took = await timed(async () => machined.importFolder(source));
		await machined.remove();
		return [took];
	};

	const times = await race('import', {nexus, tool, folder}, {rounds: 200});
	const what = 'import of a 250 MB tree';
	const how = 'From the call to the job\'s end, with the image on disk. `mke2fs` ends with an `fsync` too. The tree has 11,000 files, as a small Debian has.';
	return [
		beside({
			what, how, nexus: times.nexus, reference: 'bare `mke2fs -d`', times: times.tool, goal: 1.1,
		}),
		beside({
			what, how, nexus: times.nexus, reference: '`machinectl import-fs`', times: times.folder,
		}),
	];
}

// Sizes of a hundred files in kilobytes: many small ones and few large ones.
const sizes = [...repeat(70, 4), ...repeat(25, 20), ...repeat(4, 100), 1000];
const folders = 115;

async function makeTree(root: string): Promise<void> {
	showProgress('making a tree to import');
	const noise = randomBytes(1024 * 1024);
	for (let folder = 0; folder < folders; folder++) {
		const place = path.join(root, `folder-${folder}`);
		/* eslint-disable no-await-in-loop */
		await mkdir(place, {recursive: true});
		await Promise.all(sizes.map(async (size, index) => writeFile(path.join(place, `file-${index}`), noise.subarray(0, size * 1000))));
		/* eslint-enable no-await-in-loop */
	}
}

function repeat(count: number, value: number): number[] {
	return Array.from({length: count}, () => value);
}

// This checkout, for users who may not go where it lies.
import {mkdir, writeFile} from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import {execa} from 'execa';
import type {Cleanup} from './cleanup.js';
import {unmountAfterwards} from './mounts.js';

export type OpenCheckout = {
	/** This node. */
	node: string;
	nexusd: string;
	nexusctl: string;
};

/** Makes the programs and node reachable for everybody, in a folder of a test. Needs root. */
export async function openCheckout(folder: string, cleanup: Cleanup): Promise<OpenCheckout> {
	const checkout = path.join(folder, 'checkout');
	await mkdir(checkout);
	await bind(process.cwd(), checkout, cleanup);
	const node = path.join(folder, 'node');
	await writeFile(node, '');
	await bind(process.execPath, node, cleanup);
	return {node, nexusd: path.join(checkout, 'dist/nexusd.js'), nexusctl: path.join(checkout, 'dist/nexusctl.js')};
}

async function bind(from: string, to: string, cleanup: Cleanup): Promise<void> {
	await execa('mount', ['--bind', from, to]);
	unmountAfterwards(to, cleanup);
}

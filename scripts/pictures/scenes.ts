// What the pictures show.
import {importImage, makeSource, type TestNexus} from '../../test/support/nexus.js';
import type {Terminal} from '../../test/support/terminal.js';

/** Some of everything. */
export async function furnish({client, folder}: TestNexus): Promise<void> {
	const {manager} = client;
	for (const [name, size] of [['debian-12', 48], ['alpine-3.20', 9], ['ubuntu-24.04', 64]] as const) {
		// eslint-disable-next-line no-await-in-loop
		await importImage(client, name, await makeSource(folder, name, size));
	}

	const workspaces = [
		...Array.from({length: 12}, (_, index) => ['debian-12', `agent-${index + 1}`]),
		...Array.from({length: 4}, (_, index) => ['alpine-3.20', `build-${index + 1}`]),
		...['web', 'db', 'ci-runner'].map(name => ['ubuntu-24.04', name]),
	] as Array<[string, string]>;
	await Promise.all(workspaces.map(async ([base, name]) => manager.createWorkspace(base, name, {})));
	for (const [name, role] of [['portal', 'portal'], ['agents', 'work'], ['postgres', 'service']] as const) {
		// eslint-disable-next-line no-await-in-loop
		await manager.createVm(name, role, 2, 1024);
	}

	await manager.attachWorkspace('agent-1', 'agents', {rootDevice: true});
	await manager.attachWorkspace('build-1', 'agents', {readOnly: true});
	await manager.attachWorkspace('db', 'postgres', {rootDevice: true});
	await manager.attachWorkspace('web', 'portal', {rootDevice: true});
}

/** Opens the screen in a new terminal, and waits until it is live. */
export type Open = (columns: number, rows: number) => Promise<Terminal>;

/** Each leads to what is to be kept. */
export const scenes: Record<string, (open: Open, nexus: TestNexus) => Promise<Terminal>> = {
	async workspaces(open) {
		const terminal = await open(120, 32);
		await terminal.press('2');
		await terminal.until('the detail is whole', screen => screen.includes('agent-1 ·') && screen.includes('On disk') && /Owner +root/.test(screen));
		return terminal;
	},
	async images(open) {
		const terminal = await open(120, 26);
		await terminal.press('1', 'Down');
		await terminal.until('the lineage', screen => screen.includes('├─ agent-1 → agents'));
		return terminal;
	},
	async delete(open) {
		const terminal = await open(110, 26);
		await terminal.press('2', 'Space', 'Space', 'Space', 'd');
		await terminal.until('the question', screen => screen.includes('y yes'));
		return terminal;
	},
	async create(open) {
		const terminal = await open(110, 26);
		await terminal.press('1', 'Down', 'n', 'Down');
		await terminal.type('job');
		await terminal.press('Down', 'BSpace');
		await terminal.type('24');
		await terminal.until('the form', screen => screen.includes('24') && screen.includes('job'));
		return terminal;
	},
	async import(open, {folder}) {
		const source = await makeSource(folder, 'large', 900);
		const terminal = await open(110, 20);
		await terminal.press('i');
		await terminal.type(source);
		await terminal.press('Down');
		await terminal.type('fedora-43');
		await terminal.press('Enter');
		await terminal.until('the pace', screen => /\d+s left/.test(screen));
		return terminal;
	},
	async filter(open) {
		const terminal = await open(80, 20);
		await terminal.press('2', '/');
		await terminal.type('agnt 1');
		await terminal.until('the matches', screen => screen.includes('match /agnt 1'));
		return terminal;
	},
	async keys(open) {
		const terminal = await open(110, 40);
		await terminal.press('?');
		await terminal.until('the keys', screen => screen.includes('Everywhere'));
		return terminal;
	},
	async small(open) {
		const terminal = await open(60, 15);
		await terminal.press('2', 'Down');
		await terminal.until('the list', screen => screen.includes('> agent-2'));
		return terminal;
	},
};

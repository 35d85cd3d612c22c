// Makes the pictures of docs/tui.md: the real terminal UI in a real terminal, on a daemon, a bus and a pool of its own. Root's,
// and of no consequence for this machine: all is mounted in a namespace that ends with this program.
//
//   npm run pictures
import {mkdir, rename, rm} from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import {execa} from 'execa';
import {makeCleanup} from '../test/support/cleanup.js';
import {startNexusFor} from '../test/support/nexus.js';
import {mountBtrfs} from '../test/support/pool.js';
import {startTerminal} from '../test/support/terminal.js';
import {furnish, scenes, type Open} from './pictures/scenes.js';
import {writePicture} from './pictures/write-picture.js';

const folder = path.resolve('docs/pictures');
/** What the pictures show of where the pool is. */
const place = '/srv/nexus';
const inside = '--in-namespace';

const work = process.argv.includes(inside) ? makePictures : inNamespace;
await work();

async function inNamespace(): Promise<void> {
	await execa('unshare', ['--mount', '--propagation', 'private', process.execPath, ...process.execArgv, process.argv[1]!, inside], {stdio: 'inherit'});
}

async function makePictures(): Promise<void> {
	const {cleanup, run} = makeCleanup();
	try {
		await execa('mount', ['-t', 'tmpfs', 'tmpfs', path.dirname(place)]);
		await mkdir(place);
		const nexus = await startNexusFor(cleanup, {on: async (_folder, cleanup) => mountBtrfs(place, cleanup)});
		await furnish(nexus);
		const fresh = `${folder}.new`;
		await rm(fresh, {recursive: true, force: true});
		await mkdir(fresh, {recursive: true});
		const open: Open = async (columns, rows) => {
			const terminal = await startTerminal(cleanup, {
				command: [process.execPath, path.resolve('dist/nexusctl.js')], columns, rows, env: {DBUS_SYSTEM_BUS_ADDRESS: nexus.bus.address},
			});
			await terminal.until('the screen is live', screen => screen.includes('live'));
			return terminal;
		};

		for (const [name, draw] of Object.entries(scenes)) {
			// One after the other: the next begins where the one before has ended.
			// eslint-disable-next-line no-await-in-loop
			const terminal = await draw(open, nexus);
			// eslint-disable-next-line no-await-in-loop
			await writePicture(terminal, path.join(fresh, `${name}.svg`), 'nexusctl');
			console.log(`docs/pictures/${name}.svg`);
		}

		await rm(folder, {recursive: true, force: true});
		await rename(fresh, folder);
	} finally {
		await run();
	}
}

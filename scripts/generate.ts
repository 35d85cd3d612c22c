// Makes `dbus/contract.ts` and `docs/dbus-api.md` from the interface XML in `dbus/`.
// `npm run generate` writes them; with `--check` nothing is written and a stale file is an error.
import {readFile, writeFile} from 'node:fs/promises';
import process from 'node:process';
import {parseContract, type InterfaceSource} from './contract-source.js';
import {renderApiPage} from './render-api-page.js';
import {renderContract} from './render-contract.js';

const at = (path: string): URL => new URL(`../${path}`, import.meta.url);

const interfaces: InterfaceSource[] = [];
for (const file of ['dbus/org.workfort.Nexus1.xml', 'dbus/org.freedesktop.DBus.xml']) {
	// One after the other: the order of the interfaces is the order of the pages.
	// eslint-disable-next-line no-await-in-loop
	interfaces.push(...parseContract(await readFile(at(file), 'utf8')));
}

const outputs = new Map([
	['dbus/contract.ts', renderContract(interfaces)],
	['docs/dbus-api.md', renderApiPage(interfaces)],
]);

for (const [path, text] of outputs) {
	if (!process.argv.includes('--check')) {
		// eslint-disable-next-line no-await-in-loop
		await writeFile(at(path), text);
		continue;
	}

	// eslint-disable-next-line no-await-in-loop
	const current = await readFile(at(path), 'utf8').catch(() => '');
	if (current !== text) {
		console.error(`${path} is not what the interface XML says: run npm run generate`);
		process.exitCode = 1;
	}
}

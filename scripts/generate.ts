// Makes `dbus/contract.ts` and `docs/dbus-api.md` from the interface XML in `dbus/`, and `docs/openapi.json` from the routes.
// `npm run generate` writes them; with `--check` nothing is written and a stale file is an error.
import {readFile, writeFile} from 'node:fs/promises';
import process from 'node:process';
import {openApiDocument} from '../service/http/openapi.js';
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

const outputs = [
	{path: 'dbus/contract.ts', text: renderContract(interfaces), source: 'the interface XML says'},
	{path: 'docs/dbus-api.md', text: renderApiPage(interfaces), source: 'the interface XML says'},
	{path: 'docs/openapi.json', text: `${JSON.stringify(await openApiDocument(), undefined, '\t')}\n`, source: 'the routes say'},
];

for (const {path, text, source} of outputs) {
	if (!process.argv.includes('--check')) {
		// eslint-disable-next-line no-await-in-loop
		await writeFile(at(path), text);
		continue;
	}

	// eslint-disable-next-line no-await-in-loop
	const current = await readFile(at(path), 'utf8').catch(() => '');
	if (current !== text) {
		console.error(`${path} is not what ${source}: run npm run generate`);
		process.exitCode = 1;
	}
}

// Writes the manual: each page is made from what the programs themselves are made from.
import {mkdir, readFile, writeFile} from 'node:fs/promises';
import path from 'node:path';
import {parseContract} from './contract-source.js';
import {apiPage, type ApiSources} from './man/dbus-api.js';
import {configPage} from './man/nexus-yaml.js';
import {nexusctlPage} from './man/nexusctl.js';
import {daemonPage} from './man/nexusd.js';
import {renderAlias, renderPage} from './man/roff.js';

/** Writes the pages into a folder, which is made where it is missing. */
export async function writeManPages(folder: string): Promise<void> {
	await mkdir(folder, {recursive: true});
	for (const [name, text] of await renderManPages()) {
		// eslint-disable-next-line no-await-in-loop
		await writeFile(path.join(folder, name), text);
	}
}

/** The pages in roff by their file's names. */
export async function renderManPages(): Promise<Map<string, string>> {
	const pages = [nexusctlPage(), daemonPage(), configPage(), apiPage(await readSources())];
	return new Map([
		...pages.map(page => [`${page.name}.${page.section}`, renderPage(page)] as const),
		['nxc.1', renderAlias('nexusctl', 1)],
	]);
}

async function readSources(): Promise<ApiSources> {
	const read = async (name: string): Promise<string> => readFile(new URL(`../dbus/${name}`, import.meta.url), 'utf8');
	const [own, standard, policy, rules] = await Promise.all([
		'org.workfort.Nexus1.xml', 'org.freedesktop.DBus.xml', 'org.workfort.Nexus1.policy', 'org.workfort.Nexus1.rules',
	].map(async name => read(name)));
	return {interfaces: [own!, standard!].flatMap(source => parseContract(source)), policy: policy!, rules: rules!};
}

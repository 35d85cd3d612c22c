// Whose work is in the programs, and under which licences: Nexus's own, and that of every npm package of which the
// bundles hold a part. esbuild says which these are.
import {readdir, readFile} from 'node:fs/promises';
import path from 'node:path';
import type {Metafile} from 'esbuild';
import {at} from './package/sources.js';

/** All licences in full, for a build. */
export async function licences(metafile: Metafile): Promise<string> {
	const folders = [...new Set([...bundledPackages(metafile), koffi])].sort();
	const parts = await Promise.all(folders.map(async folder => describe(folder)));
	return `${[await ownPart(), ...parts].join(`\n\n${'-'.repeat(78)}\n\n`)}\n`;
}

// The one that is not bundled.
const koffi = 'node_modules/koffi';

// The folders of the npm packages of which something is in the bundles.
function bundledPackages({outputs}: Metafile): string[] {
	const inputs = Object.values(outputs).flatMap(output => Object.entries(output.inputs));
	return inputs
		.filter(([, {bytesInOutput}]) => bytesInOutput > 0)
		.map(([file]) => /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0])
		.filter(folder => folder !== undefined);
}

async function ownPart(): Promise<string> {
	const licence = await readFile(at('LICENSE'), 'utf8');
	return `Nexus

${licence.trim()}

The programs contain the packages below, in whole or in part, as they are
published on npm. sql-wasm.wasm is sql.js with SQLite in it, which is in the
public domain.`;
}

type PackageJson = {
	name: string;
	version: string;
	license?: string | {type: string};
	licenses?: Array<string | {type: string}>;
	author?: string | {name: string};
};

async function describe(folder: string): Promise<string> {
	const json = JSON.parse(await readFile(at(`${folder}/package.json`), 'utf8')) as PackageJson;
	return [
		`${json.name} ${json.version}`,
		`Licence: ${licenceOf(json)}`,
		'',
		await licenceText(folder, json),
	].join('\n');
}

function licenceOf({license, licenses = []}: PackageJson): string {
	const names = [license, ...licenses].filter(one => one !== undefined).map(one => typeof one === 'string' ? one : one.type);
	return names.length > 0 ? names.join(' or ') : 'see its text';
}

// What a package says itself, and what it says of others whose work it contains.
async function licenceText(folder: string, json: PackageJson): Promise<string> {
	const names = await licencesIn(folder);
	const texts = await Promise.all(names.map(async name => readFile(at(name), 'utf8')));
	return texts.length > 0 ? texts.map(text => text.trim()).join('\n\n') : standardText(json);
}

async function licencesIn(folder: string): Promise<string[]> {
	const entries = await readdir(at(folder), {withFileTypes: true});
	const files = entries.filter(entry => entry.isFile() && /^(licen[cs]es?|copying|notice|third-?party.*)(-.*)?(\.(md|txt|mit|apache2))?$/i.test(entry.name));
	// Where what is built, or copied in, has licences of others beside it.
	const folders = entries.filter(entry => entry.isDirectory() && (/^(build|dist|vendor)$/.test(entry.name) || path.basename(folder) === 'vendor'));
	const below = await Promise.all(folders.map(async ({name}) => licencesIn(`${folder}/${name}`)));
	return [...files.map(({name}) => `${folder}/${name}`), ...below.flat()].sort();
}

function standardText({name, license, author}: PackageJson): string {
	if (license !== 'MIT' || !author) {
		throw new Error(`the npm package ${name} has no licence text: add it to scripts/package/copyright.ts`);
	}

	return `Copyright (c) ${typeof author === 'string' ? author : author.name}\n\n${mitTerms}`;
}

const mitTerms = `Permission is hereby granted, free of charge, to any person obtaining a copy
of this software and associated documentation files (the "Software"), to deal
in the Software without restriction, including without limitation the rights
to use, copy, modify, merge, publish, distribute, sublicense, and/or sell
copies of the Software, and to permit persons to whom the Software is
furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in all
copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,
FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER
LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM,
OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN THE
SOFTWARE.`;

// All that the package puts into the filesystem.
import {
	mkdir, readdir, readFile, symlink,
} from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import {gzipSync} from 'node:zlib';
import {execa} from 'execa';
import {debianChangelog} from './changelog.js';
import {configFile} from './config-file.js';
import {koffiFiles} from './koffi.js';
import {at, write} from './sources.js';

export type Edition = {
	version: string;
	/** When its sources last changed. */
	date: Date;
};

const home = 'usr/lib/nexus';
const doc = 'usr/share/doc/nexus';

/** Fills an empty folder with the package's files. */
export async function fillRoot(root: string, edition: Edition): Promise<void> {
	await copyPrograms(root, edition);
	await copyDeclarations(root);
	await copyManuals(root);
	await writeCompletions(root);
	await writeDocuments(root, edition);
	await write(path.join(root, 'etc/nexus/nexus.yaml'), configFile());
}

async function copyPrograms(root: string, {version}: Edition): Promise<void> {
	const entries = await readdir(at('dist'));
	// The licences go with the documents.
	const files = entries.filter(name => !['man', 'LICENSES'].includes(name));
	await Promise.all(files.map(async name => copyProgram(at(`dist/${name}`), path.join(root, home, name))));
	await write(path.join(root, home, 'package.json'), `${JSON.stringify({name: 'nexus', version, type: 'module'}, undefined, '\t')}\n`);
	for (const file of koffiFiles()) {
		// eslint-disable-next-line no-await-in-loop
		await copy(at(`node_modules/${file}`), path.join(root, home, 'node_modules', file));
	}

	await mkdir(path.join(root, 'usr/bin'), {recursive: true});
	await Promise.all(Object.entries({nexusd: 'nexusd.js', nexusctl: 'nexusctl.js', nxc: 'nexusctl.js'}).map(async ([name, file]) =>
		symlink(`../lib/nexus/${file}`, path.join(root, 'usr/bin', name))));
}

// A program runs on the node that the package depends on, and on no other that stands before it in the PATH.
async function copyProgram(from: string, to: string): Promise<void> {
	const shebang = '#!/usr/bin/env node\n';
	const content = await readFile(from);
	await (content.subarray(0, shebang.length).toString() === shebang
		? write(to, `#!/usr/bin/node\n${content.subarray(shebang.length).toString()}`, 0o755)
		: write(to, content));
}

// Where Debian 12 looks for what an application says of itself to systemd, D-Bus and polkit.
async function copyDeclarations(root: string): Promise<void> {
	const places: Array<[from: string, to: string]> = [
		['systemd/sysusers.conf', 'usr/lib/sysusers.d/nexus.conf'],
		['systemd/tmpfiles.conf', 'usr/lib/tmpfiles.d/nexus.conf'],
		['dbus/org.workfort.Nexus1.conf', 'usr/share/dbus-1/system.d/org.workfort.Nexus1.conf'],
		['dbus/org.workfort.Nexus1.service', 'usr/share/dbus-1/system-services/org.workfort.Nexus1.service'],
		['dbus/org.workfort.Nexus1.session.service', 'usr/share/dbus-1/services/org.workfort.Nexus1.service'],
		['dbus/org.workfort.Nexus1.xml', 'usr/share/dbus-1/interfaces/org.workfort.Nexus1.xml'],
		['dbus/org.workfort.Nexus1.policy', 'usr/share/polkit-1/actions/org.workfort.Nexus1.policy'],
		['dbus/org.workfort.Nexus1.rules', 'usr/share/polkit-1/rules.d/50-org.workfort.Nexus1.rules'],
	];
	for (const [scope, folder] of [['system', 'lib/systemd/system'], ['user', 'usr/lib/systemd/user']]) {
		// eslint-disable-next-line no-await-in-loop
		const units = await readdir(at(`systemd/${scope}`));
		places.push(...units.map((unit): [string, string] => [`systemd/${scope}/${unit}`, `${folder}/${unit}`]));
	}

	await Promise.all(places.map(async ([from, to]) => copy(at(from), path.join(root, to))));
}

async function copyManuals(root: string): Promise<void> {
	const names = await readdir(at('dist/man'));
	await Promise.all(names.map(async name => {
		const section = name.split('.').at(-1)!;
		await write(path.join(root, `usr/share/man/man${section}/${name}.gz`), compressed(await readFile(at(`dist/man/${name}`))));
	}));
}

async function writeCompletions(root: string): Promise<void> {
	const places: Record<string, {folder: string; file: string; short?: string}> = {
		bash: {folder: 'usr/share/bash-completion/completions', file: 'nexusctl', short: 'nxc'},
		zsh: {folder: 'usr/share/zsh/vendor-completions', file: '_nexusctl'},
		fish: {folder: 'usr/share/fish/vendor_completions.d', file: 'nexusctl.fish', short: 'nxc.fish'},
	};
	await Promise.all(Object.entries(places).map(async ([shell, {folder, file, short}]) => {
		const {stdout} = await execa(process.execPath, [at('dist/nexusctl.js'), 'completion', shell]);
		await write(path.join(root, folder, file), `${stdout}\n`);
		if (short) {
			// Both shells look for a file of the name that is typed.
			await symlink(file, path.join(root, folder, short));
		}
	}));
}

async function writeDocuments(root: string, {version, date}: Edition): Promise<void> {
	const pages = await readdir(at('docs'), {recursive: true, withFileTypes: true});
	const documents = ['README.md', ...pages.filter(page => page.isFile()).map(({name, parentPath}) => path.relative(at('.'), path.join(parentPath, name)))];
	await Promise.all(documents.map(async name => copy(at(name), path.join(root, doc, name))));
	const changes = await readFile(at('CHANGELOG.md'), 'utf8');
	await write(path.join(root, doc, 'changelog.gz'), compressed(debianChangelog(changes, {version, date})));
	await write(path.join(root, doc, 'copyright'), withoutCommonLicence(await readFile(at('dist/LICENSES'), 'utf8')));
}

// Debian wants the one long licence that every machine has a copy of to be named, not repeated.
const withoutCommonLicence = (text: string): string =>
	text.replaceAll(/Apache License\s+Version 2\.0, January 2004\s[\s\S]*?END OF TERMS AND CONDITIONS/g, 'Apache License 2.0: see /usr/share/common-licenses/Apache-2.0');

// As `gzip -9n` does it: nothing in it tells when.
const compressed = (content: string | Uint8Array): Uint8Array => gzipSync(content, {level: 9});

async function copy(from: string, to: string): Promise<void> {
	await write(to, await readFile(from));
}

// Makes the Debian package: `npm run package` builds `.cache/package/nexus_<version>_<architecture>.deb` and says where
// it is. The same sources make the same package, to the byte. No debhelper: dpkg-deb is all it takes.
//
//   tsx scripts/package.ts [--version VERSION] [--output FOLDER]
//
// A version other than package.json's is for trying an upgrade; what the programs say of themselves stays.
import {mkdir, rm, stat} from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import {parseArgs} from 'node:util';
import {execa} from 'execa';
import packageJson from '../package.json' with {type: 'json'};
import {fillControl} from './package/control.js';
import {fillRoot} from './package/root.js';
import {at} from './package/sources.js';

const {values: options} = parseArgs({options: {version: {type: 'string'}, output: {type: 'string'}}});
console.log(await makePackage(options.version ?? packageJson.version, path.resolve(options.output ?? at('.cache/package'))));

// Returns the package's path.
async function makePackage(npmVersion: string, output: string): Promise<string> {
	// Files get the modes that they are given, whatever the shell's mask.
	process.umask(0o022);
	// A tilde sorts before the end: 1.0.0~beta.1 comes before 1.0.0, as it does for npm.
	const version = npmVersion.replace('-', '~');
	const {stdout: architecture} = await execa('dpkg', ['--print-architecture']);
	const date = await dateOfSources();

	const root = path.join(output, `root-${version}`);
	await rm(root, {recursive: true, force: true});
	await mkdir(root, {recursive: true});
	await fillRoot(root, {version, date});
	await fillControl(root, {version, architecture});

	const file = path.join(output, `nexus_${version}_${architecture}.deb`);
	await execa('dpkg-deb', ['--root-owner-group', '-Zxz', '-z2', '--threads-max=1', '--build', root, file], {
		// No file gets a later time than this.
		env: {SOURCE_DATE_EPOCH: String(Math.floor(date.getTime() / 1000))},
	});
	await rm(root, {recursive: true});
	return file;
}

// The time of the last commit; of the changelog's last change where there is no repository.
async function dateOfSources(): Promise<Date> {
	const given = process.env['SOURCE_DATE_EPOCH'];
	if (given) {
		return new Date(Number(given) * 1000);
	}

	const {exitCode, stdout} = await execa('git', ['log', '-1', '--format=%ct'], {cwd: at('.'), reject: false});
	if (exitCode === 0) {
		return new Date(Number(stdout) * 1000);
	}

	const {mtime} = await stat(at('CHANGELOG.md'));
	return mtime;
}

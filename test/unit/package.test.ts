// What the Debian package is made of, as far as it is made and not copied. test/system/package.test.ts installs it.
import {writeFile} from 'node:fs/promises';
import path from 'node:path';
import test from 'ava';
import {debianChangelog} from '../../scripts/package/changelog.js';
import {configFile} from '../../scripts/package/config-file.js';
import {defaultConfig, loadConfig} from '../../src/config.js';
import {cleanupOf} from '../support/cleanup.js';
import {temporaryFolder} from '../support/folder.js';

const date = new Date('2026-01-31T10:20:30Z');

test('the configuration as it is installed says nothing', async t => {
	t.deepEqual(configFile().split('\n').filter(line => !/^\s*(#|$)/.test(line)), []);
	const file = path.join(await temporaryFolder(cleanupOf(t)), 'nexus.yaml');
	await writeFile(file, configFile());
	t.deepEqual(await loadConfig('system', file), defaultConfig('system'));
});

test('without its comment signs it says the defaults, every one of them', async t => {
	const file = path.join(await temporaryFolder(cleanupOf(t)), 'nexus.yaml');
	// What stands right behind the sign is a key, what stands behind a space is prose.
	const source = configFile().replaceAll(/^(\s*)#(?=\w)/gm, '$1');
	await writeFile(file, source);
	t.deepEqual(await loadConfig('system', file), defaultConfig('system'));
	const {storage, http, daemon} = defaultConfig('system');
	t.is(source.match(/^ {2}\w+: /gm)!.length, [storage, http, daemon].flatMap(section => Object.keys(section)).length);
});

test('the lines of the configuration are short enough to read', t => {
	t.deepEqual(configFile().split('\n').filter(line => line.length > 110), []);
});

test('the changelog in Debian\'s form', t => {
	t.is(debianChangelog('# Changelog\n\n## Unreleased\n\nWords.\n\n- One [link](docs/x.md),\n  in two lines.\n- Two.\n', {version: '1.0.0', date}), `nexus (1.0.0) unstable; urgency=medium

  * Words.
  * One link, in two lines.
  * Two.

 -- Nexus developers <nexus@workfort.invalid>  Sat, 31 Jan 2026 10:20:30 +0000
`);
});

test('older versions keep their number and their date', t => {
	const changes = debianChangelog('# Changelog\n\n## 1.1.0 - 2026-01-31\n\n- New.\n\n## 1.0.0-beta.1 - 2025-12-24\n\n- Old.\n', {version: '1.1.0', date});
	t.deepEqual(changes.split('\n').filter(line => /^\S/.test(line)), ['nexus (1.1.0) unstable; urgency=medium', 'nexus (1.0.0~beta.1) unstable; urgency=medium']);
	t.regex(changes, / {2}Wed, 24 Dec 2025 00:00:00 \+0000\n$/);
});

test('long changes are broken into lines', t => {
	const changes = debianChangelog(`## 1\n\n- ${'word '.repeat(50)}\n`, {version: '1.0.0', date});
	t.deepEqual(changes.split('\n').filter(line => line.startsWith('  ') && line.length > 76), []);
	t.is(changes.match(/word/g)!.length, 50);
});

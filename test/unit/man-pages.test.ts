// The manual: that it says all there is to say, and that `man` shows it as it was meant.
import {readdir, readFile, writeFile} from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import test, {type ExecutionContext} from 'ava';
import {execa} from 'execa';
import fc from 'fast-check';
import * as z from 'zod';
import {errorCodes} from '../../dbus/errors.js';
import {parseContract} from '../../scripts/contract-source.js';
import {exampleConfig} from '../../scripts/man/nexus-yaml.js';
import {renderPage, type Page} from '../../scripts/man/roff.js';
import {renderManPages, writeManPages} from '../../scripts/man-pages.js';
import {daemonOptions, daemonUsage, optionLabel} from '../../service/options.js';
import {configSchema, defaultConfig, loadConfig} from '../../src/config.js';
import {globalFlags, type Flags} from '../../tui/cli/command.js';
import {exitCodes} from '../../tui/cli/failure.js';
import {usageOf} from '../../tui/cli/help.js';
import {commandsOf} from '../../tui/cli/parse.js';
import {nouns} from '../../tui/commands/index.js';
import {cleanupOf} from '../support/cleanup.js';
import {temporaryFolder} from '../support/folder.js';

const pages = await renderManPages();
const names = ['nexusctl.1', 'nexusd.8', 'nexus.yaml.5', 'org.workfort.Nexus1.5'];

/** What `man` shows of a page, in lines of some width. */
async function show(roff: string, width = 80): Promise<string> {
	const {stdout, stderr} = await execa('man', ['--warnings=w', '--local-file', '-'], {
		input: roff, env: {MANWIDTH: String(width), LC_ALL: 'C.UTF-8', MANROFFOPT: ''},
	});
	if (stderr !== '') {
		throw new Error(stderr);
	}

	return stdout;
}

// In long lines, lest a line's end come between the words that are looked for.
const flat = (text: string): string => text.replaceAll(/\s+/g, ' ');
const textOf = async (name: string): Promise<string> => flat(await show(pages.get(name)!, 1000));
// What stands in backquotes is shown in bold.
const shown = (text: string): string => flat(text).replaceAll('`', '');

function includes(t: ExecutionContext, text: string, words: string): void {
	t.true(text.includes(words), `It says: ${words}`);
}

for (const name of names) {
	test(`${name} is shown without a warning, in 80 columns`, async t => {
		const text = await show(pages.get(name)!);
		t.deepEqual(text.split('\n').filter(line => line.length > 80), []);
		// Nothing of roff or of the sources' marks is left.
		t.notRegex(text, /`|\\f|\\-|undefined|\[object/);
	});

	test(`${name} is found by whatis`, async t => {
		const folder = await temporaryFolder(cleanupOf(t));
		await writeManPages(folder);
		const title = name.replace(/\.\d$/, '');
		const {stdout} = await execa('lexgrog', [path.join(folder, name)]);
		includes(t, stdout, `"${title} - `);
		t.true(pages.get(name)!.includes(`\n.SH NAME\n${title} \\- `));
	});
}

test('nxc shows the page of nexusctl', async t => {
	const folder = await temporaryFolder(cleanupOf(t));
	await writeManPages(path.join(folder, 'man1'));
	t.deepEqual(await readdir(path.join(folder, 'man1')), [...names, 'nxc.1'].sort());
	t.is(await readFile(path.join(folder, 'man1/nxc.1'), 'utf8'), '.so man1/nexusctl.1\n');
	const {stdout, stderr} = await execa('man', ['--warnings=w', '-M', folder, 'nxc'], {env: {MANWIDTH: '80', LC_ALL: 'C.UTF-8'}});
	t.is(stderr, '');
	t.is(stdout, await show(pages.get('nexusctl.1')!));
});

test('nexusctl(1) names every noun, alias, verb, argument, flag, choice, default, example and exit code', async t => {
	const text = await textOf('nexusctl.1');
	const says = (words: string): void => {
		includes(t, text, shown(words));
	};

	const saysFlags = (flags: Flags): void => {
		for (const [name, spec] of Object.entries(flags)) {
			says(`${spec.type === 'boolean' ? `--${name}` : `--${name} ${spec.value}`} ${spec.summary}.`);
			for (const fact of spec.type === 'boolean' ? [] : [spec.default, ...('choices' in spec ? spec.choices ?? [] : []), ...('minimum' in spec ? [spec.minimum, spec.maximum] : [])]) {
				says(String(fact ?? ''));
			}
		}
	};

	saysFlags(globalFlags);
	for (const noun of nouns) {
		for (const name of [noun.name, ...noun.aliases]) {
			says(name);
		}

		for (const [path, command] of commandsOf(noun)) {
			says(`${usageOf(path, command)} ${command.summary}. ${command.details ?? ''}`.trim());
			saysFlags(command.flags);
			for (const {name, summary, choices = []} of command.arguments) {
				says(`${name} ${summary}.`);
				says(choices.join(', '));
			}

			for (const example of command.examples) {
				says(`nexusctl ${example}`);
			}
		}
	}

	const status = text.slice(text.indexOf('EXIT STATUS'));
	for (const code of [0, ...Object.values(exitCodes)]) {
		t.regex(status, new RegExp(` ${code} [A-Z]`));
	}
});

test('org.workfort.Nexus1(5) has every interface, method, signal, property, argument, error and action', async t => {
	const text = await textOf('org.workfort.Nexus1.5');
	const says = (words: string): void => {
		includes(t, text, shown(words));
	};

	const sources = await Promise.all(['org.workfort.Nexus1.xml', 'org.freedesktop.DBus.xml'].map(async name => readFile(`dbus/${name}`, 'utf8')));
	for (const {name, doc, methods, signals, properties} of sources.flatMap(source => parseContract(source))) {
		says(`${name} ${doc}`);
		for (const {name, doc, args, annotations} of [...methods, ...signals]) {
			t.regex(text, new RegExp(` ${name}\\([^)]*\\)`));
			says(doc);
			for (const {name, type, doc} of args) {
				says(`${type} ${name}`);
				says(`${name} ${doc}`);
			}

			for (const note of Object.entries(annotations).filter(([name]) => /\.(?:Action|Errors)$/.test(name)).flatMap(([, value]) => value.split(' '))) {
				says(note);
			}
		}

		for (const {name, type, doc} of properties) {
			says(`${name} ${type} ${doc}`);
		}
	}

	for (const code of errorCodes) {
		says(`${code} `);
	}

	const policy = await readFile('dbus/org.workfort.Nexus1.policy', 'utf8');
	const actions = [...policy.matchAll(/<action id="(?<id>[^"]+)">\s*<description>(?<description>[^<]+)</g)];
	t.true(actions.length > 0);
	for (const {groups} of actions) {
		says(`${groups!['id']!} ${groups!['description']!}.`);
	}
});

test('org.workfort.Nexus1(5) tells what members of the group may do', async t => {
	const text = await textOf('org.workfort.Nexus1.5');
	const about = (action: string): string => text.slice(text.lastIndexOf(`org.workfort.Nexus1.${action}`)).split(' org.workfort.Nexus1.')[0]!;
	t.regex(about('create-workspace'), /Members of the group nexus need no password\. Methods: Manager\.CreateWorkspace\./);
	t.notRegex(about('manage-others-workspaces'), /group nexus/);
});

test('nexus.yaml(5) has every key, and its example is right', async t => {
	const text = await textOf('nexus.yaml.5');
	type Schema = {properties: Record<string, {description: string; enum?: string[]; minimum?: number; maximum?: number}>};
	const sections = Object.entries(z.toJSONSchema(configSchema).properties as unknown as Record<string, Schema & {description: string}>);
	t.true(sections.length > 0);
	for (const [section, {description, properties}] of sections) {
		includes(t, text, ` ${section} ${description}`);
		for (const [key, {description, enum: choices = [], minimum = '', maximum = ''}] of Object.entries(properties)) {
			includes(t, text, ` ${key} ${description} `);
			includes(t, text, choices.join(', '));
			includes(t, text, minimum === '' ? '' : `${minimum} to ${maximum}`);
		}
	}

	const {storage, http, daemon} = defaultConfig('system');
	for (const value of [...Object.values(storage), ...Object.values(http), ...Object.values(daemon)]) {
		includes(t, text, `The default is ${value}`);
	}

	for (const place of ['$XDG_DATA_HOME/nexus/workspaces', '$XDG_STATE_HOME/nexus/nexus.db', '$XDG_RUNTIME_DIR/nexus/nexusd.sock', '$XDG_CONFIG_HOME/nexus/nexus.yaml']) {
		includes(t, text, place);
	}

	includes(t, text, '$XDG_DATA_HOME ~/.local/share $XDG_STATE_HOME ~/.local/state $XDG_RUNTIME_DIR /run/user/UID');
	const file = path.join(await temporaryFolder(cleanupOf(t)), 'nexus.yaml');
	await writeFile(file, exampleConfig());
	t.deepEqual(await loadConfig('system', file), {storage: {...storage, workspaces: '/srv/nexus/workspaces'}, http, daemon});
	includes(t, text, flat(exampleConfig()));
});

test('nexusd(8) has every option', async t => {
	const text = await textOf('nexusd.8');
	includes(t, text, daemonUsage());
	for (const [name, option] of Object.entries(daemonOptions)) {
		includes(t, text.toLowerCase(), `${optionLabel(name, option)} ${option.summary}.`.toLowerCase());
	}
});

test.serial('the pages are the same whoever builds them', async t => {
	const before = {...process.env};
	t.teardown(() => {
		Reflect.deleteProperty(process.env, 'XDG_DATA_HOME');
		Object.assign(process.env, before);
	});
	Object.assign(process.env, {HOME: '/somewhere/else', XDG_DATA_HOME: '/elsewhere'});
	t.deepEqual(await renderManPages(), pages);
	t.like(process.env, {HOME: '/somewhere/else', XDG_DATA_HOME: '/elsewhere'});
});

const pageWith = (sections: Page['sections']): string => renderPage({
	name: 'x', section: 1, summary: 'y', source: 'z', manual: 'm', sections,
});

const evil = [
	'.SH OWNED',
	'.so /etc/passwd',
	'\'ig',
	'.',
	'\'',
	'..',
	String.raw`\fBbold\fR \n(.s \*[x] \" a comment`,
	'\\',
	'\\\\',
	String.raw`ends with \\`,
	'--flag -x a-b',
	'"quoted" ""',
	'it\'s ^ ~ `',
	'naïve — 漢 🦆',
	'%$#@!&*()[]{}<>|;:,/?',
	'$(touch /tmp/x)',
	'a .b \'c',
];

test('no text is taken for roff', async t => {
	const roff = pageWith([
		{title: 'FIRST', blocks: evil.map(text => [text])},
		{title: 'SECOND', blocks: [{entries: evil.map(text => ({term: [text], body: [[text], {entries: [{term: [{code: text}], body: [[{variable: text}]]}]}]}))}]},
		{title: 'THIRD', blocks: [{example: evil.join('\n')}]},
	]);
	const lines = (await show(roff, 200)).split('\n').map(line => line.trim());
	for (const text of evil) {
		// Once as a paragraph, four times in entries, of which short ones share a line, and once in the example.
		t.true(lines.filter(line => line === text).length >= 2, `whole lines ${text}`);
		t.true(lines.join('\n').split(text).length > 6, `parts of lines ${text}`);
	}

	t.is(lines.filter(line => /^(?:FIRST|SECOND|THIRD|OWNED)$/.test(line)).length, 3);
});

test('a title and a summary are no roff either', async t => {
	const text = await show(renderPage({
		name: 'x-y', section: 1, summary: String.raw`.a "b" \fBc`, source: '"s" \\', manual: '.m "n"', sections: [{title: String.raw`.A "B" \C`, blocks: ['text']}],
	}));
	includes(t, text, String.raw`x-y - .a "b" \fBc`);
	includes(t, text, String.raw`.A "B" \C`);
	includes(t, text, '.m "n"');
});

test('an example is shown as it is', async t => {
	const character = fc.constantFrom(...[...'.\'\\"-`^~ abn*(fB[]{}$%#0é漢'].values());
	const line = fc.array(character, {minLength: 1, maxLength: 30}).map(characters => characters.join('')).filter(text => text.trim() !== '');
	const lines = fc.sample(line, 500);
	const text = await show(pageWith([{title: 'EXAMPLE', blocks: [{example: lines.map((line, index) => `${index}:${line}\n${line}`).join('\n')}]}]), 200);
	const all = text.split('\n').map(line => line.trim());
	for (const [index, line] of lines.entries()) {
		const place = all.indexOf(`${index}:${line}`.trimEnd());
		t.true(place !== -1, JSON.stringify(line));
		t.is(all[place + 1], line.trim());
	}
});

test('a control character is left out', async t => {
	const text = await show(pageWith([{title: 'A', blocks: ['one\u0007two\u001B[31m\u0085three', {example: 'a\tb\u0000c\rd'}]}]));
	includes(t, text, 'onetwo[31mthree');
	includes(t, text, 'a    bcd');
});

// nexus.yaml(5), from the schema of the configuration and its defaults.
import process from 'node:process';
import {stringify} from 'yaml';
import * as z from 'zod';
import {
	configSchema, defaultConfig, defaultConfigFile, type Config,
} from '../../src/config.js';
import {manualSource, seeAlso} from './common.js';
import type {Block, Entry, Page} from './roff.js';

/** The page on the configuration. */
export const configPage = (): Page => ({
	name: 'nexus.yaml',
	section: 5,
	summary: 'configuration of nexusd',
	source: manualSource,
	manual: 'File Formats',
	sections: [
		{title: 'SYNOPSIS', blocks: [`\`${defaultConfigFile('system')}\``, `\`${withVariables(() => defaultConfigFile('user'))}\``]},
		{title: 'DESCRIPTION', blocks: description()},
		{title: 'KEYS', blocks: sections().map(section => sectionBlock(section))},
		{title: 'EXAMPLE', blocks: [{example: exampleConfig()}]},
		{title: 'A POOL ELSEWHERE', blocks: poolElsewhere},
		{title: 'FILES', blocks: [{entries: files()}]},
		{title: 'SEE ALSO', blocks: [seeAlso('nexus.yaml', 'systemd.exec(5)', 'systemctl(1)', 'btrfs(5)')]},
	],
});

/** A configuration that says all that can be said. */
export const exampleConfig = (): string => stringify(Object.fromEntries(sections().map(({name, keys}) =>
	[name, Object.fromEntries(keys.map(key => [key.name, exampleValues[`${name}.${key.name}`] ?? valueOf(defaultConfig('system'), name, key.name)]))]))).trimEnd();

const exampleValues: Readonly<Record<string, string>> = {'storage.workspaces': '/srv/nexus/workspaces'};

type Key = {readonly name: string; readonly description: string; readonly kind: string};
type ConfigSection = {readonly name: string; readonly description: string; readonly keys: readonly Key[]};

type JsonSchema = z.core.JSONSchema.JSONSchema;

function sections(): ConfigSection[] {
	return Object.entries(propertiesOf(z.toJSONSchema(configSchema))).map(([name, section]) => ({
		name,
		description: section.description!,
		keys: Object.entries(propertiesOf(section)).map(([key, schema]) => ({name: key, description: schema.description!, kind: kindOf(schema)})),
	}));
}

const propertiesOf = ({properties}: JsonSchema): Record<string, JsonSchema> => (properties ?? {}) as Record<string, JsonSchema>;

// The only plain strings are paths.
function kindOf({type, enum: choices, minimum, maximum}: JsonSchema): string {
	if (choices) {
		return `One of ${choices.map(choice => `\`${String(choice)}\``).join(', ')}.`;
	}

	return type === 'integer' ? `A whole number from ${minimum!} to ${maximum!}.` : 'An absolute path.';
}

function sectionBlock({name, description, keys}: ConfigSection): Block {
	return {subsection: name, blocks: [description, {entries: keys.map(key => keyEntry(name, key))}]};
}

function keyEntry(section: string, {name, description, kind}: Key): Entry {
	const [system, user] = [defaultConfig('system'), withVariables(() => defaultConfig('user'))].map(config => valueOf(config, section, name));
	return {
		term: `\`${name}\``,
		body: [
			`${description} ${kind}`,
			`The default is \`${system!}\`${user === system ? '' : `, and \`${user!}\` for a user's own nexusd`}.`,
		],
	};
}

// The configuration spells in one word what the file spells with an underscore.
function valueOf(config: Config, section: string, key: string): string | number {
	const property = key.replaceAll(/_(\w)/g, (_, letter: string) => letter.toUpperCase());
	return (config as Record<string, Record<string, string | number>>)[section]![property]!;
}

const folderVariables = ['XDG_CONFIG_HOME', 'XDG_DATA_HOME', 'XDG_STATE_HOME', 'XDG_RUNTIME_DIR'] as const;

/** What a function says of a user's folders, with the variables' names in place of their values. */
function withVariables<T>(say: () => T): T {
	return inEnvironment(Object.fromEntries(folderVariables.map(name => [name, `/$${name}`])), say);
}

/** The same where no variable is set. */
function withoutVariables<T>(say: () => T): T {
	return inEnvironment({HOME: '/~'}, say);
}

// Only an absolute path counts as a value, so a slash precedes what stands for one, and is taken away again.
function inEnvironment<T>(variables: Readonly<Record<string, string>>, say: () => T): T {
	const before = {...process.env};
	try {
		setVariables(variables);
		return JSON.parse(JSON.stringify(say()).replaceAll(/"\/(?=[$~])/g, '"').replaceAll(`/run/user/${process.getuid!()}/`, '/run/user/UID/')) as T;
	} finally {
		setVariables(before);
	}
}

/** Sets these variables, and those for folders only if they are among them. */
function setVariables(variables: Readonly<Record<string, string | undefined>>): void {
	for (const name of ['HOME', ...folderVariables]) {
		Reflect.deleteProperty(process.env, name);
	}

	Object.assign(process.env, variables);
}

/** What a folder's variable stands for when it is not set, told from paths below each. */
function fallbackEntries(): Entry[] {
	const paths = (): string[] => {
		const {storage: {workspaces, database}, http: {socket}} = defaultConfig('user');
		return [defaultConfigFile('user'), workspaces, database, socket];
	};

	const fallbacks = withoutVariables(paths);
	return withVariables(paths).map((file, index) => {
		const [variable, ...below] = file.split('/');
		return {term: `\`${variable!}\``, body: [`\`${fallbacks[index]!.slice(0, -below.join('/').length - 1)}\``]};
	});
}

const description = (): Block[] => [
	`This file tells nexusd(8) where to keep things. It is YAML: sections with keys, all of which may be left out, as may the
	file. A key that Nexus does not know, or a value of the wrong kind, is refused with the file and the line.`,
	`The nexusd of the machine reads the first of the files, a user's own, \`nexusd --user\`, the second. The option
	\`--config\` names another, which must exist.`,
	'A change takes effect at the next start, or with `systemctl reload nexusd` where the key says so.',
	'Where a variable is not set, this stands in its place:',
	{entries: fallbackEntries()},
];

const poolElsewhere: readonly Block[] = [
	`The unit of nexusd(8) may write to \`/var/lib/nexus\` and nowhere else. For workspaces or a database elsewhere,
	\`systemctl edit nexusd\` opens a drop-in. For \`/srv/nexus\` it says:`,
	{
		example: [
			'[Unit]',
			'RequiresMountsFor=/srv/nexus',
			'',
			'[Service]',
			'ReadWritePaths=/srv/nexus',
		].join('\n'),
	},
	`The first has systemd mount the filesystem before nexusd starts, the second lets nexusd write there. The folder must
	exist, and should be on btrfs:`,
	{
		example: [
			'mkfs.btrfs /dev/sdb',
			'mkdir -p /srv/nexus',
			'echo \'/dev/sdb /srv/nexus btrfs defaults 0 0\' >>/etc/fstab',
			'mount /srv/nexus',
		].join('\n'),
	},
	'For a machine without btrfs nexusctl(1) can make a pool in a file. A user\'s own nexusd has no such fence.',
	`Quotas of btrfs should stay off: with them a snapshot costs more the more snapshots there are. Nexus never turns them on,
	and warns where it finds them.`,
];

const files = (): Entry[] => [
	{term: `\`${defaultConfigFile('system')}\``, body: ['The configuration of the machine\'s nexusd. It need not exist.']},
	{term: `\`${withVariables(() => defaultConfigFile('user'))}\``, body: ['That of a user\'s own.']},
	{term: '`/etc/systemd/system/nexusd.service.d/override.conf`', body: ['What `systemctl edit nexusd` writes.']},
];

// nexusctl(1), from the descriptions of the commands.
import {
	globalFlags, type ArgumentSpec, type Command, type Flags, type FlagSpec, type Noun,
} from '../../tui/cli/command.js';
import {exitCodes} from '../../tui/cli/failure.js';
import {usageOf} from '../../tui/cli/help.js';
import {commandsOf} from '../../tui/cli/parse.js';
import {nouns} from '../../tui/commands/index.js';
import {manualSource, seeAlso} from './common.js';
import {
	usageText, type Block, type Entry, type Page, type Span, type Text,
} from './roff.js';

/** The page on nexusctl. */
export const nexusctlPage = (): Page => ({
	name: 'nexusctl',
	section: 1,
	summary: 'manage disks for virtual machines',
	source: manualSource,
	manual: 'User Commands',
	sections: [
		{title: 'SYNOPSIS', blocks: synopsis},
		{title: 'DESCRIPTION', blocks: description},
		{title: 'COMMANDS', blocks: nouns.map(noun => nounBlock(noun))},
		{title: 'GLOBAL FLAGS', blocks: [{entries: flagEntries(globalFlags)}]},
		{title: 'EXIT STATUS', blocks: [{entries: exitEntries()}]},
		{title: 'ENVIRONMENT', blocks: [{entries: environment}]},
		{title: 'FILES', blocks: [{entries: files}]},
		{title: 'EXAMPLES', blocks: examples},
		{title: 'SEE ALSO', blocks: [seeAlso('nexusctl')]},
	],
});

const synopsis: readonly Text[] = [
	usageText('nexusctl NOUN VERB [NAME] [FLAG...]'),
	usageText('nexusctl [NOUN [VERB]] --help'),
	usageText('nexusctl --version'),
	['The name ', {code: 'nxc'}, ' does the same.'],
];

const description: readonly Block[] = [
	`nexusctl(1) is the command line of Nexus, which gives every virtual machine its own disk: a root filesystem is
	imported once, as an image; each workspace is a writable snapshot of an image, ready to boot; a VM is the record of a
	virtual machine that workspaces can be attached to. The work is done by nexusd(8), which nexusctl reaches over D-Bus.`,
	'Wherever a command takes a name of something that there is, it takes an id too.',
	`With \`--json\` a command prints JSON and nothing else, and asks nothing. Without it prints for people, in a form that
	may change.`,
	`Flags may stand anywhere in the line. A value follows its flag as a word of its own or after an equals sign. Two dashes
	end the flags.`,
];

function nounBlock(noun: Noun): Block {
	const title = 'verbs' in noun ? `${noun.summary} (${[noun.name, ...noun.aliases].join(', ')})` : noun.name;
	return {subsection: title, blocks: [{entries: commandsOf(noun).map(([path, command]) => commandEntry(path, command))}]};
}

function commandEntry(path: string, command: Command): Entry {
	const {summary, details, arguments: args, flags, examples} = command;
	const entries = [...args.map(argument => argumentEntry(argument)), ...flagEntries(flags)];
	return {
		term: usageText(usageOf(path, command)),
		body: [
			[`${summary}.`, ...(details ? [details] : [])].join(' '),
			...(entries.length > 0 ? [{entries}] : []),
			examples.length > 1 ? 'Examples:' : 'Example:',
			{example: examples.map(example => `nexusctl ${example}`).join('\n')},
		],
	};
}

const argumentEntry = ({name, summary, choices}: ArgumentSpec): Entry => ({
	term: [{variable: name}],
	body: [[`${summary}.`, ...(choices ? [choicesSentence(choices)] : [])].join(' ')],
});

const flagEntries = (flags: Flags): Entry[] => Object.entries(flags).map(([name, spec]) => ({
	term: flagTerm(name, spec),
	body: [[`${spec.summary}.`, ...remarksOn(spec)].join(' ')],
}));

const flagTerm = (name: string, spec: FlagSpec): Span[] => [
	...(spec.short ? [{code: `-${spec.short}`}, ', '] : []),
	{code: `--${name}`},
	...(spec.type === 'boolean' ? [] : [' ', {variable: spec.value}]),
];

function remarksOn(spec: FlagSpec): string[] {
	if (spec.type === 'boolean') {
		return [];
	}

	return [
		...(spec.type === 'string' && spec.choices ? [choicesSentence(spec.choices)] : []),
		...(spec.type === 'integer' ? [`From ${spec.minimum} to ${spec.maximum}.`] : []),
		...(spec.required ? ['Required.'] : []),
		...(spec.default === undefined ? [] : [`The default is \`${spec.default}\`.`]),
	];
}

const choicesSentence = (choices: readonly string[]): string => `One of ${choices.map(choice => `\`${choice}\``).join(', ')}.`;

const exitMeanings: Readonly<Record<keyof typeof exitCodes, string>> = {
	general: 'It failed. The message says why.',
	usage: 'The command line is wrong. Nothing was asked of nexusd(8).',
	unreachable: 'The bus or nexusd(8) cannot be reached, or was lost.',
	notFound: 'There is nothing of that name.',
	conflict: 'The name is taken, or the state of things forbids it: an image with workspaces is not deleted, nor a workspace that is attached.',
	unauthorised: 'The user may not do that.',
	interrupted: 'The user broke it off; the message says what has become of it.',
};

const exitEntries = (): Entry[] => [
	{term: '0', body: ['All went well.']},
	...Object.entries(exitCodes).map(([name, code]) => ({term: String(code), body: [exitMeanings[name as keyof typeof exitCodes]]})),
];

const environment: readonly Entry[] = [
	{term: '`DBUS_SYSTEM_BUS_ADDRESS`, `DBUS_SESSION_BUS_ADDRESS`', body: ['Where the buses are, when not where they usually are.']},
	{term: '`NO_COLOR`, `FORCE_COLOR`', body: ['No colours even on a terminal, and colours even elsewhere.']},
];

const files: readonly Entry[] = [
	{term: '`/var/lib/nexus/workspaces/@NAME/rootfs.ext4`', body: ['The disk of an image or a workspace, a raw ext4 filesystem, where nexus.yaml(5) names no other folder.']},
];

const examples: readonly Block[] = [
	'From a folder to a disk that a virtual machine boots:',
	{
		example: [
			'nexusctl image import /srv/rootfs --name debian',
			'nexusctl ws create --base debian --name alpha',
			'nexusctl vm create agent --vcpu 2 --mem 512',
			'nexusctl ws attach alpha --vm agent --root',
			'nexusctl ws inspect alpha',
		].join('\n'),
	},
	'The disks of all workspaces, for a script:',
	{example: 'nexusctl ws list --json | jq -r \'.[].devicePath\''},
];

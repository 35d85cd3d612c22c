// Help texts, made from the descriptions of the commands.
import type {Style} from '../output/terminal.js';
import {
	globalFlags, type ArgumentSpec, type Command, type Flags, type FlagSpec, type Group, type Noun,
} from './command.js';
import {commandsOf, type Topic} from './parse.js';

/** Help is for reading: lines stay short on wide terminals too. */
const width = 80;
/** All rows of a text keep the same distance from the edge, so that the eye finds the second column. */
const labelWidth = 22;

/** The help on a topic. */
export function helpText(topic: Topic, nouns: readonly Noun[], style: Style): string {
	const sections = sectionsOf(topic, nouns);
	return sections.map(({title, lines}) => [...(title ? [style.bold(title)] : []), ...lines].join('\n')).join('\n\n');
}

/** `nexusctl ws create --base IMAGE [--name NAME]` */
export const usageOf = (path: string, {arguments: args, flags}: Command): string => [
	`nexusctl ${path}`,
	...args.map(({name}) => name),
	...Object.entries(flags).map(([name, spec]) => isRequired(spec) ? flagLabel(name, spec) : `[${flagLabel(name, spec)}]`),
].join(' ');

type Section = {title?: string; lines: string[]};

function sectionsOf(topic: Topic, nouns: readonly Noun[]): Section[] {
	switch (topic.kind) {
		case 'program': {
			return programSections(nouns);
		}

		case 'group': {
			return groupSections(topic.group);
		}

		case 'command': {
			return commandSections(topic.path, topic.command);
		}
	}
}

function programSections(nouns: readonly Noun[]): Section[] {
	return [
		{lines: ['Usage: nexusctl <noun> <verb> [name] [flags]']},
		{lines: wrap('Gives every virtual machine its own disk: import a root filesystem once, as an image, and make workspaces from it.', width)},
		...nouns.filter(noun => 'verbs' in noun).map(group => ({title: groupTitle(group), lines: commandLines(group)})),
		{title: 'Other', lines: nouns.filter(noun => !('verbs' in noun)).flatMap(noun => commandLines(noun))},
		globalSection(),
		examplesSection(['image import ./rootfs --name debian', 'ws create --base debian --name web-root', 'ws attach web-root --vm web --root']),
		{lines: ['Every command explains itself: nexusctl <noun> <verb> --help']},
	];
}

function groupSections(group: Group): Section[] {
	return [
		{lines: [`Usage: nexusctl ${group.name} <verb> [name] [flags]`]},
		{title: groupTitle(group), lines: commandLines(group)},
		globalSection(),
		examplesSection(Object.values(group.verbs).slice(0, 3).map(({examples}) => examples[0])),
		{lines: [`Every verb explains itself: nexusctl ${group.name} <verb> --help`]},
	];
}

function commandSections(path: string, command: Command): Section[] {
	const {summary, details, arguments: args, flags, examples} = command;
	return [
		{lines: wrap(`Usage: ${usageOf(path, command)}`, width, ' '.repeat(7))},
		{lines: wrap([`${summary}.`, ...(details ? [details] : [])].join(' '), width)},
		...(args.length > 0 ? [{title: 'Arguments', lines: twoColumns(args.map(argument => argumentRow(argument)))}] : []),
		...(Object.keys(flags).length > 0 ? [{title: 'Flags', lines: flagLines(flags)}] : []),
		globalSection(),
		examplesSection(examples),
	];
}

const groupTitle = ({name, aliases, summary}: Group): string => `${summary} (${[name, ...aliases].join(', ')})`;

const commandLines = (noun: Noun): string[] => twoColumns(commandsOf(noun).map(([path, {summary, arguments: args}]) =>
	[[path, ...args.map(({name}) => name)].join(' '), summary]));

const argumentRow = ({name, summary, choices}: ArgumentSpec): [string, string] =>
	[name, summary + (choices ? ` (${choicesRemark(choices)})` : '')];

const flagLines = (flags: Flags): string[] => twoColumns(Object.entries(flags).map(([name, spec]) =>
	[`${spec.short ? `-${spec.short}, ` : ''}${flagLabel(name, spec)}`, spec.summary + remarksOn(spec)]));

function remarksOn(spec: FlagSpec): string {
	if (spec.type === 'boolean') {
		return '';
	}

	const remarks = [
		...(spec.type === 'string' && spec.choices ? [choicesRemark(spec.choices)] : []),
		...(spec.required ? ['required'] : []),
		...(spec.default === undefined ? [] : [`default: ${spec.default}`]),
	];
	return remarks.length > 0 ? ` (${remarks.join('; ')})` : '';
}

const choicesRemark = (choices: readonly string[]): string => `one of ${choices.join(', ')}`;

const flagLabel = (name: string, spec: FlagSpec): string => spec.type === 'boolean' ? `--${name}` : `--${name} ${spec.value}`;

const isRequired = (spec: FlagSpec): boolean => spec.type !== 'boolean' && spec.required === true;

const globalSection = (): Section => ({title: 'Global flags', lines: flagLines(globalFlags)});

const examplesSection = (examples: readonly string[]): Section => ({title: 'Examples', lines: examples.map(example => `  nexusctl ${example}`)});

function twoColumns(rows: ReadonlyArray<[string, string]>): string[] {
	return rows.flatMap(([label, text]) => {
		const [first, ...others] = wrap(text, width - labelWidth - 4);
		const indent = ' '.repeat(labelWidth + 4);
		const rest = others.map(line => indent + line);
		return label.length > labelWidth
			? [`  ${label}`, indent + first!, ...rest]
			: [`  ${label.padEnd(labelWidth)}  ${first!}`, ...rest];
	});
}

function wrap(text: string, columns: number, indent = ''): string[] {
	const lines: string[] = [];
	let line = '';
	// What stands in brackets stays together.
	for (const word of text.match(/\[[^\]]*]|\S+/g) ?? []) {
		if (line !== '' && line.length + 1 + word.length > columns) {
			lines.push(line);
			line = indent + word;
		} else {
			line = line === '' ? word : `${line} ${word}`;
		}
	}

	return [...lines, line];
}

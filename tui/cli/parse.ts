// From words to a command. `parseArgs` gives tokens, from which each mistake can be named together with the help that tells
// better.
import {parseArgs} from 'node:util';
import {
	globalFlags, type ArgumentSpec, type Command, type Flags, type FlagSpec, type Group, type Noun,
} from './command.js';
import {UsageError} from './usage-error.js';
import {parseValue} from './values.js';

/** What the words before the arguments have chosen. */
export type Topic =
	| {readonly kind: 'program'}
	| {readonly kind: 'group'; readonly path: string; readonly group: Group}
	| {readonly kind: 'command'; readonly path: string; readonly command: Command};

export type Request =
	| {readonly kind: 'version'}
	| {readonly kind: 'help'; readonly topic: Topic}
	| {
		readonly kind: 'command';
		readonly path: string;
		readonly command: Command;
		/** All words, as they were given. */
		readonly words: readonly string[];
		readonly args: readonly string[];
		readonly flags: Readonly<Record<string, string | number | boolean | undefined>>;
		readonly json: boolean;
		readonly bus: 'system' | 'session' | undefined;
	};

type Given = {readonly raw: string; readonly value: string | undefined; readonly inline: boolean};

/**
Reads a command line.

@throws UsageError
*/
export function parseCommandLine(argv: readonly string[], nouns: readonly Noun[]): Request {
	const {positionals, options} = tokenize(argv, nouns);
	if (options.has('version')) {
		return {kind: 'version'};
	}

	const help = options.has('help') || positionals[0] === 'help';
	const {topic, rest} = choose(positionals[0] === 'help' ? positionals.slice(1) : positionals, nouns);
	if (help || (topic.kind === 'program' && options.size === 0)) {
		return {kind: 'help', topic};
	}

	if (topic.kind !== 'command') {
		checkOptions(options, globalFlags, topic.kind === 'group' ? topic.path : '');
		throw incomplete(topic, nouns);
	}

	const {path, command} = topic;
	checkOptions(options, {...globalFlags, ...command.flags}, path);
	checkArguments(rest, command.arguments, path);
	const {json, system, user} = readFlags(options, globalFlags, path);
	if (system && user) {
		throw new UsageError('--system and --user cannot be given together', path);
	}

	return {
		kind: 'command',
		path,
		command,
		words: argv,
		args: rest,
		flags: readFlags(options, command.flags, path),
		json: json === true,
		bus: system ? 'system' : (user ? 'session' : undefined),
	};
}

/** The commands of a noun, each with the words that choose it. */
export const commandsOf = (noun: Noun): Array<[path: string, command: Command]> => 'verbs' in noun
	? Object.entries(noun.verbs).map(([verb, command]) => [`${noun.name} ${verb}`, command])
	: [[noun.name, noun.command]];

// Which flags there are depends on the command, and where the command stands in the line depends on which flags take
// a value. A name means the same kind of flag everywhere, so all of them together settle it.
function tokenize(argv: readonly string[], nouns: readonly Noun[]): {positionals: string[]; options: Map<string, Given[]>} {
	const all = [globalFlags, ...nouns.flatMap(noun => commandsOf(noun)).map(([, {flags}]) => flags)].flatMap((flags: Flags) => Object.entries(flags));
	const {tokens} = parseArgs({
		args: [...argv],
		options: Object.fromEntries(all.map(([name, {type, short}]) =>
			[name, {type: type === 'boolean' ? 'boolean' : 'string', ...(short && {short})}])),
		allowPositionals: true,
		strict: false,
		tokens: true,
	});

	const positionals: string[] = [];
	const options = new Map<string, Given[]>();
	for (const token of tokens) {
		if (token.kind === 'positional') {
			positionals.push(token.value);
		} else if (token.kind === 'option') {
			const given = {raw: token.rawName, value: token.value, inline: token.inlineValue === true};
			options.set(token.name, [...options.get(token.name) ?? [], given]);
		}
	}

	return {positionals, options};
}

function choose([first, second, ...others]: readonly string[], nouns: readonly Noun[]): {topic: Topic; rest: readonly string[]} {
	if (first === undefined) {
		return {topic: {kind: 'program'}, rest: []};
	}

	const noun = nouns.find(({name, aliases}) => name === first || aliases.includes(first));
	if (!noun) {
		throw new UsageError(`unknown command "${first}": the commands are ${namesOf(nouns)}`, '');
	}

	const words = second === undefined ? [] : [second, ...others];
	if (!('verbs' in noun)) {
		return {topic: {kind: 'command', path: noun.name, command: noun.command}, rest: words};
	}

	if (second === undefined) {
		return {topic: {kind: 'group', path: noun.name, group: noun}, rest: []};
	}

	const command = Object.hasOwn(noun.verbs, second) ? noun.verbs[second] : undefined;
	if (!command) {
		throw new UsageError(`unknown verb "${second}": the verbs of ${noun.name} are ${verbsOf(noun)}`, noun.name);
	}

	return {topic: {kind: 'command', path: `${noun.name} ${second}`, command}, rest: others};
}

function incomplete(topic: Exclude<Topic, {kind: 'command'}>, nouns: readonly Noun[]): UsageError {
	return topic.kind === 'group'
		? new UsageError(`${topic.path} needs a verb: ${verbsOf(topic.group)}`, topic.path)
		: new UsageError(`a command is missing: ${namesOf(nouns)}`, '');
}

function checkOptions(options: ReadonlyMap<string, readonly Given[]>, flags: Flags, path: string): void {
	for (const [name, [given, again]] of options) {
		const {raw, value, inline} = given!;
		const spec = Object.hasOwn(flags, name) ? flags[name] : undefined;
		if (!spec) {
			throw new UsageError(`unknown flag ${raw}`, path);
		}

		if (again) {
			throw new UsageError(`the flag --${name} is given twice`, path);
		}

		if (spec.type === 'boolean' && value !== undefined) {
			throw new UsageError(`the flag --${name} takes no value`, path);
		}

		// A word with a dash is the next flag, unless an equals sign says otherwise.
		if (spec.type !== 'boolean' && (!value || (!inline && value.startsWith('-')))) {
			throw new UsageError(`the flag --${name} needs a value: --${name} ${spec.value}`, path);
		}
	}

	for (const [name, spec] of Object.entries(flags)) {
		if (spec.type !== 'boolean' && spec.required && !options.has(name)) {
			throw new UsageError(`the flag --${name} ${spec.value} is missing`, path);
		}
	}
}

function checkArguments(words: readonly string[], specs: readonly ArgumentSpec[], path: string): void {
	const missing = specs[words.length];
	if (missing) {
		throw new UsageError(`the argument ${missing.name} is missing`, path);
	}

	if (words.length > specs.length) {
		throw new UsageError(`unexpected argument "${words[specs.length]!}"`, path);
	}

	const empty = specs.find((_, index) => words[index] === '');
	if (empty) {
		throw new UsageError(`the argument ${empty.name} is empty`, path);
	}

	for (const [index, {name, choices}] of specs.entries()) {
		if (choices && !choices.includes(words[index]!)) {
			throw new UsageError(`the argument ${name} takes one of ${choices.join(', ')}, not "${words[index]!}"`, path);
		}
	}
}

function readFlags<F extends Flags>(options: ReadonlyMap<string, readonly Given[]>, flags: F, path: string) {
	return Object.fromEntries(Object.entries(flags).map(([name, spec]) => [name, readFlag(options.get(name)?.[0], name, spec, path)]));
}

function readFlag(given: Given | undefined, name: string, spec: FlagSpec, path: string): string | number | boolean | undefined {
	if (spec.type === 'boolean') {
		return given !== undefined;
	}

	if (!given) {
		return spec.default;
	}

	try {
		return parseValue(spec, given.value!);
	} catch (error) {
		throw new UsageError(`the flag --${name} takes ${(error as RangeError).message}, not "${given.value!}"`, path);
	}
}

const namesOf = (nouns: readonly Noun[]): string => nouns.map(({name}) => name).join(', ');

const verbsOf = ({verbs}: Group): string => Object.keys(verbs).join(', ');

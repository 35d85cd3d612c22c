// What could come next in a command line, told from the descriptions of the commands.
import {parseArgs} from 'node:util';
import {
	globalFlags, type ArgumentSpec, type FlagSpec, type Flags, type Noun, type RecordKind,
} from '../cli/command.js';
import {parseCommandLine, type Topic} from '../cli/parse.js';
import {UsageError} from '../cli/usage-error.js';

export type Candidate = {
	readonly word: string;
	/** What it is, "" where its name says it. */
	readonly about: string;
};

/** What can stand at the cursor, or `path`: a file's path, which the shell itself knows best. */
export type Completion = readonly Candidate[] | 'path';

export type Bus = 'system' | 'session' | undefined;

/** The names of the records of a kind. */
export type NamesOf = (kind: RecordKind, bus: Bus) => Promise<readonly string[]>;

/**
What can stand at the cursor. All of it, whatever the word there begins with: what a beginning fits is for the shell.

@param words The words after the program's name; the last one, "" maybe, is the one at the cursor.
*/
export async function complete(words: readonly string[], nouns: readonly Noun[], namesOf: NamesOf): Promise<Completion> {
	const line = readLine(words.slice(0, -1), nouns);
	if (!line) {
		return [];
	}

	const current = words.at(-1) ?? '';
	if (line.open) {
		return valuesOf(line.open, line.bus, namesOf);
	}

	if (line.flagsEnded || !current.startsWith('-')) {
		return completeWord(line, nouns, namesOf);
	}

	const [, name, equals] = /^--([^=]*)(=?)/.exec(current) ?? [];
	return equals ? completeInline(name!, line, namesOf) : flagsFor(line);
}

/** A line up to the word at the cursor. */
type Line = {
	readonly topic: Topic;
	/** Whether it asks for help with the topic by the word `help`. */
	readonly asksHelp: boolean;
	/** How many words follow those that chose the topic. */
	readonly args: number;
	/** The flags that may be given still. */
	readonly flags: Flags;
	/** The flag whose value comes next. */
	readonly open: FlagSpec | undefined;
	/** Whether two dashes have ended the flags. */
	readonly flagsEnded: boolean;
	readonly bus: Bus;
};

// `undefined` where nothing sensible can follow.
function readLine(before: readonly string[], nouns: readonly Noun[]): Line | undefined {
	const topic = topicOf(before, nouns);
	if (!topic) {
		return undefined;
	}

	const known: Flags = topic.kind === 'command' ? {...topic.command.flags, ...globalFlags} : globalFlags;
	const tokens = tokensOf(before, known);
	const given = new Set(tokens.flatMap(token => token.kind === 'option' ? [token.name] : []));
	const positionals = tokens.flatMap(token => token.kind === 'positional' ? [token.value] : []);
	const asksHelp = positionals[0] === 'help';
	const last = tokens.at(-1);
	return {
		topic,
		asksHelp,
		args: positionals.length - (asksHelp ? 1 : 0) - wordsOf(topic),
		flags: remaining(known, given),
		open: last?.kind === 'option' && last.value === undefined ? openFlag(known[last.name]) : undefined,
		flagsEnded: tokens.some(({kind}) => kind === 'option-terminator'),
		bus: busOf(given),
	};
}

// The parser tells the topic of a line that asks for help, however much of the line is missing.
function topicOf(before: readonly string[], nouns: readonly Noun[]): Topic | undefined {
	try {
		const request = parseCommandLine(['--help', ...before], nouns);
		return request.kind === 'help' ? request.topic : undefined;
	} catch (error) {
		if (error instanceof UsageError) {
			return undefined;
		}

		throw error;
	}
}

const tokensOf = (args: readonly string[], flags: Flags) => parseArgs({
	args: [...args],
	options: Object.fromEntries(Object.entries(flags).map(([name, {type, short}]) =>
		[name, {type: type === 'boolean' ? 'boolean' as const : 'string' as const, ...(short && {short})}])),
	allowPositionals: true,
	strict: false,
	tokens: true,
}).tokens;

function wordsOf(topic: Topic): number {
	return topic.kind === 'program' ? 0 : topic.path.split(' ').length;
}

const openFlag = (spec: FlagSpec | undefined): FlagSpec | undefined => spec?.type === 'boolean' ? undefined : spec;

// A flag is given once, and only one of the buses is meant.
function remaining(flags: Flags, given: ReadonlySet<string>): Flags {
	const buses = ['system', 'user'];
	const gone = new Set([...given, ...(buses.some(name => given.has(name)) ? buses : [])]);
	return Object.fromEntries(Object.entries(flags).filter(([name]) => !gone.has(name)));
}

function busOf(given: ReadonlySet<string>): Bus {
	return given.has('system') ? 'system' : (given.has('user') ? 'session' : undefined);
}

async function completeWord(line: Line, nouns: readonly Noun[], namesOf: NamesOf): Promise<Completion> {
	const {topic, args} = line;
	switch (topic.kind) {
		case 'program': {
			return nouns.flatMap(noun => [noun.name, ...noun.aliases].map(word => ({word, about: 'verbs' in noun ? noun.summary : noun.command.summary})));
		}

		case 'group': {
			return Object.entries(topic.group.verbs).map(([word, {summary}]) => ({word, about: summary}));
		}

		case 'command': {
			const argument = topic.command.arguments[args];
			if (line.asksHelp) {
				return [];
			}

			// Where no word is awaited, flags are all that can come.
			return argument ? valuesOf(argument, line.bus, namesOf) : (line.flagsEnded ? [] : flagsFor(line));
		}
	}
}

const flagsFor = ({flags}: Line): Candidate[] => Object.entries(flags).map(([name, {summary}]) => ({word: `--${name}`, about: summary}));

// The value in `--flag=value`. The shells hold it for one word.
async function completeInline(name: string, {flags, bus}: Line, namesOf: NamesOf): Promise<Completion> {
	const spec = Object.hasOwn(flags, name) ? flags[name] : undefined;
	const values = spec ? await valuesOf(spec, bus, namesOf) : [];
	return values === 'path' ? values : values.map(({word, about}) => ({word: `--${name}=${word}`, about}));
}

async function valuesOf(spec: ArgumentSpec | FlagSpec, bus: Bus, namesOf: NamesOf): Promise<Completion> {
	if ('choices' in spec && spec.choices) {
		return spec.choices.map(word => ({word, about: ''}));
	}

	const kind = 'names' in spec ? spec.names : undefined;
	if (kind === undefined || kind === 'path') {
		return kind ?? [];
	}

	const names = await namesOf(kind, bus);
	return names.map(word => ({word, about: ''}));
}

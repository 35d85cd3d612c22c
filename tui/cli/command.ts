// How a command is described. Parsing, help, hints, completion and man pages are made from these descriptions, so that
// nothing states a flag twice.
import type {BusKind} from '../../dbus/bus.js';
import type {NexusClient} from '../../dbus/client.js';
import type {errorCodes} from '../../dbus/errors.js';
import type {Terminal} from '../output/terminal.js';
import type {Person} from '../person.js';

/** The records that have names. */
export type RecordKind = 'image' | 'workspace' | 'vm';

export type ArgumentSpec = {
	/** As the usage line shows it: `NAME`. */
	readonly name: string;
	readonly summary: string;
	/** The kind of record that it names, or a file's path. */
	readonly names?: RecordKind | 'path';
	readonly choices?: readonly string[];
};

type BooleanFlag = {readonly type: 'boolean'; readonly summary: string; readonly short?: string};

type ValueFlag = {
	readonly summary: string;
	/** What stands for the value in the usage line: `NAME`. */
	readonly value: string;
	readonly required?: true;
	readonly short?: string;
};

type StringFlag = ValueFlag & {
	readonly type: 'string';
	readonly default?: string;
	readonly choices?: readonly string[];
	/** The kind of record that it names, or a file's path. */
	readonly names?: RecordKind | 'path';
};

type IntegerFlag = ValueFlag & {
	readonly type: 'integer';
	readonly default?: number;
	readonly minimum: number;
	readonly maximum: number;
};

/** Bytes, with a suffix or without. */
type SizeFlag = ValueFlag & {readonly type: 'size'; readonly default?: number};

export type FlagSpec = BooleanFlag | StringFlag | IntegerFlag | SizeFlag;
/** Flags by the word that follows the two dashes. */
export type Flags = Readonly<Record<string, FlagSpec>>;

type ScalarOf<F extends FlagSpec> = F extends {type: 'boolean'} ? boolean : F extends {type: 'string'} ? string : number;
type FlagValue<F extends FlagSpec> =
	F extends {type: 'boolean'} | {required: true} | {default: string | number} ? ScalarOf<F> : ScalarOf<F> | undefined;
export type FlagValues<F extends Flags> = {readonly [K in keyof F]: FlagValue<F[K]>};

/** A command as the user gave it. */
export type Invocation<A extends readonly ArgumentSpec[] = readonly ArgumentSpec[], F extends Flags = Flags> = {
	/** The words that chose it: `ws create`. */
	readonly path: string;
	/** All words, as they were given. */
	readonly words: readonly string[];
	readonly args: {readonly [K in keyof A]: string};
	readonly flags: FlagValues<F>;
	/** Whoever gave it. */
	readonly person: Person;
	/** A command line to suggest, on the same bus: `suggest('image list')`. */
	readonly suggest: (words: string) => string;
	/** The bus that was asked for. */
	readonly bus: BusKind | undefined;
	/** The daemon, on another bus than that when one is named. The connection is closed for the command when it is over. */
	readonly connect: (bus?: BusKind) => Promise<NexusClient>;
};

/** What a command has to say. */
export type Outcome = {
	/** For `--json`. */
	readonly data: unknown;
	/** For people. */
	readonly text: (terminal: Terminal) => string | Promise<string>;
};

export type ErrorCode = typeof errorCodes[number];

export type Command<A extends readonly ArgumentSpec[] = readonly ArgumentSpec[], F extends Flags = Flags> = {
	/** One line without a full stop. */
	readonly summary: string;
	/** More, for the command's own help. */
	readonly details?: string;
	readonly arguments: A;
	readonly flags: F;
	readonly examples: readonly [string, ...string[]];
	/** What to do next about an error that this command is known to meet. */
	readonly hints?: Readonly<Partial<Record<ErrorCode, (invocation: Invocation<A, F>) => string>>>;
	readonly run: (invocation: Invocation<A, F>) => Promise<Outcome>;
};

/** A noun with its verbs. */
export type Group = {
	readonly name: string;
	readonly aliases: readonly string[];
	readonly summary: string;
	readonly verbs: Readonly<Record<string, Command>>;
};

/** A noun that is a command by itself. */
export type Single = {
	readonly name: string;
	readonly aliases: readonly string[];
	readonly command: Command;
};

export type Noun = Group | Single;

/** Describes a command; `run` and `hints` see its arguments and flags with their types. */
export const defineCommand = <const A extends readonly ArgumentSpec[], const F extends Flags>(command: Command<A, F>): Command =>
	// The parser makes the arguments and flags from this very description, so `run` gets what it expects.
	command as unknown as Command;

/** The flags that every command takes. */
export const globalFlags = {
	json: {type: 'boolean', summary: 'Print JSON and nothing else'},
	system: {type: 'boolean', summary: 'Talk to the nexusd of the machine, on the system bus'},
	user: {type: 'boolean', summary: 'Talk to your own nexusd, on the session bus'},
	help: {type: 'boolean', summary: 'Show help', short: 'h'},
	version: {type: 'boolean', summary: 'Show the version of nexusctl'},
} as const satisfies Flags;

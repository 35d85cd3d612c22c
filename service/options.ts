// The options of nexusd, as data: its help, its parser and nexusd(8) are made from them.
import process from 'node:process';
import {parseArgs} from 'node:util';
import {busName} from '../dbus/paths.js';
import packageJson from '../package.json' with {type: 'json'};

export type DaemonOption = {
	readonly type: 'boolean' | 'string';
	/** One line without a full stop, beginning small. */
	readonly summary: string;
	/** What stands for its value: `FILE`. */
	readonly value?: string;
};

/** What nexusd does, in a sentence. */
export const daemonSummary = `Keeps images and workspaces, and serves them as ${busName} on the system bus.`;

const flags = {
	user: {type: 'boolean', summary: 'serve the session bus, with the user\'s own folders'},
	config: {type: 'string', summary: 'read FILE instead of /etc/nexus/nexus.yaml (with --user: $XDG_CONFIG_HOME/nexus/nexus.yaml)', value: 'FILE'},
} as const satisfies Record<string, DaemonOption>;

/** Options by the word that follows the two dashes. */
export const daemonOptions: Readonly<Record<string, DaemonOption>> = {
	...flags,
	version: {type: 'boolean', summary: 'print the version'},
	help: {type: 'boolean', summary: 'print this text'},
};

/** Command lines that can be typed. */
export const daemonExamples: readonly string[] = ['nexusd --config /etc/nexus/nexus.yaml', 'nexusd --user'];

export type DaemonRequest = {
	readonly user: boolean;
	/** A configuration other than the default one. */
	readonly config: string | undefined;
};

/** The command line is wrong. */
export class DaemonUsageError extends Error {}

/**
Reads the command line: what to do, or a text where it only asks for one.

@throws DaemonUsageError
*/
export function parseDaemonOptions(argv: readonly string[] = process.argv.slice(2)): DaemonRequest | {print: string} {
	const given = readOptions(argv);
	if (given.has('help')) {
		return {print: helpText()};
	}

	return given.has('version') ? {print: packageJson.version} : {user: given.has('user'), config: given.get('config')};
}

// Not strict: from the tokens each mistake can be named in our own words.
function readOptions(argv: readonly string[]): Map<string, string | undefined> {
	const {tokens} = parseArgs({
		args: [...argv], options: daemonOptions, strict: false, allowPositionals: true, tokens: true,
	});
	const given = new Map<string, string | undefined>();
	for (const token of tokens) {
		if (token.kind === 'positional') {
			throw new DaemonUsageError(`unexpected argument ${JSON.stringify(token.value)}`);
		}

		if (token.kind === 'option') {
			checkOption(token, given);
			given.set(token.name, token.value);
		}
	}

	return given;
}

type OptionToken = {name: string; rawName: string; value: string | undefined; inlineValue: boolean | undefined};

function checkOption({name, rawName, value = '', inlineValue}: OptionToken, given: ReadonlyMap<string, unknown>): void {
	if (!Object.hasOwn(daemonOptions, name)) {
		throw new DaemonUsageError(`unknown flag ${rawName}`);
	}

	const {type} = daemonOptions[name]!;

	if (given.has(name)) {
		throw new DaemonUsageError(`the flag ${rawName} can only be set once`);
	}

	if (type === 'boolean' && inlineValue) {
		throw new DaemonUsageError(`the flag ${rawName} takes no value`);
	}

	// What follows may be the next flag.
	if (type === 'string' && (value === '' || (!inlineValue && value.startsWith('-')))) {
		throw new DaemonUsageError(`the flag ${rawName} needs a value`);
	}
}

/** `nexusd [--user] [--config FILE]` */
export const daemonUsage = (): string => ['nexusd', ...Object.entries(flags).map(([name, option]) => `[${optionLabel(name, option)}]`)].join(' ');

/** `--config FILE` */
export const optionLabel = (name: string, {value}: DaemonOption): string => `--${name}${value ? ` ${value}` : ''}`;

const helpText = (): string => [
	'Usage',
	`  $ ${daemonUsage()}`,
	'',
	daemonSummary,
	'',
	'Options',
	...Object.entries(daemonOptions).flatMap(([name, option]) => optionLines(optionLabel(name, option), option.summary)),
	'',
	'Examples',
	...daemonExamples.map(example => `  $ ${example}`),
].join('\n');

// The remark in brackets goes below, where the line would become too long.
function optionLines(label: string, summary: string): string[] {
	const column = 15;
	const [first, ...remarks] = summary.length > 60 ? summary.split(/ (?=\()/) : [summary];
	return [`  ${label.padEnd(column)}${first!}`, ...remarks.map(remark => ' '.repeat(column + 2) + remark)];
}

// The options of nexusd, as data: its help, its parser and nexusd(8) are made from them.
import process from 'node:process';
import meow from 'meow';
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
	// Meow acts on these by itself.
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
Reads the command line. Ends the process where it asks for the help or the version, or names an unknown option.

@throws DaemonUsageError
*/
export function parseDaemonOptions(argv: readonly string[] = process.argv.slice(2)): DaemonRequest {
	const {input, flags: {user, config}} = readFlags(argv);
	if (input.length > 0) {
		throw new DaemonUsageError(`unexpected argument ${JSON.stringify(input[0])}`);
	}

	if (config === '') {
		throw new DaemonUsageError('the flag --config needs a value');
	}

	return {user: user === true, config};
}

function readFlags(argv: readonly string[]) {
	try {
		return meow(helpText(), {
			importMeta: import.meta, argv, pkg: packageJson, description: false, allowUnknownFlags: false, flags,
		});
	} catch (error) {
		// A flag is given twice.
		throw new DaemonUsageError(error instanceof Error ? error.message : String(error), {cause: error});
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

// The configuration: YAML, checked by a schema, with defaults for the system and for a user.
import {readFile} from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import {
	isMap, isScalar, LineCounter, parseDocument, visit, type Document,
} from 'yaml';
import * as z from 'zod';
import {backendChoices, type BackendChoice} from './backend/choose-backend.js';
import {NexusError, errnoOf, messageOf} from './errors.js';

export type Config = {
	storage: {
		/** The folder of images and workspaces. */
		workspaces: string;
		/** The database file. */
		database: string;
		backend: BackendChoice;
	};
	http: {
		/** The socket of the REST face. */
		socket: string;
	};
	daemon: {
		/** Seconds without work after which nexusd ends; 0 for never. */
		idleSeconds: number;
	};
};

// The longest that a timer of node's can wait.
const maximumIdleSeconds = Math.floor((2 ** 31) / 1000);

const absolutePath = z.string().refine(value => path.isAbsolute(value), {error: 'must be an absolute path'});

/** What a configuration file may say. The descriptions are the manual's. */
export const configSchema = z.strictObject({
	storage: z.strictObject({
		workspaces: absolutePath.optional()
			.describe('The folder that holds images and workspaces. Put it on btrfs: there a workspace is a snapshot, elsewhere it is a copy.'),
		database: absolutePath.optional().describe('The file in which nexusd keeps its records.'),
		backend: z.enum(backendChoices).optional()
			.describe('How workspaces are kept: btrfs makes snapshots, directory makes reflinks or copies, auto takes btrfs where the folder is on one.'),
	}).optional().describe('Where things are kept. A change takes effect at the next start.'),
	http: z.strictObject({
		socket: absolutePath.optional()
			.describe('The socket of the REST interface, where systemd does not hand one over. A change takes effect at the next start.'),
	}).optional().describe('The REST interface.'),
	daemon: z.strictObject({
		idle_seconds: z.int().min(0).max(maximumIdleSeconds).optional()
			.describe([
				'Seconds without calls, jobs, connections or subscribed clients after which nexusd ends, to be started again by the next call; 0 means never.',
				'It only ends where somebody can start it again. A reload is enough to change it.',
			].join(' ')),
	}).optional().describe('The life of nexusd.'),
});

export type Scope = 'system' | 'user';

/** Where things are when no configuration says otherwise. */
export function defaultConfig(scope: Scope): Config {
	const home = os.homedir();
	const daemon = {idleSeconds: 60};
	return scope === 'system'
		? {
			storage: {workspaces: '/var/lib/nexus/workspaces', database: '/var/lib/nexus/nexus.db', backend: 'auto'},
			http: {socket: '/run/nexus/nexusd.sock'},
			daemon,
		}
		: {
			storage: {
				workspaces: path.join(xdgFolder('XDG_DATA_HOME', path.join(home, '.local/share')), 'nexus/workspaces'),
				database: path.join(xdgFolder('XDG_STATE_HOME', path.join(home, '.local/state')), 'nexus/nexus.db'),
				backend: 'auto',
			},
			http: {socket: path.join(xdgFolder('XDG_RUNTIME_DIR', `/run/user/${process.getuid!()}`), 'nexus/nexusd.sock')},
			daemon,
		};
}

/** The file that is read when no other is named. */
export const defaultConfigFile = (scope: Scope): string => scope === 'system'
	? '/etc/nexus/nexus.yaml'
	: path.join(xdgFolder('XDG_CONFIG_HOME', path.join(os.homedir(), '.config')), 'nexus/nexus.yaml');

// The XDG base directory specification: a value that is empty or relative does not count.
function xdgFolder(variable: string, fallback: string): string {
	const folder = process.env[variable] ?? '';
	return path.isAbsolute(folder) ? folder : fallback;
}

/**
Reads the configuration.

@param file A file that must exist; `undefined` for the default one, which need not.
@throws NexusError InvalidArgument with the file, the line and the key; NotFound when a named file is missing.
*/
export async function loadConfig(scope: Scope, file: string | undefined): Promise<Config> {
	const defaults = defaultConfig(scope);
	const name = file ?? defaultConfigFile(scope);
	let source;
	try {
		source = await readFile(name, 'utf8');
	} catch (error) {
		if (errnoOf(error) === 'ENOENT' && file === undefined) {
			return defaults;
		}

		throw new NexusError('NotFound', `cannot read the configuration ${name}: ${messageOf(error)}`, {cause: error});
	}

	const given = parseConfig(source, name);
	return {
		storage: {...defaults.storage, ...withoutUndefined(given.storage)},
		http: {...defaults.http, ...withoutUndefined(given.http)},
		daemon: {idleSeconds: given.daemon?.idle_seconds ?? defaults.daemon.idleSeconds},
	};
}

function parseConfig(source: string, file: string): z.infer<typeof configSchema> {
	const lines = new LineCounter();
	const document = parseDocument(source, {lineCounter: lines, prettyErrors: false});
	const [syntaxError] = document.errors;
	if (syntaxError) {
		const {line} = lines.linePos(syntaxError.pos[0]);
		throw new NexusError('InvalidArgument', `${file}:${line}: ${syntaxError.message}: ${source.split('\n')[line - 1]!.trim()}`);
	}

	const result = configSchema.safeParse(toPlain(document, lines, file));
	if (result.success) {
		return result.data;
	}

	const issue = result.error.issues[0]!;
	const key = [...issue.path, ...(issue.code === 'unrecognized_keys' ? issue.keys.slice(0, 1) : [])];
	const reason = issue.code === 'unrecognized_keys' ? 'unknown key' : issue.message;
	throw new NexusError('InvalidArgument', `${file}:${lineOf(document, lines, key)}: ${key.join('.') || 'the file'}: ${reason}`);
}

function toPlain(document: Document, lines: LineCounter, file: string): unknown {
	try {
		return document.toJS() ?? {};
	} catch (error) {
		throw new NexusError('InvalidArgument', `${file}:${firstAliasLine(document, lines)}: ${messageOf(error)}`, {cause: error});
	}
}

// What cannot be made plain is an alias without an anchor, or aliases without end.
function firstAliasLine(document: Document, lines: LineCounter): number {
	let line = 1;
	visit(document, {
		Alias(_, {range}) {
			line = lines.linePos(range![0]).line;
			return visit.BREAK;
		},
	});
	return line;
}

// The line of a key itself: what it stands for may begin further down.
function lineOf(document: Document, lines: LineCounter, key: PropertyKey[]): number {
	if (key.length === 0) {
		return lines.linePos(document.contents?.range?.[0] ?? 0).line;
	}

	const parent = document.getIn(key.slice(0, -1), true);
	const pair = isMap(parent) ? parent.items.find(({key: node}) => isScalar(node) && node.value === key.at(-1)) : undefined;
	const range = isScalar(pair?.key) ? pair.key.range : undefined;
	return range ? lines.linePos(range[0]).line : 1;
}

// With exact optional properties a spread of `undefined` would hide the default.
const withoutUndefined = <T extends Record<string, unknown>>(value: T | undefined): {[K in keyof T]: Exclude<T[K], undefined>} =>
	Object.fromEntries(Object.entries(value ?? {}).filter(([, item]) => item !== undefined)) as {[K in keyof T]: Exclude<T[K], undefined>};

// The configuration: YAML, checked by a schema, with defaults for the system and for a user.
import {readFile} from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import {LineCounter, parseDocument, type Document} from 'yaml';
import {z} from 'zod';
import {backendChoices, type BackendChoice} from './backend/choose-backend.js';
import {NexusError, errnoOf} from './errors.js';

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
};

const absolutePath = z.string().refine(value => path.isAbsolute(value), {error: 'must be an absolute path'});

const schema = z.strictObject({
	storage: z.strictObject({
		workspaces: absolutePath.optional(),
		database: absolutePath.optional(),
		backend: z.enum(backendChoices).optional(),
	}).optional(),
	http: z.strictObject({
		socket: absolutePath.optional(),
	}).optional(),
});

export type Scope = 'system' | 'user';

/** Where things are when no configuration says otherwise. */
export function defaultConfig(scope: Scope): Config {
	const home = os.homedir();
	const {XDG_DATA_HOME: data, XDG_STATE_HOME: state, XDG_RUNTIME_DIR: runtime} = process.env;
	return scope === 'system'
		? {
			storage: {workspaces: '/var/lib/nexus/workspaces', database: '/var/lib/nexus/nexus.db', backend: 'auto'},
			http: {socket: '/run/nexus/nexusd.sock'},
		}
		: {
			storage: {
				workspaces: path.join(data ?? path.join(home, '.local/share'), 'nexus/workspaces'),
				database: path.join(state ?? path.join(home, '.local/state'), 'nexus/nexus.db'),
				backend: 'auto',
			},
			http: {socket: path.join(runtime ?? `/run/user/${process.getuid!()}`, 'nexus/nexusd.sock')},
		};
}

/** The file that is read when no other is named. */
export const defaultConfigFile = (scope: Scope): string => scope === 'system'
	? '/etc/nexus/nexus.yaml'
	: path.join(process.env['XDG_CONFIG_HOME'] ?? path.join(os.homedir(), '.config'), 'nexus/nexus.yaml');

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

		throw new NexusError('NotFound', `cannot read the configuration ${name}: ${error instanceof Error ? error.message : String(error)}`, {cause: error});
	}

	const given = parseConfig(source, name);
	return {
		storage: {...defaults.storage, ...withoutUndefined(given.storage)},
		http: {...defaults.http, ...withoutUndefined(given.http)},
	};
}

function parseConfig(source: string, file: string): z.infer<typeof schema> {
	const lines = new LineCounter();
	const document = parseDocument(source, {lineCounter: lines});
	const [syntaxError] = document.errors;
	if (syntaxError) {
		const [message] = syntaxError.message.split(' at line ');
		throw new NexusError('InvalidArgument', `${file}:${lines.linePos(syntaxError.pos[0]).line}: ${message}`);
	}

	const result = schema.safeParse(document.toJS() ?? {});
	if (result.success) {
		return result.data;
	}

	const issue = result.error.issues[0]!;
	const key = [...issue.path, ...(issue.code === 'unrecognized_keys' ? issue.keys.slice(0, 1) : [])];
	const reason = issue.code === 'unrecognized_keys' ? 'unknown key' : issue.message;
	throw new NexusError('InvalidArgument', `${file}:${lineOf(document, lines, key)}: ${key.join('.') || 'the file'}: ${reason}`);
}

function lineOf(document: Document, lines: LineCounter, key: PropertyKey[]): number {
	const node = document.getIn(key, true);
	const range = node && typeof node === 'object' && 'range' in node ? node.range as [number, number, number] : undefined;
	return range ? lines.linePos(range[0]).line : 1;
}

// With exact optional properties a spread of `undefined` would hide the default.
const withoutUndefined = <T extends Record<string, unknown>>(value: T | undefined): {[K in keyof T]: Exclude<T[K], undefined>} =>
	Object.fromEntries(Object.entries(value ?? {}).filter(([, item]) => item !== undefined)) as {[K in keyof T]: Exclude<T[K], undefined>};

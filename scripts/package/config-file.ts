// The configuration file that is installed: every key with its description and its default, all of it commented out.
// Made from the schema, so that it cannot name a key that nexusd does not know, or another default.
import {stringify} from 'yaml';
import type * as z from 'zod';
import {configSchema, defaultConfig} from '../../src/config.js';

/** `/etc/nexus/nexus.yaml` */
export function configFile(): string {
	const defaults: Record<string, unknown> = defaultConfig('system');
	const sections = Object.entries<z.ZodType>(configSchema.shape).map(([name, schema]) => section(name, schema, defaults[name] as Record<string, unknown>));
	return `${[introduction, ...sections].join('\n\n')}\n`;
}

const introduction = comment([
	'The configuration of nexusd: see nexus.yaml(5). Everything here is commented out and shows the default.',
	'To change a key take the # before it away, and the one before its section. Then: systemctl reload nexusd',
].join(' '), '');

function section(name: string, schema: z.ZodType, defaults: Record<string, unknown>): string {
	const {shape} = inner(schema) as z.ZodObject<Record<string, z.ZodType>>;
	const keys = Object.entries(shape);
	return [
		`${comment(descriptionOf(schema, name), '')}\n#${name}:`,
		...keys.map(([key, keySchema]) => `${comment(descriptionOf(keySchema, key), '  ')}\n  #${stringify({[key]: valueOf(defaults, key)}).trim()}`),
	].join('\n\n');
}

// What `optional()` has been put around.
const inner = (schema: z.ZodType): z.ZodType => 'unwrap' in schema ? (schema as z.ZodOptional<z.ZodType>).unwrap() : schema;

function descriptionOf(schema: z.ZodType, key: string): string {
	const {description} = schema;
	if (description === undefined) {
		throw new Error(`the key ${key} has no description in src/config.ts`);
	}

	return description;
}

// Keys are spelled as in YAML files, the members of Config as in TypeScript.
function valueOf(defaults: Record<string, unknown>, key: string): unknown {
	const value = defaults[key.replaceAll(/_(.)/g, (_, letter: string) => letter.toUpperCase())];
	if (value === undefined) {
		throw new Error(`the key ${key} has no default in src/config.ts`);
	}

	return value;
}

function comment(text: string, indent: string): string {
	const width = 100;
	const lines: string[] = [];
	for (const word of text.split(' ')) {
		const last = lines.at(-1);
		if (last === undefined || last.length + word.length >= width) {
			lines.push(`${indent}# ${word}`);
		} else {
			lines[lines.length - 1] = `${last} ${word}`;
		}
	}

	return lines.join('\n');
}

// Between what TypeScript code holds (rows with names, numbers, plain options) and what dbus-next puts on the wire
// (arrays, bigints, variants).
import {Variant} from 'dbus-next';
import type {ArgumentSpec, InterfaceSpec} from './spec.js';

/** A value that does not fit its signature; the message says which and why. */
export class CodecError extends Error {}

/** Values for the wire, one for each argument. */
export const encode = (specs: readonly ArgumentSpec[], values: readonly unknown[]): unknown[] =>
	specs.map((spec, index) => encodeOne(spec, values[index]));

/** One element of an array for the wire: a row's values, or what is no row as it is. */
export const encodeElement = ({fields}: Pick<ArgumentSpec, 'fields'>, element: unknown): unknown =>
	fields ? fields.map(field => (element as Record<string, unknown>)[field]) : element;

/**
Values from the wire, one for each argument.

@throws CodecError for an option nobody knows or of another type, and for an integer beyond 2^53.
*/
export const decode = (specs: readonly ArgumentSpec[], values: readonly unknown[]): unknown[] =>
	specs.map((spec, index) => decodeOne(spec, values[index]));

/** Properties from the wire, by the names that TypeScript code uses. Those the contract does not know are left out. */
export function decodeProperties({properties}: InterfaceSpec, variants: Readonly<Record<string, Variant>>): Record<string, unknown> {
	return Object.fromEntries(Object.entries(variants)
		.filter(([name]) => Object.hasOwn(properties, name))
		.map(([name, {signature, value}]) => [lowerFirst(name), decodeScalar(signature, value)]));
}

/** `CreateVm` for `createVm`. */
export const upperFirst = (name: string): string => name.charAt(0).toUpperCase() + name.slice(1);

/** `createVm` for `CreateVm`. */
export const lowerFirst = (name: string): string => name.charAt(0).toLowerCase() + name.slice(1);

function encodeOne({type, fields, options}: ArgumentSpec, value: unknown): unknown {
	if (fields) {
		return (value as unknown[]).map(row => encodeElement({fields}, row));
	}

	if (options) {
		const given = value as Record<string, unknown>;
		return Object.fromEntries(Object.entries(options)
			.filter(([key]) => given[camelCase(key)] !== undefined)
			.map(([key, signature]) => [key, new Variant(signature, given[camelCase(key)])]));
	}

	return type === 't' ? BigInt(value as number) : value;
}

function decodeOne({name, type, fields, options}: ArgumentSpec, value: unknown): unknown {
	if (fields) {
		const types = [...type.slice(2, -1)];
		return (value as unknown[][]).map(values => {
			// Made field by field: of thousands of rows this takes a third of the time.
			const row: Record<string, unknown> = {};
			for (const [index, field] of fields.entries()) {
				row[field] = decodeScalar(types[index]!, values[index]);
			}

			return row;
		});
	}

	if (options) {
		return Object.fromEntries(Object.entries(value as Record<string, Variant>).map(([key, variant]) => {
			const wanted = Object.hasOwn(options, key) ? options[key] : undefined;
			if (!wanted) {
				const known = Object.keys(options);
				throw new CodecError(`unknown option "${key}" in ${name}: ${known.length > 0 ? `it takes ${known.join(' and ')}` : 'it takes none'}`);
			}

			if (variant.signature !== wanted) {
				throw new CodecError(`option "${key}" in ${name} must have the type ${wanted}, not ${variant.signature}`);
			}

			return [camelCase(key), decodeScalar(wanted, variant.value)];
		}));
	}

	return decodeScalar(type, value);
}

function decodeScalar(type: string, value: unknown): unknown {
	if (type !== 't') {
		return value;
	}

	if ((value as bigint) > BigInt(Number.MAX_SAFE_INTEGER)) {
		throw new CodecError(`${String(value)} is too large: at most ${Number.MAX_SAFE_INTEGER}`);
	}

	return Number(value);
}

const camelCase = (name: string): string => name.replaceAll(/-(\w)/g, (_, letter: string) => letter.toUpperCase());

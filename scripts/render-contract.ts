// Renders `dbus/contract.ts`: the interfaces as data for the dispatch, and as types for both sides.
import {
	ownAnnotation, type ArgumentSource, type InterfaceSource, type MemberSource, type PropertySource,
} from './contract-source.js';

/** The TypeScript source of the contract. */
export function renderContract(interfaces: InterfaceSource[]): string {
	return [
		'// Made from the interface XML beside this file by `npm run generate`. Do not edit.',
		'/* eslint-disable */',
		'import type {Variant} from \'dbus-next\';',
		'import type {InterfaceSpec} from \'./spec.js\';',
		'',
		'/** A D-Bus object path. */',
		'export type ObjectPath = string;',
		'',
		...interfaces.flatMap(item => renderTypes(item)),
		'/** Every interface by its short name. */',
		`export const contract = ${JSON.stringify(Object.fromEntries(interfaces.map(item => [shortName(item), specOf(item)])), undefined, '\t')} as const satisfies Record<string, InterfaceSpec>;`,
		'',
		'/** What a caller can do with each interface, by its short name. */',
		'export type Methods = {',
		...interfaces.map(item => `\t${shortName(item)}: ${shortName(item)}Methods;`),
		'};',
		'',
		'/** The properties of each interface, by its short name. */',
		'export type Properties = {',
		...interfaces.map(item => `\t${shortName(item)}: ${shortName(item)}Properties;`),
		'};',
		'',
		'/** The arguments of each signal, by interface and member. */',
		'export type Signals = {',
		...interfaces.flatMap(item => item.signals.map(signal =>
			`\t'${shortName(item)}.${signal.name}': [${signal.args.map(argument => `${camelCase(argument.name)}: ${typeOf(argument)}`).join(', ')}];`)),
		'};',
		'',
	].join('\n');
}

function renderTypes(item: InterfaceSource): string[] {
	const name = shortName(item);
	return [
		...item.methods.flatMap(method => method.args.filter(argument => fieldsOf(argument)).flatMap(argument => renderRow(argument))),
		`/** ${item.doc} */`,
		`export type ${name}Methods = {`,
		...item.methods.flatMap(method => [`\t/** ${documentation(method)} */`, `\t${renderSignature(method)};`]),
		'};',
		'',
		`/** The properties of \`${item.name}\`. */`,
		`export type ${name}Properties = {`,
		...item.properties.flatMap(property => [`\t/** ${property.doc} */`, `\t${lowerFirst(property.name)}: ${scalarType(property.type)};`]),
		'};',
		'',
	];
}

// A structure with named members becomes a row type: `a(ss…)` named `images` is an array of `ImageRow`.
function renderRow(argument: ArgumentSource): string[] {
	const types = [...argument.type.slice(2, -1)];
	return [
		`/** One of ${argument.name}: ${argument.doc} */`,
		`export type ${rowName(argument)} = {`,
		...fieldsOf(argument)!.map((field, index) => `\t${camelCase(field)}: ${scalarType(types[index]!)};`),
		'};',
		'',
	];
}

function renderSignature(method: MemberSource): string {
	const incoming = method.args.filter(({direction}) => direction === 'in');
	const outgoing = method.args.filter(({direction}) => direction === 'out');
	if (outgoing.length > 1) {
		throw new Error(`${method.name} returns more than one value`);
	}

	const parameters = incoming.map(argument => `${camelCase(argument.name)}: ${typeOf(argument)}`).join(', ');
	return `${lowerFirst(method.name)}(${parameters}): Promise<${outgoing[0] ? typeOf(outgoing[0]) : 'void'}>`;
}

function documentation({doc, args}: MemberSource): string {
	return [doc, ...args.filter(({direction}) => direction === 'in').map(({name, doc}) => `@param ${camelCase(name)} ${doc}`)].join(' ');
}

function specOf({name, methods, signals, properties, xml}: InterfaceSource): Record<string, unknown> {
	return {
		name,
		methods: Object.fromEntries(methods.map(method => [method.name, {
			in: method.args.filter(({direction}) => direction === 'in').map(argument => argumentSpec(argument)),
			out: method.args.filter(({direction}) => direction === 'out').map(argument => argumentSpec(argument)),
			action: method.annotations[`${ownAnnotation}Action`],
		}])),
		signals: Object.fromEntries(signals.map(signal => [signal.name, signal.args.map(argument => argumentSpec(argument))])),
		properties: Object.fromEntries(properties.map(property => [property.name, {
			type: property.type,
			emits: property.annotations['org.freedesktop.DBus.Property.EmitsChangedSignal'] ?? 'true',
		} satisfies Record<keyof Pick<PropertySource, 'type'> | 'emits', string>])),
		xml,
	};
}

function argumentSpec(argument: ArgumentSource): Record<string, unknown> {
	return {
		name: argument.name,
		type: argument.type,
		fields: fieldsOf(argument)?.map(field => camelCase(field)),
		options: optionsOf(argument),
		names: argument.annotations[`${ownAnnotation}Names`],
	};
}

function typeOf(argument: ArgumentSource): string {
	const options = optionsOf(argument);
	if (options) {
		const members = Object.entries(options).map(([key, type]) => `${camelCase(key)}?: ${scalarType(type)}`);
		return members.length > 0 ? `{${members.join('; ')}}` : 'Record<never, never>';
	}

	return fieldsOf(argument) ? `${rowName(argument)}[]` : scalarType(argument.type);
}

function scalarType(signature: string): string {
	const types: Record<string, string> = {
		s: 'string',
		o: 'ObjectPath',
		b: 'boolean',
		d: 'number',
		u: 'number',
		t: 'number',
		v: 'Variant',
		as: 'string[]',
		ao: 'ObjectPath[]',
		'a{ou}': 'Record<ObjectPath, number>',
		'a{sv}': 'Record<string, Variant>',
		'a{sa{sv}}': 'Record<string, Record<string, Variant>>',
		'a{oa{sa{sv}}}': 'Record<ObjectPath, Record<string, Record<string, Variant>>>',
	};
	const type = types[signature];
	if (!type) {
		throw new Error(`no TypeScript type for the signature ${signature}`);
	}

	return type;
}

const fieldsOf = ({annotations}: ArgumentSource): string[] | undefined => annotations[`${ownAnnotation}Fields`]?.split(' ');

function optionsOf({annotations}: ArgumentSource): Record<string, string> | undefined {
	const text = annotations[`${ownAnnotation}Options`];
	return text === undefined ? undefined : Object.fromEntries(text.split(' ').filter(Boolean).map(item => item.split(':') as [string, string]));
}

const shortName = ({name}: InterfaceSource): string => name.slice(name.lastIndexOf('.') + 1);
const lowerFirst = (name: string): string => name.charAt(0).toLowerCase() + name.slice(1);
const camelCase = (name: string): string => name.replaceAll(/[-_](\w)/g, (_, letter: string) => letter.toUpperCase());
const rowName = ({name}: ArgumentSource): string => `${name.charAt(0).toUpperCase()}${name.slice(1, -1)}Row`;

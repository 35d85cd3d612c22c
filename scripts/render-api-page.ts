// Renders `docs/dbus-api.md`, the reference of the bus contract.
import {
	ownAnnotation, type InterfaceSource, type MemberSource, type PropertySource,
} from './contract-source.js';

/** The reference page in Markdown. */
export function renderApiPage(interfaces: InterfaceSource[]): string {
	return [
		'# The D-Bus API',
		'',
		'<!-- Made from dbus/*.xml by `npm run generate`. Do not edit. -->',
		'',
		'Bus name `org.workfort.Nexus1`, root object `/org/workfort/Nexus1`. Times are seconds since the epoch',
		'(0: no time), sizes are bytes, `/` stands for "no object". Errors are named',
		'`org.workfort.Nexus1.Error.` and the word listed with a method; the bus\'s own errors',
		'(`AccessDenied`, `InteractiveAuthorizationRequired`, `InvalidArgs`, `UnknownMethod`, `UnknownObject`,',
		'`UnknownInterface`, `UnknownProperty`, `PropertyReadOnly`) are used where the D-Bus specification has one.',
		'',
		'A method with an action takes that right of polkit\'s ([security.md](security.md)). Where a person could authenticate, a',
		'call that does not allow it is answered `InteractiveAuthorizationRequired`: make it again with the flag',
		'`ALLOW_INTERACTIVE_AUTHORIZATION`. A body of more than 16 KiB is not read.',
		'',
		'```',
		'busctl introspect org.workfort.Nexus1 /org/workfort/Nexus1',
		'busctl call org.workfort.Nexus1 /org/workfort/Nexus1 org.workfort.Nexus1.Manager ListImages',
		'```',
		'',
		...interfaces.flatMap(item => renderInterface(item)),
	].join('\n');
}

function renderInterface({name, doc, methods, signals, properties}: InterfaceSource): string[] {
	return [
		`## ${name}`,
		'',
		doc,
		'',
		...methods.flatMap(method => renderMember(method)),
		...signals.flatMap(signal => renderMember(signal, 'signal ')),
		...renderProperties(properties),
	];
}

function renderMember(member: MemberSource, prefix = ''): string[] {
	const side = (direction: 'in' | 'out'): string =>
		member.args.filter(argument => argument.direction === direction).map(({type, name}) => `${type} ${name}`).join(', ');
	const signature = prefix ? `(${side('out')})` : `(${side('in')}) → (${side('out')})`;
	return [
		`### ${prefix}${member.name}`,
		'',
		`\`${signature}\``,
		'',
		member.doc,
		'',
		...member.args.map(argument => `- \`${argument.name}\`: ${argument.doc}${fieldsNote(argument.annotations)}`),
		...(member.args.length > 0 ? [''] : []),
		...note('Action', member, action => `\`org.workfort.Nexus1.${action}\``),
		...note('Errors', member, errors => errors.split(' ').map(error => `\`${error}\``).join(', ')),
	];
}

function fieldsNote(annotations: Record<string, string>): string {
	const fields = annotations[`${ownAnnotation}Fields`];
	return fields ? ` (${fields.split(' ').map(field => `\`${field}\``).join(', ')})` : '';
}

function note(kind: string, {annotations}: MemberSource, render: (value: string) => string): string[] {
	const value = annotations[`${ownAnnotation}${kind}`];
	return value ? [`${kind}: ${render(value)}`, ''] : [];
}

function renderProperties(properties: PropertySource[]): string[] {
	if (properties.length === 0) {
		return [];
	}

	const emits: Record<string, string> = {const: 'never changes', false: 'no signal'};
	return [
		'### Properties',
		'',
		'| name | type | | |',
		'| --- | --- | --- | --- |',
		...properties.map(({name, type, doc, annotations}) =>
			`| \`${name}\` | \`${type}\` | ${doc} | ${emits[annotations['org.freedesktop.DBus.Property.EmitsChangedSignal'] ?? ''] ?? ''} |`),
		'',
	];
}

// Reads D-Bus introspection XML, its comments included, into plain data.
import {SaxesParser} from 'saxes';

export type ArgumentSource = {
	name: string;
	type: string;
	direction: 'in' | 'out';
	doc: string;
	annotations: Record<string, string>;
};

export type MemberSource = {
	name: string;
	doc: string;
	annotations: Record<string, string>;
	args: ArgumentSource[];
};

export type PropertySource = {
	name: string;
	type: string;
	doc: string;
	annotations: Record<string, string>;
};

export type InterfaceSource = {
	name: string;
	doc: string;
	methods: MemberSource[];
	signals: MemberSource[];
	properties: PropertySource[];
	/** The `<interface>` element without comments and without annotations of our own: what `Introspect` shows. */
	xml: string;
};

export const ownAnnotation = 'org.workfort.Nexus1.';

/** Parses one introspection document. Throws when the XML is malformed or an element is unknown. */
export function parseContract(source: string): InterfaceSource[] {
	const interfaces: InterfaceSource[] = [];
	const parser = new SaxesParser();
	let comment = '';
	let current: InterfaceSource | undefined;
	let member: MemberSource | PropertySource | undefined;
	let argument: ArgumentSource | undefined;
	let argumentDocs = new Map<string, string>();

	parser.on('error', error => {
		throw error;
	});
	parser.on('comment', text => {
		comment = text;
	});
	parser.on('opentag', ({name, attributes}) => {
		const {doc, args} = parseComment(comment);
		comment = '';
		const attribute = (key: string): string => attributes[key] ?? '';
		switch (name) {
			case 'node': {
				break;
			}

			case 'interface': {
				current = {
					name: attribute('name'), doc, methods: [], signals: [], properties: [], xml: '',
				};
				interfaces.push(current);
				break;
			}

			case 'method':
			case 'signal': {
				argumentDocs = args;
				const added: MemberSource = {
					name: attribute('name'), doc, annotations: {}, args: [],
				};
				current![name === 'method' ? 'methods' : 'signals'].push(added);
				member = added;
				break;
			}

			case 'property': {
				const property: PropertySource = {
					name: attribute('name'), type: attribute('type'), doc, annotations: {},
				};
				if (attribute('access') !== 'read') {
					throw new Error(`${property.name}: only read-only properties are supported`);
				}

				current!.properties.push(property);
				member = property;
				break;
			}

			case 'arg': {
				const argumentName = attribute('name');
				argument = {
					name: argumentName,
					type: attribute('type'),
					direction: attribute('direction') === 'in' ? 'in' : 'out',
					doc: argumentDocs.get(argumentName) ?? '',
					annotations: {},
				};
				(member as MemberSource).args.push(argument);
				break;
			}

			case 'annotation': {
				(argument ?? member)!.annotations[attribute('name')] = attribute('value');
				break;
			}

			default: {
				throw new Error(`unknown element <${name}>`);
			}
		}
	});
	parser.on('closetag', ({name}) => {
		if (name === 'arg') {
			argument = undefined;
		}

		if (name === 'interface') {
			requireDocs(current!);
			current!.xml = renderXml(current!);
		}
	});
	parser.write(source).close();
	return interfaces;
}

// A comment is a text, then "@argument: text" for each argument; lines that follow belong to the last one.
function parseComment(comment: string): {doc: string; args: Map<string, string>} {
	const args = new Map<string, string>();
	const doc: string[] = [];
	let open: string | undefined;
	for (const line of comment.split('\n').map(line => line.trim()).filter(Boolean)) {
		const match = /^@(\w+): (.*)$/.exec(line);
		if (match) {
			open = match[1]!;
			args.set(open, match[2]!);
		} else if (open) {
			args.set(open, `${args.get(open)!} ${line}`);
		} else {
			doc.push(line);
		}
	}

	return {doc: doc.join(' '), args};
}

function requireDocs({name, doc, methods, signals, properties}: InterfaceSource): void {
	const members = [...methods, ...signals];
	const documented = [{name, doc}, ...members, ...properties, ...members.flatMap(({args}) => args)];
	for (const {name: part, doc} of documented) {
		if (!doc) {
			throw new Error(`${name}: ${part} has no documentation`);
		}
	}
}

function renderXml({name, methods, signals, properties}: InterfaceSource): string {
	const annotations = (all: Record<string, string>): string => Object.entries(all)
		.filter(([name]) => !name.startsWith(ownAnnotation))
		.map(([name, value]) => `<annotation name="${name}" value="${value}"/>`).join('');
	const member = (tag: string) => ({name, args, annotations: all}: MemberSource): string => {
		const direction = (argument: ArgumentSource): string => tag === 'method' ? ` direction="${argument.direction}"` : '';
		const inner = args.map(argument => `<arg name="${argument.name}" type="${argument.type}"${direction(argument)}/>`).join('');
		return `<${tag} name="${name}">${annotations(all)}${inner}</${tag}>`;
	};

	const property = ({name, type, annotations: all}: PropertySource): string =>
		`<property name="${name}" type="${type}" access="read">${annotations(all)}</property>`;
	return [
		`<interface name="${name}">`,
		...methods.map(method => member('method')(method)),
		...signals.map(signal => member('signal')(signal)),
		...properties.map(item => property(item)),
		'</interface>',
	].join('');
}

// org.workfort.Nexus1(5), from the XML of the bus contract and the polkit policy.
import {runInNewContext} from 'node:vm';
import {SaxesParser} from 'saxes';
import {busErrors, errorCodes, errorPrefix} from '../../dbus/errors.js';
import {busName, kinds, rootPath} from '../../dbus/paths.js';
import {
	ownAnnotation, type ArgumentSource, type InterfaceSource, type MemberSource, type PropertySource,
} from '../contract-source.js';
import {manualSource, seeAlso} from './common.js';
import type {
	Block, Entry, Page, Section, Span,
} from './roff.js';

export type ApiSources = {
	readonly interfaces: readonly InterfaceSource[];
	/** The text of the polkit policy, and of the rule that Nexus installs with it. */
	readonly policy: string;
	readonly rules: string;
};

/** The page on the bus contract. */
export const apiPage = ({interfaces, policy, rules}: ApiSources): Page => ({
	name: busName,
	section: 5,
	summary: 'D-Bus interface of nexusd',
	source: manualSource,
	manual: 'D-Bus Interfaces',
	sections: [
		{title: 'SYNOPSIS', blocks: [{entries: synopsis}]},
		{title: 'DESCRIPTION', blocks: description},
		...interfaces.map(item => interfaceSection(item)),
		{title: 'ERRORS', blocks: errors},
		{title: 'ACTIONS', blocks: [...aboutActions, {entries: actionEntries(policy, rules, interfaces)}]},
		{title: 'EXAMPLES', blocks: examples},
		{title: 'SEE ALSO', blocks: [seeAlso(busName, 'busctl(1)', 'polkit(8)')]},
	],
});

const synopsis: readonly Entry[] = [
	{term: 'Bus name', body: [`\`${busName}\``]},
	{term: 'Root object', body: [`\`${rootPath}\``]},
	{term: 'Objects', body: [kinds.map(kind => `\`${rootPath}/${kind}/\``).join(', ')]},
];

const description: readonly Block[] = [
	'nexusd(8) serves this on the system bus, and `nexusd --user` on the session bus. Where it is not running, a call to its name starts it.',
	`Times are seconds since the epoch, 0 for no time. Sizes are bytes. "/" stands for no object. The names of images,
	workspaces and VMs are unique among their kind, and an image and a workspace never have the same one.`,
	'Methods are shown with their signatures, the arguments that go in before the arrow and those that come out after it.',
];

function interfaceSection({name, doc, methods, signals, properties}: InterfaceSource): Section {
	return {
		title: name,
		blocks: [
			doc,
			...subsection('Methods', methods.map(method => memberEntry(method, true))),
			...subsection('Signals', signals.map(signal => memberEntry(signal, false))),
			...subsection('Properties', properties.map(property => propertyEntry(property))),
		],
	};
}

const subsection = (title: string, entries: readonly Entry[]): Block[] => entries.length > 0 ? [{subsection: title, blocks: [{entries}]}] : [];

function memberEntry(member: MemberSource, isMethod: boolean): Entry {
	const side = (direction: 'in' | 'out'): Span[] => {
		const args = member.args.filter(argument => argument.direction === direction);
		return ['(', ...args.flatMap(({type, name}, index) => [index > 0 ? ', ' : '', `${type} `, {variable: name}]), ')'];
	};

	return {
		term: [{code: member.name}, ...(isMethod ? [...side('in'), ' -> '] : []), ...side('out')],
		body: [
			member.doc,
			...(member.args.length > 0 ? [{entries: member.args.map(argument => argumentEntry(argument))}] : []),
			...note('Action', member, action => `\`${ownAnnotation}${action}\``),
			...note('Errors', member, errors => errors.split(' ').map(error => `\`${error}\``).join(', ')),
		],
	};
}

const argumentEntry = ({name, doc, annotations}: ArgumentSource): Entry => ({
	term: [{variable: name}],
	body: [`${sentence(doc)}${remark(annotations, 'Fields', 'Its members')}${remark(annotations, 'Options', 'Its keys and their types')}`],
});

// A dictionary that has no keys yet has nothing to list.
function remark(annotations: ArgumentSource['annotations'], kind: string, words: string): string {
	const value = annotations[ownAnnotation + kind];
	return value ? ` ${words}: ${value.split(' ').map(item => `\`${item.replace(':', ' ')}\``).join(', ')}.` : '';
}

function note(kind: string, {annotations}: MemberSource, say: (value: string) => string): Block[] {
	const value = annotations[ownAnnotation + kind];
	return value ? [`${kind}: ${say(value)}.`] : [];
}

const changes: Readonly<Record<string, string>> = {
	true: 'A signal tells of a change.', const: 'It never changes.', false: 'No signal tells of a change.', invalidates: 'A signal tells that it has changed.',
};

const propertyEntry = ({name, type, doc, annotations}: PropertySource): Entry => ({
	term: [{code: name}, ` ${type}`],
	body: [`${doc} ${changes[annotations['org.freedesktop.DBus.Property.EmitsChangedSignal'] ?? 'true']!}`],
});

const sentence = (text: string): string => /[.!?]$/.test(text) ? text : `${text}.`;

const errorMeanings: Readonly<Record<typeof errorCodes[number], string>> = {
	NotFound: 'There is nothing of that name or at that path.',
	AlreadyExists: 'The name is taken.',
	Conflict: 'The state of things forbids it.',
	InvalidName: 'That is no name.',
	InvalidArgument: 'A value is not one of those that are possible.',
	NoSpace: 'The pool is full.',
	Unsupported: 'The machine cannot do it.',
	Io: 'The disk or a program failed.',
	Canceled: 'Somebody canceled it.',
};

const errors: readonly Block[] = [
	`The errors of Nexus are named \`${errorPrefix}\` and the word that is listed with a method:`,
	{entries: errorCodes.map(code => ({term: `\`${code}\``, body: [errorMeanings[code]]}))},
	'Where the D-Bus specification has an error, that one is used:',
	[
		busErrors.accessDenied,
		busErrors.interactiveAuthorizationRequired,
		busErrors.invalidArgs,
		busErrors.unknownMethod,
		busErrors.unknownObject,
		busErrors.unknownInterface,
		busErrors.unknownProperty,
		busErrors.propertyReadOnly,
	].map(name => `\`${name}\``).join(', '),
];

const aboutActions: readonly Block[] = [
	`A method with an action needs that action of polkit(8). Root is always allowed; everybody else may be asked for an
	administrator's password. On the session bus nothing is asked: the daemon is the user's own.`,
];

type Action = {readonly id: string; readonly description: string; readonly doc: string};

function actionEntries(policy: string, rules: string, interfaces: readonly InterfaceSource[]): Entry[] {
	const isGranted = readRules(rules);
	return readPolicy(policy).map(({id, description, doc}) => ({
		term: [{code: id}],
		body: [
			[sentence(description), doc, ...(isGranted(id) ? ['Members of the group `nexus` need no password.'] : [])].join(' '),
			...methodsNote(id, interfaces),
		],
	}));
}

function methodsNote(action: string, interfaces: readonly InterfaceSource[]): Block[] {
	const names = interfaces.flatMap(({name, methods}) => methods
		.filter(({annotations}) => ownAnnotation + (annotations[`${ownAnnotation}Action`] ?? '') === action)
		.map(method => `\`${name.split('.').at(-1)!}.${method.name}\``));
	return names.length > 0 ? [`Methods: ${names.join(', ')}.`] : [];
}

// A comment in front of an action is its documentation, as in the contract.
function readPolicy(source: string): Action[] {
	const actions: Action[] = [];
	const parser = new SaxesParser();
	let comment = '';
	let text = '';
	parser.on('comment', value => {
		comment = value;
	});
	parser.on('text', value => {
		text += value;
	});
	parser.on('opentag', ({name, attributes}) => {
		text = '';
		if (name === 'action') {
			actions.push({id: attributes['id']!, description: '', doc: comment});
		}
	});
	parser.on('closetag', ({name}) => {
		if (name === 'description') {
			actions.push({...actions.pop()!, description: text});
		}
	});
	parser.write(source).close();
	return actions;
}

// The rules are JavaScript, so the surest way to know what they grant is to ask them.
function readRules(source: string): (action: string) => boolean {
	type Rule = (action: {id: string}, subject: {isInGroup: (group: string) => boolean}) => unknown;
	const rules: Rule[] = [];
	const addRule = (rule: Rule): void => {
		rules.push(rule);
	};

	runInNewContext(source, {polkit: {addRule, Result: {YES: 'yes'}}});
	const member = {isInGroup: (group: string) => group === 'nexus'};
	return id => rules.some(rule => rule({id}, member) === 'yes');
}

const examples: readonly Block[] = [
	{
		example: [
			`busctl introspect ${busName} ${rootPath}`,
			`busctl call ${busName} ${rootPath} \\`,
			`    ${busName}.Manager ListImages`,
			`busctl call ${busName} ${rootPath} \\`,
			`    ${busName}.Manager CreateWorkspace \\`,
			'    \'ssa{sv}\' debian alpha 0',
			`busctl monitor ${busName}`,
		].join('\n'),
	},
];

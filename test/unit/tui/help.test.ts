import test from 'ava';
import {helpText, usageOf} from '../../../tui/cli/help.js';
import {commandsOf, parseCommandLine, type Topic} from '../../../tui/cli/parse.js';
import {nouns} from '../../../tui/commands/index.js';
import {plainStyle} from '../../../tui/output/terminal.js';

const topics: readonly Topic[] = [
	{kind: 'program'},
	...nouns.filter(noun => 'verbs' in noun).map(group => ({kind: 'group', path: group.name, group} as const)),
	...nouns.flatMap(noun => commandsOf(noun)).map(([path, command]) => ({kind: 'command', path, command} as const)),
];

for (const topic of topics) {
	const path = topic.kind === 'program' ? '' : topic.path;
	const text = helpText(topic, nouns, plainStyle);

	test(`help: nexusctl ${path}`, t => {
		t.true(text.startsWith(`Usage: nexusctl ${path}`));
		t.regex(text, /^Examples\n {2}nexusctl \w/m);
		t.deepEqual(text.split('\n').filter(line => line.length > 80 || line !== line.trimEnd()), []);
	});

	test(`examples that can be typed: nexusctl ${path}`, t => {
		const examples = text.slice(text.indexOf('\nExamples\n')).split('\n').filter(line => line.startsWith('  nexusctl '));
		for (const example of examples) {
			// What follows is the shell's.
			const [words] = example.split(' > ');
			const request = parseCommandLine(words!.trim().split(' ').slice(1), nouns);
			t.is(request.kind, 'command', `of ${example}`);
			t.true(request.kind === 'command' && request.path.startsWith(path === '' ? request.path : path), `of ${example}`);
		}
	});
}

test('the help of the program names every command', t => {
	const text = helpText({kind: 'program'}, nouns, plainStyle);
	for (const [path] of nouns.flatMap(noun => commandsOf(noun))) {
		t.regex(text, new RegExp(`^  ${path}\\b`, 'm'));
	}
});

test('a usage line shows what is needed and what is not', t => {
	const [, attach] = nouns.flatMap(noun => commandsOf(noun)).find(([path]) => path === 'ws attach')!;
	t.is(usageOf('ws attach', attach), 'nexusctl ws attach NAME --vm VM [--root] [--read-only]');
});

test('the help of a command tells defaults, choices and what is required', t => {
	const help = (words: string[]) => {
		const request = parseCommandLine([...words, '--help'], nouns);
		return request.kind === 'help' ? helpText(request.topic, nouns, plainStyle).replaceAll(/\s+/g, ' ') : '';
	};

	t.true(help(['vm', 'create']).includes('(one of portal, work, service; default: work)'));
	t.true(help(['ws', 'create']).includes('(required)'));
	t.true(help(['completion']).includes('(one of bash, zsh, fish)'));
});

test('a flag of one name is of one kind everywhere, and none is a global one', t => {
	const kinds = new Map<string, boolean>(['json', 'system', 'user', 'help', 'version'].map(name => [name, true]));
	for (const [path, {flags}] of nouns.flatMap(noun => commandsOf(noun))) {
		for (const [name, {type}] of Object.entries(flags)) {
			t.is(kinds.get(name) ?? type === 'boolean', type === 'boolean', `${path} --${name}`);
			kinds.set(name, type === 'boolean');
		}
	}
});

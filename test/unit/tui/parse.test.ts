import test from 'ava';
import {parseCommandLine} from '../../../tui/cli/parse.js';
import {UsageError} from '../../../tui/cli/usage-error.js';
import {nouns} from '../../../tui/commands/index.js';

const parse = (line: string) => parseCommandLine(line === '' ? [] : line.split(' '), nouns);

const command = (line: string) => {
	const request = parse(line);
	if (request.kind !== 'command') {
		throw new Error(`${line} is no command`);
	}

	const {path, args, flags, json, bus} = request;
	return {
		path, args, flags, json, bus,
	};
};

test('a command with its arguments, flags and their defaults', t => {
	t.deepEqual(command('vm create web --mem 256'), {
		path: 'vm create',
		args: ['web'],
		flags: {role: 'work', vcpu: 1, mem: 256},
		json: false,
		bus: undefined,
	});
	t.deepEqual(command('image import ./rootfs --name=debian --size 2G').flags, {name: 'debian', size: 2 * (1024 ** 3)});
	t.deepEqual(command('ws attach --read-only w --vm v').flags, {vm: 'v', root: false, 'read-only': true});
	t.deepEqual(command('ws list').flags, {base: undefined});
	t.is(command('status').path, 'status');
});

test('the words are kept as they were given', t => {
	const request = parse('ws --user delete w --yes');
	t.deepEqual('words' in request && request.words, ['ws', '--user', 'delete', 'w', '--yes']);
});

test('aliases', t => {
	t.is(command('img list').path, 'image list');
	t.is(command('workspace list').path, 'ws list');
});

test('global flags go anywhere', t => {
	t.is(command('--json ws list').json, true);
	t.is(command('ws --user list').bus, 'session');
	t.is(command('ws list --system').bus, 'system');
});

test('two dashes end the flags', t => {
	t.deepEqual(command('image import --name x -- --odd').args, ['--odd']);
});

test('a value may begin with a dash after an equals sign', t => {
	t.is(command('ws create --base=-odd').flags['base'], '-odd');
});

test('help at every level', t => {
	const topicOf = (line: string) => {
		const request = parse(line);
		return request.kind === 'help' ? ('path' in request.topic ? request.topic.path : '') : undefined;
	};

	t.is(topicOf(''), '');
	t.is(topicOf('--help'), '');
	t.is(topicOf('-h'), '');
	t.is(topicOf('help'), '');
	t.is(topicOf('ws --help'), 'ws');
	t.is(topicOf('help workspace'), 'ws');
	t.is(topicOf('ws create --help'), 'ws create');
	t.is(topicOf('help ws create'), 'ws create');
	t.is(topicOf('status -h'), 'status');
});

test('the version', t => {
	t.is(parse('--version').kind, 'version');
});

const everyNoun = nouns.map(({name}) => name).join(', ');

const mistakes: ReadonlyArray<[line: string, message: string, topic: string]> = [
	['bogus', `unknown command "bogus": the commands are ${everyNoun}`, ''],
	['bogus --help', `unknown command "bogus": the commands are ${everyNoun}`, ''],
	['constructor', `unknown command "constructor": the commands are ${everyNoun}`, ''],
	['ws', 'ws needs a verb: create, list, inspect, delete, attach, detach', 'ws'],
	['ws toString', 'unknown verb "toString": the verbs of ws are create, list, inspect, delete, attach, detach', 'ws'],
	['--json', `a command is missing: ${everyNoun}`, ''],
	['--bogus', 'unknown flag --bogus', ''],
	['ws --bogus', 'unknown flag --bogus', 'ws'],
	['ws list --bogus', 'unknown flag --bogus', 'ws list'],
	['ws list --bogus=1', 'unknown flag --bogus', 'ws list'],
	['ws list -x', 'unknown flag -x', 'ws list'],
	['ws list --yes', 'unknown flag --yes', 'ws list'],
	['ws list --toString', 'unknown flag --toString', 'ws list'],
	['ws list extra', 'unexpected argument "extra"', 'ws list'],
	['status extra', 'unexpected argument "extra"', 'status'],
	['ws inspect', 'the argument NAME is missing', 'ws inspect'],
	['ws inspect a b', 'unexpected argument "b"', 'ws inspect'],
	['ws create', 'the flag --base IMAGE is missing', 'ws create'],
	['ws create --base', 'the flag --base needs a value: --base IMAGE', 'ws create'],
	['ws create --base=', 'the flag --base needs a value: --base IMAGE', 'ws create'],
	['ws create --base --name x', 'the flag --base needs a value: --base IMAGE', 'ws create'],
	['ws create --base a --base b', 'the flag --base is given twice', 'ws create'],
	['ws list --json --json', 'the flag --json is given twice', 'ws list'],
	['ws delete w --yes=no', 'the flag --yes takes no value', 'ws delete'],
	['ws list --user --system', '--system and --user cannot be given together', 'ws list'],
	['vm create v --vcpu abc', 'the flag --vcpu takes a whole number from 1 to 1024, not "abc"', 'vm create'],
	['vm create v --vcpu 0', 'the flag --vcpu takes a whole number from 1 to 1024, not "0"', 'vm create'],
	['vm create v --role boss', 'the flag --role takes one of portal, work, service, not "boss"', 'vm create'],
	['completion', 'the argument SHELL is missing', 'completion'],
	['completion tcsh', 'the argument SHELL takes one of bash, zsh, fish, not "tcsh"', 'completion'],
	['image import p --name n --size 10Q', 'the flag --size takes a size such as 2G, 512M or a number of bytes, not "10Q"', 'image import'],
];

for (const [line, message, topic] of mistakes) {
	test(`mistake: ${line}`, t => {
		const error = t.throws(() => parse(line), {instanceOf: UsageError, message});
		t.is(error?.topic, topic);
	});
}

test('an empty argument is a mistake: an empty path would be the current folder', t => {
	t.throws(() => parseCommandLine(['image', 'import', '', '--name', 'x'], nouns), {instanceOf: UsageError, message: 'the argument PATH is empty'});
});

test('a mistake points to the help that tells better', t => {
	t.is(t.throws(() => parse('ws create'), {instanceOf: UsageError})?.hint, 'See: nexusctl ws create --help');
	t.is(t.throws(() => parse('bogus'), {instanceOf: UsageError})?.hint, 'See: nexusctl --help');
});

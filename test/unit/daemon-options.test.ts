import test from 'ava';
import packageJson from '../../package.json' with {type: 'json'};
import {
	daemonExamples, daemonOptions, DaemonUsageError, parseDaemonOptions,
} from '../../service/options.js';

test('no options', t => {
	t.deepEqual(parseDaemonOptions([]), {user: false, config: undefined});
});

test('every option is understood', t => {
	t.deepEqual(parseDaemonOptions(['--user', '--config', '/x']), {user: true, config: '/x'});
	t.deepEqual(Object.keys(daemonOptions), ['user', 'config', 'version', 'help']);
});

test('help and version are texts', t => {
	t.like(parseDaemonOptions(['--version']), {print: packageJson.version});
	const help = parseDaemonOptions(['--user', '--help']);
	t.regex('print' in help ? help.print : '', /Usage\n {2}\$ nexusd/);
});

test('the examples can be typed', t => {
	for (const example of daemonExamples) {
		const [program, ...words] = example.split(' ');
		t.is(program, 'nexusd');
		t.notThrows(() => parseDaemonOptions(words));
	}
});

const mistakes: ReadonlyArray<[words: string[], message: RegExp]> = [
	[['serve'], /unexpected argument "serve"/],
	[['--user', ''], /unexpected argument ""/],
	[['--config'], /--config needs a value/],
	[['--config='], /--config needs a value/],
	[['--config', '--user'], /--config needs a value/],
	[['--config', 'a', '--config', 'b'], /--config can only be set once/],
	[['--user=no'], /--user takes no value/],
	[['--nonsense'], /unknown flag --nonsense/],
	[['--constructor'], /unknown flag --constructor/],
	[['-u'], /unknown flag -u/],
];

for (const [words, message] of mistakes) {
	test(`mistake: nexusd ${words.join(' ')}`, t => {
		t.throws(() => parseDaemonOptions(words), {instanceOf: DaemonUsageError, message});
	});
}

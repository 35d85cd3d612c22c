import test from 'ava';
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
	[['--config', 'a', '--config', 'b'], /--config can only be set once/],
];

for (const [words, message] of mistakes) {
	test(`mistake: nexusd ${words.join(' ')}`, t => {
		t.throws(() => parseDaemonOptions(words), {instanceOf: DaemonUsageError, message});
	});
}

// What nexusctl answers a shell that asks what could come next.
import test from 'ava';
import fc from 'fast-check';
import {parseCommandLine} from '../../../tui/cli/parse.js';
import {UsageError} from '../../../tui/cli/usage-error.js';
import {nouns} from '../../../tui/commands/index.js';
import {answer} from '../../../tui/completion/answer.js';
import {readBashLine} from '../../../tui/completion/bash-line.js';
import {complete, type NamesOf} from '../../../tui/completion/complete.js';

const names = {image: ['debian', 'alpine'], workspace: ['alpha', 'beta'], vm: ['web']};
const namesOf: NamesOf = async kind => names[kind];

// Of a line whose last word is at the cursor.
const at = async (line: string): Promise<string[] | 'path'> => {
	const completion = await complete(line.split(' '), nouns, namesOf);
	return completion === 'path' ? completion : completion.map(({word}) => word);
};

const everyNoun = nouns.flatMap(({name, aliases}) => [name, ...aliases]);
const globals = ['--json', '--system', '--user', '--help', '--version'];
const verbs = ['create', 'list', 'inspect', 'delete', 'attach', 'detach'];

const positions: ReadonlyArray<[line: string, expected: string[] | 'path']> = [
	// Nouns and verbs.
	['', everyNoun],
	['w', everyNoun],
	['--user ', everyNoun],
	['help ', everyNoun],
	['ws ', verbs],
	['workspace ', verbs],
	['--json ws ', verbs],
	['help ws ', verbs],
	['help ws create ', []],
	// Arguments.
	['ws inspect ', names.workspace],
	['workspace inspect al', names.workspace],
	['ws inspect -- ', names.workspace],
	['vm delete --yes ', names.vm],
	['image delete ', names.image],
	['image import ', 'path'],
	['image import --name x ', 'path'],
	['image import ./a', 'path'],
	['vm create ', []],
	['completion ', ['bash', 'zsh', 'fish']],
	// Flags, where they begin or where nothing else can come.
	['-', globals],
	['--', globals],
	['ws -', globals],
	['status ', globals],
	['status --', globals],
	['vm list ', ['--role', '--state', ...globals]],
	['ws create --', ['--base', '--name', ...globals]],
	['ws create --base debian ', ['--name', ...globals]],
	['ws create --base=debian --json ', ['--name', '--system', '--user', '--help', '--version']],
	['ws list --user -', ['--base', '--json', '--help', '--version']],
	['ws attach alpha --root -', ['--vm', '--read-only', ...globals]],
	['ws attach --root --vm web ', names.workspace],
	['ws inspect alpha ', globals],
	['status -- ', []],
	['ws inspect -- -', names.workspace],
	// Values of flags.
	['ws create --base ', names.image],
	['ws create --base de', names.image],
	['ws create --base=', ['--base=debian', '--base=alpine']],
	['ws create --base=de', ['--base=debian', '--base=alpine']],
	['ws attach alpha --vm ', ['web']],
	['vm create v --role ', ['portal', 'work', 'service']],
	['vm create v --role=', ['--role=portal', '--role=work', '--role=service']],
	['vm create v --vcpu ', []],
	['vm create v --vcpu=', []],
	['image import . --name ', []],
	['ws delete alpha --yes=', []],
	// Mistakes.
	['bogus ', []],
	['ws bogus ', []],
	['toString ', []],
	['ws list --bogus=', []],
	['ws list --toString=', []],
	['--version ', []],
	['ws create --base=a --base=', []],
	['ws inspect alpha beta ', globals],
];

for (const [line, expected] of positions) {
	test(`nexusctl ${line}|`, async t => {
		t.deepEqual(await at(line), expected);
	});
}

test('candidates say what they are', async t => {
	t.like(await complete([''], nouns, namesOf), [{word: 'image', about: 'Images'}, {word: 'img', about: 'Images'}]);
	t.like(await complete(['ws', ''], nouns, namesOf), [{word: 'create', about: 'Create a workspace from an image'}]);
	t.like(await complete(['ws', 'list', '-'], nouns, namesOf), [{word: '--base', about: 'Only those made from this image'}]);
});

test('names are asked of the bus that the line is for, and only where a name is awaited', async t => {
	const asked: unknown[] = [];
	const ask = async (line: string): Promise<void> => {
		await complete(line.split(' '), nouns, async (kind, bus) => {
			asked.push([kind, bus]);
			return [];
		});
	};

	await ask('ws inspect ');
	await ask('ws --user inspect ');
	await ask('--system ws create --base=');
	await ask('ws create --base=x ');
	await ask('ws ');
	await ask('image import ');
	t.deepEqual(asked, [['workspace', undefined], ['workspace', 'session'], ['image', 'system']]);
});

test('a line made of candidates is right as far as it goes', async t => {
	const beginnings = fc.constantFrom('', '', '-');
	await fc.assert(fc.asyncProperty(fc.array(fc.tuple(fc.nat(), beginnings), {minLength: 1, maxLength: 10}), async steps => {
		const line: string[] = [];
		for (const [choice, beginning] of steps) {
			// eslint-disable-next-line no-await-in-loop
			const completion = await complete([...line, beginning], nouns, namesOf);
			const candidates = completion === 'path' ? [] : completion.map(({word}) => word);
			if (candidates.length > 0) {
				line.push(candidates[choice % candidates.length]!);
			} else if (isRightSoFar([...line, '1'])) {
				// A word of the user's own.
				line.push('1');
			}

			if (!isRightSoFar(line)) {
				throw new Error(line.join(' '));
			}
		}
	}), {numRuns: 1000});
	t.pass();
});

// Whether it can be run, or can be completed to something that can.
function isRightSoFar(line: readonly string[]): boolean {
	try {
		parseCommandLine(line, nouns);
		return true;
	} catch (error) {
		return error instanceof UsageError && / is missing|needs a (?:value|verb): /.test(error.message);
	}
}

test('no words make it fail', async t => {
	const word = fc.oneof(fc.string(), fc.constantFrom('ws', 'create', '--', '-', '--base', '--base=', '--json', 'help', 'inspect', '=', '--=', '-h', '-hx'));
	await fc.assert(fc.asyncProperty(fc.array(word), fc.constantFrom('bash', 'zsh', 'fish', ''), async (words, shell) => {
		await t.notThrowsAsync(async () => answer([shell, ...words], nouns, namesOf));
	}), {numRuns: 1000});
});

// What bash splits at when nobody has told it otherwise.
const breaks = ' \t\n"\'><=;|&(:';

const bashLines: ReadonlyArray<[line: string, words: string[], kept: string]> = [
	['', [''], ''],
	['nexusctl', ['nexusctl'], ''],
	['nexusctl ', ['nexusctl', ''], ''],
	['  nexusctl  ws\tlist ', ['nexusctl', 'ws', 'list', ''], ''],
	['n ws --base=', ['n', 'ws', '--base='], '--base='],
	['n ws --base=de', ['n', 'ws', '--base=de'], '--base='],
	['n --base=a b', ['n', '--base=a', 'b'], ''],
	['n --base="de', ['n', '--base=de'], '--base='],
	['n "--base=de', ['n', '--base=de'], ''],
	[String.raw`n --base\=de`, ['n', '--base=de'], ''],
	['n a:b', ['n', 'a:b'], 'a:'],
	[String.raw`n "a b" c\ d 'e "f' ""`, ['n', 'a b', 'c d', 'e "f', ''], ''],
	[String.raw`n "a\"b\c\$" 'd\' x`, ['n', String.raw`a"b\c$`, 'd\\', 'x'], ''],
	['n "a b', ['n', 'a b'], ''],
	['n \'a', ['n', 'a'], ''],
	['n a\\', ['n', 'a'], ''],
];

for (const [line, words, kept] of bashLines) {
	test(`a line of bash: ${JSON.stringify(line)}`, t => {
		t.deepEqual(readBashLine(line, breaks), {words, kept});
	});
}

test('bash gets what fits, without what readline keeps', async t => {
	const lines = async (line: string, breaks_ = breaks): Promise<string[]> => (await answer(['bash', line, breaks_], nouns, namesOf)).split('\n').slice(0, -1);
	t.deepEqual(await lines('nexusctl w'), ['ws', 'workspace']);
	t.deepEqual(await lines('nxc ws inspect al'), ['alpha']);
	t.deepEqual(await lines('nxc "ws" inspect "al'), ['alpha']);
	t.deepEqual(await lines('nxc ws create --base=de'), ['debian']);
	t.deepEqual(await lines('nxc ws create --base='), ['debian', 'alpine']);
	t.deepEqual(await lines('nxc ws create --base=de', ' \t\n'), ['--base=debian']);
	t.deepEqual(await lines('nxc ws create "--base=de'), ['--base=debian']);
	t.deepEqual(await lines('nxc image import ./fo'), [':path']);
	t.deepEqual(await lines('nxc bogus '), []);
});

test('the others get all there is, with what it is after a tab', async t => {
	t.is(await answer(['zsh', 'completion', 'b'], nouns, namesOf), 'bash\nzsh\nfish\n');
	t.is(await answer(['fish', 'vm', 'inspect', ''], nouns, namesOf), 'web\n');
	t.is(await answer(['fish', 'image', 'import', './fo'], nouns, namesOf), ':path\n');
	t.true((await answer(['zsh', 'w'], nouns, namesOf)).includes('workspace\tWorkspaces\n'));
});

import test from 'ava';
import fc from 'fast-check';
import {UsageError} from '../../../tui/cli/usage-error.js';
import {reverting, stepsOf} from '../../../tui/pool/reverting.js';
import {requireAdministrator, requireNothingKept} from '../../../tui/pool/system.js';
import {isNameable, mountUnit, parseMountUnit} from '../../../tui/pool/unit.js';

const pool = {file: '/var/lib/nexus/pool.btrfs', root: '/var/lib/nexus/workspaces'};

test('the unit mounts the file on the folder, before nexusd and at every boot', t => {
	const lines = mountUnit(pool).split('\n');
	for (const line of [
		'Before=nexusd.service',
		'What=/var/lib/nexus/pool.btrfs',
		'Where=/var/lib/nexus/workspaces',
		'Type=btrfs',
		'Options=loop,nodiscard,noatime',
		'WantedBy=local-fs.target',
		'RequiredBy=nexusd.service',
	]) {
		t.true(lines.includes(line), `there is no ${line}`);
	}

	t.regex(lines[0]!, /^# Made by: nexusctl pool create/);
});

test('a unit tells what it mounts, whatever the names', t => {
	t.deepEqual(parseMountUnit(mountUnit(pool)), pool);
	const path = fc.string({unit: 'binary', minLength: 1}).map(text => `/${text}`).filter(text => isNameable(text));
	fc.assert(fc.property(path, path, (file, root) => {
		t.deepEqual(parseMountUnit(mountUnit({file, root})), {file, root});
	}));
});

test('a percent sign is no specifier', t => {
	t.regex(mountUnit({...pool, file: '/srv/50%h.btrfs'}), /^What=\/srv\/50%%h\.btrfs$/m);
});

test('somebody else\'s unit is not taken for one', t => {
	t.is(parseMountUnit(mountUnit(pool).split('\n').slice(1).join('\n')), undefined);
	t.is(parseMountUnit(`# By hand\n${mountUnit(pool)}`), undefined);
	t.is(parseMountUnit(mountUnit(pool).replace(/^What=.*\n/m, '')), undefined);
	t.is(parseMountUnit(''), undefined);
});

test('what a line of a unit cannot hold is not a name', t => {
	for (const file of ['/a\nb', '/a\rb', '/a ', '/a\t', String.raw`/a\ `.trim(), '/a\u0000']) {
		t.false(isNameable(file), `as for ${JSON.stringify(file)}`);
	}

	for (const file of ['/a', '/a b', '/ä "\'#;', String.raw`/a\b`]) {
		t.true(isNameable(file), `as for ${file}`);
	}
});

const fail = (error: unknown): void => {
	throw error;
};

test('work that succeeds is not undone', async t => {
	t.is(await reverting(fail, async onFailure => {
		onFailure(async () => t.fail());
		return 5;
	}), 5);
});

test('work that fails is undone in reverse, and the error is its own', async t => {
	const done: string[] = [];
	const error = new Error('no');
	await t.throwsAsync(reverting(fail, async onFailure => {
		for (const name of ['one', 'two', 'three']) {
			onFailure(async () => done.push(name));
		}

		throw error;
	}), {is: error});
	t.deepEqual(done, ['three', 'two', 'one']);
});

test('an undo that fails is told, and the others go on', async t => {
	const done: string[] = [];
	const told: unknown[] = [];
	await t.throwsAsync(reverting(error => told.push(error), async onFailure => {
		onFailure(async () => done.push('one'));
		onFailure(async () => {
			throw new Error('stuck');
		});
		throw new Error('no');
	}), {message: 'no'});
	t.deepEqual(done, ['one']);
	t.deepEqual(told.map(String), ['Error: stuck']);
});

test('steps tell how many are done, and none begins after it was broken off', t => {
	const controller = new AbortController();
	const told: Array<[number, string]> = [];
	const step = stepsOf(4, {
		onStep(done, title) {
			told.push([done, title]);
		},
		onUndoFailed: fail,
		signal: controller.signal,
	});
	step('one');
	step('two');
	const error = new Error('broken off');
	controller.abort(error);
	t.throws(() => {
		step('three');
	}, {is: error});
	t.deepEqual(told, [[0, 'one'], [0.25, 'two']]);
});

test('the session\'s nexusd has no pool to make', t => {
	t.throws(() => {
		requireAdministrator({bus: 'session', path: 'pool create', words: []});
	}, {instanceOf: UsageError, message: /leave --user out/});
});

test('what is kept stands in the way', t => {
	const suggest = (words: string): string => `nexusctl ${words}`;
	requireNothingKept({images: 0, workspaces: 0}, {suggest});
	t.like(t.throws(() => {
		requireNothingKept({images: 1, workspaces: 2}, {suggest});
	}), {message: 'there are 1 image and 2 workspaces: delete them first', hint: 'See them with: nexusctl image list, nexusctl ws list'});
});

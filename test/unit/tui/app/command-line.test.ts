import {mkdir} from 'node:fs/promises';
import path from 'node:path';
import test, {type ExecutionContext} from 'ava';
import fc from 'fast-check';
import {charactersOf} from '../../../../tui/app/line-editor.js';
import type {Session} from '../../../../tui/app/session.js';
import {
	defineCommand, type Invocation, type Noun,
} from '../../../../tui/cli/command.js';
import {InterruptedError, RefusedError} from '../../../../tui/errors.js';
import {readBashLine} from '../../../../tui/completion/bash-line.js';
import {temporaryFolder} from '../../../support/folder.js';
import {open, type Stage} from './_session.js';
import {
	imageOf, vmOf, workspaceOf, type World,
} from './_world.js';

const world: World = {
	images: [imageOf(1, {name: 'debian-11'}), imageOf(2, {name: 'debian-12'})], workspaces: [workspaceOf(1, {name: 'web-1'})], vms: [vmOf(1, {name: 'proxy'})],
};

const said = (text: string) => ({data: {said: text}, text: () => text});

/** Commands that do as they are told, and write down how they were called. */
function commandsFor(t: ExecutionContext): {stage: Stage; calls: Invocation[]} {
	const calls: Invocation[] = [];
	const noun: Noun = {
		name: 'thing',
		aliases: ['th'],
		summary: 'Things',
		verbs: {
			say: defineCommand({
				summary: 'Say it',
				arguments: [{name: 'WORD', summary: 'what'}],
				flags: {loud: {type: 'boolean', summary: 'Loudly'}},
				examples: ['thing say x'],
				async run(invocation) {
					calls.push(invocation);
					return said(invocation.args[0]);
				},
			}),
			list: defineCommand({
				summary: 'List them',
				arguments: [],
				flags: {},
				examples: ['thing list'],
				run: async () => said('one\ntwo\nthree\n'),
			}),
			show: defineCommand({
				summary: 'Show an image',
				arguments: [{name: 'IMAGE', summary: 'which', names: 'image'}],
				flags: {},
				examples: ['thing show x'],
				run: async ({args: [image]}) => said(image),
			}),
			load: defineCommand({
				summary: 'Load a folder',
				arguments: [{name: 'FOLDER', summary: 'which', names: 'path'}],
				flags: {},
				examples: ['thing load x'],
				run: async ({args: [folder]}) => said(folder),
			}),
			ask: defineCommand({
				summary: 'Ask',
				arguments: [],
				flags: {},
				examples: ['thing ask'],
				run: async ({person}) => said(String(await person.ask('Shall it be?'))),
			}),
			refuse: defineCommand({
				summary: 'Refuse',
				arguments: [],
				flags: {},
				examples: ['thing refuse'],
				async run() {
					throw new RefusedError('it is not done', {hint: 'Leave it'});
				},
			}),
			work: defineCommand({
				summary: 'Work',
				arguments: [],
				flags: {},
				examples: ['thing work'],
				run: async ({person}) => person.watch('Working', async ({update, signal}) => new Promise((_resolve, reject) => {
					update({progress: 0.4, size: 0, message: 'hard\u001B[2J'});
					signal.addEventListener('abort', () => {
						reject(new InterruptedError('nothing was done'));
					});
				})),
			}),
		},
	};
	return {stage: open(t, world, {nouns: [noun]}), calls};
}

const lineIn = ({view: {dialog}}: Session): string | undefined => dialog?.kind === 'prompt' ? dialog.line.text : undefined;
const candidatesIn = ({view: {dialog}}: Session): readonly string[] => dialog?.kind === 'prompt' ? dialog.candidates : [];

async function run({type, keys, said}: Stage, line: string): Promise<string | undefined> {
	await type(`:${line}`);
	await keys('enter');
	return said();
}

test('a command is run with its words, and what it says on one line is a notice', async t => {
	const {stage, calls} = commandsFor(t);
	t.is(await run(stage, 'thing say hello'), 'hello');
	t.is(stage.session.view.notice?.kind, 'done');
	t.is(stage.session.view.dialog, undefined);
	t.like(calls[0], {
		path: 'thing say', args: ['hello'], flags: {loud: false}, bus: 'system',
	});
	t.is(calls[0]!.suggest('image list'), ':image list');
});

test('words are quoted as at a shell, and nexusctl may stand before them', async t => {
	const {stage, calls} = commandsFor(t);
	for (const line of ['nexusctl thing say "a b"', String.raw`nxc th say a\ b --loud`, '  thing   say   \'a b\'  ', 'thing say --user "a b"']) {
		// eslint-disable-next-line no-await-in-loop
		t.is(await run(stage, line), 'a b');
	}

	t.deepEqual(calls.map(({flags}) => flags['loud']), [false, true, false, false]);
	t.is(calls[3]!.bus, 'session');
});

test('what it says on several lines is a page', async t => {
	const {stage} = commandsFor(t);
	await run(stage, 'thing list');
	t.deepEqual(stage.session.view.dialog, {
		kind: 'pages', title: 'thing list', lines: ['one', 'two', 'three'], top: 0,
	});
	await stage.keys('escape');
	await run(stage, 'thing list --json');
	t.true(stage.session.view.dialog?.kind === 'pages' && stage.session.view.dialog.lines.some(line => line.includes('"said"')));
});

test('help is a page', async t => {
	const {stage} = commandsFor(t);
	for (const line of ['help', '--help', 'thing --help', 'help thing say']) {
		/* eslint-disable no-await-in-loop */
		await run(stage, line);
		t.is(stage.session.view.dialog?.kind, 'pages', line);
		await stage.keys('escape');
		/* eslint-enable no-await-in-loop */
	}
});

test('a mistake is said, with where it is explained', async t => {
	const {stage, calls} = commandsFor(t);
	await run(stage, 'nothing');
	t.is(stage.session.view.notice?.kind, 'error');
	t.is(stage.session.view.notice?.hint, 'See :help');
	await run(stage, 'thing say');
	t.is(stage.session.view.notice?.hint, 'See :help thing say');
	await run(stage, 'thing say x --quiet');
	t.is(stage.session.view.notice?.kind, 'error');
	t.deepEqual(calls, []);
});

test('what goes wrong is said, with what to do about it', async t => {
	const {stage} = commandsFor(t);
	t.is(await run(stage, 'thing refuse'), 'it is not done');
	t.like(stage.session.view.notice, {kind: 'error', hint: 'Leave it'});
});

test('q leaves, and an empty line does nothing', async t => {
	for (const line of ['q', 'quit', 'exit', ' q ']) {
		const {stage} = commandsFor(t);
		let ended = false;
		stage.session.once('end', () => {
			ended = true;
		});
		// eslint-disable-next-line no-await-in-loop
		await run(stage, line);
		t.true(ended);
	}

	const {stage} = commandsFor(t);
	await run(stage, '');
	await run(stage, '   ');
	t.is(stage.session.view.dialog, undefined);
	t.is(stage.session.view.notice, undefined);
});

test('what a command asks is a question', async t => {
	for (const [key, answer] of [['y', 'true'], ['n', 'false'], ['escape', 'false']] as const) {
		const {stage} = commandsFor(t);
		/* eslint-disable no-await-in-loop */
		await stage.type(':thing ask');
		await stage.keys('enter');
		t.like(stage.session.view.dialog, {kind: 'question', title: 'thing ask', lines: ['Shall it be?']});
		const answered = new Promise<void>(resolve => {
			stage.session.on('change', ({view: {notice}}) => {
				if (notice?.kind === 'done') {
					resolve();
				}
			});
		});
		await stage.keys(key);
		await answered;
		t.is(stage.session.view.notice?.text, answer);
		/* eslint-enable no-await-in-loop */
	}
});

test('work is told of while it goes on, and Esc breaks it off', async t => {
	const {stage: {session, type, keys, said}} = commandsFor(t);
	await type(':thing work');
	await keys('enter');
	t.deepEqual(session.notice, {kind: 'busy', text: String.raw`Working: 40%, hard\x1b[2J (Esc breaks it off)`});
	await keys('j', 'escape');
	t.is(await said(), 'nothing was done');
	t.is(session.view.notice?.kind, 'done');
	await keys('escape');
	t.is(session.view.notice, undefined);
});

test('Tab completes words, names and folders, and shows what they could become', async t => {
	const {stage: {session, keys, type}} = commandsFor(t);
	const completed = async (line: string): Promise<[string | undefined, readonly string[]]> => {
		await keys(':');
		await type(line);
		await keys('tab');
		const answer = [lineIn(session), candidatesIn(session)] as [string | undefined, readonly string[]];
		await keys('escape');
		return answer;
	};

	t.deepEqual(await completed('th'), ['th', ['thing', 'th']]);
	t.deepEqual(await completed('thi'), ['thing ', []]);
	t.deepEqual(await completed('thing s'), ['thing s', ['say', 'show']]);
	t.deepEqual(await completed('thing sh'), ['thing show ', []]);
	t.deepEqual(await completed('thing show d'), ['thing show debian-1', ['debian-11', 'debian-12']]);
	t.deepEqual(await completed('thing say x --l'), ['thing say x --loud ', []]);
	t.deepEqual(await completed('nothing at all'), ['nothing at all', []]);
	const folder = await temporaryFolder(t.teardown);
	await mkdir(path.join(folder, 'a b'));
	t.deepEqual(await completed(`thing load ${folder}/a`), [String.raw`thing load ${folder}/a\ b/`, []]);
	t.deepEqual(await completed(String.raw`thing load ${folder}/a\ b/x`), [String.raw`thing load ${folder}/a\ b/x`, []]);
});

test('a completion stands at the end of the line, and typing on takes back what it could become', async t => {
	const {stage: {session, keys, type}} = commandsFor(t);
	await keys(':');
	await type('thing s');
	await keys('tab');
	t.is(candidatesIn(session).length, 2);
	await type('h');
	t.deepEqual(candidatesIn(session), []);
	await keys('tab');
	const {dialog} = session.view;
	t.is(dialog?.kind === 'prompt' ? dialog.line.cursor : -1, 'thing show '.length);
});

test('a word that is completed is the word that it was, whatever is in it', async t => {
	const words = fc.string({unit: fc.constantFrom('a', ' ', '"', '\'', '\\', '$', 'é', '日'), minLength: 1, maxLength: 8});
	await fc.assert(fc.asyncProperty(words, async word => {
		const {stage: {session, keys, paste}} = commandsFor(t);
		await keys(':');
		await paste(`thing say ${word.replaceAll(/([\s"'\\])/g, String.raw`\$1`)} --lou`);
		await keys('tab');
		t.deepEqual(readBashLine(lineIn(session)!, '').words, ['thing', 'say', word, '--loud', '']);
	}), {numRuns: 30});
});

test('Esc and a backspace on nothing leave the prompt', async t => {
	const {stage: {session, keys, type}} = commandsFor(t);
	await type(':ab');
	await keys('backspace', 'backspace');
	t.is(lineIn(session), '');
	await keys('backspace');
	t.is(session.view.dialog, undefined);
	await keys(':', 'x', 'escape');
	t.is(session.view.dialog, undefined);
});

test('a paste gets into the prompt as one line', async t => {
	const {stage: {session, keys, paste}} = commandsFor(t);
	await keys(':');
	await paste('thing\n say\r\u001B[31m x\n');
	t.is(lineIn(session), 'thing say [31m x');
	t.is(charactersOf(lineIn(session)!).length, 16);
});

test('the screen is not opened in itself', async t => {
	const stage = open(t);
	await run(stage, 'tui');
	t.is(stage.session.view.notice?.kind, 'error');
});

// The line behind `:`: the words of nexusctl, run by the same commands. Each has a connection of its own, as at a shell.
import type {Kind} from '../../dbus/paths.js';
import type {Invocation, RecordKind} from '../cli/command.js';
import {explain} from '../cli/failure.js';
import {helpText} from '../cli/help.js';
import {parseCommandLine, type Request} from '../cli/parse.js';
import {Link} from '../cli/link.js';
import {UsageError} from '../cli/usage-error.js';
import {readBashLine} from '../completion/bash-line.js';
import {complete} from '../completion/complete.js';
import {InterruptedError} from '../errors.js';
import {jsonText, printable} from '../output/printable.js';
import {plainStyle, type Terminal} from '../output/terminal.js';
import type {Person} from '../person.js';
import {Pacer} from '../progress/pace.js';
import {progressText} from '../progress/texts.js';
import {dialogChrome} from './dialog-lines.js';
import {lineOf} from './line-editor.js';
import {commonBeginning, completeFolder} from './paths.js';
import type {Session} from './session.js';
import type {Prompt} from './view.js';

type CommandRequest = Extract<Request, {kind: 'command'}>;

/** Does what was typed. */
export async function runPrompt(session: Session, text: string): Promise<void> {
	const words = wordsOf(text).filter((word, index) => index > 0 || !['nexusctl', 'nxc'].includes(word));
	session.closeDialog();
	if (['q', 'quit', 'exit'].includes(words[0] ?? '')) {
		session.end();
	} else if (words.length > 0) {
		await runWords(session, words);
	}
}

async function runWords(session: Session, words: readonly string[]): Promise<void> {
	try {
		const request = parseCommandLine(words, session.nouns);
		if (request.kind === 'command') {
			await runCommand(session, request);
		} else if (request.kind === 'help') {
			show(session, words.join(' '), helpText(request.topic, session.nouns, plainStyle));
		} else {
			show(session, 'version', `nexusctl is part of nexus; nexusd here is ${session.watcher.mirror.manager?.version ?? 'away'}`);
		}
	} catch (error) {
		if (!(error instanceof UsageError)) {
			throw error;
		}

		session.notify({kind: 'error', text: error.message, hint: `See :${`help ${error.topic}`.trim()}`});
	}
}

async function runCommand(session: Session, request: CommandRequest): Promise<void> {
	const {path, command, words, args, flags, json} = request;
	const bus = request.bus ?? session.watcher.kind;
	const link = new Link(bus, session.preparePrompt);
	const invocation: Invocation = {
		path,
		words,
		args,
		flags,
		person: personAt(session),
		suggest: words => `:${words}`,
		bus,
		connect: async other => link.connect(other),
	};
	session.notify({kind: 'busy', text: printable(words.join(' '))});
	try {
		const {data, text} = await command.run(invocation);
		show(session, words.join(' '), json ? jsonText(data).replaceAll('\t', '  ') : await text(terminalIn(session)));
	} catch (error) {
		const {message, hint} = explain(link.verdict(error), {bus, command, invocation});
		// Whoever broke it off made no mistake.
		session.notify({kind: error instanceof InterruptedError ? 'done' : 'error', text: printable(message), hint});
	} finally {
		await link.close();
	}
}

// What fits on a line is no reason to open a page.
function show(session: Session, title: string, text: string): void {
	const lines = text.trimEnd().split('\n');
	if (lines.length === 1) {
		session.notify({kind: 'done', text: lines[0]!});
	} else {
		session.open({
			kind: 'pages', title: printable(title), lines, top: 0,
		});
	}
}

const terminalIn = ({layout}: Session): Terminal => ({columns: layout.columns - dialogChrome.columns, style: plainStyle});

const personAt = (session: Session): Person => ({
	canAnswer: true,
	ask: async question => new Promise(resolve => {
		session.open({
			kind: 'question',
			title: question,
			lines: [],
			onYes() {
				resolve(true);
			},
			onNo() {
				resolve(false);
			},
		});
	}),
	async watch(title, work) {
		const controller = new AbortController();
		session.breakOff = () => {
			controller.abort();
		};

		const pacer = new Pacer();
		try {
			session.notify({kind: 'busy', text: `${title} (Esc breaks it off)`});
			return await work({
				update(state) {
					pacer.note(performance.now(), state);
					session.notify({kind: 'busy', text: `${progressText(title, {...state, pace: pacer.at(performance.now())})} (Esc breaks it off)`});
				},
				signal: controller.signal,
			});
		} finally {
			session.breakOff = undefined;
		}
	},
	warn(message) {
		session.notify({kind: 'error', text: printable(message)});
	},
});

const wordsOf = (text: string): string[] => readBashLine(text, '').words.filter((word, index, words) => word !== '' || index < words.length - 1);

/** Completes the word that is being typed, and shows what it could become. */
export async function completePrompt(session: Session, prompt: Prompt): Promise<void> {
	const {words} = readBashLine(prompt.line.text, '');
	const [current, before] = [words.at(-1)!, words.slice(0, -1)];
	const candidates = await candidatesFor(session, words);
	if (session.view.dialog !== prompt || candidates.length === 0) {
		return;
	}

	const common = commonBeginning(candidates);
	const isWhole = candidates.length === 1 && !common.endsWith('/');
	const text = [...before.map(word => quotedWord(word)), quotedWord(common.length > current.length ? common : current) + (isWhole ? ' ' : '')].join(' ');
	session.update({dialog: {...prompt, line: lineOf(text), candidates: candidates.length > 1 ? candidates : []}});
}

async function candidatesFor(session: Session, words: readonly string[]): Promise<string[]> {
	const current = words.at(-1)!;
	const completion = await complete(words, session.nouns, async kind => namesOf(session, kind));
	return completion === 'path'
		? completeFolder(current)
		: completion.map(({word}) => word).filter(word => word.startsWith(current));
}

const kindOf: Readonly<Record<RecordKind, Kind>> = {image: 'image', workspace: 'workspace', vm: 'vm'};

const namesOf = ({watcher: {mirror}}: Session, kind: RecordKind): string[] =>
	[...mirror.all(kindOf[kind]).values()].map(({name}) => name).sort();

const quotedWord = (word: string): string => word.replaceAll(/([\s"'\\])/g, String.raw`\$1`);

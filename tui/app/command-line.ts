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
import {commonBeginning, completeFolder, expandHome} from './paths.js';
import type {Session} from './session.js';
import type {Prompt, Task} from './view.js';

type CommandRequest = Extract<Request, {kind: 'command'}>;

/** Does what was typed. */
export async function runPrompt(session: Session, text: string): Promise<void> {
	const words = wordsOf(text).filter((word, index) => index > 0 || !['nexusctl', 'nxc'].includes(word)).map(word => expandHome(word));
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
			show(session, printable(words.join(' ')), [], helpText(request.topic, session.nouns, plainStyle));
		} else {
			show(session, 'version', [], `nexusctl is part of nexus; nexusd here is ${session.watcher.mirror.manager?.version ?? 'away'}`);
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
	const title = printable(words.join(' '));
	const seat = new Seat(session, title, () => {
		void link.close();
	});
	const invocation: Invocation = {
		path,
		words,
		args,
		flags,
		person: seat,
		suggest: words => `:${words}`,
		bus,
		connect: async other => link.connect(other),
	};
	try {
		const {data, text} = await command.run(invocation);
		show(session, title, seat.warnings, json ? jsonText(data).replaceAll('\t', '  ') : await text(terminalIn(session)));
	} catch (error) {
		const {message, hint} = explain(link.verdict(error), {bus, command, invocation});
		if (seat.warnings.length > 0) {
			show(session, title, seat.warnings, [message, ...(hint ? [hint] : [])].join('\n'));
		} else if (seat.isLeft || error instanceof InterruptedError) {
			// Whoever broke it off made no mistake.
			session.notify({kind: 'done', text: error instanceof InterruptedError ? printable(message) : `${title}: broken off`});
		} else {
			session.notify({kind: 'error', text: printable(message), hint});
		}
	} finally {
		seat.leave();
		await link.close();
	}
}

// What fits on a line is no reason to open a page.
function show(session: Session, title: string, warnings: readonly string[], text: string): void {
	const lines = [...warnings, ...text.trimEnd().split('\n')];
	if (lines.length === 1) {
		session.notify({kind: 'done', text: lines[0]!});
	} else {
		session.offer({
			kind: 'pages', title, lines, top: 0,
		});
	}
}

const terminalIn = ({layout}: Session): Terminal => ({columns: layout.columns - dialogChrome.columns, style: plainStyle});

/** The person at the screen, as a command that runs there meets them. */
class Seat implements Person {
	readonly warnings: string[] = [];
	/** Whether they do not wait for it any more. */
	isLeft = false;
	readonly #session: Session;
	readonly #title: string;
	readonly #cutOff: () => void;
	readonly #task: ReturnType<Session['startTask']>;

	/**
	@param cutOff Ends what cannot be broken off in order.
	*/
	constructor(session: Session, title: string, cutOff: () => void) {
		this.#session = session;
		this.#title = title;
		this.#cutOff = cutOff;
		this.#task = session.startTask(this.#waiting);
	}

	readonly ask: Person['ask'] = async question => new Promise(resolve => {
		this.#session.once('end', () => {
			resolve(undefined);
		});
		this.#session.offer({
			kind: 'question',
			title: this.#title,
			lines: [question],
			onYes() {
				resolve(true);
			},
			onNo() {
				resolve(false);
			},
		});
	});

	readonly watch: Person['watch'] = async (title, work) => {
		const controller = new AbortController();
		const breakOff = (): void => {
			controller.abort();
		};

		const pacer = new Pacer();
		this.#task.change({text: title, breakOff});
		try {
			return await work({
				update: state => {
					pacer.note(performance.now(), state);
					this.#task.change({text: progressText(title, {...state, pace: pacer.at(performance.now())}), breakOff});
				},
				signal: controller.signal,
			});
		} finally {
			this.#task.change(this.#waiting);
		}
	};

	readonly warn: Person['warn'] = message => {
		this.warnings.push(printable(message));
	};

	/** They wait for nothing any more. */
	leave(): void {
		this.#task.end();
	}

	get canAnswer(): boolean {
		return true;
	}

	get #waiting(): Task {
		return {
			text: this.#title,
			breakOff: () => {
				this.isLeft = true;
				this.#cutOff();
			},
		};
	}
}

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

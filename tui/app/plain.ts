// The screen as sentences, for screen readers: a line is said when it has become another one, and nothing that was said before
// is touched. Only the line that is being typed is written anew in its place.
import {printable} from '../output/printable.js';
import {footerBindings, keyName} from './bindings.js';
import {columnOf, columnsOf, titles} from './columns.js';
import {indexOf} from './cursor.js';
import type {Session} from './session.js';
import {isShown, poolUse, stateWords} from './state-words.js';
import {dialogLines, windowOf} from './dialog-lines.js';
import type {Line} from './line-editor.js';
import {widthOf, withFullStop} from './text.js';
import type {Form, Notice} from './view.js';

type Sentence = {
	/** Said when this has changed. */
	readonly when: string;
	readonly lines: readonly string[];
};

/** A page is as wide as nobody's terminal: a screen reader needs no columns. */
const width = 1000;

const eraseLine = '\r\u001B[K';
const cursorBack = (cells: number): string => `\u001B[${cells}D`;

/** Says what a session shows. */
export class Speaker {
	readonly #session: Session;
	readonly #write: (text: string) => void;
	readonly #said = new Map<string, string>();
	#typed = '';

	constructor(session: Session, write: (text: string) => void) {
		this.#session = session;
		this.#write = write;
	}

	/** Says what is new. */
	speak(): void {
		const news = Object.entries(sentencesOf(this.#session)).flatMap(([topic, {when, lines}]) => {
			const isNew = this.#said.get(topic) !== when;
			this.#said.set(topic, when);
			return isNew ? lines.filter(line => line !== '').map(line => printable(line)) : [];
		});
		const typed = typedIn(this.#session);
		if (news.length > 0) {
			this.#write(`${this.#typed === '' ? '' : '\r\n'}${news.map(line => `${line}\r\n`).join('')}${typed}`);
		} else if (typed !== this.#typed) {
			this.#write(`${eraseLine}${typed}`);
		}

		this.#typed = typed;
	}
}

function sentencesOf(session: Session): Record<string, Sentence> {
	return {
		state: stateSentence(session), place: placeSentence(session), row: rowSentence(session), detail: detailSentence(session), dialog: dialogSentence(session), notice: noticeSentence(session),
	};
}

function stateSentence({watcher}: Session): Sentence {
	const {short, long} = stateWords(watcher);
	const use = poolUse(watcher);
	const warnings = (watcher.mirror.manager?.warnings ?? []).map(warning => `nexusd warns: ${withFullStop(warning)}`);
	return {
		when: [short, ...long, ...warnings].join('\n'),
		lines: [`nexusd: ${short.replace(/^\W+/, '')}.${use ? ` The pool: ${use.text} used.` : ''}`, ...long, ...warnings],
	};
}

function placeSentence(session: Session): Sentence {
	const {view: {tab}, list: {wish: {sort, filter}}} = session;
	const {rows, total} = session.rows();
	const keys = footerBindings(session).map(({keys: [key], label}) => `${keyName(key)} ${label!}`).join(', ');
	const column = columnOf(tab, sort.column);
	const sorted = `sorted by ${column.title}${sort.descending ? ', descending' : ''}`;
	return {
		when: [tab, sort.column, sort.descending, filter, isShown(session.watcher)].join(' '),
		lines: isShown(session.watcher) ? [`${titles[tab]}: ${filter === '' ? rows.length : `${rows.length} of ${total} match ${filter}`}, ${sorted}.`, `Keys: ${keys}.`] : [],
	};
}

function rowSentence(session: Session): Sentence {
	const {selected, view: {tab}, list: {cursor, marked}, surroundings} = session;
	if (!selected || !isShown(session.watcher)) {
		return {when: '', lines: []};
	}

	const rows = session.rows();
	const cells = columnsOf(tab).slice(1).map(({title, cell}) => ({title, text: cell(selected, surroundings)}));
	const isMarked = marked.has(selected.path);
	return {
		// What changes by itself nobody wants to hear of each time.
		when: [selected.path, isMarked, ...cells.filter(({title}) => !['AGE', 'DONE', 'OWNER', 'MESSAGE'].includes(title)).map(({text}) => text)].join(' '),
		lines: [`${selected.name}, ${indexOf(cursor, rows) + 1} of ${rows.rows.length}${isMarked ? ', marked' : ''}: ${cells.map(({title, text}) => `${title.toLowerCase()} ${text}`).join(', ')}.`],
	};
}

function detailSentence(session: Session): Sentence {
	const {view: {focus}, selected} = session;
	return focus === 'detail' && selected
		? {when: selected.path, lines: [...session.detailIn(width).map(({text}) => text.trimEnd()), 'Esc leads back to the list.']}
		: {when: '', lines: []};
}

function dialogSentence({view: {dialog}}: Session): Sentence {
	if (!dialog) {
		return {when: '', lines: []};
	}

	switch (dialog.kind) {
		case 'form': {
			return formSentence(dialog);
		}

		case 'prompt': {
			return {when: dialog.candidates.join(' ') || 'prompt', lines: [dialog.candidates.length > 0 ? dialog.candidates.join(', ') : 'A command, as after the word nexusctl:']};
		}

		case 'menu':
		case 'pages':
		case 'question': {
			return {when: dialog.title, lines: [dialog.title, ...dialogLines(dialog, width).map(({text}) => text)]};
		}
	}
}

function formSentence({title, fields, at, candidates, problem, isBusy}: Form): Sentence {
	const {label, hint, fallback, isToggle, line} = fields[at]!;
	const about = isToggle ? `${line.text}. Space changes it` : `${fallback === undefined ? '' : `${fallback} if left empty; `}${hint}`;
	const field = `${title}, field ${at + 1} of ${fields.length}: ${label}, ${about}. Enter does it, Tab goes on, Esc cancels.`;
	return {
		when: [title, at, isToggle && line.text, candidates.join(' '), problem?.text, isBusy].join('\n'),
		lines: [
			...(problem ? [sentencesOfNotice(problem)] : []),
			candidates.length > 0 ? candidates.join(', ') : (isBusy ? 'nexusd is at it.' : field),
		],
	};
}

const noticeSentence = ({notice}: Session): Sentence =>
	({when: notice ? notice.kind + notice.text : '', lines: notice ? [`${notice.kind === 'error' ? 'Error: ' : ''}${sentencesOfNotice(notice)}`] : []});

const sentencesOfNotice = ({text, hint}: Notice): string => [text, ...(hint ? [hint] : [])].map(sentence => withFullStop(sentence)).join(' ');

// What is being typed, with its name, and the terminal's cursor at its place: no more of it than a line of the terminal holds,
// which is all that can be written anew.
function typedIn({view: {dialog, filter, size}}: Session): string {
	const typed = (head: string, line: Line): string => {
		const {text, cursor} = windowOf(line, size.columns - widthOf(head) - 1);
		const back = widthOf(text) - cursor;
		return head + text + (back > 0 ? cursorBack(back) : '');
	};

	if (dialog?.kind === 'form') {
		const {label, line, isToggle} = dialog.fields[dialog.at]!;
		return isToggle ? '' : typed(`${label}: `, line);
	}

	if (dialog?.kind === 'prompt') {
		return typed(':', dialog.line);
	}

	return filter && !dialog ? typed('/', filter) : '';
}

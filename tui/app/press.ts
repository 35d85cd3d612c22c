// What a stroke does: to the dialog that is open, to the filter that is being typed, or to the lists.
import {IncompleteError} from './actions.js';
import {bindingFor} from './bindings.js';
import {completePrompt, runPrompt} from './command-line.js';
import {dialogChrome, dialogLines} from './dialog-lines.js';
import {
	headerLines, isIn, listRows, paneChrome,
} from './layout.js';
import {
	edit, insert, lineOf, type Line,
} from './line-editor.js';
import {showTab, sortBy} from './moves.js';
import {commonBeginning} from './paths.js';
import {problemOf} from './problems.js';
import type {Session} from './session.js';
import type {Mouse, Stroke} from './strokes.js';
import {tabAt} from './tabs.js';
import {columnAt, sizedColumns} from './table.js';
import {
	keyOf, type Dialog, type Field, type Form, type Menu, type Pages, type Prompt, type Question,
} from './view.js';

/** Does what a stroke means now. Resolves when the next one may be looked at: after a completion, not after what takes nexusd its time. */
export async function press(session: Session, stroke: Stroke): Promise<void> {
	const {dialog, filter} = session.view;
	const key = keyOf(stroke);
	if (stroke.kind === 'mouse') {
		pressMouse(session, stroke.mouse);
	} else if (key === 'ctrl-c' || key === 'ctrl-z') {
		bindingFor(session, key)?.run(session);
	} else if (dialog) {
		await pressDialog(session, dialog, stroke);
	} else if (filter) {
		pressFilter(session, filter, stroke);
	} else {
		bindingFor(session, key)?.run(session);
	}
}

async function pressDialog(session: Session, dialog: Dialog, stroke: Stroke): Promise<void> {
	switch (dialog.kind) {
		case 'form': {
			await pressForm(session, dialog, stroke);
			break;
		}

		case 'prompt': {
			await pressPrompt(session, dialog, stroke);
			break;
		}

		case 'question': {
			pressQuestion(session, dialog, keyOf(stroke));
			break;
		}

		case 'pages': {
			pressPages(session, dialog, keyOf(stroke));
			break;
		}

		case 'menu': {
			pressMenu(session, dialog, keyOf(stroke));
			break;
		}
	}
}

/** What a stroke makes of a line that is being typed; `undefined` when it means something else. */
function typed(line: Line, stroke: Stroke): Line | undefined {
	if (stroke.kind === 'paste') {
		return insert(line, stroke.text);
	}

	const key = keyOf(stroke);
	return edit(line, key) ?? ([...key].length === 1 ? insert(line, key) : undefined);
}

function pressFilter(session: Session, filter: Line, stroke: Stroke): void {
	const key = keyOf(stroke);
	if (key === 'enter' || key === 'escape') {
		session.update({filter: undefined});
		if (key === 'escape') {
			session.wish({filter: ''});
		}

		return;
	}

	const line = typed(filter, stroke);
	if (line) {
		session.update({filter: line});
		if (line.text !== session.list.wish.filter) {
			session.wish({filter: line.text});
			// The cursor goes to what fits best, wherever that is sorted.
			session.moveTo(session.rows().best);
		}
	} else if (stroke.kind === 'key') {
		// The list is there to be looked through meanwhile.
		bindingFor(session, key)?.run(session);
	}
}

async function pressForm(session: Session, form: Form, stroke: Stroke): Promise<void> {
	const key = keyOf(stroke);
	if (form.isBusy) {
		return;
	}

	switch (key) {
		case 'escape': {
			session.closeDialog();
			break;
		}

		case 'enter': {
			void submit(session, form);
			break;
		}

		case 'tab': {
			await completeField(session, form);
			break;
		}

		case 'down':
		case 'up':
		case 'shift-tab': {
			goToField(session, form, form.at + (key === 'down' ? 1 : -1));
			break;
		}

		default: {
			typeInForm(session, form, stroke);
		}
	}
}

function typeInForm(session: Session, form: Form, stroke: Stroke): void {
	const field = form.fields[form.at]!;
	const line = field.isToggle ? toggled(field, keyOf(stroke)) : typed(field.line, stroke);
	if (line) {
		session.update({dialog: {...withLine(form, line), candidates: [], problem: undefined}});
	}
}

function toggled({line}: Field, key: string): Line | undefined {
	const answers: Readonly<Record<string, string>> = {y: 'yes', n: 'no', ' ': line.text === 'yes' ? 'no' : 'yes'};
	const answer = answers[key === 'left' || key === 'right' ? ' ' : key];
	return answer === undefined ? undefined : lineOf(answer);
}

const withLine = (form: Form, line: Line): Form => ({...form, fields: form.fields.map((field, index) => index === form.at ? {...field, line} : field)});

function goToField(session: Session, form: Form, at: number): void {
	session.update({dialog: {...form, at: (at + form.fields.length) % form.fields.length, candidates: []}});
}

// Completes as far as it is clear, and shows what it could become; with nothing to complete, and nothing new to show, it goes
// on to the next field: a folder that holds others is as good an answer as they are.
async function completeField(session: Session, form: Form): Promise<void> {
	const {complete, line, fallback} = form.fields[form.at]!;
	const candidates = await complete?.(line.text) ?? [];
	if (session.view.dialog !== form) {
		// Somebody has typed on.
		return;
	}

	// What an empty field means is whole.
	const text = line.text || (fallback ?? '');
	const common = commonBeginning(candidates);
	if (common.length > text.length) {
		session.update({dialog: {...withLine(form, lineOf(common)), candidates: candidates.length > 1 ? candidates : []}});
	} else if (candidates.length > 1 && (form.candidates.length === 0 || !isWhole(text, candidates))) {
		session.update({dialog: {...form, candidates}});
	} else {
		goToField(session, form, form.at + 1);
	}
}

// A folder that holds others, or a name with which others begin.
const isWhole = (text: string, candidates: readonly string[]): boolean => text.endsWith('/') || candidates.includes(text);

function answerOf({line: {text}, isVerbatim, fallback = ''}: Field): string {
	return isVerbatim ? text : text.trim() || fallback;
}

async function submit(session: Session, form: Form): Promise<void> {
	const missing = form.fields.findIndex(({isRequired, line}) => isRequired && line.text.trim() === '');
	if (missing !== -1) {
		session.update({
			dialog: {
				...form, at: missing, candidates: [], problem: {kind: 'error', text: `${form.fields[missing]!.label} is missing`},
			},
		});
		return;
	}

	const busy: Form = {
		...form, isBusy: true, problem: undefined, candidates: [],
	};
	session.update({dialog: busy});
	try {
		await form.submit(form.fields.map(field => answerOf(field)));
	} catch (error) {
		if (error instanceof IncompleteError) {
			session.closeDialog();
			session.notify(problemOf(error));
		} else {
			session.update({dialog: {...form, problem: problemOf(error)}});
		}
	}
}

function pressQuestion(session: Session, {onYes, onNo}: Question, key: string): void {
	if (key === 'y' && onYes) {
		session.closeDialog();
		onYes();
	} else if (['n', 'escape', 'q', ...(onYes ? [] : ['enter'])].includes(key)) {
		session.closeDialog();
		onNo?.();
	}
}

function pressMenu(session: Session, {items}: Menu, key: string): void {
	const item = items.find(item => item.key === key);
	if (item) {
		item.run();
	} else if (key === 'escape' || key === 'q') {
		session.closeDialog();
	}
}

function pressPages(session: Session, pages: Pages, key: string): void {
	if (['escape', 'q', 'enter', '?'].includes(key)) {
		session.closeDialog();
		return;
	}

	const height = pageHeight(session);
	const [first, last] = [Number.NEGATIVE_INFINITY, Number.MAX_SAFE_INTEGER];
	const steps: Readonly<Record<string, number>> = {
		down: 1, j: 1, up: -1, k: -1, pagedown: height, ' ': height, pageup: -height, home: first, g: first, end: last, G: last,
	};
	const by = steps[key];
	if (by !== undefined) {
		scrollPages(session, pages, by);
	}
}

const pageHeight = ({layout: {dialog}}: Session): number => (dialog?.height ?? dialogChrome.lines) - dialogChrome.lines;

function scrollPages(session: Session, pages: Pages, by: number): void {
	const {columns} = session.layout;
	const last = Math.max(0, dialogLines(pages, columns - dialogChrome.columns).length - pageHeight(session));
	session.update({dialog: {...pages, top: Math.max(0, Math.min(last, pages.top + by))}});
}

async function pressPrompt(session: Session, prompt: Prompt, stroke: Stroke): Promise<void> {
	const key = keyOf(stroke);
	if (key === 'escape' || (key === 'backspace' && prompt.line.text === '')) {
		session.closeDialog();
	} else if (key === 'enter') {
		void runPrompt(session, prompt.line.text);
	} else if (key === 'tab') {
		await completePrompt(session, prompt);
	} else {
		const line = typed(prompt.line, stroke);
		if (line) {
			session.update({dialog: {...prompt, line, candidates: []}});
		}
	}
}

function pressMouse(session: Session, {action, x, y}: Mouse): void {
	const {dialog} = session.view;
	const {list, detail} = session.layout;
	if (action !== 'click') {
		const by = action === 'wheel-down' ? 3 : -3;
		if (dialog) {
			if (dialog.kind === 'pages') {
				scrollPages(session, dialog, by);
			}
		} else if (isIn(x, y, detail)) {
			session.scrollDetail(by);
		} else if (isIn(x, y, list)) {
			session.move(by);
		}

		return;
	}

	if (dialog) {
		return;
	}

	if (y === headerLines - 1) {
		const kind = tabAt(session.tabs, x);
		if (kind) {
			showTab(session, kind);
		}
	} else if (isIn(x, y, list)) {
		clickList(session, x - list.left - frame, y - list.top - frame);
	} else if (isIn(x, y, detail)) {
		session.update({focus: 'detail'});
	}
}

/** Cells that a pane's frame takes on each side, beside a blank on the left and the right. */
const frame = 1;

// The first line has the titles of the columns.
function clickList(session: Session, x: number, y: number): void {
	const {list: {cursor}, layout, view: {tab, exact}} = session;
	session.update({focus: 'list'});
	if (y === 0 && session.rows().rows.length > 0) {
		const column = columnAt(sizedColumns(tab, layout.list!.width - paneChrome, exact), x - 1);
		if (column !== undefined) {
			sortBy(session, column);
		}
	} else if (y > 0 && y <= listRows(layout)) {
		session.moveTo(cursor.top + y - 1);
	}
}

// What somebody has made of the screen: where they are, what they have marked and typed. A pure value.
import type {ObjectPath} from '../../dbus/contract.js';
import type {Kind} from '../../dbus/paths.js';
import {start, type Cursor} from './cursor.js';
import type {Size} from './layout.js';
import {lineOf, type Line} from './line-editor.js';
import type {Wish} from './rows.js';
import type {Stroke} from './strokes.js';

export type Notice = {
	readonly kind: 'done' | 'busy' | 'error';
	readonly text: string;
	/** What to do about it. */
	readonly hint?: string | undefined;
};

/** Something that is being done. */
export type Task = {
	readonly text: string;
	readonly breakOff?: (() => void) | undefined;
};

export type ListView = {
	readonly cursor: Cursor;
	readonly marked: ReadonlySet<ObjectPath>;
	readonly wish: Wish;
};

export type Field = {
	readonly label: string;
	readonly line: Line;
	/** What may be left out, and what then happens. */
	readonly hint: string;
	/** Yes or no. */
	readonly isToggle?: true;
	/** What an empty field means. */
	readonly fallback?: string;
	readonly isRequired?: true;
	/** Blanks at its ends belong to it. */
	readonly isVerbatim?: true;
	/** All that the text could become, for completion. */
	readonly complete?: (text: string) => readonly string[] | Promise<readonly string[]>;
};

/** Something to be filled in. */
export type Form = {
	readonly kind: 'form';
	readonly title: string;
	readonly fields: readonly Field[];
	/** The field that is being typed in. */
	readonly at: number;
	/** What its text could become. */
	readonly candidates: readonly string[];
	/** Why it was refused. */
	readonly problem: Notice | undefined;
	readonly isBusy: boolean;
	/** Gets the texts of the fields. What it throws is shown, and the form stays. */
	readonly submit: (texts: readonly string[]) => Promise<void>;
};

/** Something to be confirmed. */
export type Question = {
	readonly kind: 'question';
	readonly title: string;
	readonly lines: readonly string[];
	/** `undefined` when nothing of it can be done. */
	readonly onYes: (() => void) | undefined;
	readonly onNo?: (() => void) | undefined;
};

/** Something to be read. */
export type Pages = {
	readonly kind: 'pages';
	readonly title: string;
	readonly lines: readonly string[];
	readonly top: number;
};

/** Something to be chosen by its key. */
export type Menu = {
	readonly kind: 'menu';
	readonly title: string;
	readonly items: ReadonlyArray<{readonly key: string; readonly label: string; readonly about: string; readonly run: () => void}>;
};

/** A command to be typed. */
export type Prompt = {
	readonly kind: 'prompt';
	readonly line: Line;
	readonly candidates: readonly string[];
};

export type Dialog = Form | Question | Pages | Menu | Prompt;

export type View = {
	readonly size: Size;
	readonly tab: Kind;
	readonly focus: 'list' | 'detail';
	/** The first line of the detail that is shown. */
	readonly detailTop: number;
	readonly lists: Readonly<Record<Kind, ListView>>;
	/** The filter while it is being typed. */
	readonly filter: Line | undefined;
	readonly dialog: Dialog | undefined;
	/** What has happened, until somebody has read it. */
	readonly notice: Notice | undefined;
	/** What is being done, the latest last. */
	readonly tasks: readonly Task[];
	/** Figures in full. */
	readonly exact: boolean;
};

const freshList: ListView = {cursor: start, marked: new Set(), wish: {sort: {column: 0, descending: false}, filter: ''}};

/** What somebody sees who has never been here. */
export const freshView = (size: Size): View => ({
	size,
	tab: 'workspace',
	focus: 'list',
	detailTop: 0,
	lists: {
		image: freshList, workspace: freshList, vm: freshList, job: freshList,
	},
	filter: undefined,
	dialog: undefined,
	notice: undefined,
	tasks: [],
	exact: false,
});

/** A field with a text in it. */
export const fieldOf = ({text = '', ...field}: Omit<Field, 'line'> & {readonly text?: string}): Field => ({...field, line: lineOf(text)});

/** A form nobody has typed in. */
export const formOf = (form: Pick<Form, 'title' | 'fields' | 'submit'>): Form => ({
	...form, kind: 'form', at: 0, candidates: [], problem: undefined, isBusy: false,
});

/** The name of a key that was pressed, "" for anything else. */
export const keyOf = (stroke: Stroke): string => stroke.kind === 'key' ? stroke.name : '';

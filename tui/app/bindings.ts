// The keys: what each does, where, and how the footer and the help call it. Nothing states a key twice.
import {kinds, noObject, type Kind} from '../../dbus/paths.js';
import {cancel, detach, sumUp} from './actions.js';
import {titles, type Row} from './columns.js';
import {
	askAttach, askAttachTo, askCreate, askDelete, askImport, askVm,
} from './forms.js';
import {lineOf} from './line-editor.js';
import {
	goBack, likelyBase, pageOf, showTab, showWorkspaces, sortBy, step, stepTab, toggleAllMarks, toggleMark,
} from './moves.js';
import type {Session} from './session.js';
import {isShown} from './state-words.js';
import {firecrackerDrive, qemuDrive} from './use.js';

export type Binding = {
	readonly keys: readonly [string, ...string[]];
	/** For the footer; left out, only the help shows it. */
	readonly label?: string;
	/** For the help. */
	readonly about: string;
	/** Where it means something; left out, everywhere. */
	readonly when?: (session: Session) => boolean;
	/** Where the footer names it; left out, wherever it means something. */
	readonly fits?: (session: Session) => boolean;
	readonly run: (session: Session) => void;
};

/** Keys by what they are for. */
export type Section = {readonly title: string; readonly bindings: readonly Binding[]};

const on = (...tabs: readonly Kind[]) => ({view: {tab}}: Session): boolean => tabs.includes(tab);
const onOne = (...tabs: readonly Kind[]) => (session: Session): boolean => on(...tabs)(session) && session.selected !== undefined;

const isLive = ({watcher}: Session): boolean => isShown(watcher);

/** All keys, those that fit what is selected first. */
export const sections: readonly Section[] = [
	{
		title: 'What is selected',
		bindings: [
			{
				keys: ['n'],
				label: 'new',
				about: 'make workspaces: of the image at the cursor, or of the base of that workspace',
				when: on('image', 'workspace'),
				fits: isLive,
				run(session) {
					askCreate(session, likelyBase(session));
				},
			},
			{
				keys: ['n'], label: 'new', about: 'among VMs: record one', when: on('vm'), fits: isLive, run: askVm,
			},
			{
				keys: ['a'],
				label: 'attach',
				about: 'attach workspaces to a VM',
				when: onOne('workspace'),
				run(session) {
					askAttach(session, session.chosen);
				},
			},
			{
				keys: ['a'],
				label: 'attach',
				about: 'attach a workspace to the VM at the cursor',
				when: onOne('vm'),
				run(session) {
					askAttachTo(session, session.selected!);
				},
			},
			{
				keys: ['t'],
				label: 'detach',
				about: 'detach workspaces from their VMs',
				when: onOne('workspace'),
				fits: ({chosen}) => chosen.some(row => (row as Row<'workspace'>).vm !== noObject),
				run(session) {
					const {chosen} = session;
					void session.perform(`Detaching ${sumUp('workspace', chosen)}`, async () => detach(session, chosen));
				},
			},
			{
				keys: ['d'],
				label: 'delete',
				about: 'delete what is marked, or what is at the cursor; it asks first',
				when: onOne('image', 'workspace', 'vm'),
				run(session) {
					askDelete(session, session.view.tab as Exclude<Kind, 'job'>, session.chosen);
				},
			},
			{
				keys: ['w'],
				label: 'workspaces',
				about: 'show the workspaces of the image or the VM at the cursor',
				when: onOne('image', 'vm'),
				fits: ({selected}) => hasWorkspaces(selected as Row<'image' | 'vm'>),
				run: showWorkspaces,
			},
			{
				keys: ['c'],
				label: 'cancel',
				about: 'cancel the job at the cursor, or those that are marked',
				when: session => onOne('job')(session) && running(session).length > 0,
				run(session) {
					const jobs = running(session);
					void session.perform(`Canceling ${sumUp('job', jobs)}`, async () => cancel(session, jobs));
				},
			},
			{
				keys: ['y'], label: 'copy', about: 'copy its device path, drive for Firecracker, flag for QEMU, name or id', when: onOne('image', 'workspace', 'vm'), run: chooseCopy,
			},
			{
				keys: [' '],
				about: 'mark it, or take the mark back',
				when: onOne(...kinds),
				run(session) {
					toggleMark(session);
					session.move(1);
				},
			},
			{
				keys: ['*'], about: 'mark all that are listed, or take all marks back', when: onOne(...kinds), run: toggleAllMarks,
			},
			{
				keys: ['enter'],
				label: 'detail',
				about: 'look at the detail: the arrows scroll it, Esc leads back',
				when: session => onOne(...kinds)(session) && session.view.focus === 'list',
				run(session) {
					session.update({focus: 'detail', detailTop: 0});
				},
			},
		],
	},
	{
		title: 'Everywhere',
		bindings: [
			{
				keys: ['i'], label: 'import', about: 'import a folder as an image', fits: isLive, run: askImport,
			},
			{
				keys: ['/'],
				label: 'filter',
				about: 'filter the list as you type: the letters must come in this order',
				run(session) {
					session.update({filter: lineOf(session.list.wish.filter), focus: 'list'});
				},
			},
			{
				keys: [':'],
				label: 'command',
				about: 'type a command, with the words of nexusctl',
				run(session) {
					session.open({kind: 'prompt', line: lineOf(''), candidates: []});
				},
			},
			{
				keys: ['?'], label: 'keys', about: 'show all keys', run: showKeys,
			},
			{
				keys: ['q'],
				label: 'quit',
				about: 'leave; what nexusd works on goes on',
				run: leave,
			},
			{
				keys: ['ctrl-c'],
				about: 'leave at once, whatever is under way here',
				run(session) {
					session.end();
				},
			},
			{
				keys: ['escape'], about: 'back: from the detail, the notice, the marks, the filter', run: goBack,
			},
			{
				keys: ['e'],
				about: 'exact figures instead of human ones, and back',
				run(session) {
					session.update({exact: !session.view.exact});
				},
			},
			{
				keys: ['s'],
				about: 'sort by the next column',
				run(session) {
					sortBy(session, session.list.wish.sort.column + 1);
				},
			},
			{
				keys: ['S'],
				about: 'sort the other way round',
				run(session) {
					const {sort} = session.list.wish;
					session.wish({sort: {...sort, descending: !sort.descending}});
				},
			},
			{
				keys: ['R'],
				label: 'start nexusd',
				fits: ({watcher: {link: {state}}}) => ['away', 'failed'].includes(state),
				about: 'start nexusd where it is not running; look at everything anew where it is',
				run(session) {
					void session.watcher.restart();
				},
			},
			{
				keys: ['ctrl-z'],
				about: 'suspend, as the shell\'s jobs are; fg leads back',
				run(session) {
					session.emit('suspend', session);
				},
			},
		],
	},
	{
		title: 'Getting about',
		bindings: [
			...kinds.map((kind, index): Binding => ({
				keys: [String(index + 1)],
				about: `show the ${kind === 'vm' ? 'VMs' : titles[kind].toLowerCase()}`,
				run(session) {
					showTab(session, kind);
				},
			})),
			{
				keys: ['tab', 'right', 'l'],
				about: 'the next list',
				run(session) {
					stepTab(session, 1);
				},
			},
			{
				keys: ['shift-tab', 'left', 'h'],
				about: 'the list before',
				run(session) {
					stepTab(session, -1);
				},
			},
			{
				keys: ['down', 'j'],
				about: 'down',
				run(session) {
					step(session, 1);
				},
			},
			{
				keys: ['up', 'k'],
				about: 'up',
				run(session) {
					step(session, -1);
				},
			},
			{
				keys: ['pagedown', 'ctrl-f'],
				about: 'a page down',
				run(session) {
					step(session, pageOf(session));
				},
			},
			{
				keys: ['pageup', 'ctrl-b'],
				about: 'a page up',
				run(session) {
					step(session, -pageOf(session));
				},
			},
			{
				keys: ['ctrl-d'],
				about: 'half a page down',
				run(session) {
					step(session, Math.ceil(pageOf(session) / 2));
				},
			},
			{
				keys: ['ctrl-u'],
				about: 'half a page up',
				run(session) {
					step(session, -Math.ceil(pageOf(session) / 2));
				},
			},
			{
				keys: ['home', 'g'],
				about: 'to the first',
				run(session) {
					step(session, Number.NEGATIVE_INFINITY);
				},
			},
			{
				keys: ['end', 'G'],
				about: 'to the last',
				run(session) {
					step(session, Number.MAX_SAFE_INTEGER);
				},
			},
		],
	},
];

/** The binding of a key, where it means something now. */
export const bindingFor = (session: Session, key: string): Binding | undefined =>
	sections.flatMap(({bindings}) => bindings).find(({keys, when}) => keys.includes(key) && (when?.(session) ?? true));

/** What the footer names, in order. */
export const footerBindings = (session: Session): readonly Binding[] =>
	sections.flatMap(({bindings}) => bindings).filter(({label, when, fits}) => label !== undefined && (when?.(session) ?? true) && (fits?.(session) ?? true));

const hasWorkspaces = ({workspaces}: Row<'image' | 'vm'>): boolean => (typeof workspaces === 'number' ? workspaces : workspaces.length) > 0;

// Jobs that have ended are listed too.
const running = (session: Session): readonly Row[] => session.chosen.filter(row => !('endedAt' in row));

// What nexusd has begun goes on without anybody who looks. What waits here for its turn does not.
function leave(session: Session): void {
	const {tasks} = session.view;
	if (tasks.length === 0) {
		session.end();
		return;
	}

	session.open({
		kind: 'question',
		title: 'Leave?',
		lines: [...tasks.map(({text}) => `Under way: ${text}.`), 'What nexusd has begun goes on. The rest, and commands that were typed, are broken off.'],
		onYes() {
			session.end();
		},
	});
}

function chooseCopy(session: Session): void {
	const {selected, view: {tab}} = session;
	if (!selected) {
		return;
	}

	const item = (key: string, label: string, text: string) => ({
		key,
		label,
		about: text,
		run() {
			session.copy(text);
			session.closeDialog();
			session.notify({kind: 'done', text: `Copied, where the terminal lets programs copy (OSC 52): ${text}`});
		},
	});
	session.open({
		kind: 'menu',
		title: `Copy of ${selected.name}`,
		items: [
			...('devicePath' in selected ? [item('p', 'device path', selected.devicePath)] : []),
			...(tab === 'workspace'
				? [
					item('f', 'Firecracker drive', firecrackerDrive(selected as Row<'workspace'>)),
					item('u', 'QEMU flag', qemuDrive(selected as Row<'workspace'>)),
				]
				: []),
			item('n', 'name', selected.name),
			item('i', 'id', String(selected.id)),
		],
	});
}

function showKeys(session: Session): void {
	session.open({
		kind: 'pages', title: 'Keys', lines: keyLines(), top: 0,
	});
}

/** All keys, a line each. */
export const keyLines = (): string[] => sections.flatMap(({title, bindings}, index) => [
	...(index > 0 ? [''] : []),
	title,
	...bindings.map(({keys, about}) => `  ${keys.map(key => keyName(key)).join(' ').padEnd(16)} ${about}`),
]);

const keyNames: Readonly<Record<string, string>> = {
	' ': 'Space', enter: 'Enter', escape: 'Esc', tab: 'Tab', 'shift-tab': 'Shift-Tab', up: '↑', down: '↓', left: '←', right: '→', pageup: 'PgUp', pagedown: 'PgDn', home: 'Home', end: 'End',
};

/** A key as people call it. */
export const keyName = (key: string): string => keyNames[key] ?? (key.startsWith('ctrl-') ? `Ctrl-${key.slice(-1).toUpperCase()}` : key);

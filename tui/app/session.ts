// One person at one screen: what nexusd has, what they have made of it, and the ways to change both. Ink draws it and hands
// keys to it; it knows nothing of Ink.
import {EventEmitter} from 'node:events';
import type {NexusClient} from '../../dbus/client.js';
import type {ObjectPath} from '../../dbus/contract.js';
import {kinds, parseObjectPath, type Kind} from '../../dbus/paths.js';
import type {Noun} from '../cli/command.js';
import type {Job, Workspace} from '../mirror/records.js';
import type {Watcher} from '../mirror/watcher.js';
import type {Pace} from '../progress/pace.js';
import {untilNextAge} from './ages.js';
import type {Row, Surroundings} from './columns.js';
import {
	follow, indexOf, moveTo, start,
} from './cursor.js';
import {detailOf, type DetailLine, type Workspaces} from './detail.js';
import {dialogHeight} from './dialog-lines.js';
import {JobNews} from './job-news.js';
import {
	detailLines, layoutOf, listRows, paneChrome, progressLines, smallest, type Layout,
} from './layout.js';
import {mostOfNotice, noticeLines} from './notice-lines.js';
import {Occupied} from './occupied.js';
import {problemOf} from './problems.js';
import {RowMaker, type Rows, type Wish} from './rows.js';
import {isShown, poolUse, stateWords} from './state-words.js';
import {tabsOf, type Tab} from './tabs.js';
import {Users} from './users.js';
import type {
	Dialog, ListView, Notice, Task, View,
} from './view.js';

type SessionEvents = {
	/** Something is to be drawn. */
	change: [session: Session];
	/** It is over. */
	end: [session: Session];
	/** The shell is to have the terminal for a while. */
	suspend: [session: Session];
	/** Text is to be put into the terminal's clipboard. */
	copy: [text: string];
};

/** What there was when the view was changed last. Until it is changed again it stays so, whatever is told: in a storm each frame would make it several times. */
type Seen = {
	readonly view: View;
	readonly rows: Rows;
	/** The mirror's. */
	readonly versions: string;
};

/** Milliseconds between two times that changes from elsewhere are shown: hundreds a second may come. */
const gathering = 50;

export class Session extends EventEmitter<SessionEvents> {
	readonly watcher: Watcher;
	readonly nouns: readonly Noun[];
	/** Makes room for whoever asks for a password. */
	preparePrompt: NexusClient['preparePrompt'];
	#view: View;
	readonly #makers: Record<Kind, RowMaker> = {
		image: new RowMaker('image'), workspace: new RowMaker('workspace'), vm: new RowMaker('vm'), job: new RowMaker('job'),
	};

	#seen: Seen | undefined;
	#detail: {readonly key: string; readonly lines: readonly DetailLine[]} | undefined;
	#laidOut: {readonly view: View; readonly layout: Layout} | undefined;
	/** What was drawn last of all that comes from elsewhere. */
	#drawn = '';
	readonly #users = new Users();
	readonly #occupied = new Occupied();
	readonly #jobs = new JobNews();
	/** Those that wait until the one that is open is closed. */
	readonly #offered: Dialog[] = [];
	/** What is to be gone to as soon as a signal tells of it. */
	#awaited: ObjectPath | undefined;
	#gathering: NodeJS.Timeout | undefined;
	#gathered = Number.NEGATIVE_INFINITY;
	/** The one at the cursor when something changed last. */
	#looked: ObjectPath | undefined;
	#ageing: NodeJS.Timeout | undefined;
	#isOver = false;

	/**
	@param nouns The commands that may be typed.
	*/
	constructor(watcher: Watcher, nouns: readonly Noun[], view: View) {
		super();
		this.watcher = watcher;
		this.nouns = nouns;
		this.#view = view;
		watcher.on('change', () => {
			this.#gather();
		});
		watcher.on('link', () => {
			this.#gather();
		});
		this.#users.on('change', () => {
			// Workspaces may be sorted and filtered by their names.
			this.#makers.workspace = new RowMaker('workspace');
			this.#detail = undefined;
			this.#drawn = '';
			this.#gather();
		});
		this.#occupied.on('change', () => {
			const shown = textIn(this.#detail?.lines ?? []);
			if (textIn(this.detail) !== shown) {
				this.update({});
			}
		});
	}

	get view(): View {
		return this.#view;
	}

	/** To ask nexusd for something. Throws while there is no bus. */
	get client(): NexusClient {
		const {client} = this.watcher;
		if (!client) {
			throw new Error('there is no connection to the bus');
		}

		client.preparePrompt = this.preparePrompt;
		return client;
	}

	get list(): ListView {
		return this.#view.lists[this.#view.tab];
	}

	get layout(): Layout {
		if (this.#laidOut?.view !== this.#view) {
			const {size, focus, dialog} = this.#view;
			const columns = Math.max(smallest.columns, size.columns);
			this.#laidOut = {view: this.#view, layout: layoutOf(size, {focus, notice: this.noticeLines.length, dialog: dialogHeight(dialog, columns)})};
		}

		return this.#laidOut.layout;
	}

	get surroundings(): Surroundings {
		return {
			nameOf: object => this.nameOf(object),
			userOf: uid => this.#users.nameOf(uid),
			now: Date.now(),
			exact: this.#view.exact,
		};
	}

	/** What is said above the keys: what has happened, or else what is being done. */
	get notice(): Notice | undefined {
		const {notice, tasks} = this.#view;
		const task = tasks.at(-1);
		return notice ?? (task && {kind: 'busy', text: `${task.text}${task.breakOff ? ' (Esc breaks it off)' : ''}${tasks.length > 1 ? `, and ${tasks.length - 1} more` : ''}`});
	}

	/** The lines of that. */
	get noticeLines(): readonly string[] {
		const {size: {columns, rows}} = this.#view;
		return noticeLines(this.notice, Math.max(smallest.columns, columns) - 2, mostOfNotice(rows));
	}

	/** The tabs above the list. */
	get tabs(): readonly Tab[] {
		const {watcher, watcher: {mirror}} = this;
		const counts = {
			image: mirror.all('image').size, workspace: mirror.all('workspace').size, vm: mirror.all('vm').size, job: mirror.all('job').size + mirror.ended.length,
		};
		return tabsOf(this.#view.tab, isShown(watcher) ? counts : undefined, this.layout.columns);
	}

	/** The rows of the shown kind. */
	rows(): Rows {
		return this.#see().rows;
	}

	/** The row at the cursor. */
	get selected(): Row | undefined {
		const rows = this.rows();
		return rows.rows[indexOf(this.list.cursor, rows)];
	}

	/** The marked rows that are listed: those that the filter hides count for nothing. */
	get marked(): readonly Row[] {
		const {list: {marked}} = this;
		return marked.size > 0 ? this.rows().rows.filter(({path}) => marked.has(path)) : [];
	}

	/** The marked rows that are listed, or the one at the cursor where there is none. */
	get chosen(): readonly Row[] {
		const {selected, marked} = this;
		return marked.length > 0 ? marked : (selected ? [selected] : []);
	}

	/** The job at the cursor, while it runs and there is room to show how far it is above its detail. */
	get progressing(): Job | undefined {
		const {selected} = this;
		const isRunning = this.#view.tab === 'job' && selected !== undefined && !('endedAt' in selected);
		return isRunning && detailLines(this.layout) > progressLines ? selected as Job : undefined;
	}

	/** How many lines of the detail are in sight. */
	get detailHeight(): number {
		return detailLines(this.layout) - (this.progressing ? progressLines : 0);
	}

	/** The lines of the detail, for the width that it has. */
	get detail(): readonly DetailLine[] {
		const {detail} = this.layout;
		return detail ? this.detailIn(detail.width - paneChrome) : [];
	}

	/** The lines of the detail in so many columns. */
	detailIn(width: number): readonly DetailLine[] {
		const {selected, watcher: {mirror}, surroundings, view: {tab, exact}} = this;
		if (!selected) {
			return [];
		}

		// It is looked at several times for each frame, and may name thousands. Ages are told in seconds at the least.
		const allocated = this.#occupied.bytesOf(selected.path);
		const key = [selected.path, allocated, width, exact, Math.floor(surroundings.now / 1000), this.#see().versions].join(' ');
		if (this.#detail?.key !== key) {
			const row = allocated === undefined ? selected : {...selected, allocated};
			const workspaces: Workspaces = {
				get: object => mirror.all('workspace').get(object),
				// Whoever makes the rows of workspaces makes no others.
				byName: () => this.#makers.workspace.byName(mirror) as Workspace[],
			};
			this.#detail = {key, lines: detailOf({kind: tab, row}, workspaces, surroundings, width)};
		}

		return this.#detail.lines;
	}

	/** How fast a job is, where that can be told. */
	paceOf(job: ObjectPath): Pace | undefined {
		return this.#jobs.paceOf(job);
	}

	/** The name of a record by its path, "" while there is no such. */
	nameOf(object: ObjectPath): string {
		return this.watcher.mirror.nameOf(object);
	}

	/** Changes what is shown. When it is over nothing is: answers that come late would keep the process going. */
	update(change: Partial<View>): void {
		if (this.#isOver) {
			return;
		}

		this.#view = {...this.#view, ...change};
		this.#keepInSight();
		this.#lookAt(this.selected?.path);
		this.#age();
		this.emit('change', this);
	}

	/** Changes the shown list, or another one. */
	updateList(change: Partial<ListView>, kind = this.#view.tab): void {
		this.update({lists: {...this.#view.lists, [kind]: {...this.#view.lists[kind], ...change}}});
	}

	/** Filters or sorts the shown list. */
	wish(change: Partial<Wish>): void {
		this.updateList({wish: {...this.list.wish, ...change}});
	}

	/** Moves the cursor by so many rows. */
	move(by: number): void {
		const {cursor} = this.list;
		this.moveTo(indexOf(cursor, this.rows()) + by);
	}

	/** Moves the cursor to a row, or to the nearest there is. */
	moveTo(target: number): void {
		this.#awaited = undefined;
		this.updateList({cursor: moveTo(this.list.cursor, target, this.rows(), listRows(this.layout))});
	}

	/** Goes to a record, as soon as it is known, and sees to it that its list shows it. */
	goTo(object: ObjectPath): void {
		const kind = parseObjectPath(object)?.kind;
		const isKnown = kind !== undefined && this.nameOf(object) !== '';
		this.#awaited = isKnown ? undefined : object;
		if (isKnown) {
			const list = this.#view.lists[kind];
			const wish = this.#rowsNow(kind).rows.some(({path}) => path === object) ? list.wish : {...list.wish, filter: ''};
			this.update({
				tab: kind, focus: 'list', detailTop: 0, lists: {...this.#view.lists, [kind]: {...list, wish, cursor: {...start, object}}},
			});
		}
	}

	/** Scrolls the detail by so many lines. */
	scrollDetail(by: number): void {
		this.update({detailTop: this.#detailTopNear(this.#view.detailTop + by)});
	}

	/** Opens a dialog in place of any other: somebody wants it now. */
	open(dialog: Dialog): void {
		this.update({dialog, notice: undefined});
	}

	/** Opens a dialog that nobody waits for, once no other is open. */
	offer(dialog: Dialog): void {
		if (this.#view.dialog) {
			this.#offered.push(dialog);
		} else {
			this.open(dialog);
		}
	}

	closeDialog(): void {
		this.update({dialog: this.#offered.shift()});
	}

	notify(notice: Notice | undefined): void {
		this.update({notice});
	}

	/** Shows that something is being done, until it is told to end. */
	startTask(task: Task): {change: (task: Task) => void; end: () => void} {
		let current = task;
		this.update({tasks: [...this.#view.tasks, task], notice: undefined});
		return {
			change: next => {
				this.update({tasks: this.#view.tasks.map(task => task === current ? next : task)});
				current = next;
			},
			end: () => {
				this.update({tasks: this.#view.tasks.filter(task => task !== current)});
			},
		};
	}

	/** Does something that may take a while, and says how it went. */
	async perform(text: string, work: () => Promise<string>): Promise<void> {
		const task = this.startTask({text});
		try {
			const done = await work();
			// What has been said meanwhile, of its job maybe, stays.
			const {notice} = this.#view;
			this.notify(notice ? {...notice, text: `${notice.text}; ${done}`} : {kind: 'done', text: done});
		} catch (error) {
			this.notify(problemOf(error));
		} finally {
			task.end();
		}
	}

	/** Says how a job ended, when it has. */
	expect(job: ObjectPath): void {
		this.#jobs.expect(job);
		this.#gather();
	}

	copy(text: string): void {
		this.emit('copy', text);
	}

	/** Lets go of everything and says that it is over. What was typed and runs still is broken off, as at a shell. */
	end(): void {
		if (this.#isOver) {
			return;
		}

		const {tasks} = this.#view;
		this.#isOver = true;
		clearTimeout(this.#gathering);
		clearTimeout(this.#ageing);
		this.#occupied.end();
		this.emit('end', this);
		for (const {breakOff} of tasks) {
			breakOff?.();
		}
	}

	// The first is shown at once, and those that follow it together.
	#gather(): void {
		this.#gathering ??= setTimeout(() => {
			this.#gathering = undefined;
			this.#gathered = performance.now();
			const news = this.#jobs.note(this.watcher.mirror);
			// The pool's space changes all the time, and hardly ever what is said of it.
			const drawn = this.#toDraw();
			if (news !== undefined || drawn !== this.#drawn) {
				this.#drawn = drawn;
				this.update({notice: news ?? this.#view.notice});
			}

			if (this.#awaited !== undefined) {
				this.goTo(this.#awaited);
			}
		}, Math.max(0, this.#gathered + gathering - performance.now()));
	}

	#see(): Seen {
		if (this.#seen?.view !== this.#view) {
			this.#seen = {view: this.#view, rows: this.#rowsNow(this.#view.tab), versions: this.#versions};
		}

		return this.#seen;
	}

	get #versions(): string {
		return kinds.map(kind => this.watcher.mirror.version(kind)).join(' ');
	}

	#rowsNow(kind: Kind): Rows {
		return this.#makers[kind].rows(this.watcher.mirror, this.#view.lists[kind].wish, this.surroundings);
	}

	#toDraw(): string {
		const {watcher, watcher: {mirror}} = this;
		const {warnings, removing} = mirror.manager ?? {};
		return JSON.stringify([this.#versions, stateWords(watcher), poolUse(watcher)?.text, warnings, removing]);
	}

	// No room is left empty at the end.
	#detailTopNear(top: number): number {
		return Math.max(0, Math.min(this.detail.length - this.detailHeight, top));
	}

	// Rows come and go, and panes change their size. What is not shown at all stays as it was.
	#keepInSight(): void {
		const {watcher, layout} = this;
		if (isShown(watcher)) {
			const {tab, lists} = this.#view;
			const list = lists[tab];
			const cursor = layout.list ? follow(list.cursor, this.rows(), listRows(layout)) : list.cursor;
			const marked = this.#present(tab, list.marked);
			if (cursor !== list.cursor || marked !== list.marked) {
				this.#view = {...this.#view, lists: {...lists, [tab]: {...list, cursor, marked}}};
			}
		}

		if (this.#view.detailTop > 0) {
			this.#view = {...this.#view, detailTop: this.#detailTopNear(this.#view.detailTop)};
		}
	}

	#present(kind: Kind, marked: ReadonlySet<ObjectPath>): ReadonlySet<ObjectPath> {
		const all = this.watcher.mirror.all(kind);
		const present = [...marked].filter(object => all.has(object));
		return present.length === marked.size ? marked : new Set(present);
	}

	// The detail of another one is looked at from its beginning.
	#lookAt(object: ObjectPath | undefined): void {
		if (object !== this.#looked) {
			this.#looked = object;
			this.#view = this.#view.detailTop > 0 ? {...this.#view, detailTop: 0} : this.#view;
			this.#occupied.look(object, () => this.client);
		}
	}

	#age(): void {
		clearTimeout(this.#ageing);
		const wait = isShown(this.watcher) ? untilNextAge(this, Date.now()) : undefined;
		if (wait !== undefined) {
			this.#ageing = setTimeout(() => {
				this.update({});
			}, wait);
		}
	}
}

const textIn = (lines: readonly DetailLine[]): string => lines.map(({text}) => text).join('\n');

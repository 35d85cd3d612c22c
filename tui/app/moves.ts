// Getting about: between lists, within one, and back.
import {noObject, kinds, type Kind} from '../../dbus/paths.js';
import {columnsOf, type Row} from './columns.js';
import {listRows} from './layout.js';
import type {Session} from './session.js';

/** Shows a list. A filter that is being typed is of the one before. */
export function showTab(session: Session, tab: Kind): void {
	const {notice} = session.view;
	session.update({
		tab, focus: 'list', detailTop: 0, filter: undefined, notice: notice?.kind === 'done' ? undefined : notice,
	});
}

/** Shows the next list, or the one before. */
export function stepTab(session: Session, by: 1 | -1): void {
	showTab(session, kinds[(kinds.indexOf(session.view.tab) + by + kinds.length) % kinds.length]!);
}

/** Moves the cursor, or scrolls the detail where that is looked at. */
export function step(session: Session, by: number): void {
	if (session.view.focus === 'detail') {
		session.scrollDetail(by);
	} else {
		session.move(by);
	}
}

/** Lines of a page, one of the last page among them. */
export const pageOf = ({view: {focus}, layout, detailHeight}: Session): number => Math.max(1, (focus === 'detail' ? detailHeight : listRows(layout)) - 1);

/** Sorts by a column; by the one it is sorted by already, the other way round. */
export function sortBy(session: Session, column: number): void {
	const {sort} = session.list.wish;
	const next = column % columnsOf(session.view.tab).length;
	session.wish({sort: {column: next, descending: next === sort.column && !sort.descending}});
}

/** Marks the row at the cursor, or takes its mark back. */
export function toggleMark(session: Session): void {
	const {selected, list: {marked}} = session;
	if (selected) {
		const others = [...marked].filter(object => object !== selected.path);
		session.updateList({marked: new Set(marked.has(selected.path) ? others : [...marked, selected.path])});
	}
}

/** Marks all that the filter shows, or takes all marks back. */
export function toggleAllMarks(session: Session): void {
	const {list: {marked}} = session;
	// Nothing is to be done about a job that has ended.
	const paths = session.rows().rows.filter(row => !('endedAt' in row)).map(({path}) => path);
	session.updateList({marked: new Set(paths.every(path => marked.has(path)) ? [] : paths)});
}

/** One step back, whatever led here. */
export function goBack(session: Session): void {
	const {view: {focus, notice, tasks}, list: {marked, wish}} = session;
	const breakOff = tasks.at(-1)?.breakOff;
	if (focus === 'detail') {
		session.update({focus: 'list'});
	} else if (notice) {
		session.notify(undefined);
	} else if (breakOff) {
		breakOff();
	} else if (marked.size > 0) {
		session.updateList({marked: new Set()});
	} else if (wish.filter !== '') {
		session.wish({filter: ''});
	}
}

/** Shows the workspaces of the image or the VM at the cursor. */
export function showWorkspaces(session: Session): void {
	const {selected, view: {tab}} = session;
	if (selected) {
		showTab(session, 'workspace');
		session.wish({filter: `${tab === 'image' ? 'base' : 'vm'}:${selected.name}`});
	}
}

/** The image that a new workspace is most likely to be made of. */
export function likelyBase({selected, view: {tab}, surroundings: {nameOf}, watcher: {mirror}}: Session): string {
	if (selected && tab === 'image') {
		return selected.name;
	}

	const base = selected && tab === 'workspace' ? (selected as Row<'workspace'>).baseImage : noObject;
	const [only, ...others] = mirror.all('image').values();
	return base === noObject ? (only && others.length === 0 ? only.name : '') : nameOf(base);
}

// What somebody can have nexusd do. Each says what was done; what it throws says why not.
import {isBusError} from '../../dbus/client.js';
import type {ObjectPath} from '../../dbus/contract.js';
import {busErrors} from '../../dbus/errors.js';
import {noObject, type Kind} from '../../dbus/paths.js';
import {RefusedError} from '../errors.js';
import {quoted} from '../output/printable.js';
import type {Row} from './columns.js';
import {problemOf} from './problems.js';
import type {Session} from './session.js';

/** How many calls are under way at the same time: what the daemon shares a commit for, and no more than it takes from one caller. */
const atOnce = 16;

/** Some of it was done, and some failed: to ask for the same again would fail for what was done. */
export class IncompleteError extends RefusedError {}

/** Starts an import and goes to its job. */
export async function importImage(session: Session, {name, source, size}: {name: string; source: string; size: number | undefined}): Promise<void> {
	const job = await session.client.manager.importImage(name, source, size === undefined ? {} : {size});
	session.expect(job);
	session.goTo(job);
}

/** Makes so many workspaces of an image, and goes to the first. */
export async function createWorkspaces(session: Session, {base, name, count}: {base: string; name: string; count: number}): Promise<string> {
	const names = Array.from({length: count}, (_, index) => count === 1 || name === '' ? name : `${name}-${index + 1}`);
	const made = await forAll(names, async name => session.client.manager.createWorkspace(base, name, {}), name => name);
	const [first] = made;
	session.goTo(first!);
	return made.length === 1 ? `Created workspace ${quoted(session.nameOf(first!) || name)}` : `Created ${made.length} workspaces`;
}

/** Attaches workspaces to a VM. */
export async function attach(session: Session, workspaces: readonly Row[], vm: string, options: {rootDevice: boolean; readOnly: boolean}): Promise<string> {
	await forAll(workspaces, async ({name}) => session.client.manager.attachWorkspace(name, vm, options), ({name}) => name);
	return `Attached ${sumUp('workspace', workspaces)} to VM ${quoted(vm)}`;
}

/** Detaches workspaces. */
export async function detach(session: Session, workspaces: readonly Row[]): Promise<string> {
	await forAll(workspaces, async ({path}) => session.client.object('Workspace', path).detach(), ({name}) => name);
	return `Detached ${sumUp('workspace', workspaces)}`;
}

/** Deletes things of one kind. */
export async function remove(session: Session, kind: Exclude<Kind, 'job'>, rows: readonly Row[]): Promise<string> {
	const name = ({image: 'Image', workspace: 'Workspace', vm: 'Vm'} as const)[kind];
	await forAll(rows, async ({path}) => session.client.object(name, path).delete(), ({name}) => name);
	return `Deleted ${sumUp(kind, rows)}`;
}

/** Records a VM and goes to it. */
export async function createVm(session: Session, vm: {name: string; role: string; vcpus: number; memoryMib: number}): Promise<string> {
	session.goTo(await session.client.manager.createVm(vm.name, vm.role, vm.vcpus, vm.memoryMib));
	return `Created VM ${quoted(vm.name)}`;
}

/** Cancels jobs that run. */
export async function cancel(session: Session, jobs: readonly Row[]): Promise<string> {
	await forAll(jobs, async ({path}) => session.client.object('Job', path).cancel(), ({name}) => name);
	return `Canceled ${sumUp('job', jobs)}`;
}

const words: Readonly<Record<Kind, string>> = {
	image: 'image', workspace: 'workspace', vm: 'VM', job: 'job',
};

/** `workspace "web"`, or `3 workspaces`. */
export const sumUp = (kind: Kind, rows: readonly Row[]): string =>
	rows.length === 1 ? `${words[kind]} ${quoted(rows[0]!.name)}` : `${rows.length.toLocaleString('en')} ${words[kind]}s`;

/** What would keep a thing from being deleted, "" when nothing does. */
export function obstacleTo(kind: Kind, row: Row, nameOf: (object: ObjectPath) => string): string {
	switch (kind) {
		case 'image': {
			const {workspaces} = row as Row<'image'>;
			return workspaces > 0 ? `${workspaces} ${workspaces === 1 ? 'workspace is' : 'workspaces are'} based on it, to be deleted first (w lists them)` : '';
		}

		case 'workspace': {
			const {vm} = row as Row<'workspace'>;
			return vm === noObject ? '' : `it is attached to VM ${quoted(nameOf(vm))}, to be detached first (t)`;
		}

		case 'vm': {
			return (row as Row<'vm'>).state === 'running' ? 'it runs, and is to be stopped first' : '';
		}

		case 'job': {
			return '';
		}
	}
}

// The first one alone: when it takes a password, the others may go without. Once it is refused nobody is asked again.
async function forAll<T, R>(things: readonly T[], work: (thing: T) => Promise<R>, nameOf: (thing: T) => string): Promise<R[]> {
	const results: R[] = [];
	const failures: Array<{name: string; error: unknown}> = [];
	const waiting = things.values();
	let isRefused = false;
	const lane = async (most: number): Promise<void> => {
		for (let count = 0; count < most && !isRefused; count++) {
			const {value: thing, done} = waiting.next();
			if (done) {
				return;
			}

			try {
				// eslint-disable-next-line no-await-in-loop -- a lane does one after the other
				results.push(await work(thing));
			} catch (error) {
				failures.push({name: nameOf(thing), error});
				isRefused ||= isRefusal(error);
			}
		}
	};

	await lane(1);
	await Promise.all(Array.from({length: atOnce}, async () => lane(Number.POSITIVE_INFINITY)));
	const [first] = failures;
	if (!first) {
		return results;
	}

	// Nothing was done, and there is one reason.
	if (results.length === 0 && failures.length === 1) {
		throw first.error;
	}

	throw failureOf({failed: failures.length, untried: things.length - results.length - failures.length, done: results.length}, first);
}

function failureOf({failed, untried, done}: {failed: number; untried: number; done: number}, first: {name: string; error: unknown}): RefusedError {
	const {text, hint} = problemOf(first.error);
	const which = first.name === '' ? '' : ` ${quoted(first.name)}`;
	const rest = untried > 0 ? `; ${untried} were not tried any more` : '';
	const message = `${failed} of ${failed + untried + done} failed${rest}, the first of them${which}: ${text}`;
	const Failure = done > 0 ? IncompleteError : RefusedError;
	return new Failure(message, {...(hint && {hint})});
}

const refusals = new Set<string>([busErrors.accessDenied, busErrors.interactiveAuthorizationRequired]);

const isRefusal = (error: unknown): boolean => isBusError(error) && refusals.has(error.type);

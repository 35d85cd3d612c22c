// All about one thing, in lines.
import {noObject, type Kind} from '../../dbus/paths.js';
import type {ObjectPath} from '../../dbus/contract.js';
import type {Workspace} from '../mirror/records.js';
import {
	formatAge, formatExactSize, formatLocalTime, formatMemory, formatSize,
} from '../output/format.js';
import {printable} from '../output/printable.js';
import type {Row, Surroundings} from './columns.js';
import {
	cut, fit, wrap, wrapWords,
} from './text.js';
import {firecrackerDrive, qemuDrive} from './use.js';

/** A line of the pane. A heading stands out; a label is the beginning of the text. */
export type DetailLine = {readonly text: string; readonly look?: 'heading' | 'dim'; readonly label?: number};

/** What the lines are made from. */
type Part =
	| {readonly is: 'fact'; readonly label: string; readonly value: string}
	| {readonly is: 'heading'; readonly text: string}
	/** To be copied: nothing but it in its lines. */
	| {readonly is: 'raw'; readonly text: string}
	| {readonly is: 'branch'; readonly stem: string; readonly text: string};

type Subject = {readonly kind: Kind; readonly row: Row};

const labelWidth = 12;

/** The workspaces there are. */
export type Workspaces = {
	readonly get: (object: ObjectPath) => Workspace | undefined;
	/** All of them, in the order of their names. */
	readonly byName: () => readonly Workspace[];
};

/** The lines for a row of some kind. */
export function detailOf({kind, row}: Subject, workspaces: Workspaces, surroundings: Surroundings, width: number): DetailLine[] {
	return partsOf({kind, row}, workspaces, surroundings).flatMap(part => linesOf(part, width));
}

function linesOf(part: Part, width: number): DetailLine[] {
	switch (part.is) {
		case 'heading': {
			return [{text: ''}, {text: cut(printable(part.text), width), look: 'heading'}];
		}

		case 'raw': {
			return wrap(part.text, width).map(text => ({text}));
		}

		case 'branch': {
			return [{text: cut(part.stem + printable(part.text), width)}];
		}

		case 'fact': {
			return wrapWords(part.value, width - labelWidth).map((text, index) => ({
				text: fit(index === 0 ? part.label : '', labelWidth) + text, label: labelWidth,
			}));
		}
	}
}

const fact = (label: string, value: string): Part => ({is: 'fact', label, value});
const heading = (text: string): Part => ({is: 'heading', text});
const raw = (text: string): Part => ({is: 'raw', text});

function partsOf({kind, row}: Subject, workspaces: Workspaces, surroundings: Surroundings): Part[] {
	switch (kind) {
		case 'image': {
			return imageParts(row as Row<'image'>, workspaces, surroundings);
		}

		case 'workspace': {
			return workspaceParts(row as Row<'workspace'>, workspaces, surroundings);
		}

		case 'vm': {
			return vmParts(row as Row<'vm'>, workspaces, surroundings);
		}

		case 'job': {
			return jobParts(row as Row<'job'>, surroundings);
		}
	}
}

function imageParts(image: Row<'image'>, workspaces: Workspaces, surroundings: Surroundings): Part[] {
	return [
		fact('Name', image.name),
		fact('Size', sizeIn(image.size, surroundings)),
		fact('On disk', sizeIn(image.allocated, surroundings)),
		fact('Workspaces', String(image.workspaces)),
		fact('Imported', timeIn(image.createdAt, surroundings)),
		fact('ID', image.id),
		heading('Device, read-only'),
		raw(image.devicePath),
		heading('Lineage'),
		...lineage(image.path, undefined, workspaces, surroundings),
	];
}

function workspaceParts(workspace: Row<'workspace'>, workspaces: Workspaces, surroundings: Surroundings): Part[] {
	const {nameOf, userOf} = surroundings;
	return [
		fact('Name', workspace.name),
		fact('Image', nameOf(workspace.baseImage)),
		...(workspace.parent === noObject ? [] : [fact('Parent', nameOf(workspace.parent))]),
		fact('VM', attachment(workspace, surroundings)),
		fact('Owner', surroundings.exact ? `${userOf(workspace.owner)} (${workspace.owner})` : userOf(workspace.owner)),
		fact('Size', sizeIn(workspace.size, surroundings)),
		fact('On disk', `${sizeIn(workspace.allocated, surroundings)}, part of it shared`),
		fact('Made', timeIn(workspace.createdAt, surroundings)),
		...(workspace.attachedAt > 0 ? [fact('Attached', timeIn(workspace.attachedAt, surroundings))] : []),
		...(workspace.detachedAt > 0 ? [fact('Detached', timeIn(workspace.detachedAt, surroundings))] : []),
		fact('ID', workspace.id),
		heading('Device'),
		raw(workspace.devicePath),
		heading('Firecracker drive'),
		raw(firecrackerDrive(workspace)),
		heading('QEMU'),
		raw(qemuDrive(workspace)),
		heading('Lineage'),
		...lineage(workspace.baseImage, workspace.path, workspaces, surroundings),
	];
}

function vmParts(vm: Row<'vm'>, workspaces: Workspaces, surroundings: Surroundings): Part[] {
	const disks = vm.workspaces.flatMap(object => workspaces.get(object) ?? []);
	return [
		fact('Name', vm.name),
		fact('State', vm.state),
		fact('Role', vm.role),
		fact('vsock CID', String(vm.cid)),
		fact('VCPUs', String(vm.vcpus)),
		fact('Memory', surroundings.exact ? `${vm.memoryMiB} MiB` : formatMemory(vm.memoryMiB)),
		fact('Recorded', timeIn(vm.createdAt, surroundings)),
		fact('Changed', timeIn(vm.updatedAt, surroundings)),
		fact('ID', vm.id),
		heading(disks.length === 0 ? 'No disks' : 'Disks'),
		...tree(disks.map(disk => `${disk.name} ← ${surroundings.nameOf(disk.baseImage)}${remarks(disk)}`)),
		...disks.flatMap(disk => [heading(`Device of ${disk.name}`), raw(disk.devicePath)]),
	];
}

function jobParts(job: Row<'job'>, surroundings: Surroundings): Part[] {
	return [
		fact('Name', job.name),
		fact('Kind', job.kind),
		fact('State', job.state),
		fact('Message', job.message),
		...(job.size > 0 ? [fact('To write', sizeIn(job.size, surroundings))] : []),
		...('endedAt' in job ? [fact('Ended', timeIn(job.endedAt, surroundings))] : []),
		fact('Number', String(job.id)),
		...(job.object === noObject ? [] : [fact('Made', surroundings.nameOf(job.object))]),
	];
}

const attachment = ({vm, ...workspace}: Workspace, {nameOf}: Surroundings): string =>
	vm === noObject ? 'none' : `${nameOf(vm)}${remarks(workspace)}`;

function remarks({rootDevice, readOnly}: Pick<Workspace, 'rootDevice' | 'readOnly'>): string {
	const words = [...(rootDevice ? ['root disk'] : []), ...(readOnly ? ['read-only'] : [])];
	return words.length > 0 ? ` (${words.join(', ')})` : '';
}

const sizeIn = (bytes: number, {exact}: Surroundings): string => exact ? formatExactSize(bytes) : formatSize(bytes);

const timeIn = (seconds: number, {exact, now}: Surroundings): string =>
	exact ? formatLocalTime(seconds) : `${formatAge(seconds, now)} ago`;

/** The most workspaces that a tree shows: who wants all of them filters the list. */
const mostBranches = 100;

// The image and its workspaces, each with the VM it is attached to. The one that is looked at is marked.
function lineage(image: ObjectPath, here: ObjectPath | undefined, workspaces: Workspaces, {nameOf}: Surroundings): Part[] {
	const all = workspaces.byName().filter(({baseImage}) => baseImage === image);
	// The one that is looked at is shown in any case.
	const shown = all.filter(({path}, index) => index < mostBranches || path === here);
	const names = shown.map(({name, path, vm}) => `${name}${vm === noObject ? '' : ` → ${nameOf(vm)}`}${path === here ? '  ◂ this one' : ''}`);
	const rest = all.length - shown.length;
	return [
		{is: 'branch', stem: '', text: nameOf(image)},
		...tree([...names, ...(rest > 0 ? [`and ${rest} more`] : [])]),
	];
}

const tree = (texts: readonly string[]): Part[] => texts.map((text, index) =>
	({is: 'branch', stem: index === texts.length - 1 ? '└─ ' : '├─ ', text}));

import test from 'ava';
import fc from 'fast-check';
import stringWidth from 'string-width';
import {kinds, objectPath, type Kind} from '../../../../dbus/paths.js';
import type {Row, Surroundings} from '../../../../tui/app/columns.js';
import {detailOf, type Workspaces} from '../../../../tui/app/detail.js';
import {RowMaker} from '../../../../tui/app/rows.js';
import {firecrackerDrive, qemuDrive} from '../../../../tui/app/use.js';
import type {Mirror} from '../../../../tui/mirror/mirror.js';
import type {Workspace} from '../../../../tui/mirror/records.js';
import {
	imageOf, jobOf, mirrorOf, noon, surroundingsOf, vmOf, workspaceOf, type World,
} from './_world.js';

const mebibyte = 1024 ** 2;
const image = imageOf(1, {
	name: 'debian-12', workspaces: 2, size: 2048 * mebibyte, allocated: 700 * mebibyte,
});
const vm = vmOf(1, {
	name: 'proxy', state: 'running', role: 'portal', workspaces: [workspaceOf(1).path, workspaceOf(9).path], memoryMiB: 1536,
});
const attached = workspaceOf(1, {
	name: 'web-1', baseImage: image.path, vm: vm.path, rootDevice: true, readOnly: true, attachedAt: noon - 7200, owner: 1000,
});
const free = workspaceOf(2, {
	name: 'web-2', baseImage: image.path, parent: attached.path, detachedAt: noon - 120,
});
const world: World = {
	images: [image], workspaces: [attached, free], vms: [vm], jobs: [jobOf(1, {name: 'alpine', size: 250 * mebibyte, message: 'writing /etc'})],
};

const workspacesIn = (mirror: Mirror): Workspaces => ({
	get: object => mirror.all('workspace').get(object),
	byName: () => new RowMaker('workspace').byName(mirror) as Workspace[],
});

const linesOf = (kind: Kind, row: Row, {mirror = mirrorOf(world), width = 60, ...surroundings}: Partial<Surroundings> & {mirror?: Mirror; width?: number} = {}): string[] =>
	detailOf({kind, row}, workspacesIn(mirror), surroundingsOf(mirror, {userOf: uid => uid === 1000 ? 'alice' : String(uid), ...surroundings}), width).map(({text}) => text.trimEnd());

test('all about an image', t => {
	t.deepEqual(linesOf('image', image), [
		'Name        debian-12',
		'Size        2 GiB',
		'On disk     700 MiB',
		'Workspaces  2',
		'Imported    1h ago',
		`ID          ${image.id}`,
		'',
		'Device, read-only',
		'/srv/nexus/images/debian-12/disk.raw',
		'',
		'Lineage',
		'debian-12',
		'├─ web-1 → proxy',
		'└─ web-2',
	]);
});

test('all about a workspace, in the forms that VM monitors take', t => {
	const lines = linesOf('workspace', attached, {width: 200});
	t.deepEqual(lines.slice(0, 9), [
		'Name        web-1',
		'Image       debian-12',
		'VM          proxy (root disk, read-only)',
		'Owner       alice',
		'Size        2 GiB',
		'On disk     1 GiB, part of it shared',
		'Made        1m ago',
		'Attached    2h ago',
		`ID          ${attached.id}`,
	]);
	t.deepEqual(lines.slice(9, 18), ['', 'Device', attached.devicePath, '', 'Firecracker drive', firecrackerDrive(attached), '', 'QEMU', qemuDrive(attached)]);
	t.deepEqual(lines.slice(18), ['', 'Lineage', 'debian-12', '├─ web-1 → proxy  ◂ this one', '└─ web-2']);
});

test('what does not apply to a workspace is left out', t => {
	const lines = linesOf('workspace', free);
	t.true(lines.includes('VM          none'));
	t.true(lines.includes('Parent      web-1'));
	t.true(lines.includes('Detached    2m ago'));
	t.false(lines.some(line => line.startsWith('Attached')));
	t.false(linesOf('workspace', attached).some(line => /^(Parent|Detached)/.test(line)));
});

test('all about a VM: of its disks those that are there', t => {
	t.deepEqual(linesOf('vm', vm), [
		'Name        proxy',
		'State       running',
		'Role        portal',
		'vsock CID   4',
		'VCPUs       2',
		'Memory      1.5 GiB',
		'Recorded    1m ago',
		'Changed     30s ago',
		`ID          ${vm.id}`,
		'',
		'Disks',
		'└─ web-1 ← debian-12 (root disk, read-only)',
		'',
		'Device of web-1',
		attached.devicePath,
	]);
	t.is(linesOf('vm', vmOf(2)).at(-1), 'No disks');
});

test('all about a job, while it runs and after its end', t => {
	const job = jobOf(1, {name: 'alpine', size: 250 * mebibyte, message: 'writing /etc'});
	const lines = linesOf('job', job);
	t.deepEqual(lines, ['Name        alpine', 'Kind        import', 'State       running', 'Message     writing /etc', 'To write    250 MiB', 'Number      1']);
	const ended = {
		...job, state: 'done', message: 'done', object: image.path, endedAt: noon - 5,
	};
	t.deepEqual(linesOf('job', ended).slice(2), ['State       done', 'Message     done', 'To write    250 MiB', 'Ended       5s ago', 'Number      1', 'Made        debian-12']);
	t.false(linesOf('job', jobOf(1, {size: 0})).some(line => line.startsWith('To write')));
});

test('exact figures are those of the records', t => {
	const lines = linesOf('workspace', workspaceOf(1, {
		size: 2_147_483_649, allocated: 512, owner: 1000, baseImage: image.path, createdAt: noon,
	}), {exact: true, width: 100});
	t.true(lines.includes('Owner       alice (1000)'));
	t.true(lines.includes('Size        2 GiB (2147483649 bytes)'));
	t.true(lines.includes('On disk     512 bytes, part of it shared'));
	t.true(lines.some(line => /^Made {8}\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d$/.test(line)));
	t.true(linesOf('vm', vm, {exact: true}).includes('Memory      1536 MiB'));
});

const family = (count: number): World => ({
	images: [{...image, workspaces: count}], workspaces: Array.from({length: count}, (_, index) => workspaceOf(index, {name: `ws-${index}`, baseImage: image.path})),
});

const lineageIn = (lines: readonly string[]): string[] => lines.slice(lines.indexOf('Lineage') + 2);

test('a tree is in the order of its list, where web-2 comes before web-10', t => {
	t.deepEqual(lineageIn(linesOf('image', image, {mirror: mirrorOf(family(12))})).map(line => line.slice(3)), Array.from({length: 12}, (_, index) => `ws-${index}`));
});

test('a tree of very many shows a hundred and counts the rest', t => {
	const hundred = lineageIn(linesOf('image', image, {mirror: mirrorOf(family(100))}));
	t.is(hundred.length, 100);
	t.false(hundred.join('').includes('more'));
	const more = lineageIn(linesOf('image', image, {mirror: mirrorOf(family(5000))}));
	t.is(more.length, 101);
	t.is(more.at(-1), '└─ and 4900 more');
});

test('the one that is looked at is in its tree in any case', t => {
	const mirror = mirrorOf(family(5000));
	const lines = lineageIn(linesOf('workspace', mirror.all('workspace').get(workspaceOf(4999).path)!, {mirror}));
	t.is(lines.filter(line => line.includes('ws-4999  ◂ this one')).length, 1);
	t.is(lines.length, 102);
	t.is(lines.at(-1), '└─ and 4899 more');
	t.is(lines.filter(line => line.includes('◂')).length, 1);
});

test('an image without workspaces is a tree of one', t => {
	t.deepEqual(linesOf('image', image, {mirror: mirrorOf({images: [image]})}).slice(-2), ['Lineage', 'debian-12']);
});

test('what is meant to be copied stands in lines of its own, spelled as it is', t => {
	fc.assert(fc.property(fc.string({unit: 'grapheme', maxLength: 80}).filter(text => !/[\p{Cc}\u2028\u2029]/u.test(text)), fc.integer({min: 20, max: 120}), (text, width) => {
		const workspace = workspaceOf(1, {devicePath: `/${text}/disk.raw`});
		const mirror = mirrorOf({workspaces: [workspace]});
		const lines = detailOf({kind: 'workspace', row: workspace}, workspacesIn(mirror), surroundingsOf(mirror), width).map(({text}) => text);
		const below = (heading: string, next: string): string => lines.slice(lines.indexOf(heading) + 1, lines.indexOf(next) - 1).join('');
		t.is(below('Device', 'Firecracker drive'), workspace.devicePath);
		t.is(below('Firecracker drive', 'QEMU'), firecrackerDrive(workspace));
		t.is(below('QEMU', 'Lineage'), qemuDrive(workspace));
	}));
});

test('no line is wider than the pane, and nothing in it acts upon the terminal', t => {
	fc.assert(fc.property(fc.constantFrom(...kinds), fc.string({unit: 'binary', maxLength: 60}), fc.integer({min: 20, max: 120}), fc.boolean(), (kind, text, width, exact) => {
		const rows = {
			image: imageOf(1, {name: text, devicePath: text}),
			workspace: workspaceOf(1, {name: text, devicePath: text, baseImage: imageOf(1).path}),
			vm: vmOf(1, {name: text, state: text, workspaces: [workspaceOf(1).path]}),
			job: jobOf(1, {name: text, message: text, object: objectPath('image', imageOf(1).id)}),
		};
		const mirror = mirrorOf({images: [rows.image], workspaces: [rows.workspace], vms: [rows.vm]});
		for (const {text: line, label = 0} of detailOf({kind, row: rows[kind]}, workspacesIn(mirror), surroundingsOf(mirror, {exact, userOf: () => text}), width)) {
			t.true(stringWidth(line) <= width);
			t.true(label <= line.length);
			t.notRegex(line, /[\p{Cc}\u202A-\u202E\u2066-\u2069]/u);
		}
	}), {numRuns: 500});
});

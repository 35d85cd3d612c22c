import test from 'ava';
import fc from 'fast-check';
import {firecrackerDrive, qemuDrive} from '../../../../tui/app/use.js';

const disk = {
	name: 'web-1', devicePath: '/srv/nexus/workspaces/web-1/disk.raw', rootDevice: false, readOnly: false, vm: '/',
};
const vm = '/org/workfort/Nexus1/vm/00000000000000000000000000000001';

test('Firecracker gets the body of a drive', t => {
	t.deepEqual(JSON.parse(firecrackerDrive({...disk, vm, readOnly: true})), {
		drive_id: 'web_1', path_on_host: disk.devicePath, is_root_device: false, is_read_only: true,
	});
	t.like(JSON.parse(firecrackerDrive({...disk, vm, rootDevice: true})), {is_root_device: true});
});

test('a disk that belongs to no VM yet is meant to be booted', t => {
	t.like(JSON.parse(firecrackerDrive(disk)), {is_root_device: true});
});

test('the id of a drive has letters, digits and underscores, whatever the name; the path is the path', t => {
	fc.assert(fc.property(fc.stringMatching(/^[A-Za-z\d][\w.-]{0,63}$/), fc.string({unit: 'binary'}), (name, devicePath) => {
		const drive = JSON.parse(firecrackerDrive({...disk, name, devicePath})) as Record<string, unknown>;
		t.regex(drive['drive_id'] as string, /^\w+$/);
		t.is(drive['path_on_host'], devicePath);
	}));
});

test('QEMU gets a flag in which a comma of the path is two', t => {
	t.is(qemuDrive(disk), '-drive file=/srv/nexus/workspaces/web-1/disk.raw,format=raw,if=virtio');
	t.is(qemuDrive({...disk, readOnly: true}), '-drive file=/srv/nexus/workspaces/web-1/disk.raw,format=raw,if=virtio,readonly=on');
	t.is(qemuDrive({...disk, devicePath: '/a,b,,c/d.raw'}), '-drive file=/a,,b,,,,c/d.raw,format=raw,if=virtio');
});

// As QEMU reads its options: a comma that is none is written twice.
const optionsIn = (flag: string): string[] => flag.slice('-drive '.length).replaceAll(',,', '\0').split(',').map(option => option.replaceAll('\0', ','));

test('QEMU reads the path from it, whatever that is', t => {
	fc.assert(fc.property(fc.string({unit: fc.constantFrom('a', ',', '/', '=', ' ', '日')}), path => {
		t.deepEqual(optionsIn(qemuDrive({...disk, devicePath: `/${path}/disk.raw`})), [`file=/${path}/disk.raw`, 'format=raw', 'if=virtio']);
	}));
});

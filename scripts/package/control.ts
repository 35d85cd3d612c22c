// What dpkg reads: the control file, the list of conffiles, checksums, and the maintainer scripts.
import {createHash} from 'node:crypto';
import {
	lstat, readdir, readFile,
} from 'node:fs/promises';
import path from 'node:path';
import {maintainer} from './changelog.js';
import {at, write} from './sources.js';

// Debian 12's names. What is essential there is not named: coreutils, findutils, util-linux, init-system-helpers.
const depends = [
	'nodejs (>= 20.17)',
	// What koffi's binary is linked with.
	'libc6 (>= 2.25)',
	'libgcc-s1',
	'libstdc++6 (>= 7)',
	'default-dbus-system-bus | dbus-system-bus',
	'polkitd',
	'systemd (>= 252)',
	'libsystemd0',
	'libbtrfsutil1',
	'btrfs-progs',
	// Which mistakes mke2fs makes is known from 1.47 on.
	'e2fsprogs (>= 1.47~)',
];

const suggests = ['bash-completion', 'dbus-user-session', 'qemu-system'];

const description = `disks for virtual machines, over D-Bus
 Nexus gives every virtual machine its own disk at once, without copying
 gigabytes and without giving every caller root. A root filesystem is imported
 once, as a read-only master image; each workspace is a btrfs snapshot of an
 image and holds a raw ext4 file, ready for Firecracker or QEMU.
 .
 The daemon nexusd owns the storage and speaks D-Bus as org.workfort.Nexus1; it
 is started by the first call and ends when nobody needs it. nexusctl is its
 command line. Who may do what is asked of polkit: members of the group nexus
 may work with images and with workspaces of their own.
 .
 Without btrfs a workspace is a copy, or a reflink where the filesystem can.`;

/** Writes `DEBIAN/` into a package's root that is otherwise complete. */
export async function fillControl(root: string, {version, architecture}: {version: string; architecture: string}): Promise<void> {
	const files = await filesIn(root);
	const control = path.join(root, 'DEBIAN');
	await write(path.join(control, 'control'), `Package: nexus
Version: ${version}
Architecture: ${architecture}
Maintainer: ${maintainer}
Installed-Size: ${await kibibytes(root, files)}
Depends: ${depends.join(', ')}
Suggests: ${suggests.join(', ')}
Section: admin
Priority: optional
Description: ${description}
`);
	const conffiles = files.filter(file => file.startsWith('etc/'));
	await write(path.join(control, 'conffiles'), conffiles.map(file => `/${file}\n`).join(''));
	await write(path.join(control, 'md5sums'), await checksums(root, files.filter(file => !conffiles.includes(file))));
	await Promise.all(['postinst', 'prerm', 'postrm'].map(async name =>
		write(path.join(control, name), await readFile(at(`scripts/package/${name}`)), 0o755)));
}

// Regular files, symlinks left out.
async function filesIn(root: string): Promise<string[]> {
	const entries = await readdir(root, {recursive: true, withFileTypes: true});
	return entries.filter(entry => entry.isFile()).map(({parentPath, name}) => path.relative(root, path.join(parentPath, name))).sort();
}

async function kibibytes(root: string, files: string[]): Promise<number> {
	const sizes = await Promise.all(files.map(async file => {
		const {size} = await lstat(path.join(root, file));
		return Math.ceil(size / 1024);
	}));
	return sizes.reduce((sum, size) => sum + size, 0);
}

// `dpkg --verify` compares with these.
async function checksums(root: string, files: string[]): Promise<string> {
	const lines = await Promise.all(files.map(async file => {
		const content = await readFile(path.join(root, file));
		return `${createHash('md5').update(content).digest('hex')}  ${file}\n`;
	}));
	return lines.join('');
}

// A guest: a Debian kernel under QEMU, with a disk file as its root disk. Emulated, not accelerated: it runs
// wherever the tests do, and is up in seconds. `scripts/setup.sh --test` fetches the kernel and the programs.
import {Buffer} from 'node:buffer';
import {
	mkdir, mkdtemp, readdir, readFile, rm, writeFile,
} from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import {fileURLToPath} from 'node:url';
import {execa} from 'execa';
import {installPrograms} from '../../scripts/root-filesystem.js';

export type GuestOptions = {
	/** An ext4 image of a root filesystem whose `/sbin/init` is that of `scripts/root-filesystem.ts`. */
	disk: string;
	/** What the guest runs, in `sh`. */
	command: string;
	/** Whether the guest gets the disk write-protected. */
	readOnly?: boolean;
	/** Milliseconds until the guest is given up. */
	timeout?: number;
};

/**
Boots a guest from a disk, runs a command in it, powers it off.

When it resolves, the guest is gone and all that it wrote is on the disk, in place.

@returns What the guest said on its console.
@throws Error when the guest does not boot or the command fails; its message ends with the console.
*/
export async function bootGuest({disk, command, readOnly = false, timeout = 120_000}: GuestOptions): Promise<string> {
	const kernel = await findKernel();
	const folder = await mkdtemp(path.join(os.tmpdir(), 'nexus-guest-'));
	try {
		const initramfs = path.join(folder, 'initramfs.cpio');
		await makeInitramfs(initramfs, kernel, readOnly);
		const console = await runQemu({
			timeout,
			arguments: [
				...['-kernel', kernel.image, '-initrd', initramfs, '-append', kernelCommandLine(command)],
				...['-drive', `file=${disk.replaceAll(',', ',,')},format=raw,if=virtio,readonly=${readOnly ? 'on' : 'off'}`],
			],
		});
		const status = /^nexus\.run: exit status (\d+)$/m.exec(console)?.[1];
		if (status !== '0') {
			throw new Error(`${status ? `the command in the guest failed with status ${status}` : 'the guest did not run the command'}:\n${console}`);
		}

		return console;
	} finally {
		await rm(folder, {recursive: true, force: true});
	}
}

type Kernel = {
	image: string;
	modules: string;
};

const kernelFolder = fileURLToPath(new URL('../../.cache/guest-kernel/', import.meta.url));

// What stands between the kernel and an ext4 filesystem on a virtio disk; a kernel that lacks one of them as a module has it built in.
const wantedModules = ['virtio_pci', 'virtio_blk', 'crc32c_generic', 'ext4'];

// The kernel's packages hold their modules in /lib or, since Debian 13, in /usr/lib.
async function findKernel(): Promise<Kernel> {
	for (const folder of ['lib/modules', 'usr/lib/modules']) {
		const modules = path.join(kernelFolder, folder);
		// eslint-disable-next-line no-await-in-loop
		const [release] = await readdir(modules).catch((): string[] => []);
		if (release) {
			return {image: path.join(kernelFolder, 'boot', `vmlinuz-${release}`), modules: path.join(modules, release)};
		}
	}

	throw new Error('there is no kernel for the guest: run sh scripts/setup.sh --test');
}

async function makeInitramfs(file: string, kernel: Kernel, readOnly: boolean): Promise<void> {
	const root = `${file}.d`;
	const modules = await readModules(kernel, wantedModules);
	await Promise.all(['dev', 'disk', 'modules'].map(async name => mkdir(path.join(root, name), {recursive: true})));
	// The order of their names is the order of their insertion.
	await Promise.all(modules.map(async (content, index) =>
		writeFile(path.join(root, 'modules', `${String(index).padStart(3, '0')}.ko`), content)));
	await installPrograms(root, ['busybox']);
	await writeFile(path.join(root, 'init'), initScript(readOnly), {mode: 0o755});

	const names = await readdir(root, {recursive: true});
	await execa('busybox', ['cpio', '-o', '-H', 'newc'], {
		cwd: root, input: names.sort().join('\n'), stdout: {file}, buffer: false,
	});
}

const initScript = (readOnly: boolean): string => `#!/usr/bin/busybox sh
export PATH=/usr/bin
busybox mount -t devtmpfs devtmpfs /dev
for module in /modules/*.ko; do
	[ -e "$module" ] && busybox insmod "$module"
done

until [ -b /dev/vda ]; do busybox sleep 0.1; done
busybox mount -t ext4 -o ${readOnly ? 'ro' : 'rw'} /dev/vda /disk
busybox mount --move /dev /disk/dev
exec busybox switch_root /disk /sbin/init
`;

// The modules and what they need, each after what it needs.
async function readModules(kernel: Kernel, wanted: string[]): Promise<Uint8Array[]> {
	const names = await readdir(kernel.modules, {recursive: true});
	const files = new Map(names
		.filter(file => /\.ko(\.xz)?$/.test(file))
		.map(file => [moduleName(file), path.join(kernel.modules, file)]));
	const modules = new Map<string, Uint8Array>();
	const add = async (name: string): Promise<void> => {
		const file = files.get(name);
		if (!file) {
			return;
		}

		files.delete(name);
		const content = await readModule(file);
		for (const dependency of dependenciesOf(content)) {
			// eslint-disable-next-line no-await-in-loop
			await add(dependency);
		}

		modules.set(name, content);
	};

	for (const name of wanted) {
		// eslint-disable-next-line no-await-in-loop
		await add(name);
	}

	return [...modules.values()];
}

// Files are named with dashes or underscores as their authors liked; the kernel knows underscores only.
const moduleName = (file: string): string => path.basename(file).replace(/\.ko(\.xz)?$/, '').replaceAll('-', '_');

async function readModule(file: string): Promise<Uint8Array> {
	if (!file.endsWith('.xz')) {
		return readFile(file);
	}

	const {stdout} = await execa('busybox', ['unxz', '-c', file], {encoding: 'buffer', stripFinalNewline: false});
	return stdout;
}

// A module says itself what it needs. The package has no modules.dep: depmod makes that where a kernel is installed.
function dependenciesOf(content: Uint8Array): string[] {
	const names = /\0depends=([^\0]*)/.exec(Buffer.from(content).toString('latin1'))?.[1] ?? '';
	return names.split(',').filter(Boolean).map(name => name.replaceAll('-', '_'));
}

function kernelCommandLine(command: string): string {
	const line = `console=ttyS0 quiet panic=-1 nexus.run=${Buffer.from(command).toString('base64')}`;
	if (line.length > 2000) {
		throw new Error('the command is too long for the kernel\'s command line: put it into a file on the disk');
	}

	return line;
}

async function runQemu({arguments: own, timeout}: {arguments: string[]; timeout: number}): Promise<string> {
	const {all, failed, timedOut, shortMessage} = await execa('qemu-system-x86_64', [
		...['-accel', 'tcg', '-m', '256M', '-no-reboot'],
		...['-nodefaults', '-no-user-config', '-display', 'none', '-nic', 'none', '-serial', 'stdio'],
		...own,
	], {
		all: true, reject: false, stdin: 'ignore', timeout, killSignal: 'SIGKILL',
	});
	const console = (all ?? '').replaceAll('\r\n', '\n');
	if (failed) {
		const reason = timedOut ? `the guest was not done after ${timeout / 1000} seconds` : shortMessage;
		throw new Error(`${reason}:\n${console}`);
	}

	return console;
}

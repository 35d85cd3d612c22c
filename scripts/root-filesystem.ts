// Makes a small root filesystem out of this machine's own programs, to have something to import: no network,
// no root, a second of work. A guest can boot it: `/sbin/init` is a shell script that says hello, runs the
// command which the kernel's command line carries in `nexus.run=` (base64), and powers the machine off;
// without a command it opens a shell on the console.
import {
	chmod, copyFile, lstat, mkdir, symlink, writeFile,
} from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import {execa} from 'execa';

/**
Fills a folder, new or empty, with a root filesystem of about 10 MB.

Files belong to the caller: root's own when root makes it.
*/
export async function makeRootFilesystem(folder: string): Promise<void> {
	await makeFolders(folder);
	await installPrograms(folder, [...needed, ...welcome]);
	await writeFiles(folder);
}

/**
Copies programs of this machine, by name, into a root filesystem: into its `usr/bin`, and what they are
linked with to where they look for it.

@throws Error when one of them is not on this machine
*/
export async function installPrograms(folder: string, names: string[]): Promise<void> {
	const found = new Map<string, string>();
	for (const name of names) {
		// eslint-disable-next-line no-await-in-loop
		const source = await findProgram(name);
		if (source) {
			found.set(name, source);
		} else if (!welcome.includes(name)) {
			throw new Error(`there is no program named ${name} on this machine`);
		}
	}

	await mkdir(path.join(folder, 'usr/bin'), {recursive: true});
	await Promise.all([...found].map(async ([name, source]) => copy(source, path.join(folder, 'usr/bin', name))));
	const libraries = await librariesOf([...found.values()]);
	await Promise.all(libraries.map(async library => copy(library, path.join(folder, library))));
}

// What `/sbin/init` uses.
const needed = ['sh', 'base64', 'cat', 'echo', 'hostname', 'mount', 'sleep', 'sync', 'uname'];

// What makes a shell in it pleasant; a machine that lacks one does without.
const welcome = [
	'chmod',
	'chown',
	'cp',
	'date',
	'dd',
	'df',
	'dmesg',
	'du',
	'env',
	'false',
	'find',
	'free',
	'grep',
	'head',
	'id',
	'less',
	'ln',
	'ls',
	'mkdir',
	'mv',
	'ps',
	'pwd',
	'readlink',
	'rm',
	'rmdir',
	'sed',
	'seq',
	'sha256sum',
	'sort',
	'stat',
	'tail',
	'tee',
	'test',
	'touch',
	'tr',
	'true',
	'truncate',
	'umount',
	'wc',
	'which',
];

// With modes: the usual ones, but for these.
const folders = {
	'.': 0o755,
	dev: 0o755,
	etc: 0o755,
	home: 0o755,
	mnt: 0o755,
	proc: 0o555,
	root: 0o700,
	run: 0o755,
	srv: 0o755,
	sys: 0o555,
	tmp: 0o1777,
	usr: 0o755,
	'usr/bin': 0o755,
	'usr/lib': 0o755,
	'usr/lib64': 0o755,
	var: 0o755,
	'var/log': 0o755,
	'var/tmp': 0o1777,
};

// The merged /usr of today's distributions. The links are relative: they hold in the folder as in the guest.
const links = {
	bin: 'usr/bin',
	lib: 'usr/lib',
	lib64: 'usr/lib64',
	sbin: 'usr/bin',
	'usr/sbin': 'bin',
	'var/run': '../run',
};

const files = {
	'etc/fstab': '',
	'etc/group': 'root:x:0:\nnogroup:x:65534:\n',
	'etc/hostname': 'nexus-guest\n',
	'etc/hosts': '127.0.0.1 localhost\n::1 localhost\n',
	'etc/os-release': 'ID=nexus-guest\nNAME="Nexus guest"\nPRETTY_NAME="Nexus guest"\n',
	'etc/passwd': 'root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/nonexistent:/bin/false\n',
	'etc/profile': 'export PATH=/usr/bin\nexport PS1=\'\\$ \'\n',
};

// As PID 1 it must never end, or the kernel panics; `o` in sysrq-trigger powers off without asking anybody.
// The remount writes the journal home, so that whoever looks at the disk later finds everything in place.
const init = `#!/bin/sh
if [ $$ -ne 1 ]; then
	echo "init: this powers a guest off, and runs only as its process 1" >&2
	exit 1
fi

export PATH=/usr/bin HOME=/root TERM=linux

mount -t proc proc /proc
mount -t sysfs sysfs /sys
test -e /dev/null || mount -t devtmpfs devtmpfs /dev
mount -t tmpfs tmpfs /run
hostname "$(cat /etc/hostname)"
cd /root
. /etc/os-release
echo "$PRETTY_NAME on Linux $(uname -r)"

command=
for word in $(cat /proc/cmdline); do
	case $word in nexus.run=*) command=\${word#nexus.run=} ;; esac
done

if [ "$command" ]; then
	echo "$command" | base64 -d >/run/command
	sh /run/command </dev/null
	echo "nexus.run: exit status $?"
else
	sh -l
fi

sync
mount -o remount,ro /
echo o >/proc/sysrq-trigger
while :; do sleep 1; done
`;

async function makeFolders(folder: string): Promise<void> {
	for (const [name, mode] of Object.entries(folders)) {
		const target = path.join(folder, name);
		// A folder's parent comes before it.
		// eslint-disable-next-line no-await-in-loop
		await mkdir(target, {recursive: true});
		// The caller's umask has a say in mkdir, not in chmod.
		// eslint-disable-next-line no-await-in-loop
		await chmod(target, mode);
	}

	await Promise.all(Object.entries(links).map(async ([name, target]) => symlink(target, path.join(folder, name))));
}

async function writeFiles(folder: string): Promise<void> {
	await Promise.all(Object.entries(files).map(async ([name, text]) => write(path.join(folder, name), text, 0o644)));
	await write(path.join(folder, 'usr/bin/init'), init, 0o755);
}

async function write(file: string, text: string, mode: number): Promise<void> {
	await writeFile(file, text);
	await chmod(file, mode);
}

// The set-user-id bit stays behind with the original: a copy may belong to anybody.
async function copy(source: string, target: string): Promise<void> {
	await mkdir(path.dirname(target), {recursive: true});
	await copyFile(source, target);
	await chmod(target, 0o755);
}

// The system's folders come first: what somebody put on their PATH may be a script or a link into a home.
async function findProgram(name: string): Promise<string | undefined> {
	for (const folder of ['/usr/bin', '/bin', '/usr/sbin', '/sbin', ...(process.env['PATH'] ?? '').split(path.delimiter)]) {
		const file = path.resolve(folder, name);
		// eslint-disable-next-line no-await-in-loop
		if (await lstat(file).catch(() => undefined)) {
			return file;
		}
	}

	return undefined;
}

// Every line with an absolute path names a library or the interpreter, the paths as the programs ask for them:
// `libc.so.6 => /lib/x86_64-linux-gnu/libc.so.6 (0x…)` and `/lib64/ld-linux-x86-64.so.2 (0x…)`.
// A static program has none, which ldd counts as a failure.
async function librariesOf(programs: string[]): Promise<string[]> {
	const {stdout} = await execa('ldd', programs, {reject: false, env: {LC_ALL: 'C'}});
	const paths = stdout.split('\n').map(line => /^\t(?:\S+ => )?(\/\S+) \(0x/.exec(line)?.[1]);
	return [...new Set(paths.filter(item => item !== undefined))];
}

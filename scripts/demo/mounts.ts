// What is mounted below a folder.
import {readFile} from 'node:fs/promises';
import {setTimeout as delay} from 'node:timers/promises';
import {execa} from 'execa';

/**
Mounts what a file holds. Detached, here and below: a Ctrl-C at the terminal must not leave it half done.

@throws Error in mount's words
*/
export async function mountFile(file: string, folder: string): Promise<void> {
	await execa('mount', ['-o', 'loop', file, folder], {detached: true, stdin: 'ignore'});
}

/** Unmounts everything below a folder, the innermost first. The loop devices go with the mounts. */
export async function unmountBelow(folder: string): Promise<void> {
	const mounts = await mountsBelow(folder);
	for (const mount of mounts.reverse()) {
		// eslint-disable-next-line no-await-in-loop
		await unmount(mount);
	}
}

async function mountsBelow(folder: string): Promise<string[]> {
	const table = await readFile('/proc/self/mountinfo', 'utf8');
	return table.split('\n')
		.map(line => line.split(' ')[4])
		.filter(mount => mount !== undefined)
		.map(mount => mount.replaceAll(/\\(\d{3})/g, (_, code: string) => String.fromCodePoint(Number.parseInt(code, 8))))
		.filter(mount => mount.startsWith(`${folder}/`));
}

// A process that is just ending, or somebody's shell, may still hold it: the first takes a moment, the second is left to itself.
async function unmount(mount: string): Promise<void> {
	for (let attempt = 0; attempt < 20; attempt++) {
		// eslint-disable-next-line no-await-in-loop
		const {failed} = await execa('umount', [mount], {reject: false, detached: true, stdin: 'ignore'});
		if (!failed) {
			return;
		}

		// eslint-disable-next-line no-await-in-loop
		await delay(100);
	}

	await execa('umount', ['--lazy', mount], {detached: true, stdin: 'ignore'});
}

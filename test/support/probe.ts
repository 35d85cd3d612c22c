// Looks into a running nexusd: what it keeps in memory, which timers and file descriptors it has. The daemon is started
// with a few lines of its own for that, which answer SIGUSR2 with a line of its log.
import {readdir, readlink} from 'node:fs/promises';
import process from 'node:process';
import type {TestDaemon} from './daemon.js';

const lines = `
	const timers = new Set();
	for (const [kind, isRepeated] of [['Timeout', false], ['Interval', true]]) {
		const [set, clear] = [globalThis['set' + kind], globalThis['clear' + kind]];
		globalThis['set' + kind] = (callback, ...rest) => {
			const timer = set((...values) => {
				if (!isRepeated) {
					timers.delete(timer);
				}
				callback(...values);
			}, ...rest);
			timers.add(timer);
			return timer;
		};
		globalThis['clear' + kind] = timer => {
			timers.delete(timer);
			clear(timer);
		};
	}
	process.on('SIGUSR2', () => {
		gc();
		process.stderr.write('probe ' + JSON.stringify({heap: process.memoryUsage().heapUsed, timers: timers.size}) + '\\n');
	});
`;

/** What to run instead of node with `dist/nexusd.js`. */
export const probedCommand: [file: string, ...args: string[]] = [
	process.execPath, '--expose-gc', '--import', `data:text/javascript,${encodeURIComponent(lines)}`, 'dist/nexusd.js',
];

export type Footprint = {
	/** Bytes of JavaScript objects in use, garbage left out. */
	heap: number;
	timers: number;
	/** How many descriptors there are of each kind: a path, or `socket` and the like. */
	descriptors: Record<string, number>;
};

/** Asks a daemon that runs the probed command. */
export async function footprintOf(daemon: TestDaemon): Promise<Footprint> {
	const answers = (): string[] => daemon.log().match(/^probe .*$/gm) ?? [];
	const count = answers().length + 1;
	daemon.kill('SIGUSR2');
	await daemon.logged(new RegExp(`(?:^probe .*\\n[^]*){${count}}`, 'm'));
	const {heap, timers} = JSON.parse(answers().at(-1)!.slice('probe '.length)) as Omit<Footprint, 'descriptors'>;
	return {heap, timers, descriptors: await descriptorsOf(daemon.pid)};
}

async function descriptorsOf(pid: number): Promise<Record<string, number>> {
	const folder = `/proc/${pid}/fd`;
	// One may be closed between the two looks.
	const targets = await Promise.all((await readdir(folder)).map(async name => readlink(`${folder}/${name}`).catch(() => '')));
	const counts: Record<string, number> = {};
	for (const target of targets.filter(Boolean)) {
		// Each part of the journal has a number too.
		const kind = target.replace(/:\[\d+]$/, '').replace(/\.redo\.\d+$/, '.redo');
		counts[kind] = (counts[kind] ?? 0) + 1;
	}

	return counts;
}

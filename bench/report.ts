// The result as a table, as JSON, and as the page docs/performance.md with its picture.
import {writeFile} from 'node:fs/promises';
import os from 'node:os';
import process from 'node:process';
import {execa} from 'execa';
import {table} from '../tui/output/table.js';
import {plainStyle} from '../tui/output/terminal.js';
import packageJson from '../package.json' with {type: 'json'};
import {plot} from './plot.js';
import type {Limit, Row} from './row.js';
import {size} from './watched.js';
import {amount, plain, times} from './words.js';

export type Report = {
	/** What it ran on: a value for each name. */
	machine: Record<string, string>;
	rows: Row[];
};

/** What this machine is, and the versions that matter. */
export async function describeMachine(): Promise<Report['machine']> {
	const [cpu] = os.cpus();
	const firstLine = async (file: string, ...args: string[]): Promise<string> => {
		const {all} = await execa(file, args, {all: true});
		return all.split('\n')[0]!.trim();
	};

	return {
		date: new Date().toISOString().slice(0, 10),
		Nexus: packageJson.version,
		kernel: os.release(),
		processor: `${os.cpus().length} × ${cpu?.model ?? 'unknown'}`,
		memory: `${Math.round(os.totalmem() / (1024 ** 3))} GiB`,
		'filesystem below the pools': await firstLine('findmnt', '--noheadings', '--output', 'FSTYPE', '--target', os.tmpdir()),
		'Node.js': process.versions.node,
		'systemd-machined': await firstLine('/lib/systemd/systemd-machined', '--version'),
		mke2fs: await firstLine('mke2fs', '-V'),
		'btrfs-progs': await firstLine('btrfs', '--version'),
		'dbus-daemon': await firstLine('dbus-daemon', '--version'),
	};
}

/** Prints the table, then the same as JSON. */
export async function printReport(report: Report): Promise<void> {
	const [header, ...cells] = cellsOf(report.rows).map(row => row.map(cell => plain(cell)));
	console.log(await table(cells, header!.map((name, index) => ({header: name, cell: (row: string[]) => row[index]!})), {
		columns: Number.POSITIVE_INFINITY, style: plainStyle,
	}));
	console.log(`\n${JSON.stringify(report, undefined, '\t')}`);
}

/** Writes the page and its picture. */
export async function writePage(report: Report): Promise<void> {
	await writeFile('docs/performance.svg', plot(report.rows));
	await writeFile('docs/performance.md', pageOf(report));
}

const pageOf = (report: Report): string => `# What it takes

Made by \`npm run bench -- --write\`: each thing that Nexus does beside a reference, measured in the same run on the same
machine, in turns. It needs root, a Debian with \`systemd-container\`, and some thirty-five minutes; parts can be run alone, as in
\`npm run bench -- create delete\`, and \`--json\` prints JSON alone. Only the ratios mean something on another machine.

![A bar for each comparison](performance.svg)

${markdownTable(cellsOf(report.rows))}

Milliseconds unless another unit is named; the ratio is that of the medians. "At most" is what the project has set itself, for
the ratio or the median, or where it says so for 95 of 100.

## What is measured

- **Nexus** is \`nexusd\` as its unit runs it, called over D-Bus by the client in \`dbus/\`, as root, whom both Nexus and
  machined let do everything without asking polkit. Its answers mean that disk and record would survive a power cut.
- **bare**: a process that does nothing but call libbtrfsutil in a loop, each snapshot into the same folder, as a program
  would that knows nothing of btrfs. It measures itself, so that there is neither a bus nor a pipe in its figures.
- **machined**: \`systemd-machined\`, which does the same job for containers, on the same bus and called by the same client
  library. It has no records of its own, and btrfs quotas are off in its pool. \`machinectl import-fs\` enables them; then
  each clone and each removal takes the longer the more there are.
- **the screen**: \`nexusctl tui\` on a pseudo-terminal of ${size.columns} × ${size.rows} whose other end the bench reads itself, so that between the two is
  nothing but the kernel. A frame is on the screen when its last byte has been read. How soon a terminal draws it then is the
  terminal's. Most of the 10,000 workspaces in its list are records of a test and nothing on disk.
- Each has a btrfs of its own in a sparse file of 16 GiB, made and mounted alike, and the same image in it.
- Turns come in another order each round, with a pause of 50 ms behind each; the first round does not count.

${howLines(report.rows)}

## What stands in the way

What is missed is missed for want of processor time, not for waiting for a disk. On a machine with two processors of 2.5 GHz,
by \`node --cpu-prof\` and \`/proc/<pid>/task\`, one create or delete after another:

- A round trip to nexusd and back without any work takes 0.45 ms, and 0.15 ms of its thread.
- A create keeps that thread busy for 0.75 ms, a delete for 0.6 ms: 0.2 to 0.25 ms to hand a look, a label, a write and a rename
  to other threads and to hear of their end, 0.15 ms for signals and the reply, 0.13 ms to receive it, 0.11 ms for SQLite,
  which judges the change, 0.06 ms for the journal, 0.03 ms for the garbage collector, and the rest for JavaScript in small
  pieces. A young process takes up to twice as long: its code is being compiled.
- A delete does more than machined's: that removes the subvolume and answers, and a power cut brings it back. Ours is in the
  journal by then, on disk. The write takes 0.1 ms of it, SQLite and the rename as much each.
- A snapshot made ahead takes 0.8 ms of the kernel's time, also when 32 share a transaction. It has the other processor, which
  client and bus need too: so creates without end take what all of them together compute.
- With an empty stock the snapshot takes what a bare one takes. The rest is the round trip, which takes 1.7 ms after a pause and
  not 0.45 ms, because three processes and their caches are asleep, and the write of the record, which takes 0.4 ms and more
  then.
- An import is \`mke2fs -d\` and two looks at the tree, 40 ms of \`find\` each and as much to begin it and to read what it
  says. The first must come before: it tells the size. Beside the second runs what puts the image on disk.
- The screen is at work for 15 to 20 ms for each frame of 160 × 45 cells. Another order or another letter of a filter sorts or looks
  through 10,000 names besides, in 2 to 8 ms, and the first time in more: its code is being compiled. While 32 clients make
  workspaces without end, screen, nexusd, bus and clients share two processors, and the screen draws when it gets one.
- Of a start 110 ms are Node.js itself, 90 ms loading code and Node's own modules, 110 ms or more SQLite, which is WebAssembly and
  compiles as it goes, and the rest checking, the bus and the sockets.

## Where

${Object.entries(report.machine).map(([name, value]) => `- ${name}: ${value}`).join('\n')}

## The same as JSON

\`\`\`json
${JSON.stringify(report.rows, undefined, '\t')}
\`\`\`
`;

function howLines(rows: Row[]): string {
	const hows = new Map(rows.map(({what, how}) => [what, how]));
	return [...hows].map(([what, how]) => `- **${what}**: ${how}`).join('\n');
}

// The header first.
const cellsOf = (rows: Row[]): string[][] => [
	['what', 'n', 'median', '95 %', 'beside', 'median', '95 %', 'ratio', 'at most', ''],
	...rows.map(({what, unit, nexus, reference, ratio, goal, limit, isReached}) => [
		what,
		String(nexus.operations),
		`${amount(nexus.median)}${unit === 'ms' ? '' : ` ${unit}`}`,
		amount(nexus.p95),
		reference?.name ?? '',
		reference ? amount(reference.median) : '',
		reference ? amount(reference.p95) : '',
		ratio === undefined ? '' : times(ratio),
		goal === undefined ? limitText(limit, unit) : times(goal),
		isReached === undefined ? '' : (isReached ? 'reached' : 'missed'),
	]),
];

const limitText = (limit: Limit | undefined, unit: Row['unit']): string => limit ? `${limit.most} ${unit}${limit.of === 'p95' ? ' (95 %)' : ''}` : '';

const markdownTable = ([header, ...rows]: string[][]): string =>
	[header!, header!.map(() => '---'), ...rows].map(cells => `| ${cells.join(' | ')} |`).join('\n');

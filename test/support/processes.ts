// The processes of this machine, as the kernel lists them.
import {readdir, readFile} from 'node:fs/promises';

export type Process = {pid: number; name: string};

/** The children of a process, those that have ended and were not waited for included. */
export async function childrenOf(parent: number): Promise<Process[]> {
	const pids = (await readdir('/proc')).filter(name => /^\d+$/.test(name));
	const processes = await Promise.all(pids.map(async pid => statusOf(Number(pid))));
	return processes.filter(process => process?.parent === parent).map(process => ({pid: process!.pid, name: process!.name}));
}

async function statusOf(pid: number): Promise<(Process & {parent: number}) | undefined> {
	try {
		// The name stands in parentheses and may hold some itself (proc_pid_stat(5)).
		const [, name, parent] = /^\d+ \((.*)\) \S (\d+)/s.exec(await readFile(`/proc/${pid}/stat`, 'utf8'))!;
		return {pid, name: name!, parent: Number(parent)};
	} catch {
		// It has ended since.
		return undefined;
	}
}

// The processes of this machine, as the kernel lists them.
import {readdir, readFile} from 'node:fs/promises';
import process from 'node:process';

export type Process = {
	pid: number;
	name: string;
	/** A letter, as ps(1) shows it. */
	state: string;
};

/** The children of a process, those that have ended and were not waited for included. */
export async function childrenOf(parent: number): Promise<Process[]> {
	const pids = (await readdir('/proc')).filter(name => /^\d+$/.test(name));
	const processes = await Promise.all(pids.map(async pid => statusOf(Number(pid))));
	return processes.filter(status => status?.parent === parent).map(status => status!.process);
}

/**
Stops a process where it is. It goes on by SIGCONT.

@returns Whether it is stopped; if not it had ended.
*/
export async function stopProcess(pid: number): Promise<boolean> {
	process.kill(pid, 'SIGSTOP');
	for (;;) {
		// Nothing tells when the signal has arrived, but it does soon.
		// eslint-disable-next-line no-await-in-loop
		const status = await statusOf(pid);
		if (!status || status.process.state === 'Z') {
			return false;
		}

		if (status.process.state === 'T') {
			return true;
		}
	}
}

async function statusOf(pid: number): Promise<{process: Process; parent: number} | undefined> {
	try {
		// The name stands in parentheses and may hold some itself (proc_pid_stat(5)).
		const [, name, state, parent] = /^\d+ \((.*)\) (\S) (\d+)/s.exec(await readFile(`/proc/${pid}/stat`, 'utf8')) as unknown as [string, string, string, string];
		return {process: {pid, name, state}, parent: Number(parent)};
	} catch {
		// It has ended since.
		return undefined;
	}
}

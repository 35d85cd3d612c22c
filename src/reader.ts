// With whose rights a source is read. nexusd may read everything; what an unprivileged caller has imported it reads as
// that user would, and the kernel checks each step: nothing is looked at first and opened later.

import process from 'node:process';

/** A user as the kernel sees the user's processes. */
export type Reader = {
	uid: number;
	/** All groups, in any order. */
	groups: readonly number[];
};

/**
The command that runs a program with a reader's rights; the program itself where none is named or it is this process's own
user.

Only the effective user changes. The real one stays root, so that the reader can neither trace the process nor get at the
files that it was handed (ptrace(2), proc_pid_fd(5)), and no capability is left in it.
*/
export function commandAs(reader: Reader | undefined, program: string, args: readonly string[]): [file: string, args: string[]] {
	if (!reader || reader.uid === process.getuid!()) {
		return [program, [...args]];
	}

	const {uid, groups} = reader;
	const [group = nogroup] = groups;
	return ['setpriv', [
		'--ruid=0',
		`--euid=${uid}`,
		`--regid=${group}`,
		groups.length > 0 ? `--groups=${groups.join(',')}` : '--clear-groups',
		'--inh-caps=-all',
		'--bounding-set=-all',
		'--no-new-privs',
		'--',
		program,
		...args,
	]];
}

const nogroup = 65_534;

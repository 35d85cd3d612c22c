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
The command that runs a program for an import: with a reader's rights, with ours where none is named or it is this
process's own user. It dies with this process, however that dies: nobody else would stop it from filling the pool.

Only the effective user changes. The real one stays root, so that the reader can neither trace the process nor get at the
files that it was handed (ptrace(2), proc_pid_fd(5)), and no capability is left in it.
*/
export const commandAs = (reader: Reader | undefined, program: string, args: readonly string[]): [file: string, args: string[]] =>
	['setpriv', ['--pdeathsig=KILL', ...rightsOf(reader), '--', program, ...args]];

function rightsOf(reader: Reader | undefined): string[] {
	if (!reader || reader.uid === process.getuid!()) {
		return [];
	}

	const {uid, groups} = reader;
	const [group = nogroup] = groups;
	return [
		'--ruid=0',
		`--euid=${uid}`,
		`--regid=${group}`,
		groups.length > 0 ? `--groups=${groups.join(',')}` : '--clear-groups',
		'--inh-caps=-all',
		'--bounding-set=-all',
		'--no-new-privs',
	];
}

const nogroup = 65_534;

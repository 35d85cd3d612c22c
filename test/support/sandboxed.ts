// Runs a daemon in the sandbox of an installed unit, as a transient service of the systemd that runs here. The system tests
// do so with all that the others test without.
import {readFile} from 'node:fs/promises';
import process from 'node:process';

let count = 0;

/**
The command that runs another in the sandbox of a unit. On its standard error comes `pid N` first, then what the other says.

@param writable What may be written to, beside what the unit says.
*/
export async function inSandbox(unit: string, writable: readonly string[], words: readonly string[], env: Readonly<Record<string, string>>): Promise<[file: string, ...args: string[]]> {
	count++;
	return [
		'systemd-run',
		...['--quiet', '--pipe', '--wait', '--collect', `--unit=nexus-test-${process.pid}-${count}`, `--working-directory=${process.cwd()}`],
		...[...sandboxOf(await readFile(unit, 'utf8')), ...writable.map(folder => `ReadWritePaths=-${folder}`)].map(property => `--property=${property}`),
		...Object.entries(env).map(([name, value]) => `--setenv=${name}=${value}`),
		// Systemd makes one dollar of two.
		...['/bin/sh', '-c', 'echo pid $$$$ >&2; exec "$@"', 'sh', ...words],
	];
}

const ofItsOwn = /^(Type|NotifyAccess|BusName|Exec\w+|Restart\w*|WatchdogSec|Timeout\w+|StateDirectory\w*|SyslogIdentifier)=/;

// The assignments of its section [Service] that fence it in.
const sandboxOf = (unit: string): string[] => unit.slice(unit.indexOf('[Service]')).split('\n')
	.filter(line => /^\w+=./.test(line) && !ofItsOwn.test(line));

// Shows a command as a person would type it, then runs it.
import process from 'node:process';
import {execa} from 'execa';
import {bold as yoctoBold} from 'yoctocolors';

// The library asks what the terminal can do, and not whether there is one.
const bold = (text: string): string => process.stdout.isTTY ? yoctoBold(text) : text;

/** A headline for what comes next. */
export function say(text: string): void {
	console.log(`\n${bold(text)}`);
}

/**
Runs a command in view.

@throws Error when it fails; what it said is in view already
*/
export async function type(signal: AbortSignal, command: string, ...args: string[]): Promise<void> {
	signal.throwIfAborted();
	showCommand(command, args);
	const {failed, exitCode} = await execa(command, args, {
		// A pager would wait for somebody.
		stdio: 'inherit', reject: false, cancelSignal: signal, env: {SYSTEMD_PAGER: ''},
	});
	signal.throwIfAborted();
	if (failed) {
		throw new Error(`${commandLine(command, args)}: ${exitCode === undefined ? 'could not be run' : `exit status ${exitCode}`}`);
	}
}

/** Runs a debugfs command on a disk in view, and returns what it said but for its banner. */
export async function typeDebugfs(signal: AbortSignal, request: string, disk: string, ...flags: string[]): Promise<string> {
	const args = [...flags, '-R', request, disk];
	showCommand('debugfs', args);
	const {all} = await execa('debugfs', args, {all: true, cancelSignal: signal, stdin: 'ignore'});
	const output = all.split('\n').filter(line => !line.startsWith('debugfs ')).join('\n');
	console.log(output);
	return output;
}

function showCommand(command: string, args: string[]): void {
	console.log(`${bold('$')} ${commandLine(command, args)}`);
}

const commandLine = (command: string, args: string[]): string => [command, ...args].map(word => quote(word)).join(' ');

const quote = (word: string): string => /^[-\w@%+=:,./]+$/.test(word) ? word : `'${word.replaceAll('\'', String.raw`'\''`)}'`;

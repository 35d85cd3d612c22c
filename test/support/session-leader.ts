// What a terminal runs: the leader of its session, which starts the program and stays when that has ended. Without it the
// terminal would go with the program, and tmux would at times lose how that ended and what it wrote last. What the leader
// has to tell comes the way of all output and so after it: as a working directory (OSC 7), which no program here sets.
import process from 'node:process';

export type Ending = {exitCode: number | undefined; signal: string | undefined};

export type Start = {
	command: [file: string, ...args: string[]];
	/** All that the program finds in its environment. */
	env: Record<string, string>;
	/** Where the program's process ID is written, before the first word of the leader. */
	pidFile: string;
};

/** The command of a leader that starts a program. */
export const sessionLeader = (start: Start): string[] => [process.execPath, '--eval', script, JSON.stringify(start)];

/** How the program has ended, when the leader has told it. */
export function endingIn(told: string): Ending | undefined {
	const [, exitCode, signal] = /ended (?:(\d+)|(\w+))$/.exec(told) ?? [];
	return exitCode === undefined && signal === undefined ? undefined : {exitCode: exitCode === undefined ? undefined : Number(exitCode), signal};
}

const script = `
const {spawn} = require('node:child_process');
const {openSync, writeFileSync, writeSync} = require('node:fs');
const {command: [file, ...args], env, pidFile} = JSON.parse(process.argv[1]);
// In a way that leaves the terminal's modes alone.
const write = text => writeSync(openSync('/dev/tty', 'w'), text);
const tell = what => write('\\u001B]7;' + what + '\\u0007');
// The keyboard sends them to all; they are for the program.
process.on('SIGINT', () => {}).on('SIGQUIT', () => {});
setInterval(() => {}, 2 ** 30);
const program = spawn(file, args, {env, stdio: 'inherit'});
program.on('error', ({message}) => {
	write(message + '\\n');
	tell('ended 127');
});
program.on('exit', (exitCode, signal) => tell('ended ' + (signal ?? exitCode)));
writeFileSync(pidFile, String(program.pid));
tell('started');
`;

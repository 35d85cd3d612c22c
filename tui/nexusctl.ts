#!/usr/bin/env node
// The command line of Nexus.
import process from 'node:process';
import {execute} from './cli/execute.js';
import {helpText} from './cli/help.js';
import {parseCommandLine} from './cli/parse.js';
import {printFailure} from './cli/terminal-person.js';
import {UsageError} from './cli/usage-error.js';
import {nouns} from './commands/index.js';
import {versionText} from './commands/version.js';
import {completionWord} from './completion/scripts.js';
import {terminalOf} from './output/terminal.js';

const [first, ...others] = process.argv.slice(2);
if (first === completionWord) {
	await answerShell(others);
} else {
	endWithoutStackTrace();
	endWithTheReader();
	process.exitCode = await main(isForTheScreen() ? ['tui'] : process.argv.slice(2));
}

// Who types nothing else at a terminal wants to look around.
function isForTheScreen(): boolean {
	return process.argv.length === 2 && process.stdin.isTTY && process.stdout.isTTY && process.env['TERM'] !== 'dumb';
}

async function main(argv: readonly string[]): Promise<number> {
	try {
		const request = parseCommandLine(argv, nouns);
		switch (request.kind) {
			case 'version': {
				console.log(versionText);
				return 0;
			}

			case 'help': {
				console.log(helpText(request.topic, nouns, terminalOf(process.stdout).style));
				return 0;
			}

			case 'command': {
				return await execute(request);
			}
		}
	} catch (error) {
		if (error instanceof UsageError) {
			printFailure(error.message, error.hint);
			return 2;
		}

		printFailure(String(error));
		return 1;
	}
}

// A shell asks what could come next. Whatever happens, it gets no message and no failure: somebody is typing.
async function answerShell(question: readonly string[]): Promise<never> {
	const end = (): never => process.exit(0);
	process.on('uncaughtException', end);
	process.stdout.on('error', end);
	const {answer} = await import('./completion/answer.js');
	process.stdout.write(await answer(question, nouns));
	// A connection that hangs would keep the shell waiting.
	return end();
}

// The bus library throws where nobody can catch when it is sent nonsense.
function endWithoutStackTrace(): void {
	process.on('uncaughtException', error => {
		printFailure(String(error));
		process.exit(1);
	});
}

// `nexusctl ws list | head -1` is no failure. A full disk is.
function endWithTheReader(): void {
	process.stdout.on('error', (error: NodeJS.ErrnoException) => {
		if (error.code !== 'EPIPE') {
			printFailure(`cannot write the output: ${error.message}`);
			process.exitCode = 1;
		}

		process.exit();
	});
}

// Runs a command and prints what it has to say.
import process from 'node:process';
import type {BusKind} from '../../dbus/bus.js';
import type {StopAgent} from '../authentication-agent.js';
import {InterruptedError} from '../errors.js';
import {jsonText} from '../output/printable.js';
import {terminalOf} from '../output/terminal.js';
import type {Invocation, Outcome} from './command.js';
import {Link} from './link.js';
import type {Request} from './parse.js';
import {personAtTerminal, printFailure} from './terminal-person.js';

type CommandRequest = Extract<Request, {kind: 'command'}>;

/** Runs a command. Returns the exit code. */
export async function execute(request: CommandRequest): Promise<number> {
	const {
		path, command, words, args, flags, json, bus,
	} = request;
	const person = personAtTerminal(json);
	let stopAgent: StopAgent | undefined;
	const link = new Link(bus, async () => {
		const {startAgent} = await import('../authentication-agent.js');
		stopAgent ??= await startAgent();
		// The agent stays for the next call that a password is asked for.
		return stopAgent && person.makeWay();
	});
	const invocation: Invocation = {
		path,
		words,
		args,
		flags,
		person,
		suggest: words => `nexusctl ${words}${busFlag(bus)}`,
		bus,
		connect: async (bus?: BusKind) => link.connect(bus),
	};

	try {
		await printOutcome(await command.run(invocation), json);
		return 0;
	} catch (error) {
		const {explain} = await import('./failure.js');
		const {message, hint, exitCode} = explain(link.verdict(error), {bus, command, invocation});
		if (error instanceof InterruptedError) {
			// Whoever pressed the keys made no mistake.
			console.error(message);
		} else {
			printFailure(message, hint);
		}

		return exitCode;
	} finally {
		await stopAgent?.();
		await link.close();
	}
}

async function printOutcome({data, text}: Outcome, json: boolean): Promise<void> {
	const shown = json ? jsonText(data) : await text(terminalOf(process.stdout));
	if (shown !== '') {
		console.log(shown);
	}
}

const busFlag = (bus: CommandRequest['bus']): string => bus ? ` --${bus === 'system' ? 'system' : 'user'}` : '';

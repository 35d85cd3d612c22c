// Runs a command and prints what it has to say.
import process from 'node:process';
import type {BusKind} from '../../dbus/bus.js';
import type {EndPrompt, NexusClient} from '../../dbus/client.js';
import type {StopAgent} from '../authentication-agent.js';
import {DaemonLostError, InterruptedError} from '../errors.js';
import {jsonText} from '../output/printable.js';
import {terminalOf} from '../output/terminal.js';
import type {Invocation, Outcome} from './command.js';
import type {Request} from './parse.js';
import {personAtTerminal, printFailure, type TerminalPerson} from './terminal-person.js';

type CommandRequest = Extract<Request, {kind: 'command'}>;

/** Runs a command. Returns the exit code. */
export async function execute(request: CommandRequest): Promise<number> {
	const {
		path, command, words, args, flags, json, bus,
	} = request;
	const person = personAtTerminal(json);
	const link = new Link(bus, person);
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

/** The one connection that a command may make. */
class Link {
	readonly #bus: CommandRequest['bus'];
	readonly #person: TerminalPerson;
	#client: NexusClient | undefined;
	#stopAgent: StopAgent | undefined;
	#lost = false;

	constructor(bus: CommandRequest['bus'], person: TerminalPerson) {
		this.#bus = bus;
		this.#person = person;
	}

	async connect(bus = this.#bus): Promise<NexusClient> {
		// Loading the bus library takes longer than most commands; help and mistakes do without.
		const {connect} = await import('../../dbus/client.js');
		this.#client = await connect(bus);
		this.#client.preparePrompt = async () => this.#preparePrompt();
		void this.#client.ended.then(() => {
			this.#lost = true;
		});
		return this.#client;
	}

	/** The error, or what it really means when the connection has ended under the command. */
	verdict(error: unknown): unknown {
		return this.#lost ? new DaemonLostError('the connection to the bus was lost', {cause: error}) : error;
	}

	async close(): Promise<void> {
		await this.#stopAgent?.();
		if (!this.#lost) {
			await this.#client?.close();
		}
	}

	async #preparePrompt(): Promise<EndPrompt | undefined> {
		const {startAgent} = await import('../authentication-agent.js');
		this.#stopAgent ??= await startAgent();
		// The agent stays for the next call that a password is asked for.
		return this.#stopAgent && this.#person.makeWay();
	}
}

// The one connection that a command may make.
import type {BusKind} from '../../dbus/bus.js';
import type {NexusClient} from '../../dbus/client.js';
import {DaemonLostError} from '../errors.js';

export class Link {
	readonly #bus: BusKind | undefined;
	readonly #preparePrompt: NexusClient['preparePrompt'];
	#client: NexusClient | undefined;
	#lost = false;
	#isClosed = false;

	/**
	@param bus The bus that was asked for.
	@param preparePrompt What makes room for whoever asks for a password.
	*/
	constructor(bus: BusKind | undefined, preparePrompt: NexusClient['preparePrompt']) {
		this.#bus = bus;
		this.#preparePrompt = preparePrompt;
	}

	async connect(bus = this.#bus): Promise<NexusClient> {
		// Loading the bus library takes longer than most commands; help and mistakes do without.
		const {connect} = await import('../../dbus/client.js');
		this.#client = await connect(bus);
		if (this.#isClosed) {
			await this.#client.close();
		}

		this.#client.preparePrompt = this.#preparePrompt;
		void this.#client.ended.then(() => {
			this.#lost = true;
		});
		return this.#client;
	}

	/** The error, or what it really means when the connection has ended under the command. */
	verdict(error: unknown): unknown {
		return this.#lost ? new DaemonLostError('the connection to the bus was lost', {cause: error}) : error;
	}

	/** Ends the connection, also one that is being made. */
	async close(): Promise<void> {
		this.#isClosed = true;
		if (!this.#lost) {
			await this.#client?.close();
		}
	}
}

// Ctrl-C and the other signals that end the demo: caught, so that what it made is undone before it goes.
import os from 'node:os';
import process from 'node:process';

export class Interruption {
	/** Aborts on the first signal. */
	readonly signal: AbortSignal;
	/** While it is set, Ctrl-C is somebody else's: of a shell in the foreground. */
	isCtrlCForOthers = false;

	readonly #controller = new AbortController();

	constructor() {
		this.signal = this.#controller.signal;
		for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
			// The handler stays for good: a second Ctrl-C must not cut the cleaning short.
			process.on(name, () => {
				if (name !== 'SIGINT' || !this.isCtrlCForOthers) {
					this.#interrupt(name);
				}
			});
		}

		// Nobody reads us any more: the other end of the pipe has gone, or the terminal.
		process.stdout.on('error', () => {
			this.#interrupt('SIGPIPE');
		});
		process.stderr.on('error', () => {
			this.#interrupt('SIGPIPE');
		});
	}

	/** The exit code that a shell gives to the signal. */
	get exitCode(): number {
		return 128 + os.constants.signals[this.signal.reason as NodeJS.Signals];
	}

	#interrupt(name: NodeJS.Signals): void {
		this.#controller.abort(name);
	}
}

import process from 'node:process';

const signals = ['SIGINT', 'SIGTERM'] as const;

export type Interruption = {
	readonly signal: AbortSignal;
	/** Gives the signals back to whoever had them. */
	readonly release: () => void;
};

/** Turns the first Ctrl-C into an abort, so that work can be canceled in order. The second one ends the process. */
export function catchInterruption(): Interruption {
	const controller = new AbortController();
	const release = () => {
		for (const name of signals) {
			process.off(name, interrupt);
		}
	};

	const interrupt = (name: NodeJS.Signals) => {
		if (controller.signal.aborted) {
			release();
			process.kill(process.pid, name);
		}

		controller.abort();
	};

	for (const name of signals) {
		process.on(name, interrupt);
	}

	return {signal: controller.signal, release};
}

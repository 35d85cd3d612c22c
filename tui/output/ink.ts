// Ink and what it is made of look at the environment when they are loaded, and not all of it is meant for them.
import process from 'node:process';

/** To be called before anything imports Ink, by whoever has made sure that it draws on a terminal. */
export function prepareInk(): void {
	// With the first two it draws nothing before it ends; with the third it looks for a debugger.
	for (const name of ['CI', 'CONTINUOUS_INTEGRATION', 'DEV']) {
		delete process.env[name]; // eslint-disable-line @typescript-eslint/no-dynamic-delete
	}

	if (process.env['NO_COLOR']) {
		// Its colours know this variable only.
		process.env['FORCE_COLOR'] = '0';
	}
}

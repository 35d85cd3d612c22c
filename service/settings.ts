// The configuration in use, and reading it anew.
import {isDeepStrictEqual} from 'node:util';
import {loadConfig, type Config, type Scope} from '../src/config.js';
import {log} from './log.js';

export class Settings {
	config: Config;

	readonly #scope: Scope;
	readonly #file: string | undefined;

	/** For `loadSettings` alone. */
	constructor(scope: Scope, file: string | undefined, config: Config) {
		this.#scope = scope;
		this.#file = file;
		this.config = config;
	}

	/** Reads the configuration anew. Throws as `loadConfig`, and keeps the one in use, when it has a mistake. */
	async reload(): Promise<void> {
		const fresh = await loadConfig(this.#scope, this.#file);
		for (const part of ['storage', 'http'] as const) {
			if (!isDeepStrictEqual(fresh[part], this.config[part])) {
				log('warning', `the configuration of ${part} has changed: restart nexusd for it to take effect`);
			}
		}

		// What cannot change while it runs stays as it is, also for the next comparison.
		this.config = {...this.config, daemon: fresh.daemon};
		log('notice', 'the configuration was read anew');
	}
}

/** Reads the configuration. Throws as `loadConfig`. */
export const loadSettings = async (scope: Scope, file: string | undefined): Promise<Settings> =>
	new Settings(scope, file, await loadConfig(scope, file));

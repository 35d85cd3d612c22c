// tmux in control mode: commands go in as lines, their replies come out as blocks, and between the blocks stands what has
// happened meanwhile (see CONTROL MODE in tmux(1)).
import type {Writable} from 'node:stream';
import {execa} from 'execa';

type Waiter<Value> = {resolve: (value: Value) => void; reject: (error: Error) => void};

type Request = {wanted: number; replies: string[]} & Waiter<string[]>;

type Options = {
	/** All of tmux's environment. */
	env: Record<string, string>;
	cwd: string;
};

// As much of execa's type as is used.
type Client = PromiseLike<{stderr: string; originalMessage?: string | undefined}> & {stdin: Writable; iterable: () => AsyncIterable<string>};

/** A connection to a tmux server of its own. */
export class Tmux {
	/** How often something has happened, such as output of a program. */
	changes = 0;
	/** Resolves when the connection is gone. */
	readonly closed: Promise<void>;

	readonly #client: Client;
	readonly #requests: Request[] = [];
	readonly #watchers = new Set<Waiter<void>>();
	#block: {mark: string; lines: string[]} | undefined;
	#lastError = '';
	#end: Error | undefined;

	/** Starts the server with commands, of which one attaches. */
	constructor(socket: string, commands: string[][], options: Options) {
		const args = commands.flatMap((command, index) => [...(index > 0 ? [';'] : []), ...command.map(word => argument(word))]);
		this.#client = execa('tmux', ['-C', '-u', '-S', socket, '-f', '/dev/null', ...args], {
			...options, extendEnv: false, reject: false, buffer: {stdout: false}, forceKillAfterDelay: 1000,
		});
		this.closed = this.#read();
	}

	/** Runs commands in one go, so that nothing happens between them. Resolves with a reply for each. */
	async ask(...commands: string[]): Promise<string[]> {
		// To tmux an empty line is a farewell.
		if (commands.length === 0) {
			return [];
		}

		return new Promise((resolve, reject) => {
			if (this.#end) {
				reject(this.#end);
				return;
			}

			this.#requests.push({
				wanted: commands.length, replies: [], resolve, reject,
			});
			this.#client.stdin.write(`${commands.join(' ; ')}\n`);
		});
	}

	/** Resolves when more has happened than that. */
	async changeAfter(changes: number): Promise<void> {
		return new Promise((resolve, reject) => {
			if (this.#end) {
				reject(this.#end);
			} else if (this.changes > changes) {
				resolve();
			} else {
				this.#watchers.add({resolve, reject});
			}
		});
	}

	async #read(): Promise<void> {
		for await (const line of this.#client.iterable()) {
			this.#receive(line);
		}

		const {stderr, originalMessage = ''} = await this.#client;
		this.#end = new Error(['tmux has ended', this.#lastError, stderr, originalMessage].filter(Boolean).join(': '));
		for (const {reject} of [...this.#requests, ...this.#watchers]) {
			reject(this.#end);
		}
	}

	#receive(line: string): void {
		if (!this.#block) {
			const mark = /^%begin (.*)$/.exec(line)?.[1];
			if (mark === undefined) {
				this.#notice();
			} else {
				this.#block = {mark, lines: []};
			}

			return;
		}

		const {mark, lines} = this.#block;
		const isError = line === `%error ${mark}`;
		if (isError || line === `%end ${mark}`) {
			this.#block = undefined;
			// The last of the flags tells whether the command came in as a line.
			this.#answer(lines.join('\n'), isError, mark.endsWith(' 1'));
		} else {
			lines.push(line);
		}
	}

	#notice(): void {
		this.changes++;
		for (const {resolve} of this.#watchers) {
			resolve();
		}

		this.#watchers.clear();
	}

	#answer(text: string, isError: boolean, isAsked: boolean): void {
		if (!isAsked) {
			this.#lastError = isError ? text : this.#lastError;
			return;
		}

		const request = this.#requests[0]!;
		request.replies.push(text);
		if (isError) {
			// The rest of the request is not run.
			this.#requests.shift();
			request.reject(new Error(`tmux: ${text}`));
		} else if (request.replies.length === request.wanted) {
			this.#requests.shift();
			request.resolve(request.replies);
		}
	}
}

/** A word as it must stand in a command that is a line. */
export const quote = (word: string): string => `'${word.replaceAll('\'', String.raw`'\''`)}'`;

// A semicolon at the end of an argument would end the command.
const argument = (word: string): string => word.replace(/;$/, String.raw`\;`);

// Asks polkit, over the connection that nexusd has anyway.
// https://www.freedesktop.org/software/polkit/docs/latest/eggdbus-interface-org.freedesktop.PolicyKit1.Authority.html
import {Variant} from 'dbus-next';
import type {Bus} from '../dbus/bus.js';
import {isBusError} from '../dbus/client.js';
import {busErrors} from '../dbus/errors.js';
import {messageOf} from '../src/errors.js';
import type {Caller, Details} from './caller.js';
import {Quota} from './quota.js';
import {Turns} from './turns.js';

/** `ask`: a person would have to authenticate, and nobody did or could be asked. */
export type Answer = {verdict: 'yes' | 'no' | 'ask'} | {verdict: 'unknown'; reason: string};

const allowUserInteraction = 1;
const none = 0;
const mostPrompts = 4;
const mostQuestions = 16;
const mostQuestionsWaiting = 1024;

export class Polkit {
	readonly #bus: Bus;
	readonly #prompts = new Quota(mostPrompts);
	readonly #questions = new Turns({places: mostQuestions, mostWaiting: mostQuestionsWaiting});
	#lastCheck = 0;

	constructor(bus: Bus) {
		this.#bus = bus;
	}

	/** Whether polkit lets a caller do something. It may take as long as a person takes to type a password. */
	async check(caller: Caller, action: string, details: Details): Promise<Answer> {
		// The bus lets a connection wait for 128 answers only. Those that take a person may never come; for the others each
		// user waits in a line of their own.
		const {uid} = await caller.credentials();
		const release = caller.mayPrompt ? this.#prompts.take(uid) : await this.#questions.take(String(uid), 1);
		if (!release) {
			return {verdict: 'unknown', reason: caller.mayPrompt ? `it is asking you ${mostPrompts} things already` : 'too many questions wait for it'};
		}

		try {
			return await this.#check(caller, action, details);
		} finally {
			release();
		}
	}

	async #check(caller: Caller, action: string, details: Details): Promise<Answer> {
		this.#lastCheck++;
		const id = `nexus-${this.#lastCheck}`;
		// Nobody shall authenticate for somebody who has left.
		const cancel = (): void => {
			void this.#cancel(id);
		};

		caller.gone.addEventListener('abort', cancel);
		try {
			const question = [subjectOf(caller), action, details, caller.mayPrompt ? allowUserInteraction : none, id];
			const answer = await this.#ask(question);
			return caller.gone.aborted ? {verdict: 'no'} : answer;
		} catch (error) {
			return {verdict: 'unknown', reason: messageOf(error)};
		} finally {
			caller.gone.removeEventListener('abort', cancel);
		}
	}

	async #ask(question: unknown[], isAgain = false): Promise<Answer> {
		try {
			const [[isAuthorized, isChallenge]] = await this.#call('CheckAuthorization', '(sa{sv})sa{ss}us', question) as [[boolean, boolean, Details]];
			return {verdict: isAuthorized ? 'yes' : (isChallenge ? 'ask' : 'no')};
		} catch (error) {
			// It was replaced while it thought: the bus starts it anew.
			if (!isAgain && isBusError(error, busErrors.noReply)) {
				return this.#ask(question, true);
			}

			throw error;
		}
	}

	async #cancel(id: string): Promise<void> {
		// It may have answered meanwhile.
		await this.#call('CancelCheckAuthorization', 's', [id]).catch(() => undefined);
	}

	async #call(member: string, signature: string, body: unknown[]): Promise<unknown[]> {
		return this.#bus.call({
			destination: 'org.freedesktop.PolicyKit1',
			path: '/org/freedesktop/PolicyKit1/Authority',
			interface: 'org.freedesktop.PolicyKit1.Authority',
			member,
			signature,
			body,
		});
	}
}

const subjectOf = ({subject: {kind, details}}: Caller): unknown =>
	[kind, Object.fromEntries(Object.entries(details).map(([name, [signature, value]]) => [name, new Variant(signature, value)]))];

// What is to be known of jobs beyond what they are: how fast they are, and how those ended that were begun here.
import type {ObjectPath} from '../../dbus/contract.js';
import type {Mirror} from '../mirror/mirror.js';
import type {EndedJob, Job} from '../mirror/records.js';
import {printable, quoted} from '../output/printable.js';
import {Pacer, type Pace} from '../progress/pace.js';
import type {Notice} from './view.js';

export class JobNews {
	readonly #pacers = new Map<ObjectPath, Pacer>();
	/** The jobs that were begun here. */
	readonly #expected = new Set<ObjectPath>();

	/** Says how a job ended, when it has. */
	expect(job: ObjectPath): void {
		this.#expected.add(job);
	}

	/** How fast a job is, where that can be told. */
	paceOf(job: ObjectPath): Pace | undefined {
		return this.#pacers.get(job)?.at(performance.now());
	}

	/** Takes note of how jobs are now. Returns how those ended that were expected to. */
	note(mirror: Mirror): Notice | undefined {
		this.#notePaces(mirror.all('job'));
		const news = mirror.ended.filter(({path}) => this.#expected.delete(path)).map(job => newsOf(job));
		// What went wrong is read first.
		const [first, ...others] = [...news.filter(({kind}) => kind === 'error'), ...news.filter(({kind}) => kind !== 'error')];
		return first && {...first, text: [first, ...others].map(({text}) => text).join('; ')};
	}

	#notePaces(jobs: ReadonlyMap<ObjectPath, Job>): void {
		for (const [object, job] of jobs) {
			const pacer = this.#pacers.get(object) ?? new Pacer();
			pacer.note(performance.now(), job);
			this.#pacers.set(object, pacer);
		}

		for (const object of this.#pacers.keys()) {
			if (!jobs.has(object)) {
				this.#pacers.delete(object);
			}
		}
	}
}

function newsOf({state, name, message}: EndedJob): Notice {
	switch (state) {
		case 'done': {
			return {kind: 'done', text: `Imported image ${quoted(name)}`};
		}

		case 'canceled': {
			return {kind: 'done', text: `The import of ${quoted(name)} was canceled, and nothing is left of it`};
		}

		default: {
			return {kind: 'error', text: `the import of ${quoted(name)} ${state === 'lost' ? 'was lost' : 'failed'}: ${printable(message)}`};
		}
	}
}

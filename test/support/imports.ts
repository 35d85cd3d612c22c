// An import that a test follows and interferes with.
import type {NexusClient} from '../../dbus/client.js';
import type {JobEnd} from './nexus.js';

export type JobChange = {state: string; progress: number; message: string};

export type WatchedImport = {
	/** The job's object. */
	job: string;
	/** What its `PropertiesChanged` said so far. */
	changes: JobChange[];
	/** Whether it has ended. */
	isOver: () => boolean;
	/** Resolves once mke2fs has written a part of it; rejects when the job ends without. */
	halfway: Promise<void>;
	ended: Promise<JobEnd>;
};

/** Starts an import and returns when it runs. */
export async function watchImport(client: NexusClient, name: string, source: string, options: {size?: number} = {}): Promise<WatchedImport> {
	const changesOf = new Map<string, JobChange[]>();
	const ends = new Map<string, JobEnd>();
	let job: string | undefined;
	const ended = defer<JobEnd>();
	const halfway = defer();

	const look = (): void => {
		if (job === undefined) {
			return;
		}

		if (changesOf.get(job)?.some(({progress}) => progress > 0 && progress < 1)) {
			halfway.resolve();
		}

		const end = ends.get(job);
		if (end) {
			halfway.reject(new Error(`the import ended as ${end.result}: ${end.message}`));
			ended.resolve(end);
		}
	};

	const onChange = (...[path, interfaceName, changed]: [string, string, Parameters<NexusClient['changes']>[2], string[]]): void => {
		const {state, progress, message} = client.changes('Job', interfaceName, changed);
		if (state !== undefined && progress !== undefined && message !== undefined) {
			changesOf.set(path, [...changesOf.get(path) ?? [], {state, progress, message}]);
			look();
		}
	};

	const onEnd = (...values: [root: string, id: number, path: string, result: string, object: string]): void => {
		const [path, result, object] = values.slice(2) as [string, string, string];
		ends.set(path, {result, object, message: changesOf.get(path)?.at(-1)?.message ?? ''});
		look();
	};

	const stop = (): void => {
		client.off('Properties.PropertiesChanged', onChange);
		client.off('Manager.JobRemoved', onEnd);
	};

	// Several are followed at once.
	client.setMaxListeners(100);
	client.on('Properties.PropertiesChanged', onChange);
	client.on('Manager.JobRemoved', onEnd);
	try {
		job = await client.manager.importImage(name, source, options);
	} catch (error) {
		stop();
		throw error;
	}

	// Signals may have come before the reply.
	changesOf.set(job, changesOf.get(job) ?? []);
	look();
	const started = job;
	return {
		job: started,
		get changes() {
			return changesOf.get(started)!;
		},
		isOver: () => ends.has(started),
		halfway: halfway.promise,
		ended: ended.promise.finally(stop),
	};
}

function defer<T = void>(): {promise: Promise<T>; resolve: (value: T) => void; reject: (error: Error) => void} {
	let settle!: {resolve: (value: T) => void; reject: (error: Error) => void};
	const promise = new Promise<T>((resolve, reject) => {
		settle = {resolve, reject};
	});
	// Nobody need ask for it.
	promise.catch(() => undefined);
	return {promise, ...settle};
}

// An import that a test follows and interferes with.
import process from 'node:process';
import type {NexusClient} from '../../dbus/client.js';
import type {JobEnd, TestNexus} from './nexus.js';
import {childrenOf, stopProcess} from './processes.js';

export type JobChange = {state: string; progress: number; size: number; message: string};

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

	const changesFor = (path: string): JobChange[] => {
		const changes = changesOf.get(path) ?? [];
		changesOf.set(path, changes);
		return changes;
	};

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
		const {state, progress, size, message} = client.changes('Job', interfaceName, changed);
		if (state !== undefined && progress !== undefined && size !== undefined && message !== undefined) {
			changesFor(path).push({
				state, progress, size, message,
			});
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
	const changes = changesFor(job);
	look();
	const started = job;
	return {
		job: started,
		changes,
		isOver: () => ends.has(started),
		halfway: halfway.promise,
		ended: ended.promise.finally(stop),
	};
}

export type HaltedImport = WatchedImport & {
	/** The process id of mke2fs. */
	mke2fs: number;
	/** Lets mke2fs go on. */
	goOn: () => void;
};

/** Starts an import and stops its mke2fs in the midst of writing. The source must be large enough for that to be seen. */
export async function haltImport({client, daemon, cleanup}: TestNexus, name: string, source: string): Promise<HaltedImport> {
	for (let attempts = 5; attempts > 0; attempts--) {
		/* eslint-disable no-await-in-loop -- a machine may be so quick, or this process so slow, that it is over before we act */
		const watched = await watchImport(client, name, source);
		const isHalfway = await watched.halfway.then(() => true).catch(() => false);
		const mke2fs = isHalfway && (await childrenOf(daemon.pid)).find(child => child.name === 'mke2fs');
		if (mke2fs && await stopProcess(mke2fs.pid)) {
			const goOn = (): void => {
				if (watched.isOver()) {
					return;
				}

				try {
					process.kill(mke2fs.pid, 'SIGCONT');
				} catch {
					// A cancel has ended it.
				}
			};

			// A daemon waits for its jobs before it ends.
			cleanup(goOn);
			return {...watched, mke2fs: mke2fs.pid, goOn};
		}

		const {result, message} = await watched.ended;
		if (result !== 'done') {
			throw new Error(`the import ended as ${result}: ${message}`);
		}

		await client.manager.deleteImage(name);
		/* eslint-enable no-await-in-loop */
	}

	throw new Error(`the import of ${source} is always over before it can be stopped: it needs more content`);
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

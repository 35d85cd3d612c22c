// Crashes: the daemon is killed under load, and what the next one finds is held against what was acknowledged.
import {readdirSync, readFileSync} from 'node:fs';
import process from 'node:process';
import {setTimeout} from 'node:timers/promises';
import {spawnDaemon, startDaemon, type DaemonOptions} from '../daemon.js';
import {startNexusFor} from '../nexus.js';
import {
	count, countInFlight, drawMoment, possibleOf, prepare, telling, type CampaignOptions, type Figures, type Moment,
} from './campaign.js';
import {randomFrom, type Random} from './random.js';

type Plan = Moment & {
	/** Whether what the daemon had started dies with it, or goes on for a moment. */
	withChildren: boolean;
	/** Milliseconds after which the next daemon, which recovers then, is killed too. */
	again: number | undefined;
};

const plan = (random: Random): Plan => ({
	...drawMoment(random),
	withChildren: random.oneIn(2),
	again: random.oneIn(4) ? random.below(500) : undefined,
});

const roundsBetweenStops = 10;

/** Kills a daemon so many times. Throws when anything is wrong after one of them. */
export async function killCampaign({seed, count: kills, cleanup, log}: CampaignOptions): Promise<Figures> {
	const nexus = await startNexusFor(cleanup);
	const {client, folder, bus, workspaces, database} = nexus;
	const options: DaemonOptions = {
		bus, folder, workspaces, database, cleanup,
	};
	const scene = {client, workspaces, database};
	const {lanes, load, checker, figures} = await prepare(nexus);
	const orphans = new Set<number>();
	// They have files of the pool open.
	cleanup(async () => waitForEnd(orphans));
	let {daemon} = nexus;

	const kill = (withChildren: boolean): void => {
		// First, or they would be somebody else's.
		const children = childrenOf(daemon.pid);
		daemon.kill('SIGKILL');
		for (const child of children) {
			if (withChildren) {
				killProcess(child);
			} else {
				orphans.add(child);
			}
		}

		count(figures, 'kills');
		count(figures, withChildren ? 'children killed too' : 'children left running', children.length);
	};

	// The daemon that stays up is the last of them.
	const restart = async (again: number | undefined): Promise<void> => {
		await daemon.exit;
		if (again !== undefined) {
			daemon = await spawnDaemon(options);
			await setTimeout(again);
			count(figures, daemon.log().includes('serves org') ? 'kills just after a start' : 'kills during a start');
			kill(false);
			await daemon.exit;
		}

		daemon = await startDaemon(options);
		count(figures, 'things finished or removed at starts', daemon.log().match(/recovered|removed what/g)?.length ?? 0);
	};

	const round = async (number: number, {lanes: working, answers, milliseconds, withChildren, again}: Plan, random: Random): Promise<void> => {
		await load.run({random, lanes: working}, async answered => {
			await answered(answers);
			if (milliseconds > 0) {
				await setTimeout(milliseconds);
			}

			kill(withChildren);
		});
		await restart(kills > figures['kills']! ? again : undefined);
		const possible = possibleOf(lanes);
		const isLast = figures['kills']! >= kills;
		const {worlds, lists} = await checker.check(scene, possible, isLast ? 'everything' : 'changes');
		countInFlight(figures, possible, worlds);
		for (const lane of lanes) {
			lane.settle(worlds.get(lane.name)!);
		}

		if (isLast || number % roundsBetweenStops === 0) {
			await daemon.stop();
			await checker.checkStopped(scene, lists);
			daemon = await startDaemon(options);
			count(figures, 'checks after a stop');
		}
	};

	const said = (): string => `the daemon said:\n${daemon.log()}`;
	const random = randomFrom(`${seed}/kills`);
	for (let number = 1; (figures['kills'] ?? 0) < kills; number++) {
		const ours = random.fork(number);
		const planned = plan(ours);
		// eslint-disable-next-line no-await-in-loop
		await telling(`round ${number} of kills with seed ${seed}, ${JSON.stringify(planned)}`, said, async () => round(number, planned, ours));
		log?.(`round ${number}: ${figures['kills']!} kills`);
	}

	return {...figures, ...load.figures()};
}

// At once: the daemon goes on meanwhile.
function childrenOf(pid: number): number[] {
	try {
		return readdirSync(`/proc/${pid}/task`).flatMap(thread => readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8').split(' ').filter(Boolean).map(Number));
	} catch {
		// A thread has ended, or the daemon has.
		return [];
	}
}

function killProcess(pid: number): void {
	try {
		process.kill(pid, 'SIGKILL');
	} catch {
		// It has ended.
	}
}

async function waitForEnd(pids: ReadonlySet<number>): Promise<void> {
	const isRunning = (pid: number): boolean => {
		try {
			return !/^State:\sZ/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
		} catch {
			return false;
		}
	};

	while ([...pids].some(pid => isRunning(pid))) {
		// Nobody tells of the end of a process that is not one's own child.
		// eslint-disable-next-line no-await-in-loop
		await setTimeout(20);
	}
}

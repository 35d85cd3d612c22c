// Power loss: pool and database lie on one filesystem in a file, and that file on another filesystem that can copy it in an
// instant. Such a copy, made under load, is what a power cut would leave: what was not synced is not in it. A daemon is started
// on the copy, and what it finds is held against what was acknowledged when the copy was made.
import {constants, copyFileSync} from 'node:fs';
import {mkdir, rm} from 'node:fs/promises';
import path from 'node:path';
import process from 'node:process';
import {setTimeout} from 'node:timers/promises';
import {execa} from 'execa';
import {startBus} from '../bus.js';
import {spawnDaemon, startDaemon, type DaemonOptions} from '../daemon.js';
import {mountTmpfs} from '../filesystems.js';
import {temporaryFolder} from '../folder.js';
import {unmountLazily} from '../mounts.js';
import {connectClient} from '../nexus.js';
import {mountBtrfs} from '../pool.js';
import {
	count, countInFlight, drawMoment, possibleOf, prepare, telling, type CampaignOptions, type Figures, type Moment,
} from './campaign.js';
import {randomFrom, type Random} from './random.js';

type Plan = Moment & {
	/** Milliseconds after which the power fails once more, while the daemon recovers. */
	again: number | undefined;
};

const plan = (random: Random): Plan => ({
	...drawMoment(random),
	again: random.oneIn(4) ? random.below(500) : undefined,
});

/** Cuts the power so many times. Throws when anything is wrong after one of them. */
export async function cutCampaign({seed, count: cuts, cleanup, log}: CampaignOptions): Promise<Figures> {
	const folder = await temporaryFolder(cleanup);
	const outer = await mountBtrfs(await mountTmpfs(folder, cleanup), cleanup, 16 * 1024 * 1024 * 1024);
	const pool = await mountBtrfs(outer, cleanup);
	const file = path.join(outer, 'pool.img');
	const [workspaces, database] = [path.join(pool, 'workspaces'), path.join(pool, 'nexus.db')];
	const bus = await startBus('system', folder, cleanup);
	const daemon = await startDaemon({
		bus, folder, workspaces, database, cleanup,
	});
	const client = await connectClient(bus, cleanup);
	const {lanes, load, checker, figures} = await prepare({
		client, connect: async () => connectClient(bus, cleanup), folder, workspaces,
	});

	const afterwards = path.join(outer, 'afterwards');
	const place = path.join(folder, 'afterwards');
	await Promise.all([mkdir(afterwards), mkdir(place)]);
	const otherBus = await startBus('system', place, cleanup);
	const otherClient = await connectClient(otherBus, cleanup);
	// The records hold whole paths: this daemon sees the copy where the original is.
	const onCopy: DaemonOptions = {
		bus: otherBus,
		folder: place,
		workspaces,
		database,
		cleanup,
		command: ['unshare', '--mount', '--propagation', 'private', 'sh', '-c', 'mount --bind "$0" "$1" && shift && exec "$@"', afterwards, pool, process.execPath, 'dist/nexusd.js'],
	};
	const scene = {client: otherClient, workspaces: path.join(afterwards, 'workspaces'), database: path.join(afterwards, 'nexus.db')};
	let said = '';
	const logs = (): string => `the daemon said after the cut:\n${said}`;

	const cut = (from: string, to: string): void => {
		copyFileSync(from, to, constants.COPYFILE_FICLONE_FORCE);
		count(figures, 'cuts');
	};

	// Runs while a copy is mounted, and unmounts and removes it.
	const whilePowered = async <T>(copy: string, work: () => Promise<T>): Promise<T> => {
		await execa('mount', ['-o', 'loop', copy, afterwards]);
		try {
			return await work();
		} finally {
			await unmountLazily(afterwards);
			await rm(copy);
		}
	};

	// Returns the copy that is left when the power fails during recovery.
	const failAgain = async (copy: string, milliseconds: number): Promise<string> => {
		const next = `${copy}.again`;
		await whilePowered(copy, async () => {
			const recovering = await spawnDaemon(onCopy);
			if (milliseconds > 0) {
				await setTimeout(milliseconds);
			}

			count(figures, recovering.log().includes('serves org') ? 'cuts just after a start' : 'cuts during a start');
			cut(copy, next);
			recovering.kill('SIGKILL');
			await recovering.exit;
		});
		return next;
	};

	const round = async ({lanes: working, answers, milliseconds, again}: Plan, random: Random): Promise<void> => {
		const copy = path.join(outer, 'copy.img');
		const possible = await load.run({random, lanes: working}, async answered => {
			await answered(answers);
			await setTimeout(milliseconds);
			cut(file, copy);
			return possibleOf(lanes);
		});
		const last = again !== undefined && figures['cuts']! < cuts ? await failAgain(copy, again) : copy;
		await whilePowered(last, async () => {
			const recovered = await startDaemon(onCopy);
			try {
				count(figures, 'things finished or removed at starts', recovered.log().match(/recovered|removed what/g)?.length ?? 0);
				const {worlds, lists} = await checker.check(scene, possible, 'changes');
				countInFlight(figures, possible, worlds);
				await recovered.stop();
				await checker.checkStopped(scene, lists);
			} finally {
				await recovered.stop();
				said = recovered.log();
			}
		});
	};

	const random = randomFrom(`${seed}/cuts`);
	for (let number = 1; (figures['cuts'] ?? 0) < cuts; number++) {
		const ours = random.fork(number);
		const planned = plan(ours);
		// eslint-disable-next-line no-await-in-loop
		await telling(`round ${number} of cuts with seed ${seed}, ${JSON.stringify(planned)}`, logs, async () => round(planned, ours));
		log?.(`round ${number}: ${figures['cuts']!} cuts`);
	}

	// The one whose power never failed.
	const {lists} = await checker.check({client, workspaces, database}, possibleOf(lanes), 'everything');
	await daemon.stop();
	await checker.checkStopped({workspaces, database}, lists);
	return {...figures, ...load.figures()};
}

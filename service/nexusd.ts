#!/usr/bin/env node
// nexusd: reads its configuration, opens Nexus, serves it, and ends in good order.
import process from 'node:process';
import {connectBus, type BusKind} from '../dbus/bus.js';
import {messageOf} from '../src/errors.js';
import {openNexus} from '../src/nexus.js';
import {loadSqlite} from '../src/store/load-sqlite.js';
import {startDaemon} from './daemon.js';
import {log} from './log.js';
import {DaemonUsageError, parseDaemonOptions} from './options.js';
import {loadSettings} from './settings.js';

process.exit(await main());

async function main(): Promise<number> {
	try {
		const request = parseDaemonOptions();
		if ('print' in request) {
			process.stdout.write(`${request.print}\n`);
			return 0;
		}

		return await run(request.user ? 'session' : 'system', request.config);
	} catch (error) {
		if (error instanceof DaemonUsageError) {
			process.stderr.write(`nexusd: ${error.message}: see nexusd --help\n`);
			return 2;
		}

		log('error', messageOf(error));
		return 1;
	}
}

async function run(kind: BusKind, configFile: string | undefined): Promise<number> {
	// What Nexus makes holds root filesystems: nobody else's business.
	process.umask(0o077);
	// Whoever needs it is told if it fails.
	loadSqlite().catch(() => undefined);
	const settings = await loadSettings(kind === 'session' ? 'user' : 'system', configFile);
	const nexus = await openNexus(settings.config, log);
	try {
		const daemon = await startDaemon({
			kind, bus: await connectBus(kind), nexus, settings,
		});
		return await daemon.ended;
	} finally {
		await nexus.close();
	}
}

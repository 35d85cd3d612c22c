#!/usr/bin/env node
// nexusd: opens Nexus, puts it on the bus, and ends it in good order.
import process from 'node:process';
import meow from 'meow';
import {connectBus, type Bus, type BusKind} from '../dbus/bus.js';
import {isBusError} from '../dbus/client.js';
import {busErrors} from '../dbus/errors.js';
import {busName} from '../dbus/paths.js';
import packageJson from '../package.json' with {type: 'json'};
import {loadConfig} from '../src/config.js';
import {NexusError, messageOf} from '../src/errors.js';
import {openNexus, type Nexus} from '../src/nexus.js';
import {authorityFor} from './authority.js';
import {Callers} from './bus/callers.js';
import {serveCalls} from './bus/dispatch.js';
import {Objects} from './bus/objects.js';
import {emitSignals} from './bus/signals.js';
import {log} from './log.js';

const {input, flags} = meow(`
	Usage
	  $ nexusd [--user] [--config FILE]

	Keeps images and workspaces, and serves them as ${busName} on the system bus.

	Options
	  --user         serve the session bus, with the user's own folders
	  --config FILE  read FILE instead of /etc/nexus/nexus.yaml
	                 (with --user: $XDG_CONFIG_HOME/nexus/nexus.yaml)
	  --version      print the version
	  --help         print this text

	Examples
	  $ nexusd --config /etc/nexus/nexus.yaml
	  $ nexusd --user
`, {
	importMeta: import.meta,
	pkg: packageJson,
	description: false,
	allowUnknownFlags: false,
	flags: {
		user: {type: 'boolean', default: false},
		config: {type: 'string'},
	},
});

if (input.length > 0) {
	process.stderr.write(`nexusd: unexpected argument ${JSON.stringify(input[0])}: see nexusd --help\n`);
	process.exit(2);
}

try {
	await run(flags.user ? 'session' : 'system', flags.config);
} catch (error) {
	log('error', messageOf(error));
	process.exit(1);
}

async function run(kind: BusKind, configFile: string | undefined): Promise<void> {
	// What Nexus makes holds root filesystems: nobody else's business.
	process.umask(0o077);
	const config = await loadConfig(kind === 'session' ? 'user' : 'system', configFile);
	const nexus = await openNexus(config, log);
	try {
		const bus = await connectBus(kind);
		const signalsSent = await serve(nexus, bus, kind);
		const {images, workspaces, vms} = nexus.counts();
		log('notice', `nexusd ${packageJson.version} serves ${busName} on the ${kind} bus: ${images} images, ${workspaces} workspaces, ${vms} VMs in ${nexus.pool.root}`);
		const isBusLost = await stopRequested(nexus, bus);
		await nexus.close();
		await signalsSent();
		await bus.close();
		log('notice', 'nexusd has stopped');
		process.exit(isBusLost ? 1 : 0);
	} catch (error) {
		await nexus.close();
		throw error;
	}
}

async function serve(nexus: Nexus, bus: Bus, kind: BusKind): Promise<() => Promise<void>> {
	const callers = new Callers(bus);
	const objects = new Objects(nexus, callers);
	const signalsSent = emitSignals(nexus, objects, bus, log);
	serveCalls({
		bus, objects, authority: authorityFor(kind, callers), signalsSent, log,
	});
	await callers.watch();
	await ownName(bus, kind);
	return signalsSent;
}

async function ownName(bus: Bus, kind: BusKind): Promise<void> {
	const doNotQueue = 4;
	const primaryOwner = 1;
	let result: unknown;
	try {
		[result] = await bus.callBus('RequestName', 'su', [busName, doNotQueue]);
	} catch (error) {
		throw isBusError(error, busErrors.accessDenied)
			? new NexusError('Unsupported', `the ${kind} bus does not let this user own ${busName}: start nexusd as root, and install dbus/${busName}.conf in /usr/share/dbus-1/system.d`)
			: error;
	}

	if (result !== primaryOwner) {
		throw new NexusError('Conflict', `another nexusd already owns ${busName} on the ${kind} bus`);
	}
}

// Resolves when the daemon is to stop: false by a signal, true because the bus is gone. A second signal cancels the jobs
// that the first one waits for; without a bus nobody could follow them anyway.
async function stopRequested(nexus: Nexus, bus: Bus): Promise<boolean> {
	const cancelJobs = async (): Promise<void> => {
		await Promise.all(nexus.jobs().map(async job => job.cancel()));
	};

	return new Promise(resolve => {
		let isStopping = false;
		const onSignal = (signal: NodeJS.Signals): void => {
			if (isStopping) {
				log('notice', `${signal} again: canceling what still runs`);
				void cancelJobs();
				return;
			}

			isStopping = true;
			log('notice', `${signal}: finishing what runs, then stopping`);
			resolve(false);
		};

		process.on('SIGTERM', onSignal);
		process.on('SIGINT', onSignal);
		void (async () => {
			await bus.ended;
			if (!isStopping) {
				isStopping = true;
				log('error', 'the connection to the bus is lost: stopping');
				await cancelJobs();
				resolve(true);
			}
		})();
	});
}

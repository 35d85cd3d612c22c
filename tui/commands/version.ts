// nexusctl version
import {rootPath} from '../../dbus/paths.js';
import packageJson from '../../package.json' with {type: 'json'};
import {defineCommand, type Invocation, type Single} from '../cli/command.js';
import {printable} from '../output/printable.js';

/** `nexusctl 0.1.0` */
export const versionText = `nexusctl ${packageJson.version}`;

/** `nexusctl version` */
export const version: Single = {
	name: 'version',
	aliases: [],
	command: defineCommand({
		summary: 'Show the versions of nexusctl and nexusd',
		arguments: [],
		flags: {},
		examples: ['version', 'version --json'],
		async run({connect}) {
			const nexusd = await daemonVersion(connect);
			return {
				data: {nexusctl: packageJson.version, nexusd: nexusd ?? null},
				text: () => [versionText, `nexusd ${nexusd === undefined ? '(not reachable)' : printable(nexusd)}`].join('\n'),
			};
		},
	}),
};

// Half of the answer is known without the daemon, whatever it is that keeps it from answering.
async function daemonVersion(connect: Invocation['connect']): Promise<string | undefined> {
	try {
		const client = await connect();
		const {version} = await client.properties('Manager', rootPath);
		return version;
	} catch {
		return undefined;
	}
}

// nexusctl status
import type {ManagerProperties} from '../../dbus/contract.js';
import {rootPath} from '../../dbus/paths.js';
import {defineCommand, type Single} from '../cli/command.js';
import {details} from '../output/details.js';
import {formatSize} from '../output/format.js';
import {printable} from '../output/printable.js';
import type {Terminal} from '../output/terminal.js';

/** `nexusctl status` */
export const status: Single = {
	name: 'status',
	aliases: [],
	command: defineCommand({
		summary: 'Show how nexusd and its pool are',
		arguments: [],
		flags: {},
		examples: ['status', 'status --json'],
		async run({connect}) {
			const client = await connect();
			const manager = await client.properties('Manager', rootPath);
			return {data: manager, text: terminal => describe(manager, terminal)};
		},
	}),
};

const describe = (manager: ManagerProperties, terminal: Terminal): string => [
	details([
		['Version', manager.version],
		['Schema', String(manager.schemaVersion)],
		['Backend', manager.backend],
		['Workspaces root', manager.workspacesRoot],
		['Pool', describePool(manager)],
		['Being freed', manager.removing > 0 ? `${manager.removing} deleted` : undefined],
		['Images', String(manager.images)],
		['Workspaces', String(manager.workspaces)],
		['VMs', String(manager.vms)],
	], terminal),
	...manager.warnings.map(warning => terminal.style.yellow(`Warning: ${printable(warning)}`)),
].join('\n');

function describePool({poolSize, poolFree}: ManagerProperties): string {
	const used = poolSize - poolFree;
	const percent = poolSize > 0 ? Math.round((used / poolSize) * 100) : 0;
	return `${formatSize(used)} used of ${formatSize(poolSize)} (${percent}%)`;
}

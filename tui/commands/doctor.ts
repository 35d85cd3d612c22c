// nexusctl doctor
import type {NexusClient} from '../../dbus/client.js';
import type {FindingRow} from '../../dbus/contract.js';
import {defineCommand, type Invocation, type Single} from '../cli/command.js';
import {UsageError} from '../cli/usage-error.js';
import {confirm, requireAnswerable, yesFlag} from '../confirm.js';
import {printable, quoted} from '../output/printable.js';
import {table, type Column} from '../output/table.js';
import type {Terminal} from '../output/terminal.js';

const flags = {
	adopt: {type: 'string', value: 'NAME', summary: 'Take what lies in the pool under this name into the records'},
	remove: {type: 'string', value: 'NAME', summary: 'Remove what lies in the pool under this name and is not in the records'},
	rebuild: {type: 'boolean', summary: 'Adopt all images and workspaces that the records do not know'},
	yes: yesFlag,
} as const;

type Request = Invocation<readonly never[], typeof flags>;

/** `nexusctl doctor` */
export const doctor: Single = {
	name: 'doctor',
	aliases: [],
	command: defineCommand({
		summary: 'Compare the pool with the records, and repair them',
		details: [
			'What is in the pool and not in the records is never touched unless you say so.',
			'When the database is lost, --rebuild makes its images and workspaces anew from the pool; VMs and what was attached are in the database alone.',
		].join(' '),
		arguments: [],
		flags,
		examples: ['doctor', 'doctor --adopt web-root', 'doctor --remove leftover --yes', 'doctor --rebuild'],
		async run(invocation) {
			const {flags: {adopt, remove, rebuild}} = invocation;
			if ([adopt !== undefined, remove !== undefined, rebuild].filter(Boolean).length > 1) {
				throw new UsageError('give one of --adopt, --remove and --rebuild', invocation.path);
			}

			if (adopt !== undefined) {
				return adoptOne(invocation, adopt);
			}

			if (remove !== undefined) {
				return removeOne(invocation, remove);
			}

			return rebuild ? adoptAll(invocation) : examine(invocation);
		},
	}),
};

async function examine({connect, suggest}: Request) {
	const client = await connect();
	const findings = await client.manager.examine();
	return {data: findings, text: async (terminal: Terminal) => findings.length === 0 ? 'No problems found.' : listed(findings, terminal, suggest)};
}

async function adoptOne({connect}: Request, name: string) {
	const client = await connect();
	const object = await client.manager.adopt(name);
	return {data: {adopted: name, object}, text: () => `Adopted ${quoted(name)}`};
}

async function removeOne(invocation: Request, name: string) {
	requireAnswerable(invocation);
	const client = await invocation.connect();
	const findings = await client.manager.examine();
	const finding = findings.find(({kind, name: found}) => kind === 'unknown' && found === name);
	await confirm(`Remove ${finding?.what ?? 'what lies under'} ${quoted(name)} and all that is in it?`, invocation);
	await client.manager.removeUnknown(name);
	return {data: {removed: name}, text: () => `Removed ${quoted(name)}`};
}

// Images first: workspaces need theirs.
async function adoptAll({connect, suggest}: Request) {
	const client = await connect();
	const findings = await client.manager.examine();
	const unknown = findings.filter(({kind}) => kind === 'unknown');
	const adopted: string[] = [];
	const failed: Array<{name: string; message: string}> = [];
	for (const what of ['image', 'workspace'] as const) {
		for (const {name} of unknown.filter(finding => finding.what === what)) {
			// One after the other: an order that can be read, and a daemon that has time for others.
			// eslint-disable-next-line no-await-in-loop
			const message = await tryToAdopt(client, name);
			if (message === undefined) {
				adopted.push(name);
			} else {
				failed.push({name, message});
			}
		}
	}

	const others = unknown.filter(({what}) => what === 'folder').map(({name}) => name);
	return {
		data: {adopted, failed, unknown: others},
		text: () => [
			`Adopted ${adopted.length} of ${unknown.length}`,
			...failed.map(({name, message}) => `${quoted(name)} could not be adopted: ${printable(message)}`),
			...(failed.length + others.length > 0 ? [`See what is left with: ${suggest('doctor')}`] : []),
		].join('\n'),
	};
}

async function tryToAdopt(client: NexusClient, name: string): Promise<string | undefined> {
	try {
		await client.manager.adopt(name);
		return undefined;
	} catch (error) {
		if (isDenied(error)) {
			throw error;
		}

		return error instanceof Error ? error.message : String(error);
	}
}

const isDenied = (error: unknown): boolean => error instanceof Error && 'type' in error && /AccessDenied|AuthorizationRequired/.test(String(error.type));

const listed = async (findings: FindingRow[], terminal: Terminal, suggest: Request['suggest']): Promise<string> => [
	await table(findings, columns, terminal),
	'',
	...findings.map(({name, message}) => `${quoted(name)}: ${printable(message)}`),
	...(findings.some(({kind}) => kind === 'unknown') ? ['', ...advice(suggest)] : []),
].join('\n');

const advice = (suggest: Request['suggest']): string[] => [
	`Adopt one with: ${suggest('doctor --adopt NAME')}`,
	`Adopt all with: ${suggest('doctor --rebuild')}`,
	`Remove one with: ${suggest('doctor --remove NAME')}`,
];

const columns: ReadonlyArray<Column<FindingRow>> = [
	{header: 'NAME', cell: ({name}) => name, cut: 2},
	{header: 'FINDING', cell: ({kind, what}) => `${kind} ${what}`},
	{header: 'PATH', cell: ({path}) => path, cut: 1},
];

// nexusctl doctor
import type {NexusClient} from '../../dbus/client.js';
import type {FindingRow} from '../../dbus/contract.js';
import {defineCommand, type Invocation, type Single} from '../cli/command.js';
import {UsageError} from '../cli/usage-error.js';
import {confirm, requireAnswerable, yesFlag} from '../confirm.js';
import {InterruptedError} from '../errors.js';
import {printable, quoted} from '../output/printable.js';
import {table, type Column} from '../output/table.js';
import type {Terminal} from '../output/terminal.js';
import {waitFor, type Person, type Watched} from '../person.js';

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

async function examine({connect, person, suggest}: Request) {
	const client = await connect();
	const findings = await findingsOf(client, person);
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
	const findings = await findingsOf(client, invocation.person);
	const finding = findings.find(({kind, name: found}) => kind === 'unknown' && found === name);
	await confirm(`Remove ${finding?.what ?? 'what lies under'} ${quoted(name)} and all that is in it?`, invocation);
	await invocation.person.watch(`Removing ${quoted(name)}`, async watched =>
		waitFor(client.manager.removeUnknown(name), watched, `nexusd goes on removing ${quoted(name)}.`));
	return {data: {removed: name}, text: () => `Removed ${quoted(name)}`};
}

async function adoptAll({connect, person, suggest}: Request) {
	const client = await connect();
	const findings = await findingsOf(client, person);
	const unknown = findings.filter(({kind}) => kind === 'unknown');
	// Images first: workspaces need theirs.
	const labelled = ['image', 'workspace'].flatMap(kind => unknown.filter(({what}) => what === kind));
	const {adopted, failed} = await person.watch('Adopting what the records do not know', async watched => adoptEach(labelled, client, watched));
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

const findingsOf = async ({manager}: NexusClient, {watch}: Person): Promise<FindingRow[]> =>
	watch('Comparing the pool with the records', async watched => waitFor(manager.examine(), watched, 'Comparing canceled.'));

type Adopted = {readonly adopted: readonly string[]; readonly failed: ReadonlyArray<{name: string; message: string}>};

// One after the other: an order that can be read, and a daemon that has time for others.
async function adoptEach(findings: readonly FindingRow[], client: NexusClient, {update, signal}: Watched): Promise<Adopted> {
	const adopted: string[] = [];
	const failed: Array<{name: string; message: string}> = [];
	for (const [index, {name}] of findings.entries()) {
		if (signal.aborted) {
			throw new InterruptedError(`Adopting canceled: ${adopted.length} of ${findings.length} are adopted.`);
		}

		update({progress: index / findings.length, size: 0, message: quoted(name)});
		// eslint-disable-next-line no-await-in-loop
		const message = await tryToAdopt(client, name);
		if (message === undefined) {
			adopted.push(name);
		} else {
			failed.push({name, message});
		}
	}

	return {adopted, failed};
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

// nexusctl pool …
import path from 'node:path';
import {defineCommand, type Group} from '../cli/command.js';
import {confirm, requireAnswerable, yesFlag} from '../confirm.js';
import {InterruptedError} from '../errors.js';
import {formatSize} from '../output/format.js';
import {printable, quoted} from '../output/printable.js';
import type {Person} from '../person.js';
import type {CreatedPool} from '../pool/create-pool.js';
import type {Course} from '../pool/reverting.js';

const create = defineCommand({
	summary: 'Make a btrfs in a file for images and workspaces',
	details: [
		'For a machine whose disk is not btrfs, before it has images. The space is reserved at once; a unit of systemd mounts the pool at every boot.',
		'It takes root and works on the machine itself, not through nexusd.',
	].join(' '),
	arguments: [],
	flags: {
		size: {
			type: 'size', value: 'SIZE', summary: 'The size of the pool, such as 50G', required: true,
		},
		file: {
			type: 'string', value: 'FILE', summary: 'The file to make', default: '/var/lib/nexus/pool.btrfs', names: 'path',
		},
	},
	examples: ['pool create --size 50G', 'pool create --size 200G --file /srv/nexus.btrfs'],
	async run(invocation) {
		const {flags: {size, file}, person, connect, suggest} = invocation;
		// What runs programs is slow to load.
		const {requireAdministrator} = await import('../pool/system.js');
		const {checkPool, createPool} = await import('../pool/create-pool.js');
		requireAdministrator(invocation);
		const client = await connect('system');
		const plan = await checkPool({file: path.resolve(file), size}, client, invocation);
		const pool = await inSteps('Creating the pool', person, async course => createPool(plan, client, course));
		return {data: pool, text: () => [...describe(pool), `Next: ${suggest('image import ./rootfs --name NAME')}`].join('\n')};
	},
});

const remove = defineCommand({
	summary: 'Unmount and delete the pool that pool create made',
	details: 'It must hold no images and no workspaces. It takes root and works on the machine itself, not through nexusd.',
	arguments: [],
	flags: {yes: yesFlag},
	examples: ['pool delete', 'pool delete --yes'],
	async run(invocation) {
		const {requireAdministrator} = await import('../pool/system.js');
		const {deletePool, findPool} = await import('../pool/delete-pool.js');
		requireAdministrator(invocation);
		requireAnswerable(invocation);
		const pool = await findPool(await invocation.connect('system'), invocation);
		await confirm(`Delete the pool in ${quoted(pool.file)}?`, invocation);
		await inSteps('Deleting the pool', invocation.person, async course => deletePool(pool, course));
		return {data: {deleted: pool.file}, text: () => `Deleted the pool in ${quoted(pool.file)}`};
	},
});

/** `nexusctl pool …` */
export const pool: Group = {
	name: 'pool',
	aliases: [],
	summary: 'The pool of the machine',
	verbs: {create, delete: remove},
};

const describe = ({file, size, root, unit, backend}: CreatedPool): string[] => [
	`Created a pool of ${formatSize(size)}`,
	`File: ${printable(file)}`,
	`Mounted on: ${printable(root)} by ${printable(unit)}`,
	...(backend === 'btrfs' ? [] : ['Warning: nexusd keeps to plain folders, because storage.backend in its configuration says so']),
];

const inSteps = async <T>(title: string, {watch, warn}: Person, work: (course: Course) => Promise<T>): Promise<T> => watch(title, async ({update, signal}) => {
	try {
		return await work({
			onStep(progress, message) {
				update({progress, size: 0, message});
			},
			onUndoFailed(error) {
				warn(`could not undo a step: ${error instanceof Error ? error.message : String(error)}`);
			},
			signal,
		});
	} catch (error) {
		throw signal.aborted ? new InterruptedError(`${title} canceled.`, {cause: error}) : error;
	}
});

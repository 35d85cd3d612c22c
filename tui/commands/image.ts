// nexusctl image …
import path from 'node:path';
import type {NexusClient} from '../../dbus/client.js';
import type {ImageRow} from '../../dbus/contract.js';
import {defineCommand, type Group} from '../cli/command.js';
import {confirm, requireAnswerable, yesFlag} from '../confirm.js';
import {InterruptedError, RefusedError} from '../errors.js';
import type {JobEnd} from '../jobs/follow.js';
import {details} from '../output/details.js';
import {
	formatAge, formatExactSize, formatSize, formatTime,
} from '../output/format.js';
import {printable, quoted} from '../output/printable.js';
import {table, type Column} from '../output/table.js';
import type {Terminal} from '../output/terminal.js';
import type {Watched} from '../person.js';
import {readImage, type Image} from '../records.js';

const nameArgument = {name: 'NAME', summary: 'The image: its name or its id', names: 'image'} as const;

const importImage = defineCommand({
	summary: 'Import a folder as a read-only master image',
	details: 'The folder holds a root filesystem; it is copied and must not change meanwhile. Ctrl-C cancels the import and leaves nothing behind.',
	arguments: [{name: 'PATH', summary: 'The folder', names: 'path'}],
	flags: {
		name: {
			type: 'string', value: 'NAME', summary: 'The name of the image', required: true,
		},
		size: {type: 'size', value: 'SIZE', summary: 'The size of its filesystem, such as 2G or 512M; left out, it is made to measure'},
	},
	examples: ['image import ./rootfs --name debian', 'image import /srv/trees/alpine --name alpine --size 2G'],
	hints: {
		AlreadyExists: ({suggest}) => `See the names taken with: ${suggest('image list')}, ${suggest('ws list')}`,
	},
	async run({args: [source], flags: {name, size}, person, connect, suggest}) {
		const client = await connect();
		await client.listen();
		const image = await person.watch(`Importing image ${quoted(name)}`, async watched => {
			const end = await runImport(client, {name, source: path.resolve(source), size}, watched);
			return readImage(client, objectOf(end, name, watched));
		});
		return {
			data: image,
			text: () => [
				`Imported image ${quoted(image.name)}`,
				`Path: ${printable(image.subvolumePath)}`,
				`Next: ${suggest(`ws create --base ${printable(image.name)}`)}`,
			].join('\n'),
		};
	},
});

const list = defineCommand({
	summary: 'List the images',
	arguments: [],
	flags: {},
	examples: ['image list', 'image list --json'],
	async run({connect}) {
		const client = await connect();
		const images = await client.manager.listImages();
		return {data: images, text: async terminal => images.length === 0 ? 'No images found.' : table(images, columns, terminal)};
	},
});

const inspect = defineCommand({
	summary: 'Show all about an image',
	arguments: [nameArgument],
	flags: {},
	examples: ['image inspect debian'],
	async run({args: [name], connect}) {
		const client = await connect();
		const image = await readImage(client, await client.manager.getImage(name));
		return {data: image, text: terminal => describe(image, terminal)};
	},
});

const remove = defineCommand({
	summary: 'Delete an image that no workspace is based on',
	arguments: [nameArgument],
	flags: {yes: yesFlag},
	examples: ['image delete debian', 'image delete debian --yes'],
	hints: {
		Conflict: ({args: [name], suggest}) => `See its workspaces with: ${suggest(`ws list --base ${name}`)}`,
	},
	async run(invocation) {
		requireAnswerable(invocation);
		const client = await invocation.connect();
		const image = await readImage(client, await client.manager.getImage(invocation.args[0]));
		await confirm(`Delete image ${quoted(image.name)}?`, invocation);
		await client.object('Image', image.object).delete();
		return {data: {deleted: image.name}, text: () => `Deleted image ${quoted(image.name)}`};
	},
});

/** `nexusctl image …` */
export const image: Group = {
	name: 'image',
	aliases: ['img'],
	summary: 'Images',
	verbs: {
		import: importImage, list, inspect, delete: remove,
	},
};

const columns: ReadonlyArray<Column<ImageRow>> = [
	{header: 'NAME', cell: ({name}) => name, cut: 2},
	{header: 'PATH', cell: ({subvolumePath}) => subvolumePath, cut: 1},
	{header: 'SIZE', cell: ({size}) => formatSize(size), optional: true},
	{header: 'WORKSPACES', cell: ({workspaces}) => String(workspaces), optional: true},
	{header: 'AGE', cell: ({createdAt}) => formatAge(createdAt), optional: true},
];

const describe = (image: Image, terminal: Terminal): string => details([
	['Name', image.name],
	['ID', image.id],
	['Path', image.subvolumePath],
	['Device', image.devicePath],
	['Size', formatExactSize(image.size)],
	['Allocated', formatExactSize(image.allocated)],
	['Workspaces', String(image.workspaces)],
	['Created', formatTime(image.createdAt)],
], terminal);

type Wish = {readonly name: string; readonly source: string; readonly size: number | undefined};

async function runImport(client: NexusClient, {name, source, size}: Wish, {update, signal}: Watched): Promise<JobEnd> {
	// It needs the bus library, which other commands load later than this file.
	const {Jobs} = await import('../jobs/follow.js');
	const jobs = new Jobs(client);
	try {
		const job = await client.manager.importImage(name, source, size === undefined ? {} : {size});
		return await jobs.follow(job, {onState: update, signal});
	} catch (error) {
		// Whoever broke off while the password was asked for has not been refused.
		throw signal.aborted ? new InterruptedError(`Import of ${quoted(name)} canceled.`, {cause: error}) : error;
	}
}

function objectOf({result, message, object}: JobEnd, name: string, {signal}: Watched): string {
	if (result === 'done') {
		return object;
	}

	if (result === 'canceled' && signal.aborted) {
		throw new InterruptedError(`Import of ${quoted(name)} canceled.`);
	}

	throw new RefusedError(result === 'canceled'
		? `the import of "${name}" was canceled by somebody else`
		: `the import of "${name}" failed: ${message}`);
}

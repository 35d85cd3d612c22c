// What an image or a workspace is, written on its own folder: an extended attribute goes where the folder goes, is in the
// same transaction as the rename that follows it, and tells who a folder is when the records are lost.
import * as z from 'zod';
import {errnoOf} from './errors.js';
import {isWorkspace, type Image, type Workspace} from './model.js';
import {
	callInBackground, loadLibrary, mustCallInBackground, type Native,
} from './native.js';

const attribute = 'user.nexus.record';

const whole = z.int().min(0);
const id = z.uuidv4().lowercase();

const labelSchema = z.discriminatedUnion('kind', [
	z.object({
		kind: z.literal('image'), id, sizeBytes: whole, createdAt: whole,
	}),
	z.object({
		kind: z.literal('workspace'), id, imageId: id, sizeBytes: whole, createdAt: whole, ownerUid: whole,
	}),
]);

/** What cannot be read off the folder itself: its name, and what changes with every boot of a guest. */
export type Label = z.infer<typeof labelSchema>;

export const imageLabel = ({id, sizeBytes, createdAt}: Image): Label => ({
	kind: 'image', id, sizeBytes, createdAt,
});

export const workspaceLabel = ({id, masterImageId, sizeBytes, createdAt, ownerUid}: Workspace): Label => ({
	kind: 'workspace', id, imageId: masterImageId, sizeBytes, createdAt, ownerUid,
});

/** The label of either. */
export const labelOf = (record: Image | Workspace): Label => isWorkspace(record) ? workspaceLabel(record) : imageLabel(record);

const libc = loadLibrary('libc.so.6');
const setAttribute = libc.func('int lsetxattr(const char *path, const char *name, const char *value, size_t size, int flags)') as Native;
const getAttribute = libc.func('long lgetxattr(const char *path, const char *name, void *value, size_t size)') as Native;

/** Labels a folder. Where the filesystem has no attributes nothing happens. Throws NativeError. */
export async function writeLabel(folder: string, label: Label): Promise<void> {
	const text = JSON.stringify(label);
	try {
		await mustCallInBackground(() => `lsetxattr ${folder} failed`, setAttribute, folder, attribute, text, text.length, 0);
	} catch (error) {
		if (errnoOf(error) !== 'ENOTSUP') {
			throw error;
		}
	}
}

/** The label of a folder; `undefined` for one without, or with one that makes no sense. */
export async function readLabel(folder: string): Promise<Label | undefined> {
	const value = new Uint8Array(largestLabel);
	const length = await callInBackground(getAttribute, folder, attribute, value, value.length);
	return length > 0 ? parse(new TextDecoder().decode(value.subarray(0, length))) : undefined;
}

const largestLabel = 4096;

function parse(text: string): Label | undefined {
	try {
		return labelSchema.safeParse(JSON.parse(text)).data;
	} catch {
		return undefined;
	}
}

// What Nexus remembers. Reads are answered at once from memory; a change is on disk before `commit` resolves.
//
// A record that is read is frozen, and the same object each time until the record changes: whoever makes something of a
// record may keep it by the object (a WeakMap).
import type {Image, Vm, Workspace} from '../model.js';

/** One step of a change: put a record in its place, or take it away. */
export type Change =
	| {put: 'image'; record: Image}
	| {put: 'workspace'; record: Workspace}
	| {put: 'vm'; record: Vm}
	| {remove: 'image' | 'workspace' | 'vm'; id: string};

/**
What the records of the last start and end may be ahead of the pool in: all that was changed since the pool was last known
to be on disk. None of it must be wrong; each may be.
*/
export type InDoubt = {
	/** Ids of images and workspaces that were recorded or changed, and not removed after that. */
	readonly put: ReadonlySet<string>;
	/** Images and workspaces that were removed, by id, as they last were. */
	readonly removed: ReadonlyMap<string, Image | Workspace>;
};

export type StateStore = {
	readonly schemaVersion: number;
	/** The schema version that the database had when it was opened, where that was an older one. */
	readonly migratedFrom: number | undefined;
	/** As found when the database was opened; it does not change. */
	readonly inDoubt: InDoubt;
	/** What was damaged or missing when the database was opened, and what was done about it: a sentence each. */
	readonly mishaps: readonly string[];

	/** All images by name. */
	images(): Image[];
	/** An image by its id or else its name. */
	image(idOrName: string): Image | undefined;
	/** How many workspaces are based on each image, by the image's id; an image with none is left out. */
	workspaceCounts(): Map<string, number>;
	/** How many workspaces are based on an image. */
	workspaceCount(imageId: string): number;

	/** Workspaces by name: all, those of an image, or those of a VM. */
	workspaces(of?: {imageId: string} | {vmId: string}): Workspace[];
	/** Up to `limit` workspaces by name, from the one after a name: all, or those of an image. */
	workspacesAfter(name: string, limit: number, imageId?: string): Workspace[];
	/** A workspace by its id or else its name. */
	workspace(idOrName: string): Workspace | undefined;

	/** What has a name, of images and workspaces, which share their names. */
	holderOf(name: string): 'image' | 'workspace' | undefined;

	/** All VMs by name. */
	vms(): Vm[];
	/** Up to `limit` VMs by name, from the one after a name. */
	vmsAfter(name: string, limit: number): Vm[];
	/** A VM by its id or else its name. */
	vm(idOrName: string): Vm | undefined;
	/** Whether a VM has a name. */
	isVmName(name: string): boolean;
	/** The lowest CID from 3 up that no VM has. */
	freeCid(): number;

	/** How many tables the database has. */
	tableCount(): number;

	/** How many records of each kind there are. */
	counts(): {images: number; workspaces: number; vms: number};

	/**
	Makes all of the changes or none. They can be read at once; the promise resolves when they are on disk. When they
	cannot be written, the store goes back to what is on disk and every commit that waits is rejected. On a full disk only
	commits that make new records are rejected, and what was built on them, as long as there is room in a reserve.

	@throws NexusError Conflict, before anything is changed, for a change that breaks the schema's rules; NoSpace or Io
	when the disk refuses.
	*/
	commit(...changes: Change[]): Promise<void>;

	/**
	Sets what has to come before a checkpoint. Without it checkpoints are made all the same, but what was in doubt stays in
	doubt.

	@param settle Waits until what committed operations still have to do in the pool is done, and then until the pool is on
	disk: what was committed before the call is no longer in doubt when it resolves. When it rejects, there is no checkpoint
	now.
	*/
	onCheckpoint(settle: () => Promise<void>): void;

	/** Waits for what is being written, makes a last checkpoint where there is something new, and lets go of the files. */
	close(): Promise<void>;
};

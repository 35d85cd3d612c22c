// What a way of keeping workspaces can do. Paths are absolute and their parent folders exist.

export type WorkspaceBackend = {
	readonly name: 'btrfs' | 'directory';

	/** Whether a clone occupies next to nothing, so that it can be made ahead of time. */
	readonly isCloneCheap: boolean;

	/** Makes an empty, writable folder that can be cloned. */
	create(folder: string): Promise<void>;

	/** Makes a writable copy of a folder that `create` made. Neither ever sees what is written to the other. */
	clone(source: string, folder: string): Promise<void>;

	/** Makes such a folder and all in it read-only, or writable again. */
	setReadOnly(folder: string, readOnly: boolean): Promise<void>;

	/** Removes such a folder, read-only or not, with all in it. A folder that is not there is no error. */
	remove(folder: string): Promise<void>;

	/** Removes such a folder as `remove` does. Nobody has seen it: it does not count as being removed. */
	discard(folder: string): Promise<void>;

	/** How many removed folders still occupy space. */
	countRemoving(): Promise<number>;

	/** Has the space of what was removed freed soon, where that takes time. */
	reclaim(): Promise<void>;

	/** What an administrator should know about the storage, a sentence each. */
	warnings(): Promise<string[]>;
};

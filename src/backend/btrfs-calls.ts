// The few things that Nexus asks of btrfs, asked by the library in this process. btrfs-program.ts is the other way.
import koffi, {type LibraryHandle} from 'koffi';
import {loadLibrary, mustCallInBackground, type Native} from '../native.js';

export type BtrfsCalls = {
	/** How the calls are made, for the log. */
	readonly by: string;
	createSubvolume(path: string): Promise<void>;
	snapshot(source: string, path: string): Promise<void>;
	setReadOnly(path: string, readOnly: boolean): Promise<void>;
	deleteSubvolume(path: string): Promise<void>;
	sync(path: string): Promise<void>;
	/** The id of a subvolume, which no other one of the filesystem ever gets. */
	idOf(path: string): Promise<number>;
	/** The ids of the deleted subvolumes that the kernel has not freed yet. */
	deletedIds(path: string): Promise<number[]>;
};

/** The calls by libbtrfsutil, each on a thread of libuv's pool; `undefined` where the library is not installed. */
export function libraryCalls(): BtrfsCalls | undefined {
	let library: LibraryHandle;
	try {
		library = loadLibrary('libbtrfsutil.so.1');
	} catch {
		return undefined;
	}

	const strerror = library.func('const char *btrfs_util_strerror(int error)') as (error: number) => string;
	const createSubvolume = library.func('int btrfs_util_create_subvolume(const char *path, int flags, void *unused, void *inherit)') as Native;
	const snapshot = library.func('int btrfs_util_create_snapshot(const char *source, const char *path, int flags, void *unused, void *inherit)') as Native;
	const setReadOnly = library.func('int btrfs_util_set_subvolume_read_only(const char *path, bool readOnly)') as Native;
	const deleteSubvolume = library.func('int btrfs_util_delete_subvolume(const char *path, int flags)') as Native;
	const sync = library.func('int btrfs_util_sync(const char *path)') as Native;
	const deletedSubvolumes = library.func('int btrfs_util_deleted_subvolumes(const char *path, _Out_ void **ids, _Out_ size_t *count)') as Native;
	const subvolumeId = library.func('int btrfs_util_subvolume_id(const char *path, _Out_ uint64_t *id)') as Native;
	const free = loadLibrary('libc.so.6').func('void free(void *pointer)');
	const noPointer = null;

	const call = async (native: Native, ...values: unknown[]): Promise<void> => mustCallInBackground(strerror, native, ...values);

	return {
		by: 'libbtrfsutil',
		createSubvolume: async path => call(createSubvolume, path, 0, noPointer, noPointer),
		snapshot: async (source, path) => call(snapshot, source, path, 0, noPointer, noPointer),
		setReadOnly: async (path, readOnly) => call(setReadOnly, path, readOnly),
		deleteSubvolume: async path => call(deleteSubvolume, path, 0),
		sync: async path => call(sync, path),
		async idOf(path) {
			const id = [0];
			await call(subvolumeId, path, id);
			return Number(id[0]);
		},
		async deletedIds(path) {
			const [list, count] = [[noPointer], [0]];
			await call(deletedSubvolumes, path, list, count);
			// Without any there is no list either.
			const ids = list[0] === noPointer ? [] : koffi.decode(list[0], koffi.array('uint64_t', count[0]!)) as ArrayLike<number | bigint>;
			free(list[0]);
			return Array.from(ids, Number);
		},
	};
}

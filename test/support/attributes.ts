// Extended attributes, for which Debian's base system has no program.
import koffi from 'koffi';
import {loadLibrary} from '../../src/native.js';

const libc = loadLibrary('libc.so.6');
const set = libc.func('int lsetxattr(const char *path, const char *name, const void *value, size_t size, int flags)') as (...values: unknown[]) => number;
const remove = libc.func('int lremovexattr(const char *path, const char *name)') as (...values: unknown[]) => number;

/** Sets an attribute, or removes it when there is no value. */
export function setAttribute(file: string, name: string, value: Uint8Array | undefined): void {
	const failed = value ? set(file, name, value, value.length, 0) : remove(file, name);
	if (failed !== 0) {
		throw new Error(`cannot change ${name} of ${file}: errno ${koffi.errno()}`);
	}
}

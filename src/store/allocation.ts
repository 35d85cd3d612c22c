// Space that a file has on its disk before anything is written to it, by calls that Node has none for.
import {errnoOf} from '../errors.js';
import {
	callInBackground, loadLibrary, mustCallInBackground, type Native,
} from '../native.js';

const libc = loadLibrary('libc.so.6');
const fallocate = libc.func('int fallocate64(int fd, int mode, int64_t offset, int64_t length)') as Native;
const ioctl = libc.func('int ioctl(int fd, unsigned long request, _In_ int *argument)') as Native;

// From linux/falloc.h and linux/fs.h.
const keepSize = 0x01;
const setFlags = 0x40_08_66_02;
const noCopyOnWrite = 0x00_80_00_00;

const missing = new Set(['ENOTSUP', 'ENOSYS']);

/**
Gives a file all the space up to an offset, in bytes; its size stays as it is.

@returns Whether the filesystem can do that at all.
@throws NativeError ENOSPC or EDQUOT when there is not so much; EIO
*/
export async function allocate(fd: number, end: number): Promise<boolean> {
	try {
		await mustCallInBackground(() => 'no space could be allocated', fallocate, fd, keepSize, 0, end);
		return true;
	} catch (error) {
		if (missing.has(errnoOf(error))) {
			return false;
		}

		throw error;
	}
}

/**
Has an empty file written in place. On btrfs a block that is written to again goes to a new place otherwise, and allocated
space does not help. Other filesystems write in place anyway, and do not know the flag.
*/
export async function writeInPlace(fd: number): Promise<void> {
	await callInBackground(ioctl, fd, setFlags, [noCopyOnWrite]);
}

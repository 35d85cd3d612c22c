// Who is at the other end of a socket: what the kernel noted when it connected (SO_PEERCRED and SO_PEERGROUPS, unix(7)).
// Nobody can claim to be somebody else.
import type {Socket} from 'node:net';
import os from 'node:os';
import koffi from 'koffi';
import type {Reader} from '../../src/reader.js';
import {loadLibrary} from '../../src/native.js';

/** A process that connected. */
export type Peer = Reader & {
	/** 0 when it is in a process namespace that is not to be seen from here. */
	pid: number;
};

// From asm-generic/socket.h: the numbers of every architecture that koffi has binaries for.
const levelSocket = 1;
const peerCredentials = 17;
const peerGroups = 59;

// Node has no call for it.
const getsockopt = loadLibrary('libc.so.6').func('int getsockopt(int fd, int level, int name, void *value, _Inout_ uint32_t *length)') as
	(...options: [fd: number, level: number, name: number, value: Uint32Array, length: [number]]) => number;

/** The process at the other end of a connection. Throws when the connection has ended. */
export function peerOf(socket: Socket): Peer {
	const fd = descriptorOf(socket);
	const [pid, uid, gid] = readNumbers(fd, peerCredentials, 3) as [number, number, number];
	// The primary group leads.
	return {pid, uid, groups: [...new Set([gid, ...readNumbers(fd, peerGroups, 64)])]};
}

// Node keeps a connection's descriptor to itself, in a place that has not changed for ten years.
function descriptorOf(socket: Socket): number {
	const {fd = -1} = (socket as unknown as {_handle?: {fd?: number}})._handle ?? {};
	if (fd < 0) {
		throw new Error('the connection has ended');
	}

	return fd;
}

function readNumbers(fd: number, option: number, room: number): number[] {
	const numbers = new Uint32Array(room);
	const length: [number] = [numbers.byteLength];
	if (getsockopt(fd, levelSocket, option, numbers, length) === 0) {
		return [...numbers.subarray(0, length[0] / numbers.BYTES_PER_ELEMENT)];
	}

	const errno = koffi.errno();
	if (errno === os.constants.errno.ERANGE) {
		// The kernel has said how much there is.
		return readNumbers(fd, option, length[0] / numbers.BYTES_PER_ELEMENT);
	}

	throw new Error(`the kernel does not tell who is connected (error ${errno})`);
}

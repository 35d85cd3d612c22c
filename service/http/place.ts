// Where connections come in: a socket that systemd hands over, or one that is made here.
import {once} from 'node:events';
import {
	chmod, lstat, mkdir, rm,
} from 'node:fs/promises';
import {connect, type Server} from 'node:net';
import path from 'node:path';
import koffi from 'koffi';
import {NexusError, asNexusError, errnoOf} from '../../src/errors.js';
import {loadLibrary} from '../../src/native.js';

export type Place =
	/** A listening socket. It stays open when the server closes. */
	| {fd: number}
	/** A socket to be made, and removed when the server closes. 0o666 where rights are checked for each request. */
	| {path: string; mode: 0o600 | 0o666};

/**
Makes a server listen.

@throws NexusError Conflict when another process listens at the path, or something else is there; Io
*/
export async function listenAt(server: Server, place: Place): Promise<void> {
	if ('fd' in place) {
		await listen(server, {fd: duplicate(place.fd)});
		return;
	}

	try {
		await makeFolder(path.dirname(place.path), place.mode);
		await removeStale(place.path);
		await listen(server, {path: place.path});
		await chmod(place.path, place.mode);
	} catch (error) {
		throw asNexusError(error, `cannot listen on ${place.path}`);
	}
}

async function listen(server: Server, options: {fd: number} | {path: string}): Promise<void> {
	server.listen(options);
	await once(server, 'listening');
}

// Whoever may use the socket may walk to it.
async function makeFolder(folder: string, mode: number): Promise<void> {
	if (await mkdir(folder, {recursive: true})) {
		await chmod(folder, mode === 0o666 ? 0o755 : 0o700);
	}
}

// What a process left that was killed.
async function removeStale(file: string): Promise<void> {
	const status = await lstat(file).catch((error: unknown) => {
		if (errnoOf(error) !== 'ENOENT') {
			throw error;
		}
	});
	if (!status) {
		return;
	}

	if (!status.isSocket()) {
		throw new NexusError('Conflict', `${file} is there and is no socket: move it away, or name another in http.socket`);
	}

	if (await isListenedTo(file)) {
		throw new NexusError('Conflict', `another process listens on ${file}: stop it, or name another in http.socket`);
	}

	await rm(file);
}

async function isListenedTo(file: string): Promise<boolean> {
	const socket = connect(file);
	try {
		await once(socket, 'connect');
		return true;
	} catch (error) {
		if (errnoOf(error) === 'ECONNREFUSED') {
			return false;
		}

		throw error;
	} finally {
		socket.destroy();
	}
}

// Node closes what it listens on; the next time needs it again. Children do not get it.
function duplicate(fd: number): number {
	const duplicateCloseOnExec = 1030;
	const copy = fcntl(fd, duplicateCloseOnExec, 'int', 0);
	if (copy < 0) {
		throw new NexusError('Io', `cannot listen on descriptor ${fd} (error ${koffi.errno()})`);
	}

	return copy;
}

const fcntl = loadLibrary('libc.so.6').func('int fcntl(int fd, int command, ...)') as (fd: number, command: number, type: 'int', argument: number) => number;

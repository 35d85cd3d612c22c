// A connection to a bus that sends any message, as any user, and reads its replies only when it is told to.
import {Buffer} from 'node:buffer';
import {once} from 'node:events';
import {connect, type Socket} from 'node:net';
import process from 'node:process';
import {busName, rootPath} from '../../dbus/paths.js';
import {loadLibrary} from '../../src/native.js';
import type {Cleanup} from './cleanup.js';
import {
	marshalMessage, MessageReader, textAt, type WireMessage, type WireReply,
} from './wire.js';

export type RawBus = {
	/** Its unique name. */
	name: string;
	/** Sends a call or a signal, to a name, with a body as it is. */
	send: (type: 'call' | 'signal', destination: string, signature: string, body: Uint8Array) => void;
	/** Sends messages in one go and returns their serials. Their destination is nexusd, unless they say otherwise. */
	put: (...messages: WireMessage[]) => number[];
	/** Sends a call and waits for its reply. */
	ask: (message: WireMessage) => Promise<WireReply>;
	/** Waits for the reply to a call that was put. */
	reply: (serial: number) => Promise<WireReply>;
	/** Reads nothing more. */
	pause: () => void;
	/** Resolves when all that was put has left this process. */
	flushed: () => Promise<void>;
	/** Resolves when the bus has ended the connection. */
	closed: Promise<void>;
	close: () => void;
};

/** Connects to a bus's socket as a user, this process's when left out. */
export async function connectRaw(socketPath: string, cleanup: Cleanup, uid = process.getuid!()): Promise<RawBus> {
	const socket = await connectAs(socketPath, uid);
	const closed = new Promise<void>(resolve => {
		socket.once('close', () => {
			resolve();
		});
	});
	const close = (): void => {
		socket.destroy();
	};

	cleanup(close);
	let lastSerial = 0;
	const put = (...messages: WireMessage[]): number[] => {
		const serials = messages.map(() => {
			lastSerial++;
			return lastSerial;
		});
		socket.write(Buffer.concat(messages.map((message, index) => marshalMessage(serials[index]!, {destination: busName, ...message}))));
		return serials;
	};

	const waiting = new Map<number, (reply: WireReply) => void>();
	const early = new Map<number, WireReply>();
	const reader = new MessageReader();
	socket.on('data', (chunk: Uint8Array) => {
		for (const message of reader.read(chunk).filter(({replySerial}) => replySerial > 0)) {
			const answer = waiting.get(message.replySerial);
			waiting.delete(message.replySerial);
			if (answer) {
				answer(message);
			} else {
				early.set(message.replySerial, message);
			}
		}
	});
	const reply = async (serial: number): Promise<WireReply> => new Promise(resolve => {
		const known = early.get(serial);
		if (known) {
			early.delete(serial);
			resolve(known);
		} else {
			waiting.set(serial, resolve);
		}
	});
	const ask = async (message: WireMessage): Promise<WireReply> => reply(put(message)[0]!);

	const bus = 'org.freedesktop.DBus';
	const {body} = await ask({
		destination: bus, path: '/org/freedesktop/DBus', interface: bus, member: 'Hello',
	});
	return {
		name: textAt(body, 0),
		send(type, destination, signature, body) {
			put({
				type, destination, path: rootPath, interface: `${busName}.Manager`, member: 'ListImages', signature, body, flags: 1,
			});
		},
		put,
		ask,
		reply,
		pause() {
			socket.pause();
		},
		flushed: async () => new Promise(resolve => {
			socket.write('', () => {
				resolve();
			});
		}),
		closed,
		close,
	};
}

// Kernels know threads' users, not processes': glibc sets that of all threads, and Node's others open files meanwhile.
const syscall = loadLibrary('libc.so.6').func('long syscall(long number, int real, int effective, int saved)') as (...args: number[]) => number;
const setresuid = {x64: 117, arm64: 147}[process.arch as string];

function setThreadUid(uid: number): void {
	if (setresuid === undefined || syscall(setresuid, -1, uid, -1) !== 0) {
		throw new Error(`this thread cannot be the user ${uid}'s`);
	}
}

// The kernel notes for the other end who connects, at that moment.
async function connectAs(socketPath: string, uid: number): Promise<Socket> {
	const own = process.geteuid!();
	setThreadUid(uid);
	const socket = connect(socketPath);
	setThreadUid(own);
	await once(socket, 'connect');
	// The bus may end it at any time.
	socket.on('error', () => undefined);
	socket.write(`\0AUTH EXTERNAL ${Buffer.from(String(uid)).toString('hex')}\r\n`);
	const [answer] = await once(socket, 'data') as [Uint8Array];
	if (!Buffer.from(answer).toString().startsWith('OK ')) {
		throw new Error(`the bus does not let the user ${uid} in, who may not exist`);
	}

	socket.write('BEGIN\r\n');
	return socket;
}

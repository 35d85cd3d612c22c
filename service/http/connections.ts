// Who is connected, and how much of the socket anybody may have.
import type {ServerResponse} from 'node:http';
import type {Socket} from 'node:net';
import {messageOf} from '../../src/errors.js';
import type {Log} from '../../src/log.js';
import type {Activity} from '../activity.js';
import type {Caller} from '../caller.js';
import {connections as limits} from './limits.js';
import {peerOf, type Peer} from './peer.js';

export class Connection {
	readonly socket: Socket;
	readonly uid: number;
	readonly caller: Caller;
	/** One too many: what it asks is refused. */
	readonly isSurplus: boolean;

	readonly #unanswered = new Set<ServerResponse>();
	#lastAnswer: Promise<void> = Promise.resolve();

	constructor(socket: Socket, peer: Peer, isSurplus: boolean) {
		this.socket = socket;
		this.uid = peer.uid;
		this.caller = callerOf(socket, peer);
		this.isSurplus = isSurplus;
	}

	/** How many of its requests are not answered yet. */
	get unanswered(): number {
		return this.#unanswered.size;
	}

	/** Whether it waits for the answer to a whole request, or for the rest of one. */
	get isAwaitingAnswer(): boolean {
		return [...this.#unanswered].some(({req, headersSent}) => req.complete || headersSent);
	}

	/**
	Takes a request on. Resolves when it is its turn: what is asked on one connection is done in order (RFC 9112, 9.3.2).

	@param onAnswered Called when the answer has been given.
	*/
	async turn(response: ServerResponse, onAnswered: () => void): Promise<void> {
		const turn = this.#lastAnswer;
		this.#unanswered.add(response);
		this.#lastAnswer = new Promise(resolve => {
			response.once('close', () => {
				this.#unanswered.delete(response);
				onAnswered();
				resolve();
			});
		});
		return turn;
	}
}

export class Connections {
	readonly #activity: Activity;
	readonly #log: Log;
	readonly #open = new Set<Connection>();
	readonly #bySocket = new WeakMap<Socket, Connection>();

	constructor(activity: Activity, log: Log) {
		this.#activity = activity;
		this.#log = log;
	}

	/** Takes a connection in. One too many is told so when it asks for something; with twice as many it is closed at once. */
	open(socket: Socket): void {
		const peer = this.#peerOf(socket);
		const isSurplus = peer !== undefined && this.#isFull(peer, false);
		if (!peer || (isSurplus && this.#isFull(peer, true))) {
			socket.destroy();
			return;
		}

		const connection = new Connection(socket, peer, isSurplus);
		this.#bySocket.set(socket, connection);
		this.#open.add(connection);
		const release = this.#activity.begin();
		socket.once('close', () => {
			this.#open.delete(connection);
			release();
		});
	}

	/** All that are open. */
	all(): Connection[] {
		return [...this.#open];
	}

	/** The connection on a socket, `undefined` when it was not taken in. */
	on(socket: Socket): Connection | undefined {
		return this.#bySocket.get(socket);
	}

	// Those that are served and those that are only told so are counted apart, lest these keep others from being served.
	#isFull({uid}: Peer, isSurplus: boolean): boolean {
		const rivals = this.all().filter(connection => connection.isSurplus === isSurplus);
		const ofUser = rivals.filter(connection => connection.uid === uid).length;
		return uid === root ? rivals.length >= limits.all : rivals.length >= limits.ofOthers || ofUser >= limits.ofUser;
	}

	#peerOf(socket: Socket): Peer | undefined {
		try {
			return peerOf(socket);
		} catch (error) {
			this.#log('error', `a connection is closed: ${messageOf(error)}`);
			return undefined;
		}
	}
}

const root = 0;

function callerOf(socket: Socket, {pid, uid, groups}: Peer): Caller {
	const gone = new AbortController();
	socket.once('close', () => {
		gone.abort();
	});
	return {
		name: `pid ${pid}`,
		// With the start time 0 polkitd looks it up by itself.
		subject: {kind: 'unix-process', details: {pid: ['u', pid], 'start-time': ['t', 0n], uid: ['i', uid]}},
		mayPrompt: false,
		gone: gone.signal,
		credentials: async () => ({uid, groups}),
	};
}

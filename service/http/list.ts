// Long lists: read and written a page at a time, no faster than the client takes them, so that nobody waits for a list of
// somebody else's.
import {Readable} from 'node:stream';
import {setImmediate} from 'node:timers/promises';
import type {FastifyReply} from 'fastify';
import {jsonType} from './errors.js';

const pageSize = 250;

/** Reads up to `limit` items by name: those whose names come after one. */
type ReadPage<Item> = (after: string, limit: number) => Item[];

type ToRows<Item> = (page: readonly Item[]) => unknown[];

/** Answers with the rows of all items. One that is added or removed meanwhile is among them or not. */
export const sendList = <Item extends {name: string}>(reply: FastifyReply, read: ReadPage<Item>, toRows: ToRows<Item>): FastifyReply =>
	reply.type(jsonType).send(Readable.from(jsonOf(read, toRows), {objectMode: false}));

async function * jsonOf<Item extends {name: string}>(read: ReadPage<Item>, toRows: ToRows<Item>): AsyncGenerator<string> {
	let before = '[';
	for await (const page of pagesOf(read)) {
		const rows = toRows(page).map(row => JSON.stringify(row));
		if (rows.length > 0) {
			yield before + rows.join(',');
			before = ',';
		}
	}

	yield before === '[' ? '[]' : ']';
}

async function * pagesOf<Item extends {name: string}>(read: ReadPage<Item>): AsyncGenerator<Item[]> {
	let after: string | undefined = '';
	while (after !== undefined) {
		// One page after the other.
		// eslint-disable-next-line no-await-in-loop
		await myTurn();
		const page = read(after, pageSize);
		yield page;
		after = page.length < pageSize ? undefined : page.at(-1)!.name;
	}
}

let lastTurn = Promise.resolve();

// However many lists are read, the event loop does one page of one of them, then everything else.
async function myTurn(): Promise<void> {
	lastTurn = lastTurn.then(async () => setImmediate());
	return lastTurn;
}

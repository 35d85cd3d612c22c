// Something that has nexusd's name and answers as a test wants.
import {Message} from 'dbus-next';
import {connectBus} from '../../dbus/bus.js';
import {busErrors} from '../../dbus/errors.js';
import {busName} from '../../dbus/paths.js';
import type {TestBus} from './bus.js';
import type {Cleanup} from './cleanup.js';

/**
Takes nexusd's name, refuses every call until a person may be asked, and then answers it, or refuses it for good.

@param answer The reply to a call; `undefined` for a refusal.
@returns Its unique name.
*/
export async function impersonate(bus: TestBus, cleanup: Cleanup, answer: (call: Message) => Promise<Message | undefined>): Promise<string> {
	const connection = await connectBus(bus.kind, bus.address);
	cleanup(async () => connection.close());
	const reply = async (call: Message): Promise<void> => {
		const mayAsk = Number(call.flags) === 4;
		const answered = mayAsk ? await answer(call) : undefined;
		connection.send(answered ?? refusal(call, mayAsk ? busErrors.accessDenied : busErrors.interactiveAuthorizationRequired));
	};

	connection.onCall(call => {
		void reply(call);
	});
	await connection.callBus('RequestName', 'su', [busName, 0]);
	const [name] = await connection.callBus('GetNameOwner', 's', [busName]);
	return name as string;
}

const refusal = (call: Message, name: string): Message => Message.newError(call as unknown as string, name, 'no'); // The library's types are wrong here.

// The error that a call was answered with.
import {isBusError} from '../../dbus/client.js';
import {errorPrefix} from '../../dbus/errors.js';

/** The last word of the error's name and its text, or `undefined` when the work succeeded. */
export async function refusal(work: Promise<unknown>): Promise<{code: string; text: string} | undefined> {
	try {
		await work;
		return undefined;
	} catch (error) {
		if (isBusError(error)) {
			return {code: error.type.replace(errorPrefix, ''), text: error.text};
		}

		throw error;
	}
}

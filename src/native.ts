// Functions of C libraries that Node has no call for, each call on a thread of libuv's pool.
import koffi, {type KoffiFunc} from 'koffi';

export type Native = KoffiFunc<(...values: unknown[]) => number>;

/** Calls a function without blocking the event loop and resolves to what it returns. */
export async function callInBackground(native: Native, ...values: unknown[]): Promise<number> {
	return new Promise((resolve, reject) => {
		native.async(...values, (error: Error | undefined, result: number) => {
			if (error) {
				reject(error);
			} else {
				resolve(result);
			}
		});
	});
}

/**
Calls a function that returns 0 or leaves a cause in `errno`, without blocking the event loop.

@param describe What went wrong, by what the function returned.
@throws NativeError with the name of the cause.
*/
export async function mustCallInBackground(describe: (result: number) => string, native: Native, ...values: unknown[]): Promise<void> {
	return new Promise((resolve, reject) => {
		native.async(...values, (error: Error | undefined, result: number) => {
			if (error) {
				reject(error);
			} else if (result === 0) {
				resolve();
			} else {
				// Koffi brings it along from the thread of the call, for the time of this callback.
				reject(new NativeError(`${describe(result)} (${lastErrno()})`, lastErrno()));
			}
		});
	});
}

/** The name of the error that the last call on this thread left, such as `ENOENT`, or its number where it has no name. */
export function lastErrno(): string {
	const errno = koffi.errno();
	return Object.entries(koffi.os.errno).find(([, value]) => value === errno)?.[0] ?? `errno ${errno}`;
}

/** A failed call, with the name of the system's error where it is known. */
export class NativeError extends Error {
	readonly code: string;

	constructor(message: string, code: string) {
		super(message);
		this.code = code;
	}
}

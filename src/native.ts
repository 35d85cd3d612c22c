// Functions of C libraries that Node has no call for, each call on a thread of libuv's pool. Koffi refuses calls when too many
// are under way, of which it knows by their number: those that would be too many wait here.
import koffi, {type KoffiFunc, type LibraryHandle} from 'koffi';

export type Native = KoffiFunc<(...values: unknown[]) => number>;

// Each call that is under way has memory of its own, and what is kept is not mapped anew: that takes longer than to begin one.
// It may be said only before the first library is loaded.
koffi.config({resident_async_pools: 32});

/** Loads a library by its file's name. Throws when it is not there. */
export const loadLibrary = (name: string): LibraryHandle => koffi.load(name);

// Koffi's own limit is 256. There are fewer threads in any case.
const most = 128;
let underWay = 0;
const waiting: Array<() => void> = [];

function call(native: Native, values: unknown[], done: (error: Error | undefined, result: number) => void): void {
	if (underWay === most) {
		waiting.push(() => {
			call(native, values, done);
		});
		return;
	}

	underWay++;
	const end = (error: Error | undefined, result: number): void => {
		underWay--;
		// First: the cause of a failure can be read now, and not when another call was made.
		done(error, result);
		waiting.shift()?.();
	};

	try {
		native.async(...values, end);
	} catch (error) {
		// What cannot be passed to it at all.
		end(error as Error, 0);
	}
}

/** Calls a function without blocking the event loop and resolves to what it returns. */
export async function callInBackground(native: Native, ...values: unknown[]): Promise<number> {
	return new Promise((resolve, reject) => {
		call(native, values, (error, result) => {
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
		call(native, values, (error, result) => {
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

// Calls of C functions in the background: however many, and what went wrong.
import test from 'ava';
import {
	callInBackground, loadLibrary, mustCallInBackground, NativeError, type Native,
} from '../../src/native.js';

const libc = loadLibrary('libc.so.6');
const abs = libc.func('int abs(int number)') as Native;
const access = libc.func('int access(const char *path, int mode)') as Native;

const thousand = Array.from({length: 1000}, (_, index) => index);

test('a thousand at once', async t => {
	t.deepEqual(await Promise.all(thousand.map(async number => callInBackground(abs, -number))), thousand);
});

test('each failure has its own cause', async t => {
	const results = await Promise.all(thousand.map(async number => {
		const path = ['/', '/none', '/dev/null/none'][number % 3]!;
		return mustCallInBackground(result => `access returned ${result}`, access, path, 0).catch((error: unknown) => error);
	}));
	for (const [number, result] of results.entries()) {
		if (number % 3 === 0) {
			t.is(result, undefined);
		} else {
			t.true(result instanceof NativeError);
			t.deepEqual({...result as NativeError, message: (result as NativeError).message}, number % 3 === 1
				? {code: 'ENOENT', message: 'access returned -1 (ENOENT)'}
				: {code: 'ENOTDIR', message: 'access returned -1 (ENOTDIR)'});
		}
	}
});

test('a call that cannot be made takes no room from others', async t => {
	const results = await Promise.allSettled(thousand.map(async number => callInBackground(abs, number % 2 === 0 ? -number : {})));
	t.deepEqual(results.map(({status}) => status), thousand.map(number => number % 2 === 0 ? 'fulfilled' : 'rejected'));
});

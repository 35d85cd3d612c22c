import test from 'ava';
import {NexusError, asNexusError, errnoOf} from '../../src/errors.js';

const systemError = (code: string): Error => Object.assign(new Error(`${code}: it went wrong`), {code});

test('a full disk and a full quota are NoSpace, with what to do', t => {
	for (const code of ['ENOSPC', 'EDQUOT']) {
		const cause = systemError(code);
		const error = asNexusError(cause, 'cannot write');
		t.true(error instanceof NexusError);
		t.is(error.code, 'NoSpace');
		t.is(error.message, 'cannot write: no space is left; delete workspaces or grow the pool');
		t.is(error.cause, cause);
	}
});

test('other errors are Io and keep their text', t => {
	const cause = systemError('EACCES');
	const error = asNexusError(cause, 'cannot read');
	t.is(error.code, 'Io');
	t.is(error.message, 'cannot read: EACCES: it went wrong');
	t.is(error.cause, cause);
	t.is(asNexusError('a text', 'cannot read').message, 'cannot read: a text');
});

test('one of ours stays as it is', t => {
	const error = new NexusError('Conflict', 'busy');
	t.is(asNexusError(error, 'cannot'), error);
});

test('the name of a system error', t => {
	t.is(errnoOf(systemError('ENOENT')), 'ENOENT');
	t.is(errnoOf(new Error('none')), '');
	t.is(errnoOf(Object.assign(new Error('odd'), {code: 5})), '');
	t.is(errnoOf({code: 'ENOENT'}), '');
	t.is(errnoOf(undefined), '');
});

import test from 'ava';
import {DBusError} from 'dbus-next';
import {BusUnreachableError} from '../../../../dbus/bus.js';
import {DaemonUnreachableError} from '../../../../dbus/client.js';
import {busErrors, errorPrefix} from '../../../../dbus/errors.js';
import {problemOf} from '../../../../tui/app/problems.js';
import {RefusedError} from '../../../../tui/errors.js';

test('an error of nexusd says what it says, and what to do about it where that is known', t => {
	t.deepEqual(problemOf(new DBusError(`${errorPrefix}Io`, 'cannot write')), {kind: 'error', text: 'cannot write', hint: 'See the log: journalctl -u nexusd'});
	t.like(problemOf(new DBusError(busErrors.accessDenied, 'no')), {hint: 'Members of the group nexus may; ask your administrator for that right'});
	t.like(problemOf(new DBusError(busErrors.unknownObject, 'no such object')), {hint: 'Somebody else has deleted it meanwhile'});
	t.is(problemOf(new DBusError(`${errorPrefix}Conflict`, 'it is attached')).hint, undefined);
});

test('where nobody answers, the log of the unit tells', t => {
	const hint = 'See how it fares with: systemctl status nexusd';
	t.is(problemOf(new DaemonUnreachableError('system', 'it is not running')).hint, hint);
	t.is(problemOf(new BusUnreachableError('system', 'unix:path=/run/bus', new Error('no such file'))).hint, hint);
});

test('what is refused here says itself what to do', t => {
	t.deepEqual(problemOf(new RefusedError('it takes root', {hint: 'Use sudo'})), {kind: 'error', text: 'it takes root', hint: 'Use sudo'});
	t.is(problemOf(new RefusedError('it takes root')).hint, undefined);
});

test('anything that is thrown has words, and none of them acts upon the terminal', t => {
	t.is(problemOf(new Error('cannot read /a\u001B[2J')).text, String.raw`cannot read /a\x1b[2J`);
	t.is(problemOf('odd').text, 'odd');
	t.is(problemOf(undefined).text, 'undefined');
	t.is(problemOf(new TypeError('')).text, 'TypeError'); // eslint-disable-line unicorn/error-message
});

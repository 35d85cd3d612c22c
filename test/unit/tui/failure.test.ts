import test from 'ava';
import {DBusError} from 'dbus-next';
import {BusUnreachableError} from '../../../dbus/bus.js';
import {DaemonUnreachableError} from '../../../dbus/client.js';
import {busErrors, errorCodes, errorPrefix} from '../../../dbus/errors.js';
import {exitCodeOf, explain} from '../../../tui/cli/failure.js';
import type {Invocation} from '../../../tui/cli/command.js';
import {parseCommandLine} from '../../../tui/cli/parse.js';
import {UsageError} from '../../../tui/cli/usage-error.js';
import {nouns} from '../../../tui/commands/index.js';
import {
	ConflictError, DaemonLostError, InterruptedError, MissingError, RefusedError, RootNeededError,
} from '../../../tui/errors.js';
import {nobody} from './_person.js';

const nexusError = (code: string, message = 'no') => new DBusError(errorPrefix + code, message);
const busUnreachable = new BusUnreachableError('system', 'unix:path=/nowhere', new Error('ENOENT'));
const daemonUnreachable = new DaemonUnreachableError('system', 'it is not running');

const neverConnect: Invocation['connect'] = async () => {
	throw new Error('not here');
};

const explainFor = (line: string, error: unknown) => {
	const request = parseCommandLine(line.split(' '), nouns);
	if (request.kind !== 'command') {
		throw new Error(`${line} is no command`);
	}

	const {
		path, command, words, args, flags, bus,
	} = request;
	const invocation: Invocation = {
		path, words, args, flags, bus, person: nobody, suggest: text => `nexusctl ${text}`, connect: neverConnect,
	};
	return explain(error, {bus, command, invocation});
};

test('exit codes of Nexus\'s errors', t => {
	const special: Record<string, number> = {NotFound: 4, AlreadyExists: 5, Conflict: 5};
	for (const code of errorCodes) {
		t.is(exitCodeOf(nexusError(code)), special[code] ?? 1, `of ${code}`);
	}
});

test('exit codes of the bus\'s errors', t => {
	const expected: Record<keyof typeof busErrors, number> = {
		accessDenied: 6,
		failed: 1,
		interactiveAuthorizationRequired: 6,
		invalidArgs: 1,
		limitsExceeded: 1,
		nameHasNoOwner: 3,
		noReply: 3,
		propertyReadOnly: 1,
		serviceUnknown: 3,
		unknownInterface: 1,
		unknownMethod: 1,
		unknownObject: 4,
		unknownProperty: 1,
	};
	for (const [key, exitCode] of Object.entries(expected)) {
		t.is(exitCodeOf(new DBusError(busErrors[key as keyof typeof busErrors], 'no')), exitCode, `of ${key}`);
	}
});

test('exit codes of other errors', t => {
	t.is(exitCodeOf(busUnreachable), 3);
	t.is(exitCodeOf(daemonUnreachable), 3);
	t.is(exitCodeOf(new DaemonLostError('gone')), 3);
	t.is(exitCodeOf(new UsageError('wrong', '')), 2);
	t.is(exitCodeOf(new InterruptedError('stopped')), 130);
	t.is(exitCodeOf(new RefusedError('no')), 1);
	t.is(exitCodeOf(new ConflictError('in the way')), 5);
	t.is(exitCodeOf(new MissingError('not there')), 4);
	t.is(exitCodeOf(new RootNeededError('root')), 6);
	t.is(exitCodeOf(new TypeError('a mistake of ours')), 1);
	t.is(exitCodeOf('thrown text'), 1);
});

test('a daemon that is not there: what to do depends on the bus', t => {
	t.is(explainFor('ws list --system', daemonUnreachable).hint, 'See how it fares with: systemctl status nexusd');
	t.is(explainFor('ws list', daemonUnreachable).hint, 'See how it fares with: systemctl status nexusd (or start your own with: nexusd --user)');
	t.is(explainFor('ws list --user', daemonUnreachable).hint, 'Start your own with: nexusd --user');
	t.is(explainFor('ws list --user', busUnreachable).hint, 'Start your own with: nexusd --user');
});

test('a daemon that ends under the command is said to have ended', t => {
	t.like(explainFor('ws list --system', new DBusError(busErrors.noReply, 'Message recipient disconnected')), {
		message: 'nexusd ended before it answered',
		hint: 'See how it fares with: systemctl status nexusd',
		exitCode: 3,
	});
});

test('what was not found can be listed', t => {
	t.is(explainFor('image inspect x', nexusError('NotFound')).hint, 'See what there is with: nexusctl image list');
	t.is(explainFor('ws attach w --vm v', nexusError('NotFound')).hint, 'See what there is with: nexusctl ws list, nexusctl vm list');
	t.is(explainFor('ws inspect w', new DBusError(busErrors.unknownObject, 'gone')).hint, 'See what there is with: nexusctl ws list');
	t.is(explainFor('image import ./nowhere --name x', nexusError('NotFound')).hint, undefined);
	t.is(explainFor('ws list', nexusError('NotFound')).hint, undefined);
});

test('a message that tells what to run needs no hint', t => {
	t.is(explainFor('image inspect x', nexusError('NotFound', 'there is no image "x": see nexusctl image list')).hint, undefined);
});

test('a conflict has a way out', t => {
	t.is(explainFor('image delete debian', nexusError('Conflict')).hint, 'See its workspaces with: nexusctl ws list --base debian');
	t.is(explainFor('ws delete w', nexusError('Conflict')).hint, 'Detach it first with: nexusctl ws detach w');
});

test('who may not do it learns who may', t => {
	t.is(explainFor('ws create --base b', new DBusError(busErrors.accessDenied, 'not authorised')).hint, undefined);
});

test('a refusal of nexusctl\'s own says itself what to do', t => {
	t.like(explainFor('pool create --size 1G', new RootNeededError('it takes root', {hint: 'Type: sudo nexusctl pool create --size 1G'})), {
		message: 'it takes root', hint: 'Type: sudo nexusctl pool create --size 1G', exitCode: 6,
	});
	t.is(explainFor('pool delete', new RefusedError('no')).hint, undefined);
});

test('the message is the daemon\'s', t => {
	t.is(explainFor('ws delete w', nexusError('Conflict', 'workspace "w" is attached to VM "v"')).message, 'workspace "w" is attached to VM "v"');
});

// The life of the installed daemon under a real systemd: how it is started, that it goes when nobody needs it and that no
// call is lost by that, and what happens when it, the bus or its watchdog fails. The tests follow one another on one machine.
import {once} from 'node:events';
import test from 'ava';
import {
	bootInstalled, people, shareMachine, type Installed,
} from '../support/installed.js';
import {importImage, type JobEnd} from '../support/nexus.js';
import {rootTest} from '../support/requirements.js';

const {machine, inTurn} = shareMachine(test.after.always, bootInstalled);

const property = async ({check}: Installed, name: string): Promise<string> => check('systemctl', ['show', `--property=${name}`, '--value', 'nexusd.service']);
const mainPid = async (installed: Installed): Promise<string> => property(installed, 'MainPID');
const stop = async ({check}: Installed): Promise<string> => check('systemctl', ['stop', 'nexusd.service']);

/** How often the daemon has begun to serve. */
async function starts({check}: Installed): Promise<number> {
	await check('journalctl', ['--sync']);
	const lines = await check('journalctl', ['--unit=nexusd', '--output=cat', '--no-pager']);
	return lines.split('\n').filter(line => line.includes('serves org.workfort.Nexus1')).length;
}

async function configure({check}: Installed, text: string): Promise<void> {
	await check('tee', ['/etc/nexus/nexus.yaml'], {input: text});
}

/** A folder in the machine that is quick to import, or not. */
async function makeSource({check}: Installed, name: string, megabytes: number): Promise<string> {
	const source = `/srv/${name}`;
	await check('mkdir', ['-p', source]);
	await check('dd', ['if=/dev/urandom', `of=${source}/noise`, 'bs=1M', `count=${megabytes}`, 'status=none']);
	return source;
}

rootTest('a call on the bus starts it', inTurn(async t => {
	const installed = await machine();
	t.is(await property(installed, 'ActiveState'), 'inactive');
	const {exitCode, stdout, stderr} = await installed.callManager('ListImages');
	t.is(exitCode, 0, stderr);
	t.is(stdout, 'a(sssttuo) 0');
	t.is(await property(installed, 'ActiveState'), 'active');
	t.is(await property(installed, 'StatusText'), '0 images, 0 workspaces, 0 running jobs');
	// The socket was handed over as well.
	t.regex((await installed.curl('/v1/health')).stdout, /^{"status":"ok",.*}\n200$/);
	t.is(await starts(installed), 1);
}));

rootTest('a connection to the socket starts it', inTurn(async t => {
	const installed = await machine();
	await stop(installed);
	const {exitCode, stdout, stderr} = await installed.curl('/v1/images');
	t.is(exitCode, 0, stderr);
	t.regex(stdout, /\n200$/);
	t.is((await installed.callManager('ListImages')).exitCode, 0);
	t.is(await starts(installed), 2);
}));

rootTest('many calls and connections at once start one daemon, and all are answered', inTurn(async t => {
	const installed = await machine();
	await stop(installed);
	const answers = await Promise.all(Array.from({length: 24}, async (_, index) =>
		index % 2 === 0 ? installed.callManager('ListVms') : installed.curl('/v1/vms')));
	for (const {exitCode, stderr} of answers) {
		t.is(exitCode, 0, stderr);
	}

	t.is(await starts(installed), 3);
}));

rootTest('a service that is active answers: the name is owned', inTurn(async t => {
	const installed = await machine();
	await stop(installed);
	await installed.check('systemctl', ['start', 'nexusd.service']);
	const ask = async (...words: string[]): Promise<string> => installed.check('busctl', ['call', '--auto-start=no', ...words]);
	const stdout = await ask('org.workfort.Nexus1', '/org/workfort/Nexus1', 'org.workfort.Nexus1.Manager', 'ListVms');
	t.is(stdout, 'a(ssssuuuo) 0');
	const owner = await ask('org.freedesktop.DBus', '/org/freedesktop/DBus', 'org.freedesktop.DBus', 'GetConnectionUnixProcessID', 's', 'org.workfort.Nexus1');
	t.is(owner, `u ${await mainPid(installed)}`);
}));

rootTest('reload takes the new configuration, and keeps the old one when the new one is wrong', inTurn(async t => {
	const installed = await machine();
	await configure(installed, 'daemon: {idle_seconds: 0}\n');
	await installed.check('systemctl', ['reload', 'nexusd.service']);
	await configure(installed, 'daemon: {idle_secs: 1}\n');
	const {exitCode} = await installed.run('systemctl', ['reload', 'nexusd.service']);
	t.is(exitCode, 1);
	t.is(await property(installed, 'ActiveState'), 'active');
	await installed.check('journalctl', ['--sync']);
	t.regex(await installed.check('journalctl', ['--unit=nexusd', '--output=cat', '--no-pager']), /nexus\.yaml:1: daemon\.idle_secs: unknown key/);

	await configure(installed, 'daemon: {idle_seconds: 0}\nstorage: {database: /var/lib/nexus/other.db}\n');
	await installed.check('systemctl', ['kill', '--signal=SIGHUP', 'nexusd.service']);
	t.is((await installed.callManager('ListVms')).exitCode, 0);
	await installed.check('journalctl', ['--sync']);
	t.regex(await installed.check('journalctl', ['--unit=nexusd', '--output=cat', '--no-pager']), /the configuration of storage has changed: restart nexusd/);
	await configure(installed, '');
	await stop(installed);
}));

rootTest('it goes when nobody needs it, and comes back when somebody calls', inTurn(async t => {
	const installed = await machine();
	await configure(installed, 'daemon: {idle_seconds: 1}\n');
	const client = await installed.connect();
	await client.manager.createVm('kept', 'work', 1, 128);
	const pid = await mainPid(installed);
	await once(client, 'owner');
	// The process of that number is waited for.
	await installed.check('tail', [`--pid=${pid}`, '--follow', '/dev/null']);
	t.deepEqual((await client.manager.listVms()).map(({name}) => name), ['kept']);
	await client.manager.deleteVm('kept');
}));

rootTest('no call fails in the gap, however often it goes and comes', inTurn(async t => {
	const installed = await machine();
	const client = await installed.connect();
	const before = await starts(installed);
	let calls = 0;
	// Each call comes when the daemon has just given its name back: it has not ended yet, and the next has not begun.
	for (let round = 0; round < 8; round++) {
		/* eslint-disable no-await-in-loop */
		const left = new Promise<void>(resolve => {
			const look = (name: string): void => {
				if (name === '') {
					client.off('owner', look);
					resolve();
				}
			};

			client.on('owner', look);
		});
		await client.manager.listVms();
		await left;
		const answers = await Promise.all([client.manager.listImages(), client.manager.listVms(), installed.curl('/v1/vms')]);
		t.deepEqual(answers.slice(0, 2), [[], []]);
		t.regex((answers[2] as {stdout: string}).stdout, /\n200$/);
		calls += answers.length;
		/* eslint-enable no-await-in-loop */
	}

	t.is(calls, 24);
	t.true(await starts(installed) > before);
}));

rootTest('a subscribed client and a running job keep it', inTurn(async t => {
	const installed = await machine();
	const client = await installed.connect();
	await client.manager.subscribe();
	const pid = await mainPid(installed);
	let lost = false;
	client.on('owner', () => {
		lost = true;
	});
	// Another, who is not subscribed, comes and goes for longer than the idle time.
	await installed.check('sleep', ['3']);
	t.false(lost);
	t.is(await mainPid(installed), pid);

	const source = await makeSource(installed, 'noise', 48);
	const end = await importImage(client, 'noise', source);
	t.is(end.result, 'done', end.message);
	await client.manager.deleteImage('noise');
	t.false(lost);
	const gone = once(client, 'owner');
	await client.manager.unsubscribe();
	await gone;
	t.true(lost);
	await configure(installed, '');
}));

rootTest('a stop during an import cancels it, and leaves nothing of it', inTurn(async t => {
	const installed = await machine();
	const client = await installed.connect();
	const source = await makeSource(installed, 'large', 400);
	let ending: Promise<JobEnd> | undefined;
	const started = once(client, 'Manager.JobNew');
	ending = importImage(client, 'large', source); // eslint-disable-line prefer-const
	await started;
	await stop(installed);
	const {result, message} = await ending;
	t.deepEqual([result, message], ['canceled', 'nexusd was stopped']);
	t.is(await property(installed, 'Result'), 'success');
	t.is(await installed.check('ls', ['-A', '/var/lib/nexus/workspaces/.work']), '');
	t.deepEqual(await client.manager.listImages(), []);
}));

rootTest('killed, it is started again, and what was acknowledged is there', inTurn(async t => {
	const installed = await machine();
	const client = await installed.connect();
	await client.manager.createVm('kept', 'work', 1, 128);
	const back = new Promise<void>(resolve => {
		client.on('owner', name => {
			if (name !== '') {
				resolve();
			}
		});
	});
	await installed.check('systemctl', ['kill', '--signal=SIGKILL', 'nexusd.service']);
	await back;
	t.deepEqual((await client.manager.listVms()).map(({name}) => name), ['kept']);
	await client.manager.deleteVm('kept');
}));

rootTest('a daemon that hangs is noticed by the watchdog', inTurn(async t => {
	const installed = await machine();
	await installed.check('mkdir', ['-p', '/run/systemd/system/nexusd.service.d']);
	await installed.check('tee', ['/run/systemd/system/nexusd.service.d/watchdog.conf'], {input: '[Service]\nWatchdogSec=2s\n'});
	await installed.check('systemctl', ['daemon-reload']);
	await installed.check('systemctl', ['restart', 'nexusd.service']);
	const client = await installed.connect();
	const pid = await mainPid(installed);
	await installed.check('kill', ['-STOP', pid]);
	await installed.check('tail', [`--pid=${pid}`, '--follow', '/dev/null']);
	t.deepEqual(await client.manager.listVms(), []);
	t.not(await mainPid(installed), pid);
	await installed.check('rm', ['-r', '/run/systemd/system/nexusd.service.d']);
	await installed.check('systemctl', ['daemon-reload']);
	await stop(installed);
}));

rootTest('when the bus is restarted, it is served again', inTurn(async t => {
	const installed = await machine();
	t.is((await installed.callManager('ListVms')).exitCode, 0);
	const pid = await mainPid(installed);
	await installed.check('systemctl', ['restart', 'dbus.service']);
	await installed.check('tail', [`--pid=${pid}`, '--follow', '/dev/null']);
	const {exitCode, stderr} = await installed.callManager('ListVms');
	t.is(exitCode, 0, stderr);
	t.regex((await installed.curl('/v1/vms')).stdout, /\n200$/);
}));

rootTest('the journal names operation, object and caller', inTurn(async t => {
	const installed = await machine();
	const source = await makeSource(installed, 'small', 1);
	const asMember = {user: people.member};
	await installed.check('nexusctl', ['image', 'import', source, '--name', 'small', '--size', '32M'], asMember);
	await installed.check('nexusctl', ['ws', 'create', '--base', 'small', '--name', 'disk'], asMember);
	await installed.check('nexusctl', ['ws', 'delete', 'disk', '--yes']);
	await installed.check('journalctl', ['--sync']);
	const lines = await installed.check('journalctl', ['--unit=nexusd', '--output=json', '--no-pager']);
	const entries = lines.split('\n').map(line => JSON.parse(line) as Record<string, string>).filter(entry => entry['NEXUS_OPERATION']);
	const uid = await installed.check('id', ['--user', people.member]);
	t.deepEqual(
		entries.slice(-4).map(entry => ['NEXUS_OPERATION', 'NEXUS_OBJECT', 'NEXUS_CALLER_UID', 'PRIORITY', 'SYSLOG_IDENTIFIER'].map(field => entry[field]).join(' ')),
		[
			`import-image image small ${uid} 6 nexusd`,
			`import-image image small ${uid} 6 nexusd`,
			`create-workspace workspace disk ${uid} 6 nexusd`,
			'delete-workspace workspace disk 0 6 nexusd',
		],
	);
	t.regex(entries.at(-1)!['NEXUS_CALLER']!, /^:1\.\d+$/);
	await installed.check('nexusctl', ['image', 'delete', 'small', '--yes']);
}));

rootTest('a user has a daemon of their own, by call and by socket', inTurn(async t => {
	const installed = await machine();
	const {check, run} = installed;
	const uid = await check('id', ['--user', people.stranger]);
	// A manager for that user, as a login starts it.
	await check('loginctl', ['enable-linger', people.stranger]);
	await check('systemctl', ['start', `user@${uid}.service`]);
	const as = {user: people.stranger, env: {XDG_RUNTIME_DIR: `/run/user/${uid}`, HOME: `/home/${people.stranger}`}};
	t.regex(await check('nexusctl', ['--user', 'status'], as), /Workspaces root: +\/home\/stranger\/\.local\/share\/nexus\/workspaces/);
	t.is(await check('systemctl', ['--user', 'is-active', 'nexusd.service'], as), 'active');
	await check('nexusctl', ['--user', 'vm', 'create', 'own'], as);

	await check('systemctl', ['--user', 'stop', 'nexusd.service'], as);
	await check('systemctl', ['--user', 'start', 'nexusd.socket'], as);
	const socket = `/run/user/${uid}/nexus/nexusd.sock`;
	const {stdout} = await run('curl', ['--silent', '--unix-socket', socket, 'http://nexus/v1/vms'], as);
	t.deepEqual((JSON.parse(stdout) as Array<{name: string}>).map(({name}) => name), ['own']);
	t.is(await check('stat', ['--format=%a %U', socket]), '600 stranger');
	const {exitCode, stderr} = await run('systemctl', ['--user', 'reload', 'nexusd.service'], as);
	t.is(exitCode, 0, stderr);
	await check('systemctl', ['--user', 'stop', 'nexusd.socket', 'nexusd.service'], as);
	await check('loginctl', ['disable-linger', people.stranger]);
}));

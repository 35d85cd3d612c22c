// Who may do what on a machine with the package and nothing else: the real bus, polkit and socket, and people of each kind.
// What is refused comes from the contract and the routes themselves, so that nothing new can be forgotten. The tests follow
// one another on one machine.
import {once} from 'node:events';
import test from 'ava';
import {contract} from '../../dbus/contract.js';
import {busName, rootPath} from '../../dbus/paths.js';
import {signatureOf, type ArgumentSpec, type InterfaceSpec} from '../../dbus/spec.js';
import {mutatingRoutes} from '../../service/http/openapi.js';
import type {Cleanup} from '../support/cleanup.js';
import {
	bootInstalled, people, shareMachine, type Installed,
} from '../support/installed.js';
import {rootTest} from '../support/requirements.js';
import type {Run} from '../support/run.js';

type Furnished = Installed & {
	/** Objects by kind, all root's. */
	objects: {image: string; workspace: string; vm: string};
	uid: (name: string) => Promise<number>;
};

const {machine, inTurn} = shareMachine(test.after.always, furnish);

async function furnish(cleanup: Cleanup): Promise<Furnished> {
	const installed = await bootInstalled(cleanup);
	const {check} = installed;
	await check('mkdir', ['-p', '/srv/tree/etc']);
	await check('cp', ['/etc/os-release', '/srv/tree/etc/']);
	await check('nexusctl', ['image', 'import', '/srv/tree', '--name', 'base', '--size', '32M']);
	await check('nexusctl', ['ws', 'create', '--base', 'base', '--name', 'roots']);
	await check('nexusctl', ['vm', 'create', 'guest']);
	const client = await installed.connect();
	const [image, workspace, vm] = await Promise.all([client.manager.getImage('base'), client.manager.getWorkspace('roots'), client.manager.getVm('guest')]);
	// What was done so far is in a checkpoint then, and nothing is written until there is more.
	await check('systemctl', ['restart', 'nexusd.service']);
	return {...installed, objects: {image, workspace, vm}, uid: async name => Number(await check('id', ['--user', name]))};
}

/** All that the daemon knows and all that is on disk. */
async function everything({connect, check}: Furnished): Promise<unknown> {
	const client = await connect();
	return [
		await client.object('ObjectManager', rootPath).getManagedObjects(),
		await check('find', ['/var/lib/nexus', '/etc/nexus', '-printf', String.raw`%p %i %s %m %U:%G %T@\n`]),
		await check('sha256sum', ['/var/lib/nexus/nexus.db']),
	];
}

const busctl = async ({run}: Furnished, user: string, ...args: string[]): Promise<Run> => run('busctl', args, {user});
const nexusctl = async ({run}: Furnished, user: string, ...args: string[]): Promise<Run> => run('nexusctl', args, {user});

const noSuch = {image: `${rootPath}/image/${'0'.repeat(32)}`, workspace: `${rootPath}/workspace/${'0'.repeat(32)}`, vm: `${rootPath}/vm/${'0'.repeat(32)}`};

function interfaces({image, workspace, vm}: Furnished['objects'], job = `${rootPath}/job/1`): Array<[path: string, spec: InterfaceSpec]> {
	return [[rootPath, contract.Manager], [image, contract.Image], [workspace, contract.Workspace], [vm, contract.Vm], [job, contract.Job]];
}

function sample({type}: ArgumentSpec, vm: string): string[] {
	return {
		s: ['roots'], u: ['1'], o: [vm], 'a{sv}': ['0'],
	}[type]!;
}

rootTest('everybody may look', inTurn(async t => {
	const furnished = await machine();
	const {objects} = furnished;
	for (const [path, spec] of interfaces(objects).filter(([, {name}]) => name !== contract.Job.name)) {
		// eslint-disable-next-line no-await-in-loop
		const {exitCode, stderr} = await busctl(furnished, people.stranger, 'call', busName, path, 'org.freedesktop.DBus.Properties', 'GetAll', 's', spec.name);
		t.is(exitCode, 0, stderr);
	}

	for (const words of [['image', 'list'], ['ws', 'list'], ['vm', 'list'], ['ws', 'inspect', 'roots'], ['status']]) {
		// eslint-disable-next-line no-await-in-loop
		const {exitCode, stderr} = await nexusctl(furnished, people.stranger, ...words);
		t.is(exitCode, 0, stderr);
	}

	for (const route of ['/v1/health', '/v1/images', '/v1/images/base', '/v1/workspaces', '/v1/vms', '/v1/openapi.json']) {
		// eslint-disable-next-line no-await-in-loop
		t.regex((await furnished.curl(route, [], {user: people.stranger})).stdout, /\n200$/, route);
	}

	const {stdout} = await nexusctl(furnished, people.stranger, 'ws', 'list');
	t.regex(stdout, /OWNER/);
	t.regex(stdout, /roots .* root /);
}));

rootTest('only root can own the name, and only the name is open', inTurn(async t => {
	const furnished = await machine();
	for (const [user, name] of [[people.stranger, busName], [people.member, busName], ['root', `${busName}.Other`]] as const) {
		// eslint-disable-next-line no-await-in-loop
		const {exitCode, stderr} = await busctl(furnished, user, 'call', 'org.freedesktop.DBus', '/', 'org.freedesktop.DBus', 'RequestName', 'su', name, '4');
		t.is(exitCode, 1, `${user} ${name}`);
		t.regex(stderr, /Access denied/);
	}
}));

rootTest('every method that changes something is refused to a stranger, who learns nothing by it', inTurn(async t => {
	const furnished = await machine();
	const before = await everything(furnished);
	let refusals = 0;
	for (const objects of [furnished.objects, noSuch]) {
		for (const [path, spec] of interfaces(objects)) {
			for (const [member, method] of Object.entries(spec.methods).filter(([, {action}]) => action)) {
				const call = ['call', busName, path, spec.name, member, signatureOf(method.in), ...method.in.flatMap(argument => sample(argument, objects.vm))];
				/* eslint-disable no-await-in-loop */
				const denied = await busctl(furnished, people.stranger, '--allow-interactive-authorization=yes', ...call);
				t.deepEqual([denied.exitCode, denied.stderr], [1, 'Call failed: Access denied'], `${spec.name}.${member}`);
				const unasked = await busctl(furnished, people.stranger, '--allow-interactive-authorization=no', ...call);
				/* eslint-enable no-await-in-loop */
				t.is(unasked.exitCode, 1);
				const wanted = new RegExp(`^Call failed: you are not authorised to .* \\(org\\.workfort\\.Nexus1\\.${method.action!}\\) without authentication: root is`);
				t.regex(unasked.stderr, wanted, `${spec.name}.${member}`);
				refusals++;
			}
		}
	}

	t.true(refusals >= 30, String(refusals));
	t.deepEqual(await everything(furnished), before);
}));

test('every method of the contract that is free changes nothing', t => {
	const free = Object.values(contract as Record<string, InterfaceSpec>).flatMap(({name, methods}) =>
		Object.entries(methods).filter(([, {action}]) => !action).map(([member]) => `${name.split('.').at(-1)!}.${member}`));
	t.deepEqual(free.filter(name => !/^(Peer|Introspectable|Properties|ObjectManager)\.|^Manager\.(List|Get)/.test(name)), ['Manager.Examine', 'Manager.Subscribe', 'Manager.Unsubscribe']);
});

rootTest('every route that changes something is refused to a stranger, whatever is sent', inTurn(async t => {
	const furnished = await machine();
	const before = await everything(furnished);
	const routes = mutatingRoutes();
	t.true(routes.length >= 6);
	for (const {method, url, action} of routes) {
		for (const name of ['base', 'roots', 'guest', 'no-such']) {
			for (const body of ['{"name":"new","base":"base","source_path":"/srv/tree"}', '{}', 'nonsense']) {
				// eslint-disable-next-line no-await-in-loop
				const {stdout} = await furnished.curl(url.replace(':name_or_id', name), [
					...['--request', method],
					...(method === 'POST' ? ['--header', 'content-type: application/json', '--data', body] : []),
				], {user: people.stranger});
				const [answer, code] = stdout.split('\n') as [string, string];
				if (body === 'nonsense' && method === 'POST') {
					t.true(['400', '403'].includes(code), stdout);
					continue;
				}

				t.is(code, '403', `${method} ${url} ${body}: ${stdout}`);
				t.regex((JSON.parse(answer) as {error: string}).error, new RegExp(`org\\.workfort\\.Nexus1\\.${action}`));
			}
		}
	}

	t.deepEqual(await everything(furnished), before);
}));

rootTest('a member of the group makes and deletes what is theirs', inTurn(async t => {
	const furnished = await machine();
	const {check, uid} = furnished;
	const asMember = {user: people.member};
	await check('sh', ['-c', 'mkdir -p ~/tree && cp /etc/os-release ~/tree'], {...asMember, env: {HOME: '/home/member'}});
	await check('nexusctl', ['image', 'import', '/home/member/tree', '--name', 'mine', '--size', '32M'], asMember);
	await check('nexusctl', ['ws', 'create', '--base', 'mine', '--name', 'disk'], asMember);
	await check('nexusctl', ['vm', 'create', 'own'], asMember);
	await check('nexusctl', ['ws', 'attach', 'disk', '--vm', 'own'], asMember);
	const {owner} = JSON.parse(await check('nexusctl', ['ws', 'inspect', 'disk', '--json'])) as {owner: number};
	t.is(owner, await uid(people.member));

	const created = await furnished.curl('/v1/workspaces', ['--json', '{"base":"mine","name":"by-socket"}'], asMember);
	t.regex(created.stdout, /\n201$/);
	t.is((JSON.parse(created.stdout.split('\n')[0]!) as {owner_uid: number}).owner_uid, await uid(people.member));

	await check('nexusctl', ['ws', 'detach', 'disk'], asMember);
	await check('nexusctl', ['ws', 'delete', 'by-socket', '--yes'], asMember);
	await check('nexusctl', ['vm', 'delete', 'own', '--yes'], asMember);
	const reload = await furnished.callManager('Reload', [], asMember);
	t.is(reload.exitCode, 1);
}));

rootTest('a disk is open to its owner and to nobody else', inTurn(async t => {
	const furnished = await machine();
	const disk = '/var/lib/nexus/workspaces/@disk/rootfs.ext4';
	t.is(await furnished.check('stat', ['--format=%a %U', disk]), '600 member');
	const read = async (user: string): Promise<number | undefined> => (await furnished.run('dd', [`if=${disk}`, 'of=/dev/null', 'bs=4096', 'count=1'], {user})).exitCode;
	const write = async (user: string): Promise<number | undefined> => (await furnished.run('dd', ['if=/dev/zero', `of=${disk}`, 'bs=1', 'count=1', 'conv=notrunc', 'status=none'], {user})).exitCode;
	t.deepEqual([await read(people.member), await write(people.member)], [0, 0]);
	t.deepEqual([await read(people.colleague), await write(people.colleague)], [1, 1]);
	t.deepEqual([await read(people.stranger), await write(people.stranger)], [1, 1]);
	for (const folder of ['/var/lib/nexus', '/var/lib/nexus/workspaces', '/var/lib/nexus/workspaces/@disk']) {
		// eslint-disable-next-line no-await-in-loop
		t.is((await furnished.run('ls', [folder], {user: people.member})).exitCode, 2, folder);
	}

	// The image that it comes from is not.
	t.is((await furnished.run('cat', ['/var/lib/nexus/workspaces/@mine/rootfs.ext4'], {user: people.member})).exitCode, 1);
	t.is((await furnished.run('cat', ['/var/lib/nexus/nexus.db'], {user: people.member})).exitCode, 1);
}));

rootTest('another user\'s workspace takes a right of its own, by whichever way', inTurn(async t => {
	const furnished = await machine();
	const {check} = furnished;
	await check('nexusctl', ['vm', 'create', 'shared'], {user: people.colleague});
	const client = await furnished.connect();
	const object = await client.manager.getWorkspace('disk');
	const {id} = await client.properties('Workspace', object);
	const vm = await client.manager.getVm('shared');
	const refused = async (...call: string[]): Promise<void> => {
		const {exitCode, stderr} = await busctl(furnished, people.colleague, '--allow-interactive-authorization=no', 'call', busName, ...call);
		t.is(exitCode, 1);
		t.regex(stderr, /not authorised to change workspaces of other users \(org\.workfort\.Nexus1\.manage-others-workspaces\)/, call.join(' '));
	};

	const manager = [rootPath, `${busName}.Manager`];
	await refused(...manager, 'DeleteWorkspace', 's', 'disk');
	await refused(...manager, 'DeleteWorkspace', 's', id);
	await refused(...manager, 'AttachWorkspace', 'ssa{sv}', 'disk', 'shared', '0');
	await refused(object, `${busName}.Workspace`, 'Delete');
	await refused(object, `${busName}.Workspace`, 'Attach', 'oa{sv}', vm, '0');
	await check('nexusctl', ['ws', 'attach', 'disk', '--vm', 'shared'], {user: people.member});
	await refused(...manager, 'DetachWorkspace', 's', 'disk');
	await refused(object, `${busName}.Workspace`, 'Detach');
	await refused(...manager, 'DeleteVm', 's', 'shared');
	await refused(vm, `${busName}.Vm`, 'Delete');
	const byHttp = async (route: string): Promise<void> => {
		const {stdout} = await furnished.curl(route, ['--request', 'DELETE'], {user: people.colleague});
		t.regex(stdout, /manage-others-workspaces.*\n403$/, route);
	};

	await byHttp('/v1/workspaces/disk');
	await byHttp(`/v1/workspaces/${id}`);
	await byHttp('/v1/vms/shared');
	t.is((await nexusctl(furnished, people.colleague, 'ws', 'delete', 'roots', '--yes')).exitCode, 6);

	// Root may.
	await check('nexusctl', ['ws', 'detach', 'disk']);
	await check('nexusctl', ['vm', 'delete', 'shared', '--yes'], {user: people.colleague});
}));

rootTest('a rule reads the details of a request', inTurn(async t => {
	const furnished = await machine();
	const {check, uid} = furnished;
	await check('tee', ['/etc/polkit-1/rules.d/10-test.rules'], {
		input: `polkit.addRule(function (action, subject) {
			if (subject.user != "stranger" || action.id.indexOf("org.workfort.Nexus1.") != 0) {
				return;
			}
			if (action.id == "org.workfort.Nexus1.create-workspace" && action.lookup("base") == "base" && action.lookup("name").indexOf("ci-") == 0) {
				return polkit.Result.YES;
			}
			if (action.id == "org.workfort.Nexus1.delete-workspace" && action.lookup("owner") == "${await uid(people.stranger)}") {
				return polkit.Result.YES;
			}
			if (action.id == "org.workfort.Nexus1.delete-workspace" && action.lookup("owner") == "0" && action.lookup("name") == "roots" && action.lookup("base") == "base") {
				return polkit.Result.YES;
			}
			if (action.id == "org.workfort.Nexus1.import-image" && action.lookup("source") == "/srv/a?$(name)") {
				return polkit.Result.YES;
			}
			if (action.id == "org.workfort.Nexus1.manage-vms" && (action.lookup("role") == "work" || action.lookup("name") == "guest")) {
				return polkit.Result.YES;
			}
			if (action.id == "org.workfort.Nexus1.attach-workspace" && action.lookup("name") == "ci-3" && action.lookup("vm") == "guest") {
				return polkit.Result.YES;
			}
			return polkit.Result.NO;
		});`,
	});
	await check('systemctl', ['restart', 'polkit.service']);
	const create = async (base: string, name: string): Promise<number | undefined> => (await nexusctl(furnished, people.stranger, 'ws', 'create', '--base', base, '--name', name)).exitCode;
	t.is(await create('base', 'ci-1'), 0);
	t.is(await create('base', 'other'), 6);
	t.is(await create('mine', 'ci-2'), 6);
	const client = await furnished.connect();
	const {id: baseId} = await client.properties('Image', furnished.objects.image);
	t.is(await create(baseId, 'ci-3'), 0, 'an id is told by its name');
	t.regex((await furnished.curl('/v1/workspaces', ['--json', `{"base":"${baseId}","name":"ci-4"}`], {user: people.stranger})).stdout, /\n201$/);
	t.regex((await furnished.curl('/v1/workspaces', ['--json', '{"base":"mine","name":"ci-5"}'], {user: people.stranger})).stdout, /\n403$/);
	t.is((await nexusctl(furnished, people.stranger, 'ws', 'delete', 'ci-1', '--yes')).exitCode, 0);
	// The first right is there, the second is not.
	t.regex((await nexusctl(furnished, people.stranger, 'ws', 'delete', 'roots', '--yes')).stderr, /manage-others-workspaces/);
	t.is((await nexusctl(furnished, people.stranger, 'vm', 'create', 'x', '--role', 'work')).exitCode, 0);
	t.is((await nexusctl(furnished, people.stranger, 'vm', 'create', 'y', '--role', 'portal')).exitCode, 6);
	t.is((await nexusctl(furnished, people.stranger, 'ws', 'attach', 'ci-3', '--vm', 'x')).exitCode, 6);
	const ci3 = await client.manager.getWorkspace('ci-3');
	t.is((await busctl(furnished, people.stranger, 'call', busName, ci3, `${busName}.Workspace`, 'Attach', 'oa{sv}', furnished.objects.vm, '0')).exitCode, 0);
	await check('nexusctl', ['ws', 'detach', 'ci-3']);
	await check('nexusctl', ['vm', 'delete', 'x', '--yes']);
	t.is((await busctl(furnished, people.stranger, 'call', busName, await client.manager.getWorkspace('ci-3'), `${busName}.Workspace`, 'Delete')).exitCode, 0);
	t.is((await furnished.curl('/v1/workspaces/ci-4', ['--request', 'DELETE'], {user: people.stranger})).stdout, '\n204');
	const {stderr} = await furnished.callManager('ImportImage', ['ssa{sv}', 'x', '/srv/a\n$(name)', '0'], {user: people.stranger});
	t.regex(stderr, /does not exist/);
}));

rootTest('a person at a terminal is asked for a password', inTurn(async t => {
	const furnished = await machine();
	const {check} = furnished;
	await check('rm', ['-f', '/etc/polkit-1/rules.d/10-test.rules']);
	await check('systemctl', ['restart', 'polkit.service']);
	await check('useradd', ['--groups', 'sudo', 'administrator']);
	await check('chpasswd', [], {input: 'administrator:correct horse\n'});
	const right = await typePassword(furnished, 'correct horse', 'nexusctl ws create --base base --name asked');
	t.is(right.exitCode, 0, right.stdout);
	t.regex(right.stdout, /Authentication is required to create a workspace from the image "base"/);
	t.regex(right.stdout, /Created workspace "asked"/);
	const wrong = await typePassword(furnished, 'battery staple', 'nexusctl ws create --base base --name refused');
	t.is(wrong.exitCode, 6, wrong.stdout);
	t.regex(wrong.stdout, /not authorised to create workspaces/);
	await check('nexusctl', ['ws', 'delete', 'asked', '--yes']);
}));

// In a login session of the stranger's, on a terminal made by script(1): a password is typed when it is asked for.
async function typePassword({spawn}: Furnished, password: string, command: string): Promise<{exitCode: number; stdout: string}> {
	const login = spawn('runuser', ['-l', people.stranger, '-c', `script -qec '${command}' /dev/null`]);
	let stdout = '';
	login.stdout!.setEncoding('utf8').on('data', (chunk: string) => {
		stdout += chunk;
	});
	// What is typed between the prompt and the moment when the agent turns the echo off is thrown away, as for a hasty person.
	const typing = setInterval(() => {
		if (stdout.endsWith('Password: ')) {
			login.stdin!.write(`${password}\n`);
		}
	}, 200);
	const [exitCode] = await once(login, 'close') as [number];
	clearInterval(typing);
	return {exitCode, stdout};
}

rootTest('without polkit only root may, and it says so; when polkit is back, so are the rights', inTurn(async t => {
	const furnished = await machine();
	const {check} = furnished;
	await check('systemctl', ['mask', '--runtime', '--now', 'polkit.service']);
	const denied = await nexusctl(furnished, people.member, 'vm', 'create', 'no');
	t.is(denied.exitCode, 6);
	t.regex(denied.stderr, /polkit does not answer \(.*\), and without it only root may/);
	t.regex((await furnished.curl('/v1/vms', ['--json', '{"name":"no"}'], {user: people.member})).stdout, /polkit does not answer.*\n403$/);
	await check('nexusctl', ['vm', 'create', 'by-root']);
	t.regex((await furnished.curl('/v1/vms', ['--json', '{"name":"by-root-too"}'])).stdout, /\n201$/);
	await check('systemctl', ['unmask', '--runtime', 'polkit.service']);
	await check('nexusctl', ['vm', 'delete', 'by-root', '--yes'], {user: people.member});
	await check('systemctl', ['restart', 'polkit.service']);
	await check('nexusctl', ['vm', 'delete', 'by-root-too', '--yes'], {user: people.member});
}));

rootTest('an import reads what its caller may read, and no more', inTurn(async t => {
	const furnished = await machine();
	const {check} = furnished;
	const asMember = {user: people.member};
	await check('sh', ['-c', `
		cd /home/member && mkdir -p closed open && echo secret >closed/root && chown root:root closed/root && chmod 600 closed/root
		mkdir -p deep/below && echo secret >deep/below/file && chown -R root:root deep/below && chmod 700 deep/below
		install -d -m 700 /srv/private && mkdir /srv/private/tree && echo secret >/srv/private/tree/file
		install -d -m 750 -g nexus /srv/group && echo shared >/srv/group/file && chgrp nexus /srv/group/file && chmod 640 /srv/group/file
		ln -s /etc/shadow open/link && ln -s /srv/private/tree open/folder && chown -h member:member open/* . open closed deep
		ln -s /srv/private/tree way-in
	`]);
	const importAsMember = async (source: string, name: string): Promise<Run> => nexusctl(furnished, people.member, 'image', 'import', source, '--name', name, '--size', '32M');
	for (const source of ['/home/member/closed', '/home/member/deep', '/srv/private/tree', '/home/member/way-in', '/root', '/etc', '/srv/private/no-such']) {
		// eslint-disable-next-line no-await-in-loop
		const {exitCode, stderr} = await importAsMember(source, 'stolen');
		t.true(exitCode === 6 || exitCode === 1, `${source}: ${exitCode} ${stderr}`);
		t.regex(stderr, /closed to you/, source);
	}

	t.regex((await furnished.curl('/v1/images', ['--json', '{"name":"stolen","source_path":"/home/member/closed"}'], asMember)).stdout, /closed to you.*\n403$/);
	t.is((await nexusctl(furnished, people.member, 'image', 'inspect', 'stolen')).exitCode, 4);
	t.is(await check('ls', ['-A', '/var/lib/nexus/workspaces/.work']), '');

	// What is open by membership of a group is open, and a symlink is a symlink.
	t.is((await importAsMember('/srv/group', 'by-group')).exitCode, 0);
	t.is((await importAsMember('/home/member/open', 'links')).exitCode, 0);
	t.regex(await check('debugfs', ['-R', 'stat /link', '/var/lib/nexus/workspaces/@links/rootfs.ext4']), /Fast link dest: "\/etc\/shadow"/);
	// Root's own import is root's own business.
	await check('nexusctl', ['image', 'import', '/home/member/closed', '--name', 'by-root', '--size', '32M']);
	t.is(await check('stat', ['--format=%u:%g %a', '/var/lib/nexus/workspaces/@links/rootfs.ext4']), '0:0 600');
}));

rootTest('a folder that is swapped for a symlink while it is read gives nothing away', inTurn(async t => {
	const furnished = await machine();
	const {check, spawn} = furnished;
	await check('sh', ['-c', `
		install -d -m 700 /srv/vault && seq -f 'the-secret-%06.0f' 20000 >/srv/vault/file && mkdir -p /home/member/race/data && cp -r /usr/share/doc/bash /home/member/race/more
		echo plain >/home/member/race/data/file && chown -R member:member /home/member/race
	`]);
	// As quickly as it can.
	const swapper = spawn('sh', ['-c', 'cd /home/member/race && while :; do mv data kept && ln -s /srv/vault data && rm data && mv kept data; done'], {user: people.member});
	try {
		for (let round = 0; round < 6; round++) {
			// eslint-disable-next-line no-await-in-loop
			await nexusctl(furnished, people.member, 'image', 'import', '/home/member/race', '--name', `race-${round}`, '--size', '64M');
		}
	} finally {
		swapper.kill();
	}

	const found = await furnished.run('grep', ['--recursive', '--files-with-matches', 'the-secret', '/var/lib/nexus/workspaces']);
	t.deepEqual([found.exitCode, found.stdout], [1, '']);
}));

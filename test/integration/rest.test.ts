// The REST face: what each route answers, who may ask, and what nobody may do to it.
import {Buffer} from 'node:buffer';
import {once} from 'node:events';
import {closeSync} from 'node:fs';
import {
	lstat, mkdir, readdir, readFile, rm, stat, writeFile,
} from 'node:fs/promises';
import {Agent, request, type IncomingMessage} from 'node:http';
import {createServer as createNetServer, type Socket} from 'node:net';
import path from 'node:path';
import process from 'node:process';
import {text} from 'node:stream/consumers';
import {Validator} from '@seriousme/openapi-schema-validator';
import test, {type ExecutionContext} from 'ava';
import {execa} from 'execa';
import fc from 'fast-check';
import koffi from 'koffi';
import {contract} from '../../dbus/contract.js';
import {DeniedError} from '../../service/authority.js';
import type {Details} from '../../service/caller.js';
import {makeApp} from '../../service/http/app.js';
import {mutatingRoutes} from '../../service/http/openapi.js';
import {peerOf, type Peer} from '../../service/http/peer.js';
import {requireRights} from '../../service/http/rights.js';
import type {Job} from '../../src/jobs.js';
import type {Nexus} from '../../src/nexus.js';
import {tables} from '../../src/store/rows.js';
import {openStore} from '../../src/store/open-store.js';
import {strangerUid} from '../support/as-user.js';
import {cleanupOf} from '../support/cleanup.js';
import {temporaryFolder} from '../support/folder.js';
import {unmountAfterwards} from '../support/mounts.js';
import {makeSource, startNexus} from '../support/nexus.js';
import {childrenOf, stopProcess} from '../support/processes.js';
import {rootTest} from '../support/requirements.js';
import {run} from '../support/run.js';
import {
	addImage, allFrom, asker, connectTo, parseAnswer, startRest, talk, type Answer, type TestRest,
} from '../support/rest.js';
import {takingTurns} from '../support/turns.js';

const inTurn = takingTurns(4);
const quickTest = (title: string, implementation: (t: ExecutionContext) => Promise<void> | void): void => {
	test(title, inTurn(async t => implementation(t)));
};

const uuid = /^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/;

/** Checks that an answer is a failure, in the one shape that failures have. */
function isFailure(t: ExecutionContext, {status, row, text, headers}: Answer, expected: number, message?: RegExp): void {
	t.is(status, expected, text);
	t.deepEqual(Object.keys(row), ['error']);
	t.is(headers['content-type'], 'application/json; charset=utf-8');
	t.notRegex(row.error, /\bat .*:\d+:\d+/);
	if (message) {
		t.regex(row.error, message);
	}
}

/** A request as it goes over the wire. */
const say = (line: string, headers: string[] = [], body = ''): string => [`${line} HTTP/1.1`, 'Host: nexus', ...headers, '', body].join('\r\n');

const get = (path: string, ...headers: string[]): string => say(`GET ${path}`, headers);

const post = (path: string, body: unknown, ...headers: string[]): string => {
	const text = JSON.stringify(body);
	return say(`POST ${path}`, ['Content-Type: application/json', `Content-Length: ${Buffer.byteLength(text)}`, ...headers], text);
};

// What the routes do.

quickTest('the daemon tells of its health', async t => {
	const {ask, database} = await startRest(t);
	const {status, headers, json} = await ask('GET', '/v1/health');
	t.is(status, 200);
	t.is(headers['content-type'], 'application/json; charset=utf-8');
	t.deepEqual(json, {status: 'ok', database: {path: database, table_count: 5, size_bytes: (await stat(database)).size}});
});

quickTest('an image is imported, listed, found by name and id, and deleted', async t => {
	const {ask, folder, workspaces} = await startRest(t);
	const source = await makeSource(folder, 'source', 1);
	t.deepEqual((await ask('GET', '/v1/images')).json, []);

	const {status, headers, row: image} = await ask('POST', '/v1/images', {name: 'base', source_path: source});
	t.is(status, 201);
	t.is(headers.location, `/v1/images/${image.id}`);
	t.deepEqual(Object.keys(image), tables.image.columns);
	t.regex(image.id, uuid);
	t.is(image.name, 'base');
	t.is(image.subvolume_path, path.join(workspaces, '@base'));
	t.is(image['size_bytes'], (await stat(path.join(image.subvolume_path, 'rootfs.ext4'))).size);
	t.true(Math.abs(Number(image['created_at']) - (Date.now() / 1000)) < 60);

	for (const where of ['/v1/images/base', headers.location!]) {
		// eslint-disable-next-line no-await-in-loop
		const found = await ask('GET', where);
		t.is(found.status, 200);
		t.deepEqual(found.json, image);
	}

	t.deepEqual((await ask('GET', '/v1/images')).json, [image]);
	const deleted = await ask('DELETE', '/v1/images/base');
	t.deepEqual([deleted.status, deleted.text, deleted.headers['content-type']], [204, '', undefined]);
	isFailure(t, await ask('GET', '/v1/images/base'), 404, /no image "base"/);
	isFailure(t, await ask('DELETE', '/v1/images/base'), 404);
	t.deepEqual((await readdir(workspaces)).filter(name => !name.startsWith('.')), []);
});

quickTest('an import that cannot be is refused with its reason', async t => {
	const rest = await startRest(t);
	const {ask, folder, workspaces} = rest;
	await addImage(rest);
	const source = path.join(folder, 'source-of-base');
	isFailure(t, await ask('POST', '/v1/images', {name: 'base', source_path: source}), 409, /"base" is taken/);
	isFailure(t, await ask('POST', '/v1/images', {name: '../x', source_path: source}), 400, /not a valid name/);
	isFailure(t, await ask('POST', '/v1/images', {name: 'x', source_path: path.join(folder, 'nowhere')}), 400, /does not exist/);
	isFailure(t, await ask('POST', '/v1/images', {name: 'x', source_path: 'relative'}), 400, /absolute/);
	isFailure(t, await ask('POST', '/v1/images', {name: 'x', source_path: workspaces}), 400, /inside the workspaces folder/);
	t.deepEqual((await ask('GET', '/v1/images')).rows.map(({name}) => name), ['base']);
});

/** Resolves when an import has been written in part. */
async function halfway(nexus: Nexus): Promise<void> {
	let progress = 0;
	while (progress === 0) {
		// eslint-disable-next-line no-await-in-loop
		const [job] = await once(nexus, 'job-changed') as [Job];
		({progress} = job);
	}
}

quickTest('an import that fails on the way says why', async t => {
	const {ask, folder, nexus} = await startRest(t);
	const source = await makeSource(folder, 'source', 64);
	const failing = ask('POST', '/v1/images', {name: 'base', source_path: source});
	await halfway(nexus);
	await writeFile(path.join(source, 'etc/more'), 'that was not there before');
	isFailure(t, await failing, 409, /changed/);

	const canceled = ask('POST', '/v1/images', {name: 'base', source_path: source});
	await once(nexus, 'job-added');
	await nexus.jobs()[0]!.cancel('nexusd was stopped');
	isFailure(t, await canceled, 503, /nexusd was stopped/);
	t.deepEqual((await ask('GET', '/v1/images')).json, []);
});

rootTest('an import that does not fit says so', async t => {
	const cleanup = cleanupOf(t);
	const small = await temporaryFolder(cleanup);
	await execa('mount', ['-t', 'tmpfs', '-o', 'size=2M', 'tmpfs', small]);
	unmountAfterwards(small, cleanup);
	const {ask, folder} = await startRest(t, {workspaces: path.join(small, 'workspaces')});
	isFailure(t, await ask('POST', '/v1/images', {name: 'base', source_path: await makeSource(folder, 'source', 8)}), 507, /space/);
});

quickTest('a workspace is made, listed, found by name and id, and deleted', async t => {
	const rest = await startRest(t);
	const {ask, nexus, workspaces} = rest;
	const base = await addImage(rest);
	const {status, headers, row: workspace} = await ask('POST', '/v1/workspaces', {base: 'base', name: 'one'});
	t.is(status, 201);
	t.is(headers.location, `/v1/workspaces/${workspace.id}`);
	t.deepEqual(workspace, {
		id: workspace.id,
		name: 'one',
		vm_id: null,
		subvolume_path: path.join(workspaces, '@one'),
		master_image_id: base,
		parent_workspace_id: null,
		size_bytes: nexus.image(base).sizeBytes,
		is_root_device: false,
		is_read_only: false,
		created_at: workspace['created_at'],
		owner_uid: process.getuid!(),
	});

	const generated = await ask('POST', '/v1/workspaces', {base});
	t.is(generated.status, 201);
	t.regex(generated.row.name, /^base-[\da-f]{8}$/);

	t.deepEqual((await ask('GET', '/v1/workspaces')).json, [generated.json, workspace]);
	t.deepEqual((await ask('GET', `/v1/workspaces/${workspace.id}`)).json, workspace);
	t.deepEqual((await ask('GET', '/v1/workspaces/%6Fne')).json, workspace);
	t.is((await ask('DELETE', '/v1/workspaces/one')).status, 204);
	isFailure(t, await ask('DELETE', '/v1/workspaces/one'), 404, /no workspace "one"/);
	isFailure(t, await ask('DELETE', '/v1/images/base'), 409, /in use by 1 workspace/);
});

quickTest('a workspace that is attached shows since when, and stays', async t => {
	const rest = await startRest(t);
	const {ask, nexus} = rest;
	await addImage(rest);
	await ask('POST', '/v1/workspaces', {base: 'base', name: 'one'});
	const {row: vm} = await ask('POST', '/v1/vms', {name: 'guest'});
	await nexus.attachWorkspace('one', 'guest', {rootDevice: true, readOnly: true});
	const {row: attached} = await ask('GET', '/v1/workspaces/one');
	t.deepEqual([attached['vm_id'], attached['is_root_device'], attached['is_read_only'], typeof attached['attached_at'], 'detached_at' in attached], [vm.id, true, true, 'number', false]);
	isFailure(t, await ask('DELETE', '/v1/workspaces/one'), 409, /attached to VM "guest"/);

	await nexus.detachWorkspace('one');
	const {row: detached} = await ask('GET', '/v1/workspaces/one');
	t.deepEqual(Object.keys(detached), tables.workspace.columns);
	t.deepEqual([detached['vm_id'], detached['is_root_device'], detached['is_read_only'], typeof detached['detached_at']], [null, false, false, 'number']);
});

quickTest('a workspace that cannot be is refused with its reason', async t => {
	const rest = await startRest(t);
	await addImage(rest);
	const {ask} = rest;
	isFailure(t, await ask('POST', '/v1/workspaces', {base: 'nope', name: 'one'}), 404, /no image "nope"/);
	isFailure(t, await ask('POST', '/v1/workspaces', {base: 'base', name: 'base'}), 409, /taken by an image/);
	isFailure(t, await ask('POST', '/v1/workspaces', {base: 'base', name: ''}), 400, /not a valid name/);
	isFailure(t, await ask('POST', '/v1/workspaces', {name: 'one'}), 400, /base in the body/);
	t.deepEqual((await ask('GET', '/v1/workspaces')).json, []);
});

quickTest('workspaces are listed by their image', async t => {
	const rest = await startRest(t);
	const {ask} = rest;
	const [base, other] = [await addImage(rest, 'base'), await addImage(rest, 'other')];
	await Promise.all([['base', 'b'], ['other', 'c'], ['base', 'a']].map(async ([base, name]) => ask('POST', '/v1/workspaces', {base, name})));
	const names = async (query: string): Promise<string[]> => (await ask('GET', `/v1/workspaces${query}`)).rows.map(({name}) => name);
	t.deepEqual(await names(''), ['a', 'b', 'c']);
	t.deepEqual(await names('?base=base'), ['a', 'b']);
	t.deepEqual(await names(`?base=${base}`), ['a', 'b']);
	t.deepEqual(await names(`?base=${other}`), ['c']);
	isFailure(t, await ask('GET', '/v1/workspaces?base=nope'), 404, /no image "nope"/);
	isFailure(t, await ask('GET', '/v1/workspaces?base='), 404);
	isFailure(t, await ask('GET', '/v1/workspaces?base=base&base=other'), 400, /base in the query/);
	isFailure(t, await ask('GET', '/v1/workspaces?bse=base'), 400, /unrecognized key: "bse"/);
});

quickTest('a VM is recorded with defaults, filtered, found and deleted', async t => {
	const {ask} = await startRest(t);
	const {status, headers, row: vm} = await ask('POST', '/v1/vms', {name: 'agent'});
	t.is(status, 201);
	t.is(headers.location, `/v1/vms/${vm.id}`);
	t.deepEqual(Object.keys(vm), tables.vm.columns);
	t.deepEqual({
		...vm, id: '', created_at: 0, updated_at: 0,
	}, {
		id: '',
		name: 'agent',
		role: 'work',
		state: 'created',
		cid: 3,
		vcpu_count: 1,
		mem_size_mib: 128,
		config_json: null,
		pid: null,
		socket_path: null,
		uds_path: null,
		console_log_path: null,
		created_at: 0,
		updated_at: 0,
		started_at: null,
		stopped_at: null,
	});
	const {row: portal} = await ask('POST', '/v1/vms', {
		name: 'portal', role: 'portal', vcpu_count: 4, mem_size_mib: 2048,
	});
	t.deepEqual([portal['role'], portal['cid'], portal['vcpu_count'], portal['mem_size_mib']], ['portal', 4, 4, 2048]);

	t.deepEqual((await ask('GET', '/v1/vms')).json, [vm, portal]);
	t.deepEqual((await ask('GET', '/v1/vms?role=portal&state=created')).json, [portal]);
	t.deepEqual((await ask('GET', '/v1/vms?state=running')).json, []);
	t.deepEqual((await ask('GET', '/v1/vms/agent')).json, vm);
	isFailure(t, await ask('GET', '/v1/vms?role=cook'), 400, /role in the query.*"portal"/);
	isFailure(t, await ask('GET', '/v1/vms?state=asleep'), 400, /state in the query/);
	t.is((await ask('DELETE', `/v1/vms/${vm.id}`)).status, 204);
	isFailure(t, await ask('GET', '/v1/vms/agent'), 404, /no VM "agent"/);
});

quickTest('a VM that cannot be is refused with its reason', async t => {
	const {ask} = await startRest(t);
	await ask('POST', '/v1/vms', {name: 'agent'});
	isFailure(t, await ask('POST', '/v1/vms', {name: 'agent'}), 409, /exists already/);
	isFailure(t, await ask('POST', '/v1/vms', {name: '.x'}), 400, /not a valid name/);
	const wrong = [{role: 'cook'}, {vcpu_count: 0}, {vcpu_count: 1.5}, {vcpu_count: '1'}, {vcpu_count: 1025}, {mem_size_mib: 0}, {mem_size_mib: 2 ** 32}, {mem_size_mib: null}];
	for (const more of wrong) {
		const [key] = Object.keys(more) as [string];
		// eslint-disable-next-line no-await-in-loop
		isFailure(t, await ask('POST', '/v1/vms', {name: 'other', ...more}), 400, new RegExp(`^${key} in the body`));
	}

	isFailure(t, await ask('POST', '/v1/vms', {name: 'other', cpus: 1}), 400, /unrecognized key: "cpus"/);
	t.is((await ask('GET', '/v1/vms')).rows.length, 1);
});

quickTest('every path that can be read answers HEAD, without a body', async t => {
	const rest = await startRest(t);
	await addImage(rest);
	for (const where of ['/v1/health', '/v1/openapi.json', '/v1/images', '/v1/images/base', '/v1/workspaces', '/v1/vms']) {
		// eslint-disable-next-line no-await-in-loop
		const {status, headers, text} = await rest.ask('HEAD', where);
		t.deepEqual([status, headers['content-type'], text], [200, 'application/json; charset=utf-8', ''], where);
	}

	t.deepEqual(((answer: Answer) => [answer.status, answer.text])(await rest.ask('HEAD', '/v1/images/nope')), [404, '']);
});

// The document.

type Document = {
	openapi: string;
	paths: Record<string, Record<string, {'x-polkit-action'?: string}>>;
	components: {schemas: Record<string, {properties: Record<string, unknown>}>};
};

quickTest('the OpenAPI document is valid, is the one in docs, and describes what is there', async t => {
	const {ask} = await startRest(t);
	const {text} = await ask('GET', '/v1/openapi.json');
	const document = JSON.parse(text) as Document;
	t.deepEqual(document, JSON.parse(await readFile('docs/openapi.json', 'utf8')));
	t.is(document.openapi, '3.1.0');
	const {valid, errors} = await new Validator().validate({...document});
	t.true(valid, JSON.stringify(errors));

	const described = Object.entries(document.paths).flatMap(([path, operations]) =>
		Object.entries(operations).map(([method, operation]) => ({method: method.toUpperCase(), path, operation})));
	t.is(described.length, 14);
	for (const {method, path} of described) {
		// A route that is not there is not allowed, or leads nowhere.
		// eslint-disable-next-line no-await-in-loop
		const {status, text} = await ask(method, path.replace('{name_or_id}', 'x'));
		t.true([200, 400, 404].includes(status) && !text.includes('nothing at this path'), `${method} ${path}: ${status} ${text}`);
	}

	const toRoute = ({method, path, operation}: typeof described[number]): string => `${method} ${path.replace('{name_or_id}', ':name_or_id')} ${operation['x-polkit-action']}`;
	t.deepEqual(
		described.filter(({method}) => method !== 'GET').map(route => toRoute(route)).sort(),
		mutatingRoutes().map(({method, url, action}) => `${method} ${url} org.workfort.Nexus1.${action}`).sort(),
	);
	t.deepEqual(Object.keys(document.components.schemas), ['Error', 'Health', 'Image', 'Workspace', 'Vm']);
	for (const [name, kind] of [['Image', 'image'], ['Workspace', 'workspace'], ['Vm', 'vm']] as const) {
		t.deepEqual(Object.keys(document.components.schemas[name]!.properties), tables[kind].columns);
	}
});

quickTest('every example of the page works', async t => {
	const rest = await startRest(t);
	await addImage(rest, 'old');
	const page = await readFile('docs/rest-api.md', 'utf8');
	const examples = page.split('\n').filter(line => line.startsWith('curl '));
	t.is(examples.length, 17);
	for (const example of examples) {
		const command = example.replace('/run/nexus/nexusd.sock', rest.socket).replace('/srv/rootfs', path.join(rest.folder, 'source-of-old'));
		// eslint-disable-next-line no-await-in-loop
		const {exitCode, stderr} = await run('sh', ['-c', command.replace('curl ', 'curl --fail --silent --show-error ')]);
		t.is(exitCode, 0, `${example}\n${stderr}`);
	}
});

// Who may ask.

const denying = {
	async authorize() {
		throw new DeniedError('you are not authorised to do this');
	},
	async authorizeOwner() {
		throw new DeniedError('it is not yours');
	},
};

for (const {method, url} of mutatingRoutes()) {
	quickTest(`a stranger is refused ${method} ${url}, whatever is asked, and changes nothing`, async t => {
		let isDenying = false;
		const allowing = async (): Promise<void> => {
			if (isDenying) {
				throw new DeniedError('you are not authorised to do this');
			}
		};

		const rest = await startRest(t, {authority: {authorize: allowing, authorizeOwner: allowing}});
		await addImage(rest);
		await rest.ask('POST', '/v1/workspaces', {base: 'base', name: 'one'});
		await rest.ask('POST', '/v1/vms', {name: 'guest'});
		isDenying = true;
		const snapshot = async (): Promise<unknown> => [await readFile(rest.database), await readdir(rest.workspaces, {recursive: true})];
		const before = await snapshot();
		const bodies = [undefined, {}, [], 'text', null, {name: 'x', base: 'base'}, {name: 'x', source_path: rest.folder}, {name: {}, base: [], role: 7}];
		for (const name of ['base', 'one', 'guest', 'nothing', '%00', 'a'.repeat(1000)]) {
			for (const body of method === 'POST' ? bodies : [undefined]) {
				// eslint-disable-next-line no-await-in-loop
				isFailure(t, await rest.ask(method, url.replace(':name_or_id', name), body), 403, /not authorised/);
			}
		}

		t.deepEqual(await snapshot(), before);
	});
}

quickTest('a route that changes something and names no right cannot be', t => {
	const app = makeApp(() => undefined);
	requireRights(app, undefined as never, denying as never);
	t.notThrows(() => app.get('/a', async () => 'a'));
	t.throws(() => app.post('/b', async () => 'b'), {message: 'POST /b names no right'});
	t.throws(() => app.delete('/c', {config: {}}, async () => 'c'), {message: 'DELETE /c names no right'});
});

quickTest('the rights and their details are those of the bus', async t => {
	const asked: Array<{action: string; details: Details; name: string}> = [];
	const rest = await startRest(t, {
		authority: {
			async authorize({name}, action, details) {
				asked.push({action, details, name});
			},
			authorizeOwner: async () => undefined,
		},
	});
	const {ask, folder} = rest;
	const image = await addImage(rest);
	await ask('GET', '/v1/images');
	t.deepEqual(asked, []);

	const detailsOf = async (method: string, path: string, body?: unknown): Promise<[string, Details]> => {
		asked.length = 0;
		await ask(method, path, body);
		t.is(asked.length, 1);
		t.is(asked[0]!.name, `pid ${process.pid}`);
		return [asked[0]!.action, asked[0]!.details];
	};

	const {methods} = contract.Manager;
	const source = path.join(folder, 'source-of-base');
	t.deepEqual(await detailsOf('POST', '/v1/images', {name: 'two', source_path: source}), [methods.ImportImage.action, {name: 'two', source}]);
	t.deepEqual(await detailsOf('POST', '/v1/workspaces', {base: image, name: 'one'}), [methods.CreateWorkspace.action, {base: 'base', name: 'one'}]);
	t.deepEqual(await detailsOf('POST', '/v1/workspaces', {base: 'gone\n'}), [methods.CreateWorkspace.action, {base: 'gone?', name: ''}]);
	t.deepEqual(await detailsOf('POST', '/v1/vms', {name: 'guest'}), [methods.CreateVm.action, {
		name: 'guest', role: 'work', vcpus: '1', memory_mib: '128',
	}]);
	t.deepEqual(await detailsOf('POST', '/v1/vms', {name: 'guest', role: ['portal'], vcpu_count: 2}), [methods.CreateVm.action, {
		name: 'guest', role: '', vcpus: '2', memory_mib: '128',
	}]);
	t.deepEqual(await detailsOf('DELETE', '/v1/workspaces/one'), [methods.DeleteWorkspace.action, {name: 'one', owner: String(process.getuid!()), base: 'base'}]);
	t.deepEqual(await detailsOf('DELETE', '/v1/vms/guest'), [methods.DeleteVm.action, {name: 'guest'}]);
	t.deepEqual(await detailsOf('DELETE', '/v1/images/two'), [methods.DeleteImage.action, {name: 'two'}]);
	t.deepEqual(await detailsOf('DELETE', '/v1/images/two'), [methods.DeleteImage.action, {name: 'two'}]);
});

quickTest('what is another user\'s takes a second right', async t => {
	const rest = await startRest(t, {authority: {authorize: async () => undefined, authorizeOwner: denying.authorizeOwner}});
	await addImage(rest);
	await rest.ask('POST', '/v1/workspaces', {base: 'base', name: 'one'});
	isFailure(t, await rest.ask('DELETE', '/v1/workspaces/one'), 403, /not yours/);
	isFailure(t, await rest.ask('DELETE', '/v1/workspaces/two'), 404);
	t.is((await rest.ask('GET', '/v1/workspaces/one')).status, 200);
});

/** Runs curl on a socket as another user; prints the body, a line break and the status. */
const curlAs = async (uid: number, socket: string, ...args: string[]): Promise<string> => {
	const {stdout, stderr} = await run('setpriv', [
		...['--reuid', String(uid), '--regid', String(uid), '--clear-groups'],
		...['curl', '--silent', '--show-error', '--write-out', '\n%{http_code}', '--unix-socket', socket, ...args],
	]);
	return stdout + stderr;
};

rootTest('a caller is who the kernel says: a workspace is its maker\'s, and a source is read as its reader', async t => {
	const rest = await startRest(t);
	await addImage(rest);
	const made = await curlAs(strangerUid, rest.socket, '--json', '{"base":"base","name":"theirs"}', 'http://nexus/v1/workspaces');
	const [row, status] = made.split('\n') as [string, string];
	t.is(status, '201');
	t.is((JSON.parse(row) as {owner_uid: number}).owner_uid, strangerUid);
	t.is((await stat(path.join(rest.workspaces, '@theirs/rootfs.ext4'))).uid, strangerUid);

	const closed = path.join(rest.folder, 'closed');
	await mkdir(closed, {mode: 0o700});
	t.regex(await curlAs(strangerUid, rest.socket, '--json', JSON.stringify({name: 'x', source_path: closed}), 'http://nexus/v1/images'), /^{"error":".*is closed to you.*"}\n403$/);
});

rootTest('the kernel tells the process, the user and all groups', async t => {
	const cleanup = cleanupOf(t);
	const socketPath = path.join(await temporaryFolder(cleanup), 'socket');
	const server = createNetServer().listen(socketPath);
	await once(server, 'listening');
	await execa('chmod', ['666', socketPath]);
	cleanup(() => {
		server.close();
	});
	const peerOfNext = async (...options: string[]): Promise<Peer & {child: number}> => {
		const child = execa('setpriv', [...options, 'perl', '-e', 'use Socket; socket(S, PF_UNIX, SOCK_STREAM, 0); connect(S, sockaddr_un($ARGV[0])) or die $!; sysread(S, $_, 1)', socketPath]);
		const [socket] = await once(server, 'connection') as [Socket];
		const peer = peerOf(socket);
		socket.destroy();
		await child;
		return {...peer, child: child.pid!};
	};

	// More than a first guess has room for.
	const many = Array.from({length: 200}, (_, index) => 5000 + index);
	const {pid, uid, groups, child} = await peerOfNext('--reuid', '12345', '--regid', '23456', '--groups', many.join(','));
	t.deepEqual([pid, uid], [child, 12_345]);
	t.deepEqual(groups, [23_456, ...many]);
	t.deepEqual((await peerOfNext('--reuid', '1', '--regid', '5001', '--groups', '5000,5001')).groups, [5001, 5000]);
	t.deepEqual((await peerOfNext('--reuid', '1', '--regid', '7', '--clear-groups')).groups, [7]);
});

quickTest('a connection that has ended has no peer', async t => {
	const socketPath = path.join(await temporaryFolder(cleanupOf(t)), 'socket');
	const server = createNetServer().listen(socketPath);
	const socket = await connectTo(socketPath);
	socket.destroy();
	t.throws(() => peerOf(socket), {message: /has ended/});
	server.close();
});

// What is no request.

quickTest('what is not there is 404, what is not possible there 405', async t => {
	const {ask} = await startRest(t);
	for (const where of ['/', '/v1', '/v1/images/a/b', '/v2/images', '/v1/Images', '//v1/images']) {
		// eslint-disable-next-line no-await-in-loop
		isFailure(t, await ask('GET', where), 404, /nothing at this path/);
	}

	// Neither is a body looked at.
	isFailure(t, await ask('POST', '/v1/nothing', 'x'.repeat(100_000)), 404);
	const allowed: Array<[string, string, string]> = [
		['PUT', '/v1/images', 'GET, HEAD, POST'],
		['DELETE', '/v1/vms', 'GET, HEAD, POST'],
		['PATCH', '/v1/workspaces/one', 'DELETE, GET, HEAD'],
		['POST', '/v1/health?x=1', 'GET, HEAD'],
		['OPTIONS', '/v1/openapi.json', 'GET, HEAD'],
		['PROPFIND', '/v1/images', 'GET, HEAD, POST'],
		['TRACE', '/v1/images', 'GET, HEAD, POST'],
	];
	for (const [method, where, methods] of allowed) {
		// eslint-disable-next-line no-await-in-loop
		const answer = await ask(method, where);
		isFailure(t, answer, 405);
		t.is(answer.headers.allow, methods);
	}
});

quickTest('a body is JSON, an object, of the right type and size', async t => {
	const {socket, ask} = await startRest(t);
	const send = async (type: string, body: string): Promise<ReturnType<typeof parseAnswer>> =>
		parseAnswer(await talk(socket, say('POST /v1/vms', ['Connection: close', ...(type ? [`Content-Type: ${type}`] : []), `Content-Length: ${body.length}`], body)));
	const vm = (name: string): string => JSON.stringify({name});
	t.is((await send('application/json', vm('a'))).status, 201);
	t.is((await send('application/json; charset=utf-8', vm('b'))).status, 201);
	const refused: Array<[number, string, string]> = [
		[415, '', vm('x')],
		[415, 'text/plain', vm('x')],
		[415, 'application/x-www-form-urlencoded', 'name=x'],
		[415, 'application/jsonp', vm('x')],
		[415, 'nonsense', vm('x')],
		[400, 'application/json', '{"name":'],
		[400, 'application/json', '\u0000'],
		[400, 'application/json', '{"__proto__":{"role":"portal"},"name":"x"}'],
		[400, 'application/json', '{"constructor":{"prototype":{"a":1}},"name":"x"}'],
		[400, 'application/json', ''],
		[400, 'application/json', 'null'],
		[400, 'application/json', '[]'],
		[400, 'application/json', '"x"'],
		[413, 'application/json', vm('x'.repeat(65 * 1024))],
	];
	for (const [status, type, body] of refused) {
		// eslint-disable-next-line no-await-in-loop
		const answer = await send(type, body);
		t.is(answer.status, status, `${type} ${body.slice(0, 80)}`);
		t.deepEqual(Object.keys(answer.row), ['error']);
	}

	const inChunks = ['Content-Type: application/json', 'Transfer-Encoding: chunked'];
	const chunk = `4000\r\n${'x'.repeat(0x40_00)}\r\n`;
	const tooLong = parseAnswer(await talk(socket, say('POST /v1/vms', inChunks, chunk.repeat(8))));
	t.deepEqual([tooLong.status, Object.keys(tooLong.row)], [413, ['error']]);
	const chunked = parseAnswer(await talk(socket, say('POST /v1/vms', [...inChunks, 'Connection: close'], '8\r\n{"name":\r\n4\r\n"c"}\r\n0\r\n\r\n')));
	t.is(chunked.status, 201);
	t.deepEqual((await ask('GET', '/v1/vms')).rows.map(({name}) => name), ['a', 'b', 'c']);
});

quickTest('a client that uploads too much reads why', async t => {
	const {socket, folder} = await startRest(t);
	const file = path.join(folder, 'large');
	await writeFile(file, 'x'.repeat(20 * 1024 * 1024));
	for (const header of ['Expect:', 'Expect: 100-continue', 'Transfer-Encoding: chunked']) {
		// eslint-disable-next-line no-await-in-loop
		const {stdout} = await run('curl', ['--silent', '--write-out', '%{http_code}', '--unix-socket', socket, '--header', header, '--header', 'Content-Type: application/json', '--data-binary', `@${file}`, 'http://nexus/v1/vms']);
		t.is(stdout, '{"error":"the body is larger than 65536 bytes"}413', header);
	}
});

quickTest('what is not HTTP is refused in the same words', async t => {
	const {socket, ask, complaints} = await startRest(t);
	const refused: Array<[number, string]> = [
		[400, 'hello\r\n\r\n'],
		[400, 'GET / HTTP/9.9\r\n\r\n'],
		[400, 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
		[400, '\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00FC\u0003\u0003\r\n\r\n'],
		[400, 'GET /v1/health HTTP/1.1\r\n\r\n'],
		[400, get('/v1/images/%ZZ', 'Connection: close')],
		[400, get('/v1/images/%C3', 'Connection: close')],
		[400, get('/v1/health', 'No colon')],
		[400, 'POST /v1/vms HTTP/1.1\r\nHost: nexus\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabc'],
		[400, 'POST /v1/vms HTTP/1.1\r\nHost: nexus\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\nabc'],
		[400, 'POST /v1/vms HTTP/1.1\r\nHost: nexus\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n'],
		[405, 'CONNECT elsewhere:80 HTTP/1.1\r\nHost: elsewhere\r\n\r\n'],
		[417, get('/v1/health', 'Expect: a miracle')],
		[431, get('/v1/health', `X: ${'x'.repeat(16 * 1024)}`)],
		[431, get(`/v1/images/${'x'.repeat(17 * 1024)}`)],
	];
	for (const [status, bytes] of refused) {
		// eslint-disable-next-line no-await-in-loop
		const answer = parseAnswer(await talk(socket, Buffer.from(bytes, 'latin1')));
		t.is(answer.status, status, bytes.slice(0, 80));
		t.deepEqual(Object.keys(answer.row), ['error'], bytes.slice(0, 80));
		t.regex(answer.head, /content-type: application\/json; charset=utf-8/i);
	}

	// Nothing becomes of what nobody offers.
	t.is(parseAnswer(await talk(socket, get('/v1/health', 'Connection: Upgrade, close\r\nUpgrade: websocket'))).status, 200);
	t.is(parseAnswer(await talk(socket, get('http://elsewhere/v1/health', 'Connection: close'))).status, 200);
	t.is(parseAnswer(await talk(socket, 'GET /v1/health HTTP/1.0\r\n\r\n')).status, 200);
	t.is((await ask('GET', '/v1/health')).status, 200);
	t.deepEqual(complaints, []);
});

quickTest('Expect: 100-continue is met', async t => {
	const {socket} = await startRest(t);
	const connection = await connectTo(socket);
	connection.write(say('POST /v1/vms', ['Connection: close', 'Expect: 100-continue', 'Content-Type: application/json', 'Content-Length: 12']));
	const [interim] = await once(connection, 'data') as [Uint8Array];
	t.is(Buffer.from(interim).toString(), 'HTTP/1.1 100 Continue\r\n\r\n');
	connection.write('{"name":"a"}');
	t.is(parseAnswer(await allFrom(connection)).status, 201);
});

quickTest('no garbage makes it fail, or tell what is inside', async t => {
	const {ask, socket, complaints} = await startRest(t);
	const segment = fc.oneof(fc.string({unit: 'grapheme'}).map(text => encodeURIComponent(text)), fc.constantFrom('v1', 'images', 'workspaces', 'vms', 'health', '..', '.', '%00', '%2F', '%zz', ''));
	const where = fc.oneof(
		fc.constantFrom('/v1/images', '/v1/workspaces', '/v1/vms', '/v1/vms/x', '/v1/workspaces?base=x', '/v1/vms?role=work'),
		fc.array(segment, {maxLength: 5}).map(segments => `/${segments.join('/')}`),
		fc.tuple(fc.constantFrom('/v1/workspaces', '/v1/vms', '/v1/images'), fc.webQueryParameters()).map(([path, query]) => `${path}?${query}`),
	);
	const key = fc.constantFrom('name', 'base', 'source_path', 'role', 'vcpu_count', 'mem_size_mib', 'x', '__proto__', 'constructor');
	const body = fc.oneof(fc.jsonValue(), fc.dictionary(key, fc.oneof(fc.jsonValue(), fc.string(), fc.integer())));
	await fc.assert(fc.asyncProperty(fc.constantFrom('GET', 'HEAD', 'POST', 'DELETE', 'PUT', 'PATCH'), where, fc.option(body, {nil: undefined}), async (method, path, body) => {
		const answer = await ask(method, path, body);
		t.true(answer.status < 500, `${method} ${path}: ${answer.status} ${answer.text}`);
		if (answer.status >= 400 && method !== 'HEAD') {
			isFailure(t, answer, answer.status);
		}
	}), {numRuns: 300});

	const line = fc.constantFrom('GET ', 'POST ', '/v1/vms', ' HTTP/1.1', '\r\n', 'Host: x', 'Content-Length: 5', 'Transfer-Encoding: chunked', 'Connection: close', '\r\n\r\n', '{}', '0\r\n\r\n');
	const bytes = fc.array(fc.oneof(line, fc.string({unit: 'binary'})), {maxLength: 12}).map(parts => parts.join(''));
	await fc.assert(fc.asyncProperty(bytes, async bytes => {
		const connection = await connectTo(socket);
		// Half of a request is all there will be.
		connection.end(bytes);
		const said = await allFrom(connection);
		t.notRegex(said, /HTTP\/1\.1 5\d\d|node:internal|\.[jt]s:\d+/, bytes);
	}), {numRuns: 200});
	t.is((await ask('GET', '/v1/health')).status, 200);
	t.deepEqual(complaints, []);
});

// What anybody may have of it.

quickTest('requests on one connection are done and answered in order', async t => {
	const {socket, ask} = await startRest(t);
	const add = (name: string): string => post('/v1/vms', {name});
	const said = await talk(socket, [
		add('a'), say('DELETE /v1/vms/a'), add('a'), add('a'), add('b'), get('/v1/nothing'), get('/v1/vms/a', 'Connection: close'),
	].join(''));
	t.deepEqual([...said.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, status]) => Number(status)), [201, 204, 201, 409, 201, 404, 200]);
	// The lowest that is free, each time.
	t.deepEqual((await ask('GET', '/v1/vms')).rows.map(({name, cid}) => [name, cid]), [['a', 3], ['b', 4]]);
});

quickTest('no more than sixteen requests wait on one connection', async t => {
	const {socket, ask} = await startRest(t);
	const said = await talk(socket, get('/v1/health').repeat(15) + get('/v1/health', 'Connection: close'));
	t.is(said.split('HTTP/1.1 200').length - 1, 16);
	t.true((await talk(socket, get('/v1/health').repeat(1000))).split('HTTP/1.1 200').length - 1 < 16);
	t.is((await ask('GET', '/v1/health')).status, 200);
});

quickTest('many requests at once are all answered', async t => {
	const {ask} = await startRest(t);
	const answers = await Promise.all(Array.from({length: 60}, async (_, index) => ask('POST', '/v1/vms', {name: `vm-${index}`})));
	t.deepEqual(new Set(answers.map(({status}) => status)), new Set([201]));
	t.is(new Set(answers.map(({row}) => row['cid'])).size, 60);
});

quickTest('one connection too many is told so, and twice as many are closed', async t => {
	const {socket, ask, activity} = await startRest(t);
	const open = await Promise.all(Array.from({length: 64}, async () => connectTo(socket)));
	t.true(activity.isBusy);
	isFailure(t, await ask('GET', '/v1/health'), 503, /too many connections/);
	open[0]!.destroy();
	await untilAnswered(ask);
	t.is((await ask('GET', '/v1/health')).status, 200);

	const more = await Promise.all(Array.from({length: 65}, async () => connectTo(socket)));
	t.is(await talk(socket, get('/v1/health')), '');
	// Those that were there before are served still.
	open[1]!.write(get('/v1/health', 'Connection: close'));
	t.is(parseAnswer(await allFrom(open[1]!)).status, 200);
	for (const connection of [...open, ...more]) {
		connection.destroy();
	}
});

// The server learns of it a moment after the client.
async function untilAnswered(ask: TestRest['ask']): Promise<void> {
	let {status} = await ask('GET', '/v1/health');
	for (let attempts = 100; status === 503 && attempts > 0; attempts--) {
		// eslint-disable-next-line no-await-in-loop
		({status} = await ask('GET', '/v1/health'));
	}
}

rootTest('one user cannot have all connections', async t => {
	const {socket, ask} = await startRest(t);
	const script = `
		use Socket;
		for (1 .. 29) { socket(my $s, PF_UNIX, SOCK_STREAM, 0); connect($s, sockaddr_un($ARGV[0])) or die $!; push @all, $s }
		for my $s ($all[27], $all[28]) { syswrite $s, "GET /v1/health HTTP/1.1\\r\\nHost: nexus\\r\\n\\r\\n"; sysread $s, $_, 12; print "$_\\n" }
	`;
	const {stdout, stderr} = await run('setpriv', ['--reuid', String(strangerUid), '--regid', String(strangerUid), '--clear-groups', 'perl', '-e', script, socket]);
	t.is(stdout, 'HTTP/1.1 200\nHTTP/1.1 503', stderr);
	t.is((await ask('GET', '/v1/health')).status, 200);
});

test('a request that does not arrive is given up, and so is a connection without one', async t => {
	const {socket, activity} = await startRest(t);
	const dripping = async (): Promise<string> => {
		const connection = await connectTo(socket);
		connection.write(say('POST /v1/vms', ['Content-Type: application/json', 'Content-Length: 60000']));
		const timer = setInterval(() => {
			connection.write(' ');
		}, 500);
		connection.once('close', () => {
			clearInterval(timer);
		});
		return allFrom(connection);
	};

	const [headers, body, nothing, idle] = await Promise.all([
		talk(socket, 'GET /v1/health HTTP/1.1\r\nHost: ne'),
		dripping(),
		talk(socket),
		talk(socket, get('/v1/health')),
	]);
	for (const said of [headers, body, nothing]) {
		const answer = parseAnswer(said);
		t.is(answer.status, 408);
		t.regex(answer.row.error, /within 10 seconds/);
	}

	t.is(parseAnswer(idle).status, 200);
	await untilIdle(activity);
	t.false(activity.isBusy);
});

async function untilIdle(activity: TestRest['activity']): Promise<void> {
	for (let attempts = 100; activity.isBusy && attempts > 0; attempts--) {
		// eslint-disable-next-line no-await-in-loop
		await new Promise(resolve => {
			setTimeout(resolve, 10);
		});
	}
}

const imageId = '00000000-0000-4000-8000-000000000000';
const otherId = '00000000-0000-4000-8000-000000000001';

/** Fills a database with workspaces, every hundredth of another image, and as many VMs, every hundredth a portal. */
async function fill(database: string, workspaces: string, count: number): Promise<void> {
	await mkdir(workspaces);
	const store = await openStore(database, () => undefined);
	const id = (kind: number, index: number): string => `${String(kind).padStart(8, '0')}-0000-4000-8000-${String(index).padStart(12, '0')}`;
	const time = 1_700_000_000;
	await store.commit(...[imageId, otherId].map((id, index) => ({
		put: 'image', record: {
			id, name: `image-${index}`, subvolumePath: path.join(workspaces, `@image-${index}`), sizeBytes: 1, createdAt: time,
		},
	} as const)));
	await store.commit(...Array.from({length: count}, (_, index) => [{
		put: 'workspace', record: {
			id: id(1, index),
			name: `ws-${index}`,
			subvolumePath: path.join(workspaces, `@ws-${index}`),
			masterImageId: index % 100 === 0 ? otherId : imageId,
			vmId: undefined,
			parentWorkspaceId: undefined,
			attachedAt: undefined,
			detachedAt: undefined,
			sizeBytes: 1,
			isRootDevice: false,
			isReadOnly: false,
			createdAt: time,
			ownerUid: 0,
		},
	}, {
		put: 'vm', record: {
			id: id(2, index),
			name: `vm-${index}`,
			role: index % 100 === 0 ? 'portal' : 'work',
			state: 'created',
			cid: index + 3,
			vcpuCount: 1,
			memSizeMib: 128,
			configJson: undefined,
			pid: undefined,
			socketPath: undefined,
			udsPath: undefined,
			consoleLogPath: undefined,
			createdAt: time,
			updatedAt: time,
			startedAt: undefined,
			stoppedAt: undefined,
		},
	}] as const).flat());
	await store.close();
}

const filled = async (t: ExecutionContext, count: number): Promise<TestRest> => startRest(t, {
	prepare: async (database, workspaces) => fill(database, workspaces, count),
});

quickTest('a list of any length is whole, in order, and filtered', async t => {
	// Around the size of the pages in which lists are read.
	await Promise.all([0, 1, 249, 250, 251, 500, 1234].map(async count => {
		const {ask} = await filled(t, count);
		const names = async (where: string): Promise<string[]> => (await ask('GET', where)).rows.map(({name}) => name);
		const all = Array.from({length: count}, (_, index) => index);
		const expected = (prefix: string, indices: number[]): string[] => indices.map(index => `${prefix}-${index}`).sort();
		t.deepEqual(await names('/v1/workspaces'), expected('ws', all));
		t.deepEqual(await names('/v1/workspaces?base=image-0'), expected('ws', all.filter(index => index % 100 !== 0)));
		t.deepEqual(await names(`/v1/workspaces?base=${otherId}`), expected('ws', all.filter(index => index % 100 === 0)));
		t.deepEqual(await names('/v1/vms'), expected('vm', all));
		t.deepEqual(await names('/v1/vms?role=portal'), expected('vm', all.filter(index => index % 100 === 0)));
		t.deepEqual(await names('/v1/vms?role=service'), []);
	}));
});

test('nobody waits for a list of ten thousand, nor for a client that does not read it', async t => {
	const {socket, ask, complaints} = await filled(t, 10_000);
	const order: string[] = [];
	const lists = Array.from({length: 8}, async () => {
		const {rows} = await ask('GET', '/v1/workspaces');
		order.push('list');
		return rows.length;
	});
	// They are being read when this is asked.
	await new Promise(resolve => {
		setTimeout(resolve, 50);
	});
	t.is((await ask('GET', '/v1/health')).status, 200);
	order.push('health');
	t.deepEqual(await Promise.all(lists), Array.from({length: 8}, () => 10_000));
	t.is(order[0], 'health');

	const deaf = await Promise.all(Array.from({length: 30}, async () => connectTo(socket)));
	const slow = await connectTo(socket);
	for (const connection of [...deaf, slow]) {
		connection.pause().write(get('/v1/workspaces', 'Connection: close'));
	}

	t.is((await ask('GET', '/v1/workspaces')).rows.length, 10_000);
	// One reads a little now and then, and gets all of it in the end.
	let length = 0;
	const sip = setInterval(() => {
		const sip = slow.read() as Uint8Array | undefined;
		length += sip?.length ?? 0;
	}, 2000);
	t.teardown(() => {
		clearInterval(sip);
	});
	// Those who read nothing are given up in the meantime.
	await new Promise(resolve => {
		setTimeout(resolve, 32_000);
	});
	const received = await Promise.all(deaf.map(async connection => allFrom(connection)));
	t.true(Math.max(...received.map(({length}) => length)) < 1_000_000);
	clearInterval(sip);
	t.true(length > 0);
	t.true(length + (await allFrom(slow)).length > 3_000_000);
	t.deepEqual(complaints, []);
});

// Life.

test('an import outlives its client, and is worth waiting for', async t => {
	const rest = await startRest(t);
	const {ask, socket, folder, nexus, activity} = rest;
	const source = await makeSource(folder, 'source', 64);
	const importing = (name: string): string => post('/v1/images', {name, source_path: source}, 'Connection: close');

	const leaving = await connectTo(socket);
	const added = once(nexus, 'image-added');
	leaving.write(importing('left'));
	await once(nexus, 'job-added');
	leaving.destroy();
	await added;
	t.is((await ask('GET', '/v1/images/left')).status, 200);

	// Longer than any silence is borne elsewhere.
	const {answer, goOn} = await haltedImport(rest, async () => talk(socket, importing('late')));
	await new Promise(resolve => {
		setTimeout(resolve, 20_000);
	});
	t.true(activity.isBusy);
	goOn();
	t.is(parseAnswer(await answer).status, 201);
});

/** Imports an image named late and stops mke2fs in the midst of it. */
async function haltedImport({ask, nexus, cleanup}: TestRest, start: () => Promise<string>): Promise<{answer: Promise<string>; goOn: () => void}> {
	for (let attempts = 5; attempts > 0; attempts--) {
		/* eslint-disable no-await-in-loop -- a machine may be so quick, or this process so slow, that it is over before we act */
		const answer = start();
		await halfway(nexus);
		const mke2fs = (await childrenOf(process.pid)).find(({name, state}) => name === 'mke2fs' && state !== 'Z');
		if (mke2fs && await stopProcess(mke2fs.pid).catch(() => false)) {
			let isHalted = true;
			const goOn = (): void => {
				if (isHalted) {
					isHalted = false;
					process.kill(mke2fs.pid, 'SIGCONT');
				}
			};

			// Nexus waits for its jobs before it closes.
			cleanup(goOn);
			return {answer, goOn};
		}

		await answer;
		await ask('DELETE', '/v1/images/late');
		/* eslint-enable no-await-in-loop */
	}

	throw new Error('the import is always over before it can be stopped');
}

quickTest('closing ends what is idle at once, lets requests end, and the socket can be opened anew', async t => {
	const {face, ask, socket, folder, nexus, activity} = await startRest(t);
	const source = await makeSource(folder, 'source', 1);
	const idle = [await connectTo(socket), await connectTo(socket)];
	idle[1]!.write(get('/v1/health'));
	await once(idle[1]!, 'data');
	const agent = new Agent({keepAlive: true, maxSockets: 1});
	const importing = new Promise<IncomingMessage>((resolve, reject) => {
		request({
			socketPath: socket, method: 'POST', path: '/v1/images', headers: {'content-type': 'application/json'}, agent,
		}, resolve).once('error', reject).end(JSON.stringify({name: 'base', source_path: source}));
	});
	await once(nexus, 'job-added');

	const closing = face.close();
	await Promise.all(idle.map(async connection => allFrom(connection)));
	await t.throwsAsync(connectTo(socket), {code: 'ENOENT'});
	const response = await importing;
	t.is(response.statusCode, 201);
	t.is((JSON.parse(await text(response)) as {name: string}).name, 'base');
	await closing;
	t.false(activity.isBusy);

	await face.listen({path: socket, mode: 0o600});
	t.is((await ask('GET', '/v1/images/base')).status, 200);
	await face.close();
	await face.close();
});

quickTest('who asks while it closes is told to come again, and who takes too long is cut off', async t => {
	const {face, socket, folder, nexus, ask} = await startRest(t);
	const source = await makeSource(folder, 'source', 64);
	const connection = await connectTo(socket);
	connection.write(post('/v1/images', {name: 'base', source_path: source}));
	await once(nexus, 'job-added');
	const [job] = nexus.jobs();
	const start = Date.now();
	const closing = face.close();
	connection.write(get('/v1/health'));
	t.regex(await allFrom(connection), /^HTTP\/1\.1 201 [^]*HTTP\/1\.1 503 [^]*nexusd is stopping/);
	await closing;
	await job!.ended;
	t.true(Date.now() - start < 10_000);

	await face.listen({path: socket, mode: 0o600});
	// A body that never comes is a request under way.
	const endless = await connectTo(socket);
	endless.write(say('POST /v1/vms', ['Content-Type: application/json', 'Content-Length: 9']));
	// It has arrived when later ones are answered.
	await ask('GET', '/v1/health');
	await face.close();
	t.true(Date.now() - start < 25_000);
});

quickTest('a socket handed over is served, and stays open when the face closes', async t => {
	const {face, folder} = await startRest(t);
	await face.close();
	const socket = path.join(folder, 'handed.sock');
	const fd = listeningSocket(socket);
	t.teardown(() => {
		closeSync(fd);
	});
	const ask = asker(socket);
	for (let round = 0; round < 2; round++) {
		/* eslint-disable no-await-in-loop */
		await face.listen({fd});
		t.is((await ask('GET', '/v1/health')).status, 200);
		await face.close();
		t.true((await lstat(socket)).isSocket());
		/* eslint-enable no-await-in-loop */
	}

	// Who comes meanwhile waits for whoever listens next.
	const early = ask('GET', '/v1/health');
	await face.listen({fd});
	t.is((await early).status, 200);
	await face.close();
});

// Node's own would accept connections too.
function listeningSocket(file: string): number {
	const libc = koffi.load('libc.so.6');
	const [unix, stream] = [1, 1];
	const fd = (libc.func('int socket(int domain, int type, int protocol)') as (...options: number[]) => number)(unix, stream, 0);
	const address = Buffer.concat([Buffer.from(new Uint16Array([unix]).buffer), Buffer.from(`${file}\0`)]);
	(libc.func('int bind(int fd, const void *address, uint32_t length)') as (...options: [number, Uint8Array, number]) => number)(fd, address, address.length);
	(libc.func('int listen(int fd, int backlog)') as (...options: number[]) => number)(fd, 8);
	return fd;
}

quickTest('a socket is made for those who may use it, once', async t => {
	const rest = await startRest(t);
	const mode = async (file: string): Promise<string> => ((await stat(file)).mode % 0o1000).toString(8);
	t.deepEqual([await mode(rest.socket), await mode(path.dirname(rest.socket))], ['666', '755']);
	const other = await startRest(t);
	await other.face.close();
	await t.throwsAsync(lstat(other.socket), {code: 'ENOENT'});
	await t.throwsAsync(other.face.listen({path: rest.socket, mode: 0o666}), {message: /another process listens on/});
	t.is((await rest.ask('GET', '/v1/health')).status, 200);
	await t.throwsAsync(other.face.listen({path: rest.database, mode: 0o666}), {message: /is no socket/});

	const own = path.join(other.folder, 'own/nexusd.sock');
	await other.face.listen({path: own, mode: 0o600});
	t.deepEqual([await mode(own), await mode(path.dirname(own))], ['600', '700']);
	await other.face.close();

	// What a process leaves that is killed.
	await run('perl', ['-e', 'use Socket; socket(S, PF_UNIX, SOCK_STREAM, 0); bind(S, sockaddr_un($ARGV[0])) or die $!; listen(S, 1)', own]);
	t.true((await lstat(own)).isSocket());
	await other.face.listen({path: own, mode: 0o600});
	t.is((await asker(own)('GET', '/v1/health')).status, 200);
});

quickTest('what fails inside is told in the log, not to the client', async t => {
	const {ask, database, complaints, nexus} = await startRest(t);
	nexus.vm = () => {
		throw new TypeError('a secret of ours');
	};

	const answer = await ask('GET', '/v1/vms/x');
	isFailure(t, answer, 500);
	t.notRegex(answer.text, /secret/);
	t.is(complaints.length, 1);
	t.regex(complaints[0]!, /TypeError: a secret of ours\n +at /);

	nexus.vmsAfter = nexus.vm as never;
	isFailure(t, await ask('GET', '/v1/vms'), 500);
	await rm(database);
	isFailure(t, await ask('GET', '/v1/health'), 500, /cannot look at the database/);
});

quickTest('a list that fails on its way is cut short, and the log says why', async t => {
	const {socket, nexus, complaints} = await filled(t, 300);
	const read = nexus.vmsAfter.bind(nexus);
	nexus.vmsAfter = (after, limit) => {
		if (after !== '') {
			throw new TypeError('a secret of ours');
		}

		return read(after, limit);
	};

	const said = await talk(socket, get('/v1/vms'));
	t.regex(said, /^HTTP\/1\.1 200 /);
	// Without the last chunk a client knows that this is not all.
	t.false(said.endsWith('0\r\n\r\n'));
	t.notRegex(said, /secret/);
	t.deepEqual(complaints.map(complaint => complaint.split('\n')[0]), ['an answer was cut short: TypeError: a secret of ours']);
});

rootTest('nexusd serves it beside the bus', async t => {
	const {folder, client, bus} = await startNexus(t, {on: 'directory'});
	const ask = asker(path.join(folder, 'nexusd.sock'));
	const source = await makeSource(folder, 'source', 1);
	const {row: image} = await ask('POST', '/v1/images', {name: 'base', source_path: source});
	t.is(await client.manager.getImage('base'), `/org/workfort/Nexus1/image/${image.id.replaceAll('-', '')}`);
	await client.manager.createWorkspace('base', 'one', {});
	t.is((await ask('GET', '/v1/workspaces/one')).row['master_image_id'], image.id);
	t.is(bus.kind, 'system');
});

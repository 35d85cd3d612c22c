// Where pool and records differ: what is reported, and what can be done about it.
import {rm, readdir} from 'node:fs/promises';
import path from 'node:path';
import type {ExecutionContext} from 'ava';
import fc from 'fast-check';
import {readLabel, writeLabel} from '../../src/label.js';
import {setAttribute} from '../support/attributes.js';
import {nexusctl} from '../support/daemon.js';
import {refusal} from '../support/errors.js';
import {
	connectClient, importImage, makeSource, startNexus, type TestNexus,
} from '../support/nexus.js';
import {contentsOf} from '../support/pool-witness.js';
import {rootTest} from '../support/requirements.js';
import {run} from '../support/run.js';

async function withWorkspace(t: ExecutionContext): Promise<TestNexus> {
	const nexus = await startNexus(t);
	await importImage(nexus.client, 'base', await makeSource(nexus.folder, 'source', 1));
	await nexus.client.manager.createWorkspace('base', 'one', {});
	return nexus;
}

async function loseDatabase(folder: string): Promise<void> {
	const names = (await readdir(folder)).filter(name => name.startsWith('nexus.db'));
	await Promise.all(names.map(async name => rm(path.join(folder, name))));
}

const at = ({workspaces}: TestNexus, name: string): string => path.join(workspaces, `@${name}`);

rootTest('where nothing differs there is nothing to say', async t => {
	const nexus = await withWorkspace(t);
	t.deepEqual(await nexus.client.manager.examine(), []);
	const {stdout, exitCode} = await nexusctl(nexus.bus, 'doctor');
	t.deepEqual([stdout, exitCode], ['No problems found.', 0]);
});

rootTest('what the records do not know is reported, never touched, and removed on request', async t => {
	const nexus = await withWorkspace(t);
	const {client, bus, daemon, restart} = nexus;
	await run('btrfs', ['subvolume', 'create', at(nexus, 'stray')]);
	await run('mkdir', [at(nexus, 'plain')]);
	const findings = await client.manager.examine();
	t.deepEqual(findings.map(({kind, what, name}) => [kind, what, name]), [['unknown', 'folder', 'plain'], ['unknown', 'folder', 'stray']]);

	await daemon.stop();
	const again = await restart();
	await again.logged(/pool and records differ in 2 points: see nexusctl doctor/);
	const {stdout: status} = await nexusctl(bus, 'status');
	t.regex(status, /Warning: pool and records differ in 2 points/);
	t.deepEqual(await contentsOf(nexus.workspaces), ['@base', '@one', '@plain', '@stray']);

	const unsure = await nexusctl(bus, 'doctor', '--remove', 'stray');
	t.is(unsure.exitCode, 2, 'it asks first');
	t.is((await nexusctl(bus, 'doctor', '--remove', 'stray', '--yes')).stdout, 'Removed "stray"');
	t.is((await nexusctl(bus, 'doctor', '--remove', 'plain', '--yes')).exitCode, 0);
	t.deepEqual(await contentsOf(nexus.workspaces), ['@base', '@one']);
	const known = await nexusctl(bus, 'doctor', '--remove', 'one', '--yes');
	t.is(known.exitCode, 5, known.stderr);
	const absent = await nexusctl(bus, 'doctor', '--remove', 'none', '--yes');
	t.is(absent.exitCode, 4, absent.stderr);
	const outside = await nexusctl(bus, 'doctor', '--remove', '../../x', '--yes');
	t.is(outside.exitCode, 1, outside.stderr);
});

rootTest('what nothing tells about cannot be adopted', async t => {
	const nexus = await withWorkspace(t);
	await run('btrfs', ['subvolume', 'create', at(nexus, 'stray')]);
	const refused = await refusal(nexus.client.manager.adopt('stray'));
	t.is(refused?.code, 'Unsupported', refused?.text);
	t.deepEqual((await nexus.client.manager.listWorkspaces('')).map(({name}) => name), ['one']);
});

rootTest('a copy that an administrator made is adopted as a workspace of its own', async t => {
	const nexus = await withWorkspace(t);
	const {client} = nexus;
	await run('btrfs', ['subvolume', 'snapshot', at(nexus, 'one'), at(nexus, 'copy')]);
	const object = await client.manager.adopt('copy');
	const [one, copy] = [await client.properties('Workspace', await client.manager.getWorkspace('one')), await client.properties('Workspace', object)];
	t.not(copy.id, one.id);
	t.deepEqual([copy.name, copy.baseImage, copy.size, copy.owner], ['copy', one.baseImage, one.size, one.owner]);
	t.deepEqual(await client.manager.examine(), []);
});

rootTest('a folder that was renamed is reported on both sides, and moved back', async t => {
	const nexus = await withWorkspace(t);
	const {client} = nexus;
	await run('mv', [at(nexus, 'one'), at(nexus, 'elsewhere')]);
	const findings = await client.manager.examine();
	t.deepEqual(findings.map(({kind, what, name}) => [kind, what, name]), [['missing', 'workspace', 'one'], ['unknown', 'workspace', 'elsewhere']]);
	t.is(await client.manager.adopt('elsewhere'), await client.manager.getWorkspace('one'));
	t.deepEqual(await contentsOf(nexus.workspaces), ['@base', '@one']);
	t.deepEqual(await client.manager.examine(), []);
});

rootTest('a record whose folder is gone can be deleted', async t => {
	const nexus = await withWorkspace(t);
	const {client} = nexus;
	await run('btrfs', ['subvolume', 'delete', at(nexus, 'one')]);
	await client.manager.deleteWorkspace('one');
	await run('btrfs', ['property', 'set', '-t', 'subvol', at(nexus, 'base'), 'ro', 'false']);
	await run('btrfs', ['subvolume', 'delete', at(nexus, 'base')]);
	await client.manager.deleteImage('base');
	t.deepEqual(await client.manager.examine(), []);
});

rootTest('when every file of the database is lost, the records are rebuilt from the pool', async t => {
	const nexus = await withWorkspace(t);
	const {client, daemon, restart, folder, bus, cleanup} = nexus;
	await client.manager.createWorkspace('base', 'two', {});
	const before = await client.manager.listWorkspaces('');
	const imagesBefore = await client.manager.listImages();
	const owners = await client.manager.listWorkspaceOwners('');
	await daemon.stop();
	await loseDatabase(folder);

	const again = await restart();
	await again.logged(/differ in 3 points/);
	const listed = await nexusctl(bus, 'doctor');
	t.regex(listed.stdout, /one +unknown workspace/);
	const {stdout, stderr, exitCode} = await nexusctl(bus, 'doctor', '--rebuild');
	t.deepEqual([stdout, exitCode], ['Adopted 3 of 3', 0]);
	t.regex(stderr, /^Adopting what the records do not know: 0%, "base"\n.*: 30%, "one"\n.*: 60%, "two"$/);
	const rebuilt = await connectClient(bus, cleanup);
	t.deepEqual(await rebuilt.manager.listWorkspaces(''), before);
	t.deepEqual(await rebuilt.manager.listImages(), imagesBefore);
	t.deepEqual(await rebuilt.manager.listWorkspaceOwners(''), owners);
	t.deepEqual(await rebuilt.manager.examine(), []);
	// They are whole: an image still makes workspaces, and is still protected.
	await rebuilt.manager.createWorkspace('base', 'three', {});
	t.is((await refusal(rebuilt.manager.deleteImage('base')))?.code, 'Conflict');
});

rootTest('a workspace whose image is not known waits for it', async t => {
	const nexus = await withWorkspace(t);
	const {daemon, restart, folder, bus, cleanup} = nexus;
	await daemon.stop();
	await loseDatabase(folder);
	await restart();
	const client = await connectClient(bus, cleanup);
	const refused = await refusal(client.manager.adopt('one'));
	t.is(refused?.code, 'Conflict', refused?.text);
	await client.manager.adopt('base');
	await client.manager.adopt('one');
	t.deepEqual(await client.manager.examine(), []);
});

rootTest('whatever becomes of a label, nothing is lost, and what cannot be read is not guessed', async t => {
	const nexus = await withWorkspace(t);
	const {client, daemon, restart, folder, bus, cleanup} = nexus;
	const sound = await readLabel(at(nexus, 'one'));
	const text = new TextEncoder().encode(JSON.stringify(sound));
	const labels = fc.sample(fc.oneof(
		fc.nat(text.length - 1).map(length => text.subarray(0, length)),
		fc.tuple(fc.nat(text.length - 1), fc.nat(7)).map(([place, bit]) => text.map((byte, index) => index === place ? byte ^ (1 << bit) : byte)), // eslint-disable-line no-bitwise
		fc.uint8Array({maxLength: 3000}),
		fc.json().map(json => new TextEncoder().encode(json)),
	), {numRuns: 200, seed: 4});
	for (const label of [undefined, ...labels]) {
		setAttribute(at(nexus, 'one'), 'user.nexus.record', label);
		// eslint-disable-next-line no-await-in-loop
		const read = await readLabel(at(nexus, 'one'));
		t.true(read === undefined || (read.kind === 'workspace' && /^[\da-f-]{36}$/.test(read.id)));
	}

	// Known by their records, they need no labels, not even right ones.
	await run('btrfs', ['property', 'set', '-t', 'subvol', at(nexus, 'base'), 'ro', 'false']);
	await writeLabel(at(nexus, 'base'), sound!);
	const before = await client.manager.listWorkspaces('');
	daemon.kill('SIGKILL');
	await daemon.exit;
	const second = await restart();
	const again = await connectClient(bus, cleanup);
	t.deepEqual(await again.manager.listWorkspaces(''), before);
	t.deepEqual(await again.manager.examine(), []);

	// Without records a label that cannot be read makes a folder of which nothing is known, and which stays.
	await second.stop();
	setAttribute(at(nexus, 'one'), 'user.nexus.record', new Uint8Array([0xFF, 0x00]));
	await loseDatabase(folder);
	await restart();
	const last = await connectClient(bus, cleanup);
	const findings = await last.manager.examine();
	t.deepEqual(findings.map(({what, name}) => [what, name]), [['image', 'base'], ['folder', 'one']]);
	t.is((await refusal(last.manager.adopt('one')))?.code, 'Unsupported');
});

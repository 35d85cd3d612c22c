// The end of it all: a VM boots a workspace as its root disk, and what it writes is in that workspace alone.
import path from 'node:path';
import {createHash} from 'node:crypto';
import {createReadStream} from 'node:fs';
import {pipeline} from 'node:stream/promises';
import {makeRootFilesystem} from '../../scripts/root-filesystem.js';
import {bootGuest} from '../support/guest.js';
import {importImage, startNexus} from '../support/nexus.js';
import {rootTest} from '../support/requirements.js';
import {run} from '../support/run.js';

async function sha256(file: string): Promise<string> {
	const hash = createHash('sha256');
	await pipeline(createReadStream(file), hash);
	return hash.digest('hex');
}

rootTest('a guest boots a workspace as its root disk, and its writes are in that workspace alone', async t => {
	const {client, folder} = await startNexus(t);
	const source = path.join(folder, 'rootfs');
	await makeRootFilesystem(source);
	const {result, message} = await importImage(client, 'base', source, {size: 128 * 1024 * 1024});
	t.is(result, 'done', message);
	const disk = async (name: string): Promise<string> => {
		const {devicePath} = await client.properties('Workspace', await client.manager.createWorkspace('base', name, {}));
		return devicePath;
	};

	const [alpha, beta] = [await disk('alpha'), await disk('beta')];
	const {devicePath: base} = await client.properties('Image', await client.manager.getImage('base'));
	const before = await sha256(base);

	const output = await bootGuest({disk: alpha, command: 'echo "hello from $(uname -s)" > /written-by-guest; cat /written-by-guest; mount'});
	t.regex(output, /hello from Linux/);
	t.regex(output, / on \/ type ext4 \(rw/);

	const written = await run('debugfs', ['-R', 'cat /written-by-guest', alpha]);
	t.is(written.stdout, 'hello from Linux');
	t.is((await run('e2fsck', ['-fn', alpha])).exitCode, 0);
	for (const other of [beta, base]) {
		// eslint-disable-next-line no-await-in-loop
		const {stderr} = await run('debugfs', ['-R', 'cat /written-by-guest', other]);
		t.regex(stderr, /File not found/);
	}

	t.is(await sha256(base), before);
	t.is(await sha256(beta), before);
});

import {rootTest} from '../support/requirements.js';
import {importImage, makeSource, startNexus} from '../support/nexus.js';

rootTest('smoke', async t => {
	const nexus = await startNexus(t);
	const source = await makeSource(nexus.folder);
	const end = await importImage(nexus.client, 'base', source);
	t.is(end.result, 'done', end.message);
	await nexus.client.manager.createWorkspace('base', 'one', {});
	t.is((await nexus.client.manager.listWorkspaces('')).length, 1);
});

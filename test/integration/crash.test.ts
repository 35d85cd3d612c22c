// docs/testing.md says more.
import process from 'node:process';
import {cleanupOf} from '../support/cleanup.js';
import {killCampaign} from '../support/campaign/kills.js';
import {rootTest} from '../support/requirements.js';

rootTest('a daemon that is killed loses nothing that was acknowledged, and leaves nothing half-done', async t => {
	const seed = process.env['NEXUS_TEST_SEED'] ?? String(Date.now());
	t.log(`NEXUS_TEST_SEED=${seed}`);
	const figures = await killCampaign({seed, count: 20, cleanup: cleanupOf(t)});
	t.log(figures);
	t.is(figures['kills'], 20);
});

// docs/testing.md says more.
import process from 'node:process';
import {cleanupOf} from '../support/cleanup.js';
import {cutCampaign} from '../support/campaign/cuts.js';
import {rootTest} from '../support/requirements.js';

rootTest('a power cut takes nothing that was acknowledged, and leaves nothing half-done', async t => {
	const seed = process.env['NEXUS_TEST_SEED'] ?? String(Date.now());
	t.log(`NEXUS_TEST_SEED=${seed}`);
	const figures = await cutCampaign({seed, count: 10, cleanup: cleanupOf(t)});
	t.log(figures);
	t.is(figures['cuts'], 10);
});

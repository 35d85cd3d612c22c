// `npm run campaign -- kills --count 300`: a long run of what the tests do in short; docs/testing.md tells of it. Needs root.
import {parseArgs} from 'node:util';
import type {CampaignOptions, Figures} from '../test/support/campaign/campaign.js';
import {cutCampaign} from '../test/support/campaign/cuts.js';
import {killCampaign} from '../test/support/campaign/kills.js';
import {makeCleanup} from '../test/support/cleanup.js';

const campaigns: Readonly<Record<string, (options: CampaignOptions) => Promise<Figures>>> = {kills: killCampaign, cuts: cutCampaign};

const {values: {count, seed}, positionals: [name = '']} = parseArgs({
	allowPositionals: true,
	options: {
		count: {type: 'string', default: '100'},
		seed: {type: 'string', default: String(Date.now())},
	},
});
const campaign = campaigns[name];
if (!campaign || !/^[1-9]\d*$/.test(count)) {
	throw new Error(`usage: npm run campaign -- ${Object.keys(campaigns).join('|')} [--count N] [--seed TEXT]`);
}

console.log(`npm run campaign -- ${name} --count ${count} --seed ${seed}`);
const {cleanup, run} = makeCleanup();
const start = Date.now();
try {
	const figures = await campaign({
		seed, count: Number(count), cleanup, log: console.log,
	});
	console.table({...figures, seconds: Math.round((Date.now() - start) / 1000)});
} finally {
	await run();
}

// `npm run bench`: what Nexus's work takes beside its references, in the same run, each on a pool of its own. Needs root
// and some thirty-five minutes.
//
//   npm run bench [-- PART…] [--json] [--write]
//
// The parts are those below; without one all run. --json prints JSON alone; --write makes docs/performance.md.
import {parseArgs} from 'node:util';
import {makeCleanup, type Cleanup} from '../test/support/cleanup.js';
import {measureCreates} from './creates.js';
import {measureDeletes} from './deletes.js';
import {measureImports} from './imports.js';
import {measureLists} from './lists.js';
import type {Part} from './part.js';
import {
	fill, many, openPlace, type Place,
} from './place.js';
import {showProgress} from './progress.js';
import {describeMachine, printReport, writePage} from './report.js';
import type {Row} from './row.js';
import {measureScreen} from './screen.js';
import {measureNexusctl, measureStarts} from './starts.js';

const parts: Readonly<Record<string, Part>> = {
	create: measureCreates,
	delete: measureDeletes,
	lists: measureLists,
	import: measureImports,
	start: measureStarts,
	nexusctl: measureNexusctl,
	screen: measureScreen,
};

const {values: {json, write}, positionals} = parseArgs({
	options: {json: {type: 'boolean'}, write: {type: 'boolean'}}, allowPositionals: true,
});
const unknown = positionals.find(name => !Object.hasOwn(parts, name));
if (unknown !== undefined) {
	throw new Error(`there is no part ${unknown}: the parts are ${Object.keys(parts).join(', ')}`);
}

const report = {machine: await describeMachine(), rows: await measure(positionals.length > 0 ? positionals : Object.keys(parts))};
if (json) {
	console.log(JSON.stringify(report, undefined, '\t'));
} else {
	await printReport(report);
}

if (write) {
	await writePage(report);
}

async function measure(names: string[]): Promise<Row[]> {
	const {cleanup, run} = makeCleanup();
	const crowded = once(async () => openCrowded(cleanup));
	const rows: Row[] = [];
	try {
		for (const name of names) {
			// One after the other, or they would measure each other.
			// eslint-disable-next-line no-await-in-loop
			rows.push(...await measurePart(parts[name]!, crowded));
		}
	} finally {
		showProgress('cleaning up');
		await run();
		showProgress();
	}

	return rows;
}

async function measurePart(part: Part, crowded: () => Promise<Place>): Promise<Row[]> {
	const {cleanup, run} = makeCleanup();
	try {
		return await part({cleanup, crowded});
	} finally {
		await run();
	}
}

async function openCrowded(cleanup: Cleanup): Promise<Place> {
	const place = await openPlace(cleanup);
	await fill(place, many);
	return place;
}

function once<T>(make: () => T): () => T {
	let made: {value: T} | undefined;
	return () => {
		made ??= {value: make()};
		return made.value;
	};
}

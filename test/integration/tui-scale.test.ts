// Ten thousand workspaces on the terminal UI: it opens, every key does what it does with ten, and what others do meanwhile is
// told right.
import test from 'ava';
import {cleanupOf, makeCleanup} from '../support/cleanup.js';
import {startFilledFor, type Filled} from '../support/filled.js';
import {importImage, makeSource} from '../support/nexus.js';
import {rootTest} from '../support/requirements.js';
import {openLiveTui, type Tui} from '../support/tui.js';
import {takingTurns} from '../support/turns.js';

const inTurn = takingTurns(1);
const count = 10_000;

// To make them takes longer than all that is done with them.
const {cleanup, run: cleanUp} = makeCleanup();
test.after.always(cleanUp);
let filling: Promise<Filled> | undefined;

async function filledOnce(): Promise<Filled> {
	filling ??= startFilledFor(cleanup, count);
	return filling;
}

const standsAt = async (tui: Tui, name: string, place: string): Promise<unknown> => tui.frame(`the cursor is at ${name}, ${place}`, ({at, list}) => at?.name === name && list!.title.endsWith(place));

rootTest('ten thousand are gone through, filtered and sorted', inTurn(async t => {
	const tui = await openLiveTui({
		...await filledOnce(), cleanup: cleanupOf(t), columns: 120, rows: 40,
	});
	await standsAt(tui, 'ws-00000', 'Workspaces · 1/10,000');
	// The wheel scrolls what it is over.
	await tui.mouse('wheel-down', 100, 10);
	await tui.frame('the detail is scrolled', ({panes, at}) => panes[1]!.title.startsWith('ws-00000 · 4-') && at?.name === 'ws-00000');
	await tui.press('G');
	await standsAt(tui, 'ws-09999', '10,000/10,000');
	await tui.press('PageUp');
	await standsAt(tui, 'ws-09966', '9,967/10,000');
	await tui.press('C-u', 'k', 'Down');
	await standsAt(tui, 'ws-09949', '9,950/10,000');
	await tui.press('g', 'PageDown', 'C-f', 'C-d');
	await standsAt(tui, 'ws-00083', '84/10,000');

	await tui.press('/');
	await tui.type('0777');
	await tui.filters('0777');
	// The letters in this order, with anything between them, in the name and the VM's.
	const matching = Array.from({length: count}, (_, index) => `${String(index).padStart(5, '0')} ${index % 10 === 0 ? index : ''}`).filter(digits => /0.*7.*7.*7/.test(digits));
	const names = new Set(matching.map(digits => `ws-${digits.slice(0, 5)}`));
	// The cursor is at what fits best.
	await tui.frame('what matches', ({list, at, rows}) => list!.title.startsWith(`Workspaces · ${matching.length} of 10,000 match /0777`)
		&& (at?.name ?? '').includes('0777') && rows.every(({name}) => names.has(name)));
	await tui.press('Escape');
	await tui.isFree();
	await tui.press('s', 's', 'S');
	// A VM for every tenth; the names of those with the largest numbers first.
	await tui.press('g');
	const sorted = await tui.frame('it is sorted by VM', ({titles, rows}) => titles.includes('VM ▼') && rows.every(({name}, index) => name === `ws-0${9990 - (index * 10)}`));
	t.true(sorted.rows.length > 30);
	await tui.press('*');
	await tui.frame('all are marked', ({list}) => list!.title.includes('10,000 marked'));
	await tui.press('d');
	await tui.shows(/─ Delete 9,000 workspaces\? ─/, /, and 8,9\d\d more/, 'All that was written to them is lost.', '997 more stay for such reasons.', 'n no');
	await tui.press('n');
	await tui.isFree();
}));

rootTest('it stays right while others make, attach and delete', inTurn(async t => {
	const filled = await filledOnce();
	const {client, client: {manager}, folder} = filled;
	await importImage(client, 'small', await makeSource(folder, 'source', 1));
	const tui = await openLiveTui({
		...filled, cleanup: cleanupOf(t), columns: 120, rows: 40,
	});
	await standsAt(tui, 'ws-00000', '1/10,000');
	await tui.press('G');
	await standsAt(tui, 'ws-09999', '10,000/10,000');
	const busy = Promise.all(Array.from({length: 40}, async (_, index) => {
		const number = String(index).padStart(2, '0');
		await manager.createVm(`guest-${number}`, 'work', 1, 128);
		await manager.createWorkspace('small', `a-${number}`, {});
		// Every tenth is attached from the beginning.
		if (index % 10 > 0) {
			await manager.attachWorkspace(`ws-000${number}`, `guest-${number}`, {});
			await manager.deleteWorkspace(`ws-001${number}`);
		}

		if (index % 2 === 0) {
			await manager.deleteWorkspace(`a-${number}`);
		}
	}));
	// Somebody looks through the list meanwhile.
	for (const key of ['g', 'PageDown', 'G', 'PageUp', 'G', 'C-u', 'g', 'G']) {
		// eslint-disable-next-line no-await-in-loop
		await tui.press(key);
	}

	await busy;
	const rows = await manager.listWorkspaces('');
	const total = rows.length.toLocaleString('en');
	await standsAt(tui, 'ws-09999', `${total}/${total}`);
	await tui.press('g');
	const expected = rows.map(({name, vm}) => `${name} ${vm === '' ? '-' : vm}`);
	await tui.frame('the first rows are as nexusd has them', ({at, rows}) => at?.name === rows[0]?.name
		&& rows.length > 30 && rows.every(({name, text}, index) => expected[index] === `${name} ${text.split(/ {2,}/)[2]}`));
	t.is(rows[0]!.name, 'a-01', 'something has come before all others');
	await tui.press('3', 'G');
	const vms = (await manager.listVms()).map(({name}) => name);
	const last = await tui.frame('the end of the VMs', ({tab, at, rows}) => tab === `3 VMs ${vms.length.toLocaleString('en')}` && at !== undefined && at === rows.at(-1));
	t.true(vms.includes(last.at!.name));
}));

import test from 'ava';
import fc from 'fast-check';
import stringWidth from 'string-width';
import {kinds} from '../../../../dbus/paths.js';
import {tabAt, tabsOf, type Tab} from '../../../../tui/app/tabs.js';

const counts = {
	image: 3, workspace: 12_345, vm: 0, job: 1,
};

const lineOf = (tabs: readonly Tab[]): string => tabs.reduce((line, {left, text}) => line.padEnd(left) + text, '');

test('the tabs say their number, their name and how many there are; brackets mark the one that is shown', t => {
	t.is(lineOf(tabsOf('workspace', counts, 80)), ' 1 Images 3  [2 Workspaces 12,345]  3 VMs 0   4 Jobs 1 ');
	t.is(lineOf(tabsOf('job', counts, 80)), ' 1 Images 3   2 Workspaces 12,345   3 VMs 0  [4 Jobs 1]');
});

test('where there is no room only the one that is shown has a name', t => {
	t.is(lineOf(tabsOf('workspace', counts, 40)), ' 1  [2 Workspaces]  3   4 ');
	const full = lineOf(tabsOf('workspace', counts, 80));
	t.is(lineOf(tabsOf('workspace', counts, full.length)), full);
	t.not(lineOf(tabsOf('workspace', counts, full.length - 1)), full);
});

const worlds = fc.record({
	shown: fc.constantFrom(...kinds), columns: fc.integer({min: 40, max: 200}), counts: fc.record({
		image: fc.nat(), workspace: fc.nat(), vm: fc.nat(), job: fc.nat(),
	}),
});

test('they fit any screen, whatever there is', t => {
	fc.assert(fc.property(worlds, ({shown, counts, columns}) => {
		const tabs = tabsOf(shown, counts, columns);
		t.true(stringWidth(lineOf(tabs)) <= columns);
		t.deepEqual(tabs.map(({kind}) => kind), kinds);
		t.true(tabs.every(({left}, index) => index === 0 || left > tabs[index - 1]!.left + tabs[index - 1]!.text.length - 1));
	}));
});

test('a click on a tab is a click on that tab, and on nothing else', t => {
	fc.assert(fc.property(worlds, ({shown, counts, columns}) => {
		const tabs = tabsOf(shown, counts, columns);
		const line = lineOf(tabs);
		for (let x = 0; x < columns; x++) {
			const kind = tabAt(tabs, x);
			const tab = tabs.find(tab => tab.kind === kind);
			t.is(tab === undefined, !tabs.some(({left, text}) => x >= left && x < left + text.length));
			if (tab) {
				t.is(tab.text[x - tab.left], line[x]);
			}
		}
	}));
});

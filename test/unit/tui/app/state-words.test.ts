import test from 'ava';
import {
	isShown, poolUse, stateWords,
} from '../../../../tui/app/state-words.js';
import {Mirror} from '../../../../tui/mirror/mirror.js';
import type {LinkState} from '../../../../tui/mirror/watcher.js';
import {managerOf, objectsOf} from './_world.js';

const links: readonly LinkState[] = [
	{state: 'opening'},
	{state: 'starting'},
	{state: 'loading'},
	{state: 'live'},
	{state: 'away'},
	{state: 'unreachable', message: 'there is no system bus'},
	{state: 'failed', message: 'it was refused'},
];

test('each state has words of its own, and only where all is well are there no more of them', t => {
	const words = links.map(link => stateWords({link, kind: 'system'}));
	t.is(new Set(words.map(({short}) => short)).size, links.length);
	t.deepEqual(words.map(({look}) => look), ['waiting', 'waiting', 'waiting', 'good', 'bad', 'bad', 'bad']);
	t.true(words.every(({long}, index) => (long.length === 0) === (links[index]!.state === 'live')));
	t.true(words.flatMap(({long}) => long).every(sentence => /^\S.*\.$/.test(sentence)));
});

test('the bus is named once it is known', t => {
	t.is(stateWords({link: {state: 'live'}, kind: 'session'}).short, '● live on the session bus');
	t.deepEqual(stateWords({link: {state: 'opening'}, kind: undefined}).long, ['Looking for nexusd on the bus.']);
});

test('why there is nothing is said as a sentence', t => {
	t.is(stateWords({link: {state: 'unreachable', message: 'there is no system bus'}, kind: 'system'}).long[0], 'There is no system bus.');
	t.is(stateWords({link: {state: 'failed', message: 'it was refused'}, kind: 'system'}).long[0], 'It was refused.');
	t.is(stateWords({link: {state: 'failed', message: 'It was refused.'}, kind: 'system'}).long[0], 'It was refused.');
});

test('R is named where it helps', t => {
	const naming = links.filter(link => stateWords({link, kind: 'system'}).long.join(' ').includes(' R ') || stateWords({link, kind: 'system'}).long.some(line => line.startsWith('R ')));
	t.deepEqual(naming.map(({state}) => state), ['away', 'failed']);
});

const full = (): Mirror => {
	const mirror = new Mirror();
	mirror.begin();
	mirror.load(objectsOf({}), managerOf({}, {poolSize: 1000, poolFree: 250}), 0);
	return mirror;
};

test('what was known is shown while all is asked for anew, and nothing when there is nobody to ask', t => {
	for (const link of links) {
		t.is(isShown({link, mirror: full()}), ['live', 'loading'].includes(link.state));
	}

	t.false(isShown({link: {state: 'loading'}, mirror: new Mirror()}));
});

test('how full the pool is', t => {
	t.deepEqual(poolUse({mirror: full()}), {part: 0.75, text: '750 B of 1000 B (75%)'});
	t.is(poolUse({mirror: new Mirror()}), undefined);
	const mirror = new Mirror();
	mirror.begin();
	mirror.load(objectsOf({}), managerOf({}, {poolSize: 0, poolFree: 0}), 0);
	t.is(poolUse({mirror}), undefined);
});

import test from 'ava';
import {untilNextAge} from '../../../../tui/app/ages.js';
import {open} from './_session.js';
import {
	imageOf, jobOf, noon, workspaceOf,
} from './_world.js';

const now = (noon * 1000) + 250;
const secondsAgo = (seconds: number): number => noon - seconds;
const wide = {columns: 160, rows: 24};
const narrow = {columns: 70, rows: 15};

test('an age is drawn again when it is another: each second, each minute, each hour', t => {
	const until = (age: number): number | undefined => untilNextAge(open(t, {images: [imageOf(1, {createdAt: secondsAgo(age)})]}, {view: {tab: 'image'}}).session, now);
	t.is(until(0), 751);
	t.is(until(59), 751);
	t.is(until(60), 59_751);
	t.is(until(3599), 751);
	t.is(until(3600), 3_599_751);
});

test('the youngest in sight says when', t => {
	const images = [imageOf(1, {createdAt: secondsAgo(7000)}), imageOf(2, {createdAt: secondsAgo(70)}), imageOf(3, {createdAt: secondsAgo(7100)})];
	t.is(untilNextAge(open(t, {images}, {view: {tab: 'image'}}).session, now), 49_751);
	const hidden = Array.from({length: 30}, (_, index) => imageOf(index + 10, {createdAt: secondsAgo(index === 29 ? 1 : 7200)}));
	t.is(untilNextAge(open(t, {images: hidden}, {view: {tab: 'image'}}).session, now), 3_599_751);
});

test('a time that is not shown draws nothing', t => {
	const detached = workspaceOf(2, {createdAt: secondsAgo(7200), detachedAt: secondsAgo(3)});
	const world = {images: [imageOf(1)], workspaces: [workspaceOf(1, {createdAt: secondsAgo(7200)}), detached]};
	const {session} = open(t, world, {size: wide, view: {tab: 'workspace'}});
	t.is(untilNextAge(session, now), 3_599_751);
	// Its detail tells it.
	session.move(1);
	t.is(untilNextAge(session, now), 751);
	// There is no room for the detail beside the list, nor for the ages in it.
	t.is(untilNextAge(open(t, {workspaces: [detached]}, {size: narrow, view: {tab: 'workspace'}}).session, now), 3_599_751);
	t.is(untilNextAge(open(t, {workspaces: [detached]}, {size: {columns: 40, rows: 15}, view: {tab: 'workspace'}}).session, now), undefined);
});

test('exact times do not age, and where there is nothing nothing does', t => {
	t.is(untilNextAge(open(t, {images: [imageOf(1)]}, {view: {tab: 'image', exact: true}}).session, now), undefined);
	t.is(untilNextAge(open(t).session, now), undefined);
});

test('the pace of a job that is shown is told anew each second', t => {
	const {session} = open(t, {jobs: [jobOf(1)]}, {size: wide, view: {tab: 'job'}});
	t.is(untilNextAge(session, now), 1000);
});

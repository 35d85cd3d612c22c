import process from 'node:process';
import test from 'ava';
import {
	formatAge, formatExactSize, formatLocalTime, formatMemory, formatSize, formatTime, formatYesNo,
} from '../../../tui/output/format.js';

const now = Date.parse('2025-11-22T12:00:00Z');
const secondsAgo = (seconds: number) => (now / 1000) - seconds;

test('sizes are powers of 1024', t => {
	t.is(formatSize(0), '0 B');
	t.is(formatSize(1536), '1.5 KiB');
	t.is(formatSize(2 * (1024 ** 3)), '2 GiB');
	t.is(formatMemory(128), '128 MiB');
	t.is(formatMemory(2048), '2 GiB');
});

test('an exact size names the bytes', t => {
	t.is(formatExactSize(2 * (1024 ** 3)), '2 GiB (2147483648 bytes)');
	t.is(formatExactSize(12), '12 bytes');
});

test('an age has one unit', t => {
	t.is(formatAge(secondsAgo(0), now), '0s');
	t.is(formatAge(secondsAgo(59), now), '59s');
	t.is(formatAge(secondsAgo(301), now), '5m');
	t.is(formatAge(secondsAgo(2 * 3600), now), '2h');
	t.is(formatAge(secondsAgo(3 * 86_400), now), '3d');
	t.is(formatAge(secondsAgo(800 * 86_400), now), '2y');
});

test('a time to come has no negative age', t => {
	t.is(formatAge(secondsAgo(-100), now), '0s');
});

test.serial('a time is local and says how far from UTC', t => {
	const {TZ: zone} = process.env;
	try {
		process.env['TZ'] = 'Asia/Kolkata';
		t.is(formatLocalTime(now / 1000), '2025-11-22T17:30:00+05:30');
		process.env['TZ'] = 'America/New_York';
		t.is(formatLocalTime(now / 1000), '2025-11-22T07:00:00-05:00');
		process.env['TZ'] = 'UTC';
		t.is(formatTime(secondsAgo(301), now), '2025-11-22T11:54:59+00:00 (5m ago)');
	} finally {
		if (zone === undefined) {
			delete process.env['TZ'];
		} else {
			process.env['TZ'] = zone;
		}
	}
});

test('a boolean is a word', t => {
	t.is(formatYesNo(true), 'yes');
	t.is(formatYesNo(false), 'no');
});

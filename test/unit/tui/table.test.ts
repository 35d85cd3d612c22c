import test from 'ava';
import fc from 'fast-check';
import stringWidth from 'string-width';
import {details} from '../../../tui/output/details.js';
import {table, type Column} from '../../../tui/output/table.js';
import {plainStyle} from '../../../tui/output/terminal.js';

type Row = {name: string; path: string; size: string; age: string};

const columns: ReadonlyArray<Column<Row>> = [
	{header: 'NAME', cell: ({name}) => name, cut: 2},
	{header: 'PATH', cell: ({path}) => path, cut: 1},
	{header: 'SIZE', cell: ({size}) => size, optional: true},
	{header: 'AGE', cell: ({age}) => age, optional: true},
];
const rows: readonly Row[] = [
	{
		name: 'debian', path: '/var/lib/nexus/workspaces/@debian', size: '2 GiB', age: '5m',
	},
	{
		name: 'a', path: '/p', size: '512 MiB', age: '3d',
	},
];
const wide = {columns: Number.POSITIVE_INFINITY, style: plainStyle};
const at = (width: number) => ({columns: width, style: plainStyle});

test('columns are aligned, two spaces apart, without trailing spaces', async t => {
	t.is(await table(rows, columns, wide), [
		'NAME    PATH                               SIZE     AGE',
		'debian  /var/lib/nexus/workspaces/@debian  2 GiB    5m',
		'a       /p                                 512 MiB  3d',
	].join('\n'));
});

test('optional columns go from the right', async t => {
	const headers = async (width: number) => {
		const text = await table(rows, columns, at(width));
		return text.split('\n')[0]!.split(/\s+/);
	};

	t.deepEqual(await headers(55), ['NAME', 'PATH', 'SIZE', 'AGE']);
	t.deepEqual(await headers(54), ['NAME', 'PATH', 'SIZE']);
	t.deepEqual(await headers(49), ['NAME', 'PATH']);
});

test('the path is cut in the middle when all else has gone', async t => {
	t.is(await table(rows, columns, at(30)), [
		'NAME    PATH',
		'debian  /var/lib/ne…es/@debian',
		'a       /p',
	].join('\n'));
});

test('then the name', async t => {
	const long = [{...rows[0]!, name: 'a-very-long-name-of-an-image'}];
	t.is(await table(long, columns, at(20)), [
		'NAME        PATH',
		'a-ver…mage  /var…ian',
	].join('\n'));
});

test('wide characters keep the columns in line', async t => {
	const text = await table([{...rows[0]!, name: '日本語'}, {...rows[0]!, name: 'e\u0301x👩‍👩‍👧'}], columns, wide);
	const starts = text.split('\n').map(line => stringWidth(line.slice(0, Math.max(line.indexOf('PATH'), line.indexOf('/var')))));
	t.deepEqual(starts, [8, 8, 8]);
});

test('a control character in a cell stays out of the terminal', async t => {
	const text = await table([{...rows[0]!, path: '/evil\n\u001B[2J'}], columns, wide);
	t.is(text.split('\n').length, 2);
	t.true(text.includes(String.raw`/evil\n\x1b[2J`));
});

test('a table fits every terminal that has room for the narrowest one', async t => {
	const name = fc.stringMatching(/^[\w日é-]{1,64}$/);
	const row = fc.record({
		name, path: fc.string({unit: 'grapheme', maxLength: 80}), size: name, age: name,
	});
	await t.notThrowsAsync(async () => {
		await fc.assert(fc.asyncProperty(fc.array(row, {minLength: 1, maxLength: 5}), fc.integer({min: 18, max: 200}), async (some, width) => {
			const text = await table(some, columns, at(width));
			const lines = text.split('\n');
			return lines.length === some.length + 1 && lines.every(line => stringWidth(line) <= width);
		}));
	});
});

test('details are aligned, and a list goes on below', t => {
	t.is(details([
		['Name', 'web'],
		['Gone', undefined],
		['Workspaces', ['a', 'b\n']],
	], wide), [
		'Name:        web',
		'Workspaces:  a',
		String.raw`             b\n`,
	].join('\n'));
});

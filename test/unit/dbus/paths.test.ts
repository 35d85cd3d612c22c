import {randomUUID} from 'node:crypto';
import test from 'ava';
import fc from 'fast-check';
import {
	busName, kinds, noObject, objectPath, parseObjectPath, rootPath,
} from '../../../dbus/paths.js';

const uuids = fc.uuid();
const recordKinds = fc.constantFrom('image', 'workspace', 'vm');

test('the names of the contract', t => {
	t.is(busName, 'org.workfort.Nexus1');
	t.is(rootPath, '/org/workfort/Nexus1');
	t.is(noObject, '/');
	t.deepEqual([...kinds].sort(), ['image', 'job', 'vm', 'workspace']);
});

test('a path is the UUID without dashes, or the number of a job', t => {
	t.is(objectPath('image', '0f8fad5b-d9cb-469f-a165-70867728950e'), '/org/workfort/Nexus1/image/0f8fad5bd9cb469fa16570867728950e');
	t.is(objectPath('workspace', '0f8fad5b-d9cb-469f-a165-70867728950e'), '/org/workfort/Nexus1/workspace/0f8fad5bd9cb469fa16570867728950e');
	t.is(objectPath('vm', '0f8fad5b-d9cb-469f-a165-70867728950e'), '/org/workfort/Nexus1/vm/0f8fad5bd9cb469fa16570867728950e');
	t.is(objectPath('job', 17), '/org/workfort/Nexus1/job/17');
});

test('a record\'s path leads back to it', t => {
	fc.assert(fc.property(recordKinds, uuids, (kind, id) => {
		t.deepEqual(parseObjectPath(objectPath(kind, id)), {kind, id});
	}));
	const id = randomUUID();
	t.deepEqual(parseObjectPath(objectPath('vm', id)), {kind: 'vm', id});
});

test('a job\'s path leads back to it', t => {
	fc.assert(fc.property(fc.integer({min: 1, max: 4_294_967_295}), id => {
		t.deepEqual(parseObjectPath(objectPath('job', id)), {kind: 'job', id: String(id)});
	}));
});

test('every path that is made is one that D-Bus allows', t => {
	fc.assert(fc.property(fc.oneof(fc.tuple(recordKinds, uuids), fc.tuple(fc.constant('job' as const), fc.integer({min: 1, max: 4_294_967_295}))), ([kind, id]) => {
		t.regex(objectPath(kind, id), /^(?:\/\w+)+$/);
	}));
});

const id = '0f8fad5bd9cb469fa16570867728950e';
const hostile: Readonly<Record<string, readonly string[]>> = {
	'no path below the kinds': ['', '/', '/org', ...['', '/', '/image', '/image/', '/job/', `/${id}`, `//image/${id}`].map(below => `/org/workfort/Nexus1${below}`)],
	'something before': ['x', '/', '\n'].map(text => `${text}/org/workfort/Nexus1/image/${id}`),
	'something behind': ['/', '\n', '/more', '\0', '.'].map(text => `/org/workfort/Nexus1/image/${id}${text}`),
	'another kind': ['images', 'Image', 'job', '', '.', '..', '__proto__', 'constructor'].map(kind => `/org/workfort/Nexus1/${kind}/${id}`),
	'another service': [`/org/workfort/Nexus2/image/${id}`, `/org/workfort/Nexus11/image/${id}`, `/org/workfort/nexus1/image/${id}`],
	'another form of UUID': [id.toUpperCase(), id.slice(1), `${id}0`, `${id.slice(1)}g`, `${id.slice(1)}\0`, randomUUID(), '../vm', '__proto__']
		.map(text => `/org/workfort/Nexus1/image/${text}`),
	'another form of number': ['0', '01', '-1', '+1', '1e3', '1.5', '0x1', '99999999999', '١', ' 1', '1 '].map(text => `/org/workfort/Nexus1/job/${text}`),
};

for (const [title, paths] of Object.entries(hostile)) {
	test(`no object's: ${title}`, t => {
		for (const path of paths) {
			t.is(parseObjectPath(path) && path, undefined);
		}
	});
}

test('whatever is parsed is what would be made', t => {
	const nearly = fc.string({unit: fc.constantFrom(...'/01afgAF-_.\n', 'image', 'vm', 'job', 'workspace', id), maxLength: 6}).map(rest => `${rootPath}/${rest}`);
	fc.assert(fc.property(fc.oneof(fc.string({unit: 'binary'}), nearly), path => {
		const parsed = parseObjectPath(path);
		t.is(parsed ? objectPath(parsed.kind, parsed.id) : path, path);
	}), {numRuns: 1000});
});

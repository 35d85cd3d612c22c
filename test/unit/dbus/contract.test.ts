// The published contract once more, by hand: whoever changes the XML so that it breaks a client changes this file too.
import {readFile} from 'node:fs/promises';
import test from 'ava';
import {SaxesParser} from 'saxes';
import {contract} from '../../../dbus/contract.js';
import {errorCodes, errorPrefix} from '../../../dbus/errors.js';
import {signatureOf, type ArgumentSpec, type InterfaceSpec} from '../../../dbus/spec.js';

const prefix = 'org.workfort.Nexus1';

/** `Name: in → out`, each `type name` as far as the contract names it. */
const methods: Readonly<Record<string, readonly string[]>> = {
	Manager: [
		'ImportImage: s name, s source, a{sv} options → o job',
		'ListImages: → a(sssttuo)',
		'GetImage: s name_or_id → o',
		'DeleteImage: s name_or_id →',
		'CreateWorkspace: s base, s name, a{sv} options → o workspace',
		'ListWorkspaces: s base → a(sssssbbtto)',
		'ListWorkspaceOwners: s base → a{ou} owners',
		'GetWorkspace: s name_or_id → o',
		'DeleteWorkspace: s name_or_id →',
		'CreateVm: s name, s role, u vcpus, u memory_mib → o vm',
		'ListVms: → a(ssssuuuo)',
		'GetVm: s name_or_id → o',
		'DeleteVm: s name_or_id →',
		'AttachWorkspace: s workspace, s vm, a{sv} options →',
		'DetachWorkspace: s workspace →',
		'Reload: →',
		'Examine: → a(sssss) findings',
		'Adopt: s name → o object',
		'RemoveUnknown: s name →',
		'Subscribe: →',
		'Unsubscribe: →',
	],
	Image: ['Delete: →'],
	Workspace: ['Attach: o vm, a{sv} options →', 'Detach: →', 'Delete: →'],
	Vm: ['Delete: →'],
	Job: ['Cancel: →'],
};

const properties: Readonly<Record<string, string>> = {
	// `Warnings` came after the table was published; an addition breaks nobody.
	Manager: 'Version s, SchemaVersion u, Backend s, WorkspacesRoot s, Warnings as, PoolSize t, PoolFree t, Removing u, Images u, Workspaces u, Vms u',
	Image: 'Id s, Name s, SubvolumePath s, DevicePath s, Size t, Allocated t, CreatedAt t, Workspaces u',
	Workspace: 'Id s, Name s, SubvolumePath s, DevicePath s, Owner u, BaseImage o, Parent o, Vm o, RootDevice b, ReadOnly b, Size t, Allocated t, AttachedAt t, DetachedAt t, CreatedAt t',
	Vm: 'Id s, Name s, Role s, State s, Cid u, Vcpus u, MemoryMiB u, Workspaces ao, CreatedAt t, UpdatedAt t',
	Job: 'Id u, Kind s, Name s, State s, Progress d, Size t, Message s, Object o',
};

const signals: Readonly<Record<string, readonly string[]>> = {
	Manager: ['JobNew: u id, o job', 'JobRemoved: u id, o job, s result, o object'],
	Image: [],
	Workspace: [],
	Vm: [],
	Job: [],
};

/** The polkit actions that the methods need; all others are free. */
const actions: Readonly<Record<string, string>> = {
	'Manager.ImportImage': 'import-image',
	'Manager.DeleteImage': 'delete-image',
	'Manager.CreateWorkspace': 'create-workspace',
	'Manager.DeleteWorkspace': 'delete-workspace',
	'Manager.CreateVm': 'manage-vms',
	'Manager.DeleteVm': 'manage-vms',
	'Manager.AttachWorkspace': 'attach-workspace',
	'Manager.DetachWorkspace': 'attach-workspace',
	'Manager.Reload': 'reload',
	'Manager.Adopt': 'repair',
	'Manager.RemoveUnknown': 'repair',
	'Image.Delete': 'delete-image',
	'Workspace.Attach': 'attach-workspace',
	'Workspace.Detach': 'attach-workspace',
	'Workspace.Delete': 'delete-workspace',
	'Vm.Delete': 'manage-vms',
	'Job.Cancel': 'import-image',
};

/** The standard interfaces, in the words of the D-Bus specification. */
const standard: Readonly<Record<string, {methods: string[]; signals: string[]}>> = {
	'org.freedesktop.DBus.Peer': {methods: ['Ping() → ()', 'GetMachineId() → (s)'], signals: []},
	'org.freedesktop.DBus.Introspectable': {methods: ['Introspect() → (s)'], signals: []},
	'org.freedesktop.DBus.Properties': {
		methods: ['Get(ss) → (v)', 'Set(ssv) → ()', 'GetAll(s) → (a{sv})'], signals: ['PropertiesChanged(sa{sv}as)'],
	},
	'org.freedesktop.DBus.ObjectManager': {
		methods: ['GetManagedObjects() → (a{oa{sa{sv}}})'], signals: ['InterfacesAdded(oa{sa{sv}})', 'InterfacesRemoved(oas)'],
	},
};

const ownNames = ['Manager', 'Image', 'Workspace', 'Vm', 'Job'] as const;

// The table names no argument where the type says all; then any name will do.
const matches = (stated: string, {name, type}: ArgumentSpec): boolean => stated === type || stated === `${type} ${name}`;

const partsOf = (list: string): string[] => list.split(', ').map(part => part.trim()).filter(Boolean);

test('the interfaces', t => {
	const names = Object.values(contract).map(({name}) => name);
	t.deepEqual(names.sort(), [...Object.keys(standard), ...ownNames.map(name => `${prefix}.${name}`)].sort());
});

for (const name of ownNames) {
	const spec: InterfaceSpec = contract[name];

	test(`${name}: every method with its arguments`, t => {
		t.is(spec.name, `${prefix}.${name}`);
		t.deepEqual(Object.keys(spec.methods), methods[name]!.map(line => line.split(':')[0]!));
		for (const line of methods[name]!) {
			const [member, rest] = line.split(': ') as [string, string];
			const [incoming, out] = rest.split('→').map(side => partsOf(side)) as [string[], string[]];
			const method = spec.methods[member]!;
			for (const [stated, given] of [[incoming, method.in], [out, method.out]] as const) {
				t.is(stated.length, given.length, `in ${line}`);
				t.true(stated.every((part, index) => matches(part, given[index]!)), `in ${line}`);
			}
		}
	});

	test(`${name}: every property with its type`, t => {
		t.is(Object.entries(spec.properties).map(([property, {type}]) => `${property} ${type}`).join(', '), properties[name]!);
	});

	test(`${name}: every signal`, t => {
		t.deepEqual(Object.entries(spec.signals).map(([signal, args]) => `${signal}: ${args.map(({type, name}) => `${type} ${name}`).join(', ')}`), signals[name]);
	});

	test(`${name}: every action`, t => {
		for (const [member, {action}] of Object.entries(spec.methods)) {
			t.is(action, actions[`${name}.${member}`], `${name}.${member}`);
		}
	});
}

test('every stated action belongs to a method', t => {
	for (const key of Object.keys(actions)) {
		const [name, member] = key.split('.') as [typeof ownNames[number], string];
		t.true(Object.hasOwn(contract[name].methods, member), `${key} is gone`);
	}
});

for (const [name, {methods, signals}] of Object.entries(standard)) {
	test(`${name} is that of the specification`, t => {
		const spec: InterfaceSpec = Object.values(contract).find(item => item.name === name)!;
		t.deepEqual(Object.entries(spec.methods).map(([member, method]) => `${member}(${signatureOf(method.in)}) → (${signatureOf(method.out)})`), methods);
		t.deepEqual(Object.entries(spec.signals).map(([member, args]) => `${member}(${signatureOf(args)})`), signals);
		t.deepEqual(spec.properties, {});
	});
}

test('the members of the lists, in their order', t => {
	const {ListImages, ListWorkspaces, ListVms} = contract.Manager.methods;
	t.deepEqual<readonly string[], readonly string[]>(ListImages.out[0].fields, ['id', 'name', 'subvolumePath', 'size', 'createdAt', 'workspaces', 'object']);
	t.deepEqual<readonly string[], readonly string[]>(ListWorkspaces.out[0].fields, ['id', 'name', 'base', 'vm', 'devicePath', 'rootDevice', 'readOnly', 'size', 'createdAt', 'object']);
	t.deepEqual<readonly string[], readonly string[]>(ListVms.out[0].fields, ['id', 'name', 'role', 'state', 'cid', 'vcpus', 'memoryMib', 'object']);
});

test('the options and their types', t => {
	const all = Object.entries(contract).flatMap(([name, {methods}]) => Object.entries(methods as InterfaceSpec['methods']).flatMap(([member, method]) =>
		method.in.filter(({options}) => options).map(({options}) => [`${name}.${member}`, options])));
	t.deepEqual(Object.fromEntries(all), {
		'Manager.ImportImage': {size: 't'},
		'Manager.CreateWorkspace': {},
		'Manager.AttachWorkspace': {'root-device': 'b', 'read-only': 'b'},
		'Workspace.Attach': {'root-device': 'b', 'read-only': 'b'},
	});
});

test('what changes is told, but for what is looked up when it is read', t => {
	const telling = (emits: string): string[] => ownNames.flatMap(name => Object.entries<{emits: string}>(contract[name].properties)
		.filter(([, property]) => property.emits === emits).map(([property]) => `${name}.${property}`));
	t.deepEqual(telling('true'), [
		...wordsOf('Manager', 'PoolSize PoolFree Images Workspaces Vms'),
		...wordsOf('Image', 'Workspaces'),
		...wordsOf('Workspace', 'Parent Vm RootDevice ReadOnly AttachedAt DetachedAt'),
		...wordsOf('Vm', 'State Workspaces UpdatedAt'),
		...wordsOf('Job', 'State Progress Size Message Object'),
	]);
	t.deepEqual(telling('false'), [...wordsOf('Manager', 'Warnings Removing'), ...wordsOf('Image', 'Allocated'), ...wordsOf('Workspace', 'Allocated')]);
});

const wordsOf = (name: string, members: string): string[] => members.split(' ').map(member => `${name}.${member}`);

test('the errors', t => {
	t.is(errorPrefix, 'org.workfort.Nexus1.Error.');
	t.deepEqual([...errorCodes], ['NotFound', 'AlreadyExists', 'Conflict', 'InvalidName', 'InvalidArgument', 'NoSpace', 'Unsupported', 'Io', 'Canceled']);
});

// What `Introspect` shows is a text of its own.
const shown = (args: readonly ArgumentSpec[], direction = ''): string[] => args.map(({name, type}) => `${direction}${type} ${name}`);

for (const spec of Object.values(contract) as InterfaceSpec[]) {
	test(`${spec.name}: introspection says the same`, t => {
		t.deepEqual(shownIn(spec.xml), {
			name: spec.name,
			members: [
				...Object.entries(spec.methods).map(([member, method]) => `method ${member} ${[...shown(method.in, 'in '), ...shown(method.out, 'out ')].join(', ')}`.trim()),
				...Object.entries(spec.signals).map(([member, args]) => `signal ${member} ${shown(args).join(', ')}`.trim()),
				...Object.entries(spec.properties).map(([member, {type, emits}]) => `property ${member} ${type} read ${emits}`),
			],
		});
	});
}

test('the installed policy lets root alone own the name, and everybody call it', async t => {
	const policy = await readFile('dbus/org.workfort.Nexus1.conf', 'utf8');
	t.regex(policy, /<policy user="root">\s*<allow own="org\.workfort\.Nexus1"\/>/);
	t.regex(policy, /<policy context="default">\s*<allow send_destination="org\.workfort\.Nexus1"\/>/);
	t.is(policy.match(/<allow own/g)?.length, 1);
});

/** An interface element as lines. */
function shownIn(xml: string): {name: string; members: string[]} {
	let name = '';
	const members: string[] = [];
	const parser = new SaxesParser();
	let args: string[] = [];
	let head = '';
	let tail = '';
	parser.on('error', error => {
		throw error;
	});
	parser.on('opentag', ({name: tag, attributes}) => {
		const {name: own = '', type = '', direction = '', access = ''} = attributes as Record<string, string>;
		switch (tag) {
			case 'interface': {
				name = own;
				break;
			}

			case 'arg': {
				args.push(`${direction} ${type} ${own}`.trim());
				break;
			}

			case 'annotation': {
				tail = own === 'org.freedesktop.DBus.Property.EmitsChangedSignal' ? attributes['value'] as string : tail;
				break;
			}

			default: {
				head = `${tag} ${own}${tag === 'property' ? ` ${type} ${access}` : ''}`;
				tail = tag === 'property' ? 'true' : '';
				args = [];
			}
		}
	});
	parser.on('closetag', ({name: tag}) => {
		if (['method', 'signal', 'property'].includes(tag)) {
			members.push(`${head} ${args.join(', ')}${tail}`.trim());
		}
	});
	parser.write(xml).close();
	return {name, members};
}

import {once} from 'node:events';
import test from 'ava';
import {kinds, type Kind} from '../../../../dbus/paths.js';
import {
	bindingFor, footerBindings, keyLines, keyName, sections, type Binding,
} from '../../../../tui/app/bindings.js';
import {open, type Stage} from './_session.js';
import {
	imageOf, jobOf, vmOf, workspaceOf, type World,
} from './_world.js';

const world: World = {
	images: [imageOf(1)], workspaces: [workspaceOf(1)], vms: [vmOf(1)], jobs: [jobOf(1)],
};

const all: readonly Binding[] = sections.flatMap(({bindings}) => bindings);

/** All situations that a binding may ask for: each list, empty and not, with the list or the detail looked at. */
function situations(t: Parameters<typeof open>[0]): Array<Stage & {readonly about: string}> {
	const options = kinds.flatMap(tab => [{tab, world: {}}, {tab, world}].flatMap(option => (['list', 'detail'] as const).map(focus => ({...option, focus}))));
	return options.map(({tab, world, focus}) => ({...open(t, world, {view: {tab, focus}}), about: `${tab}, ${focus}, ${Object.keys(world).length > 0 ? 'a row' : 'empty'}`}));
}

const meansSomething = ({when}: Binding, {session}: Stage): boolean => when?.(session) ?? true;

test('no key means two things at the same time', t => {
	const stages = situations(t);
	for (const [index, binding] of all.entries()) {
		for (const other of all.slice(index + 1)) {
			const shared = binding.keys.filter(key => other.keys.includes(key));
			const both = shared.length > 0 ? stages.filter(stage => meansSomething(binding, stage) && meansSomething(other, stage)) : [];
			t.deepEqual(both.map(({about}) => about), [], `${shared.join(' ')}: ${binding.about}; ${other.about}`);
		}
	}
});

test('the binding of a key is the one that means something there', t => {
	for (const stage of situations(t)) {
		for (const key of new Set(all.flatMap(({keys}) => keys))) {
			t.is(bindingFor(stage.session, key), all.find(binding => binding.keys.includes(key) && meansSomething(binding, stage)));
		}
	}
});

test('what asks for a row means nothing in an empty list', t => {
	const meaning = (tab: Kind): string[] => {
		const {session} = open(t, {}, {view: {tab}});
		return [...'nawtdcy* '].filter(key => bindingFor(session, key) !== undefined);
	};

	t.deepEqual(kinds.map(kind => meaning(kind).join('')), ['n', 'n', 'n', '']);
});

test('what is selected decides which keys the footer names', t => {
	const image = imageOf(1, {workspaces: 1});
	const vm = vmOf(1, {workspaces: [workspaceOf(1).path]});
	const workspace = workspaceOf(1, {baseImage: image.path, vm: vm.path});
	const used: World = {
		...world, images: [image], workspaces: [workspace], vms: [vm],
	};
	const named = (tab: Kind, has = used): string => footerBindings(open(t, has, {view: {tab}}).session).map(({keys: [key], label}) => `${keyName(key)} ${label!}`).join(', ');
	const always = 'i import, / filter, : command, ? keys, q quit';
	t.is(named('image'), `n new, d delete, w workspaces, y copy, Enter detail, ${always}`);
	t.is(named('workspace'), `n new, a attach, t detach, d delete, y copy, Enter detail, ${always}`);
	t.is(named('vm'), `n new, a attach, d delete, w workspaces, y copy, Enter detail, ${always}`);
	t.is(named('job'), `c cancel, Enter detail, ${always}`);
	// What would do nothing is not named.
	const unused: World = {images: [imageOf(1)], workspaces: [workspaceOf(1)], vms: [vmOf(1)]};
	t.is(named('image', unused), `n new, d delete, y copy, Enter detail, ${always}`);
	t.is(named('workspace', unused), `n new, a attach, d delete, y copy, Enter detail, ${always}`);
	t.is(named('vm', unused), `n new, a attach, d delete, y copy, Enter detail, ${always}`);
	const {session, watcher} = open(t);
	watcher.mirror.clear(0);
	watcher.turn({state: 'away'});
	t.deepEqual(footerBindings(session).map(({label}) => label), ['filter', 'command', 'keys', 'quit', 'start nexusd']);
});

test('a job that has ended cannot be canceled', async t => {
	const {session, watcher} = open(t, world, {view: {tab: 'job'}});
	t.not(bindingFor(session, 'c'), undefined);
	watcher.tell({kind: 'removed', object: jobOf(1).path});
	await once(session, 'change');
	t.is(session.selected?.name, 'job-1');
	t.is(bindingFor(session, 'c'), undefined);
});

test('the help has a line for every binding, with all its keys', t => {
	const lines = keyLines();
	t.is(lines.filter(line => line.startsWith('  ')).length, all.length);
	for (const {keys, about} of all) {
		t.true(lines.includes(`  ${keys.map(key => keyName(key)).join(' ').padEnd(16)} ${about}`));
	}

	t.deepEqual(lines.filter(line => /^\S/.test(line)), sections.map(({title}) => title));
});

test('keys are called as people call them', t => {
	t.deepEqual([' ', 'enter', 'escape', 'shift-tab', 'pageup', 'ctrl-c', 'q', '*'].map(key => keyName(key)), ['Space', 'Enter', 'Esc', 'Shift-Tab', 'PgUp', 'Ctrl-C', 'q', '*']);
});

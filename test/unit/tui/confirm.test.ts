import test from 'ava';
import {UsageError} from '../../../tui/cli/usage-error.js';
import {confirm, requireAnswerable} from '../../../tui/confirm.js';
import {InterruptedError, RefusedError} from '../../../tui/errors.js';
import {nobody} from './_person.js';

const asking = (answer: boolean | undefined, yes = false) => {
	const asked: string[] = [];
	const person = {
		...nobody,
		async ask(question: string) {
			asked.push(question);
			return answer;
		},
	};
	return {asked, invocation: {path: 'vm delete', flags: {yes}, person}};
};

test('only a yes lets it happen', async t => {
	const {asked, invocation} = asking(true);
	await confirm('Delete VM "web"?', invocation);
	t.deepEqual(asked, ['Delete VM "web"?']);
	await t.throwsAsync(confirm('Delete VM "web"?', asking(false).invocation), {instanceOf: RefusedError, message: 'nothing was deleted'});
	await t.throwsAsync(confirm('Delete VM "web"?', asking(undefined).invocation), {instanceOf: InterruptedError, message: 'Nothing was deleted.'});
});

test('--yes answers beforehand', async t => {
	const {asked, invocation} = asking(false, true);
	requireAnswerable(invocation);
	await confirm('Delete VM "web"?', invocation);
	t.deepEqual(asked, []);
});

test('who cannot be asked has to give --yes', t => {
	const {invocation} = asking(true);
	t.throws(() => {
		requireAnswerable(invocation);
	}, {instanceOf: UsageError, message: /give --yes$/});
	requireAnswerable({...invocation, person: {...nobody, canAnswer: true}});
});

import test from 'ava';
import {personAtTerminal} from '../../../tui/cli/terminal-person.js';

test('what goes wrong during work is told when nothing is drawn over it any more', async t => {
	const told: string[] = [];
	console.error = line => {
		told.push(String(line));
	};

	const person = personAtTerminal(true);
	t.false(person.canAnswer);
	const result = await person.watch('Creating the pool', async () => {
		person.warn('could not undo a step: \u001B[2J');
		t.deepEqual(told, []);
		return 5;
	});
	t.is(result, 5);
	t.deepEqual(told, [String.raw`nexusctl: could not undo a step: \x1b[2J`]);
	person.warn('once more');
	t.is(told.length, 2);
});

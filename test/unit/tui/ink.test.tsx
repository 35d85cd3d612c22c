import {EventEmitter} from 'node:events';
import process from 'node:process';
import test from 'ava';
import {prepareInk} from '../../../tui/output/ink.js';

/** As much of a terminal as Ink writes to. */
class Terminal extends EventEmitter {
	isTTY = true;
	columns = 80;
	rows = 24;
	written = '';

	write(text: string): void {
		this.written += text;
	}
}

test('Ink draws at once, without colours where none are wanted, whatever else the environment says', async t => {
	Object.assign(process.env, {
		CI: 'true', CONTINUOUS_INTEGRATION: '1', DEV: 'true', NO_COLOR: '1', FORCE_COLOR: '3',
	});
	prepareInk();
	const {render, Text} = await import('ink');
	const terminal = new Terminal();
	const {unmount} = render(<Text bold color='green'>drawn</Text>, {stdout: terminal as unknown as NodeJS.WriteStream, patchConsole: false});
	t.true(terminal.written.includes('drawn'));
	t.false(terminal.written.includes('\u001B[1m'));
	t.false(terminal.written.includes('\u001B[32m'));
	unmount();
});

import test from 'ava';
import fc from 'fast-check';
import {useInput} from 'ink';
import {render} from 'ink-testing-library';
import {insert, lineOf} from '../../../../tui/app/line-editor.js';
import {StrokeReader, type Stroke} from '../../../../tui/app/strokes.js';

function Listener({onStroke}: {readonly onStroke: (stroke: Stroke) => void}) {
	const reader = new StrokeReader();
	useInput((input, key) => {
		for (const stroke of reader.read(input, key)) {
			onStroke(stroke);
		}
	});
	return null;
}

/** What is read from a terminal that sends these pieces, one after the other. */
function strokesIn(...pieces: readonly string[]): Stroke[] {
	const strokes: Stroke[] = [];
	const {stdin, unmount} = render(<Listener onStroke={stroke => strokes.push(stroke)}/>);
	for (const piece of pieces) {
		stdin.write(piece);
	}

	unmount();
	return strokes;
}

const keysIn = (...pieces: readonly string[]): string[] => strokesIn(...pieces).map(stroke => stroke.kind === 'key' ? stroke.name : stroke.kind);

test('keys have names', t => {
	t.deepEqual(keysIn('a', 'A', '1', ' ', '?', 'ß', '日'), ['a', 'A', '1', ' ', '?', 'ß', '日']);
	t.deepEqual(keysIn('\r', '\n', '\t', '\u001B[Z', '\u007F', '\b', '\u001B[3~'), ['enter', 'enter', 'tab', 'shift-tab', 'backspace', 'backspace', 'backspace']);
	t.deepEqual(keysIn('\u001B[A', '\u001B[B', '\u001B[C', '\u001B[D', '\u001BOA', '\u001BOD'), ['up', 'down', 'right', 'left', 'up', 'left']);
	t.deepEqual(keysIn('\u001B[5~', '\u001B[6~'), ['pageup', 'pagedown']);
	t.deepEqual(keysIn('\u001B[H', '\u001B[F', '\u001B[1~', '\u001B[4~', '\u001B[7~', '\u001BOH', '\u001BOF'), ['home', 'end', 'home', 'end', 'home', 'home', 'end']);
	t.deepEqual(keysIn('\u0001', '\u0003', '\u0015', '\u001A', '\u0017'), ['ctrl-a', 'ctrl-c', 'ctrl-u', 'ctrl-z', 'ctrl-w']);
});

test('keys that were pressed in quick succession come together, and are all read', t => {
	t.deepEqual(keysIn('ab\r'), ['a', 'b', 'enter']);
	t.deepEqual(keysIn('a\u0015b\t\u007F\u0003'), ['a', 'ctrl-u', 'b', 'tab', 'backspace', 'ctrl-c']);
	t.deepEqual(keysIn('j\u001B[Bj'), ['j', 'down', 'j']);
	t.deepEqual(keysIn('\u001B[B\u001B[B\u001B[A'), ['down', 'down', 'up']);
	t.deepEqual(keysIn('👍日'), ['👍', '日']);
});

test('a name that begins like a sequence is a name', t => {
	t.deepEqual(keysIn('OpenBSD'), [...'OpenBSD']);
	t.deepEqual(keysIn('OK'), [...'OK']);
	t.deepEqual(keysIn('[abc]'), [...'[abc]']);
});

test('whatever is typed is read, in however many pieces it comes', t => {
	const letters = fc.string({unit: fc.constantFrom('a', 'O', '[', '1', 'M', '-', ' ', 'ü', '日', '😀', '\r', '\t'), minLength: 1, maxLength: 6});
	// What is a sequence but for its Esc cannot be told from one.
	const pieces = fc.array(letters.filter(text => !/^\[[\d:;<=>?]+[ -/]*[@-~]$/.test(text)), {maxLength: 6});
	fc.assert(fc.property(pieces, pieces => {
		t.deepEqual(keysIn(...pieces), [...pieces.join('')].map(character => ({'\r': 'enter', '\t': 'tab'})[character] ?? character));
	}), {numRuns: 50});
});

test('Esc is a key, when nothing follows it', async t => {
	const stroke = await new Promise<Stroke>(resolve => {
		const {stdin} = render(<Listener onStroke={resolve}/>);
		stdin.write('\u001B');
	});
	t.deepEqual(stroke, {kind: 'key', name: 'escape'});
});

test('what nobody knows is no key', t => {
	// F5, Alt-F5, the keypad's middle, what a terminal reports when it is asked, F1.
	t.deepEqual(keysIn('\u001B[15~', '\u001B[15;3~', '\u001B[E', '\u001B[?1;2c', '\u001B[2;5R', '\u001BOP'), []);
});

test('Alt and a key is Esc and that key, as terminals have it', t => {
	t.deepEqual(keysIn('\u001Bq'), ['escape', 'q']);
});

test('a paste is one stroke, however many pieces it comes in', t => {
	const paste = (text: string): Stroke => ({kind: 'paste', text});
	t.deepEqual(strokesIn('\u001B[200~/srv/debian\u001B[201~'), [paste('/srv/debian')]);
	t.deepEqual(strokesIn('\u001B[200~', '/srv', '/debian', '\u001B[201~'), [paste('/srv/debian')]);
	t.deepEqual(strokesIn('\u001B[200~one\rtwo', '\r', 'three\u001B[201~'), [paste('one\rtwo\nthree')]);
	t.deepEqual(strokesIn('\u001B[200~\u001B[201~'), [paste('')]);
	t.deepEqual(keysIn('a\u001B[200~qqq\u001B[201~b'), ['a', 'paste', 'b']);
});

test('what is pasted is no key, whatever it looks like', t => {
	t.deepEqual(strokesIn('\u001B[200~', 'q', 'OpenBSD', '[<0;1;1M', 'd', '\u001B[201~'), [{kind: 'paste', text: 'qOpenBSD[<0;1;1Md'}]);
});

test('the text of a paste gets into a line, wherever it is broken', t => {
	const texts = fc.string({unit: fc.constantFrom('a', 'O', '[', '2', '~', 'ü', '日', '😀', '\n', '\t', ' '), maxLength: 20});
	fc.assert(fc.property(texts, fc.array(fc.nat(20), {maxLength: 4}), (text, cuts) => {
		const places = [0, ...cuts.map(place => Math.min(place, [...text].length)).sort((a, b) => a - b), [...text].length];
		const pieces = places.slice(1).map((end, index) => [...text].slice(places[index], end).join('')).filter(Boolean);
		const [stroke, ...others] = strokesIn('\u001B[200~', ...pieces, '\u001B[201~');
		t.deepEqual(others, []);
		t.deepEqual(insert(lineOf(''), stroke!.kind === 'paste' ? stroke!.text : ''), insert(lineOf(''), text));
	}), {numRuns: 50});
});

test('clicks and the wheel are told with their cell', t => {
	t.deepEqual(strokesIn('\u001B[<0;1;1M'), [{kind: 'mouse', mouse: {action: 'click', x: 0, y: 0}}]);
	t.deepEqual(strokesIn('\u001B[<64;300;80M'), [{kind: 'mouse', mouse: {action: 'wheel-up', x: 299, y: 79}}]);
	t.deepEqual(keysIn('\u001B[<65;5;7M\u001B[<65;5;7M'), ['mouse', 'mouse']);
});

test('other buttons, modifiers, and letting go of a button are nothing', t => {
	t.deepEqual(strokesIn('\u001B[<0;1;1m', '\u001B[<1;1;1M', '\u001B[<2;1;1M', '\u001B[<35;1;1M', '\u001B[<16;1;1M'), []);
});

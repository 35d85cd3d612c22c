import {readFile} from 'node:fs/promises';
import path from 'node:path';
import test, {type ExecutionContext} from 'ava';
import {SaxesParser} from 'saxes';
import {ansiToSvg} from '../../scripts/pictures/ansi-to-svg.js';
import {writePicture} from '../../scripts/pictures/write-picture.js';
import {cleanupOf} from '../support/cleanup.js';
import {temporaryFolder} from '../support/folder.js';
import {startTerminal} from '../support/terminal.js';

const e = '\u001B[';

type Text = {text: string; x: number; y: number; attributes: Record<string, string>};
type Path = Record<string, string>;
type Drawn = {
	/** What is written on the screen. */
	texts: Text[];
	/** What is drawn there. */
	paths: Path[];
	/** What stands outside of it. */
	outside: string[];
};

/** Draws a screen of 20 by 4 and reads the picture as XML, which fails when it is none. */
function draw(screen: string, title = 'title'): Drawn {
	const drawn: Drawn = {texts: [], paths: [], outside: []};
	const parser = new SaxesParser();
	let depth = 0;
	let open: Text | undefined;
	parser.on('opentag', ({name, attributes}) => {
		depth += name === 'g' ? 1 : 0;
		if (name === 'path' && depth > 0) {
			drawn.paths.push({...attributes});
		}

		if (name === 'text' && depth > 0) {
			const {x, y, ...rest} = attributes as Record<string, string>;
			open = {
				text: '', x: Number(x) / 9, y: (Number(y) - 14) / 19, attributes: rest,
			};
		}
	});
	parser.on('text', text => {
		if (open) {
			open.text += text;
		} else if (depth === 0 && text.trim()) {
			drawn.outside.push(text);
		}
	});
	parser.on('closetag', ({name}) => {
		depth -= name === 'g' ? 1 : 0;
		if (open) {
			drawn.texts.push(open);
			open = undefined;
		}
	});
	parser.write(ansiToSvg(screen, {columns: 20, rows: 4, title})).close();
	return drawn;
}

const texts = (screen: string): Array<[text: string, x: number, y: number]> => draw(screen).texts.map(({text, x, y}) => [text, x, y]);

/** The attributes of the only text, but for its length. */
function lookOf(t: ExecutionContext, screen: string): Record<string, string> {
	const [only, ...others] = draw(screen).texts;
	t.deepEqual(others, []);
	const {textLength, ...look} = only!.attributes;
	t.is(Number(textLength), only!.text.length * 9);
	return look;
}

test('text stands in its cells', t => {
	t.deepEqual(texts('one two\n\n  three   four'), [['one two', 0, 0], ['three', 2, 2], ['four', 10, 2]]);
	t.deepEqual(draw('one two').texts[0]!.attributes, {textLength: '63'});
	t.deepEqual(texts(''), []);
	t.deepEqual(texts('12345678901234567890more\n2\n3\n4\nmore'), [['12345678901234567890', 0, 0], ['2', 0, 1], ['3', 0, 2], ['4', 0, 3]]);
});

test('styles show, each until it ends, from line to line too', t => {
	t.deepEqual(lookOf(t, `${e}1mab`), {'font-weight': 'bold'});
	t.deepEqual(lookOf(t, `${e}3mab`), {'font-style': 'italic'});
	t.deepEqual(lookOf(t, `${e}31mab`), {fill: '#ff7b72'});
	t.deepEqual(lookOf(t, `${e}1;3;31mab${e}0m`), {'font-weight': 'bold', 'font-style': 'italic', fill: '#ff7b72'});
	t.deepEqual(lookOf(t, `${e}1;2;3;4;7;8;9;31;41m${e}mab`), {});
	t.deepEqual(lookOf(t, `${e}1;2;3;4;7;8;9;31;41m${e}22;23;24;27;28;29;39;49mab`), {});
	t.deepEqual(draw(`a${e}31mb\nc${e}1md${e}39me`).texts.map(({text, attributes: {fill, 'font-weight': weight}}) => [text, fill, weight]), [
		['a', undefined, undefined],
		['b', '#ff7b72', undefined],
		['c', '#ff7b72', undefined],
		['d', '#ff7b72', 'bold'],
		['e', undefined, 'bold'],
	]);
	// Half way to what is behind it.
	t.not(lookOf(t, `${e}2mab`)['fill'], undefined);
	t.not(lookOf(t, `${e}2mab`)['fill'], lookOf(t, `${e}2;41mab`)['fill']);
	t.deepEqual(draw(`${e}8mab`), {texts: [], paths: [], outside: ['title', 'title']});
});

test('colours of all kinds show', t => {
	const colour = (sgr: string): string | undefined => lookOf(t, `${e}${sgr}mab`)['fill'];
	t.deepEqual(['90', '97', '38;5;1', '38;5;9', '38:5:9'].map(sgr => colour(sgr)), ['#8b949e', '#ffffff', '#ff7b72', '#ffa198', '#ffa198']);
	t.deepEqual(['38;5;16', '38;5;231', '38;5;67', '38;5;232', '38;5;255'].map(sgr => colour(sgr)), ['#000000', '#ffffff', '#5f87af', '#080808', '#eeeeee']);
	t.deepEqual(['38;2;1;2;255', '38:2:1:2:255', '38:2::1:2:255'].map(sgr => colour(sgr)), ['#0102ff', '#0102ff', '#0102ff']);
	t.deepEqual(lookOf(t, `${e}58;5;1;38;2;1;2;3;1m${e}58:2::1:2:3mab`), {fill: '#010203', 'font-weight': 'bold'});
	t.deepEqual(draw(`${e}48;5;16m ${e}103m  `).paths.map(({fill}) => fill), ['#000000', '#e3b341']);
});

test('backgrounds are as wide as what stands on them, spaces at the end too', t => {
	t.deepEqual(draw(`a${e}41m b  `).paths, [{fill: '#ff7b72', d: 'M9 0h36v19h-36z'}]);
	t.deepEqual(texts(`a${e}41m b  `), [['a b', 0, 0]]);
	t.deepEqual(draw(`${e}41mab\nab\n  b`).paths, [{fill: '#ff7b72', d: 'M0 0h18v38h-18zM0 38h27v19h-27z'}]);
	t.deepEqual(draw(`${e}41m   ${e}49m\n ${e}41m ${e}49m \n${e}41m   ${e}49m`).paths, [{fill: '#ff7b72', d: 'M0 0h27v19h-27zM0 38h27v19h-27zM9 19h9v19h-9z'}]);
});

test('what is inverse has its colours the other way round', t => {
	const both = draw(`${e}31;44;7mab`);
	t.deepEqual([both.texts[0]!.attributes['fill'], both.paths[0]!['fill']], ['#58a6ff', '#ff7b72']);
	const none = draw(`${e}7mab`);
	t.deepEqual([none.texts[0]!.attributes['fill'], none.paths[0]!['fill']], ['#0d1117', '#e6edf3']);
	t.is(draw(`${e}7m  `).paths.length, 1);
});

test('lines under and through text are drawn, and join', t => {
	t.deepEqual(draw(`${e}4ma b`).paths, [{fill: '#e6edf3', d: 'M0 16h27v1h-27z'}]);
	t.deepEqual(draw(`${e}31;9mab`).paths, [{fill: '#ff7b72', d: 'M0 9h18v1h-18z'}]);
	t.deepEqual(draw(`${e}4:3ma${e}4:0mb`).paths, [{fill: '#e6edf3', d: 'M0 16h9v1h-9z'}]);
});

test('wide characters take two cells, and symbols are kept in theirs', t => {
	t.deepEqual(texts('a漢字b'), [['a', 0, 0], ['漢字', 1, 0], ['b', 5, 0]]);
	t.deepEqual(draw('漢字').texts[0]!.attributes, {textLength: '36', lengthAdjust: 'spacingAndGlyphs'});
	t.deepEqual(texts('✓ ●● é👍…'), [['✓', 0, 0], ['●', 2, 0], ['●', 3, 0], ['é', 5, 0], ['👍', 6, 0], ['…', 8, 0]]);
	t.deepEqual(draw('✓').texts[0]!.attributes, {textLength: '9', lengthAdjust: 'spacingAndGlyphs'});
	t.deepEqual(texts('e\u0301x'), [['e\u0301', 0, 0], ['x', 1, 0]]);
	t.deepEqual(draw(`${e}41m漢`).paths, [{fill: '#ff7b72', d: 'M0 0h18v19h-18z'}]);
	// There is no room for half of one.
	t.deepEqual(texts(`${'-'.repeat(19)}漢`), [['-'.repeat(19), 0, 0]]);
});

test('boxes are drawn without gaps', t => {
	t.deepEqual(draw('┌─┐\n│ │\n└─┘').paths, [
		{fill: '#e6edf3', d: 'M4 9h19v1h-19zM4 47h19v1h-19zM4 9h1v39h-1zM22 9h1v39h-1z'},
	]);
	t.deepEqual(texts('┌─┐\n│a│\n└─┘'), [['a', 1, 1]]);
	t.deepEqual(draw(`${e}31m━━`).paths, [{fill: '#ff7b72', d: 'M0 8h18v3h-18z'}]);
	t.deepEqual(draw('══').paths, [{fill: '#e6edf3', d: 'M0 8h18v1h-18zM0 10h18v1h-18z'}]);
	const round = draw('╭╮\n╰╯').paths;
	t.deepEqual(round, [{fill: 'none', stroke: '#e6edf3', d: 'M4.5 19v-5a4.5 4.5 0 0 1 4.5-4.5M9 9.5a4.5 4.5 0 0 1 4.5 4.5v5M4.5 19v5a4.5 4.5 0 0 0 4.5 4.5M13.5 19v5a4.5 4.5 0 0 1-4.5 4.5'}]);
});

test('blocks fill their parts of a cell', t => {
	t.deepEqual(draw('██▌').paths, [{fill: '#e6edf3', d: 'M0 0h23v19h-23z'}]);
	t.deepEqual(draw('▏').paths, [{fill: '#e6edf3', d: 'M0 0h1v19h-1z'}]);
	t.deepEqual(draw('▌▐').paths, [{fill: '#e6edf3', d: 'M0 0h5v19h-5zM14 0h4v19h-4z'}]);
	t.deepEqual(draw('▄').paths, [{fill: '#e6edf3', d: 'M0 10h9v9h-9z'}]);
	t.deepEqual(draw(`${e}38;2;255;255;255;48;2;0;0;0m▒`).paths.map(({fill}) => fill), ['#000000', '#808080']);
});

test('every line and block character is drawn, but those of two weights, dashes and diagonals', t => {
	const characters = Array.from({length: 0xA0}, (_, index) => String.fromCodePoint(0x25_00 + index));
	const written = characters.filter(character => draw(character).texts.length > 0);
	t.deepEqual(written.filter(character => character >= '▀'), []);
	t.true([...'─│┌┐└┘├┤┬┴┼━┃┏┓┗┛┣┫┳┻╋═║╔╗╚╝╠╣╦╩╬╭╮╯╰╴╵╶╷╸╹╺╻'].every(character => !written.includes(character)));
	t.is(written.length, 0x80 - 45);
});

test('text is text, whatever it looks like', t => {
	t.deepEqual(texts('<a> & "b" &amp;'), [['<a> & "b" &amp;', 0, 0]]);
	t.deepEqual(draw('', '<title> & "x"').outside, ['<title> & "x"', '<title> & "x"']);
	t.deepEqual(draw('', 'a\u0000\u001Bb\uFFFF').outside, ['ab', 'ab']);
	t.deepEqual(texts('a\u0000\u000Eb'), [['ab', 0, 0]]);
	t.notThrows(() => draw('a\uFFFE\uFFFF\uD800b'));
});

test('sequences that say nothing of the looks are passed over', t => {
	t.deepEqual(texts(`${e}2Ka${e}?25l\u001B(Bb`), [['ab', 0, 0]]);
	t.deepEqual(texts('\u001B]8;;https://example.org/<&>\u001B\\link\u001B]8;;\u001B\\ more'), [['link more', 0, 0]]);
	t.deepEqual(texts('\u001B]8;;https://example.org\u0007link\u001B]8;;\u0007 more'), [['link more', 0, 0]]);
});

test('the same screen is the same picture', t => {
	const screen = `${e}1mone${e}0m ${e}44m two \n${e}0m╭─╮ ██ ✓ 漢`;
	const picture = {columns: 30, rows: 5, title: 'one'};
	t.is(ansiToSvg(screen, picture), ansiToSvg(screen, picture));
	t.is(ansiToSvg(screen, picture).includes('NaN'), false);
});

test('what a terminal shows is written to a file', async t => {
	const cleanup = cleanupOf(t);
	const terminal = await startTerminal(cleanup, {command: ['printf', String.raw`one\n\033[1;31mtwo\033[44m  `], columns: 30, rows: 5});
	await terminal.ended;
	const file = path.join(await temporaryFolder(cleanup), 'picture.svg');
	await writePicture(terminal, file, 'a title');
	const written = await readFile(file, 'utf8');
	t.is(written, ansiToSvg(`one\n${e}1;31mtwo${e}44m  `, {columns: 30, rows: 5, title: 'a title'}));
});

import {stripVTControlCharacters} from 'node:util';
import {mock} from 'node:test';
import test from 'ava';
import fc from 'fast-check';
import {Canvas, type Cell} from '../../../../tui/app/canvas.js';
import type {Size} from '../../../../tui/app/layout.js';
import {Terminal} from './_terminal.js';

// All tests here are synchronous, so one clock serves them all.
let clock = 1000;
mock.timers.enable({apis: ['setTimeout']});
performance.now = () => clock;

function pass(milliseconds: number): void {
	// A moment after the other, as time goes.
	for (let passed = 0; passed < milliseconds; passed++) {
		clock++;
		mock.timers.tick(1);
	}
}

/** Longer than anything is held back. */
const aWhile = 100;

/** A canvas on a terminal. */
class Stage {
	terminal: Terminal;
	cursor: Cell | undefined;
	readonly writes: Array<{readonly time: number; readonly bytes: string}> = [];
	readonly canvas: Canvas;

	constructor(size: Size) {
		this.terminal = new Terminal(size);
		this.canvas = new Canvas({
			size,
			write: bytes => {
				this.writes.push({time: clock, bytes});
				this.terminal.write(bytes);
			},
			cursor: () => this.cursor,
		});
		this.canvas.reset(size);
	}

	/** The terminal has another size. What it makes of what it shows is its own business. */
	resize(size: Size): void {
		this.terminal = new Terminal(size);
		this.terminal.write(`\u001B[1;1H${'rubbish'.repeat(size.columns)}`);
		this.canvas.reset(size);
	}
}

const shown = (frame: string, {rows}: Size): string[] => {
	const lines = stripVTControlCharacters(frame).split('\n').slice(0, rows).map(line => line.trimEnd());
	return [...lines, ...Array.from({length: rows - lines.length}, () => '')];
};

const size: Size = {columns: 12, rows: 5};

const look = fc.constantFrom('\u001B[1m', '\u001B[22m', '\u001B[36m', '\u001B[39m', '');
const lineFor = ({columns}: Size) => fc.tuple(look, fc.oneof(
	{weight: 3, arbitrary: fc.string({unit: fc.constantFrom('a', 'b', ' ', '│'), maxLength: columns})},
	{weight: 1, arbitrary: fc.string({unit: fc.constantFrom('│', 'x'), minLength: columns, maxLength: columns})},
	{weight: 1, arbitrary: fc.string({unit: fc.constantFrom('日', '👩‍👩‍👧', 'e\u0301'), maxLength: Math.floor(columns / 2)})},
)).map(([sequence, text]) => sequence + text);
// From few lines, so that many stay as they are.
const frameFor = (size: Size) => fc.array(lineFor(size), {minLength: 1, maxLength: 4})
	.chain(lines => fc.array(fc.constantFrom(...lines), {minLength: 1, maxLength: size.rows + 2}))
	.map(lines => lines.join('\n'));
const cursorFor = ({columns, rows}: Size) => fc.option(fc.record({x: fc.nat(columns - 1), y: fc.nat(rows - 1)}), {nil: undefined});
const sizes = fc.record({columns: fc.integer({min: 4, max: 30}), rows: fc.integer({min: 2, max: 8})});

test('whatever is drawn, the terminal shows the last frame and the cursor in its place', t => {
	fc.assert(fc.property(
		sizes.chain(size => fc.tuple(fc.constant(size), fc.array(fc.record({frame: frameFor(size), cursor: cursorFor(size), wait: fc.nat(60)}), {minLength: 1, maxLength: 20}))),
		([size, steps]) => {
			const stage = new Stage(size);
			for (const {frame, cursor, wait} of steps) {
				stage.cursor = cursor;
				stage.canvas.write(frame);
				pass(wait);
			}

			pass(aWhile);
			t.deepEqual(stage.terminal.lines, shown(steps.at(-1)!.frame, size));
			t.deepEqual(stage.terminal.cursor, steps.at(-1)!.cursor);
		},
	), {numRuns: 200});
});

const stateFor = (size: Size) => fc.record({size: fc.constant(size), frames: fc.tuple(frameFor(size), frameFor(size)), cursor: cursorFor(size)});

test('after a reset all is drawn again, for the size of that moment', t => {
	fc.assert(fc.property(sizes.chain(size => stateFor(size)), sizes.chain(size => stateFor(size)), fc.nat(60), (before, after, wait) => {
		const stage = new Stage(before.size);
		stage.cursor = before.cursor;
		stage.canvas.write(before.frames[0]);
		stage.canvas.write(before.frames[1]);
		pass(wait);
		stage.resize(after.size);
		t.is(stage.canvas.columns, after.size.columns);
		t.is(stage.canvas.rows, after.size.rows);
		pass(wait);
		stage.cursor = after.cursor;
		stage.canvas.write(after.frames[0]);
		pass(aWhile);
		t.deepEqual(stage.terminal.lines, shown(after.frames[0], after.size));
		t.deepEqual(stage.terminal.cursor, after.cursor);
	}), {numRuns: 200});
});

test('a frame that was held back when the size changed is not drawn any more', t => {
	const stage = new Stage(size);
	stage.canvas.write('one');
	stage.canvas.write('two');
	stage.canvas.reset({columns: 3, rows: 2});
	pass(aWhile);
	t.deepEqual(stage.terminal.lines, shown('one', size));
});

test('a line is drawn whole up to the last column', t => {
	const stage = new Stage(size);
	stage.canvas.write(`╭${'─'.repeat(10)}╮\n│${'x'.repeat(10)}│`);
	t.deepEqual(stage.terminal.lines.slice(0, 2), [`╭${'─'.repeat(10)}╮`, `│${'x'.repeat(10)}│`]);
});

test('the first frame is drawn at once, and only lines that are new are written', t => {
	const stage = new Stage(size);
	stage.canvas.write('same\nold\nsame too');
	t.is(stage.writes.length, 1);
	pass(aWhile);
	stage.canvas.write('same\nnew\nsame too');
	t.is(stage.writes.length, 2);
	t.false(stage.writes[1]!.bytes.includes('same'));
	t.true(stage.writes[1]!.bytes.includes('new'));
});

test('nothing is written for a frame that is shown already', t => {
	const stage = new Stage(size);
	stage.cursor = {x: 1, y: 1};
	stage.canvas.write('a\nb');
	pass(aWhile);
	stage.canvas.write('a\nb');
	pass(aWhile);
	t.is(stage.writes.length, 1);
});

test('a cursor that moves is followed, also where no line is another one', t => {
	const stage = new Stage(size);
	for (const cursor of [{x: 1, y: 1}, {x: 2, y: 1}, undefined, {x: 0, y: 0}]) {
		stage.cursor = cursor;
		stage.canvas.write('a\nb');
		pass(aWhile);
		t.deepEqual(stage.terminal.cursor, cursor);
	}
});

test('however fast frames come, no more than thirty a second are written, and the last of them is', t => {
	fc.assert(fc.property(fc.array(fc.tuple(frameFor(size), fc.nat(20)), {minLength: 1, maxLength: 40}), frames => {
		const stage = new Stage(size);
		for (const [frame, wait] of frames) {
			stage.canvas.write(frame);
			pass(wait);
		}

		pass(aWhile);
		t.deepEqual(stage.terminal.lines, shown(frames.at(-1)![0], size));
		t.true(stage.writes.every(({time}, index) => index === 0 || time - stage.writes[index - 1]!.time >= 33));
	}), {numRuns: 100});
});

test('one that is closed draws nothing, whatever was held back, until it is reset', t => {
	const stage = new Stage(size);
	stage.canvas.write('one');
	stage.canvas.write('two');
	stage.canvas.close();
	pass(aWhile);
	stage.canvas.write('three');
	pass(aWhile);
	t.deepEqual(stage.terminal.lines, shown('one', size));
	t.is(stage.writes.length, 1);
	stage.resize(size);
	pass(aWhile);
	t.is(stage.writes.length, 1);
	stage.canvas.write('four');
	t.deepEqual(stage.terminal.lines, shown('four', size));
});

test('all of a frame comes in one piece, between the marks of a synchronized update', t => {
	const stage = new Stage(size);
	stage.canvas.write('one\ntwo');
	t.is(stage.writes.length, 1);
	t.regex(stage.writes[0]!.bytes, /^\u001B\[\?2026h.*\u001B\[\?2026l$/s); // eslint-disable-line no-control-regex
});

test('nothing is drawn before the first reset', t => {
	const written: string[] = [];
	const canvas = new Canvas({
		size,
		write(bytes) {
			written.push(bytes);
		},
		cursor: () => undefined,
	});
	canvas.write('one');
	pass(aWhile);
	t.deepEqual(written, []);
});

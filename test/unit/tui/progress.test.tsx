import {render} from 'ink-testing-library';
import test from 'ava';
import fc from 'fast-check';
import stringWidth from 'string-width';
import {ProgressBox} from '../../../tui/progress/progress-box.js';
import {progressLines} from '../../../tui/progress/progress.js';
import {barText, progressText} from '../../../tui/progress/texts.js';

const mebibyte = 1024 ** 2;
const title = 'Importing image "debian"';
const state = {
	progress: 0.4, size: 250 * mebibyte, message: 'writing', pace: {bytesPerSecond: 48 * mebibyte, secondsLeft: 3.2},
};

const frameOf = (properties: Parameters<typeof ProgressBox>[0]): string => {
	const {lastFrame, unmount} = render(<ProgressBox {...properties}/>);
	const frame = lastFrame()!;
	unmount();
	return frame;
};

test('the box shows title, bar, figures and message', t => {
	t.deepEqual(frameOf({title, width: 80, ...state}).split('\n'), [
		title,
		`${'█'.repeat(10)}${'░'.repeat(17)}  40%  100 MiB of 250 MiB    48 MiB/s    4s left`,
		'writing',
	]);
});

test('the figures go one by one where there is no room, and the bar shrinks to eight columns before', t => {
	const shown = (width: number): string => barText(state, width);
	t.is(shown(93), `${'█'.repeat(16)}${'░'.repeat(24)}  40%  100 MiB of 250 MiB    48 MiB/s    4s left`);
	t.is(shown(200), shown(93));
	t.is(shown(61), '███░░░░░  40%  100 MiB of 250 MiB    48 MiB/s    4s left');
	t.is(shown(60), `${'█'.repeat(11)}${'░'.repeat(18)}  40%  48 MiB/s    4s left`);
	t.is(shown(39), '███░░░░░  40%  48 MiB/s    4s left');
	t.is(shown(38), '███████░░░░░░░░░░░░  40%  4s left');
	t.is(shown(27), '███░░░░░  40%  4s left');
	t.is(shown(26), '████████░░░░░░░░░░░░░  40%');
	t.is(shown(20), '██████░░░░░░░░░  40%');
});

test('what is not about bytes has a bar and nothing more', t => {
	t.is(barText({...state, size: 0, pace: undefined}, 80), `${'█'.repeat(16)}${'░'.repeat(24)}  40%`);
});

test('the bar stays as long as it was when a pace becomes known', t => {
	const blocks = (text: string): number => text.match(/[█░]/g)!.length;
	t.is(blocks(barText({...state, pace: undefined}, 70)), blocks(barText(state, 70)));
});

test('only what is done is full', t => {
	t.is(barText({...state, progress: 0.9999}, 20), `${'█'.repeat(14)}░  99%`);
	t.is(barText({...state, progress: 1, pace: undefined}, 20), `${'█'.repeat(15)} 100%`);
});

test('a progress out of bounds and a message with control characters are made harmless', t => {
	const frame = frameOf({
		...state, title: 'x', width: 80, progress: 1.7, message: 'a\u001B[2Jb',
	});
	t.regex(frame, /100%/);
	t.true(frame.includes(String.raw`a\x1b[2Jb`));
	t.regex(barText({...state, progress: Number.NaN}, 80), /^░+ {3}0%/);
});

test('the box keeps to its width', t => {
	const pace = fc.option(fc.record({bytesPerSecond: fc.double({min: 1, max: 1e30, noNaN: true}), secondsLeft: fc.double({min: 1e-9, max: 1e20, noNaN: true})}), {nil: undefined});
	fc.assert(fc.property(
		fc.record({
			title: fc.string({unit: 'grapheme'}).map(text => `x${text}`), message: fc.string({unit: 'grapheme'}), progress: fc.double(), size: fc.maxSafeNat(), pace,
		}),
		fc.integer({min: 20, max: 100}),
		(properties, width) => {
			const lines = frameOf({...properties, width}).split('\n');
			t.is(lines.length, 3);
			t.deepEqual(lines.filter(line => stringWidth(line) > width), []);
		},
	), {numRuns: 200});
});

test('one line says how fast it goes, or else what is being done', t => {
	t.is(progressText(title, state), 'Importing image "debian": 40%, 48 MiB/s, 4s left');
	t.is(progressText(title, {...state, pace: undefined}), 'Importing image "debian": 40%, writing');
	t.is(progressText(title, {...state, pace: undefined, message: ''}), 'Importing image "debian": 40%');
	t.is(progressText(title, {...state, pace: {bytesPerSecond: 1, secondsLeft: 7325}}), 'Importing image "debian": 40%, 1 B/s, 2h 2m left');
});

const linesOf = (steps: readonly number[], size = 0): string[] => {
	const lines: string[] = [];
	let time = 0;
	const {update} = progressLines(title, line => {
		lines.push(line);
	}, () => time);
	for (const progress of steps) {
		update({progress, size, message: 'writing'});
		time += 100;
	}

	return lines;
};

test('without a terminal there is a line for every tenth at the most', t => {
	const lines = linesOf(Array.from({length: 1001}, (_, step) => step / 1000));
	t.deepEqual(lines, Array.from({length: 11}, (_, tenth) => `${title}: ${tenth * 10}%, writing`));
});

test('tenths that were jumped over are left out', t => {
	t.deepEqual(linesOf([0, 0.55, 0.2, 0.59, 1]), ['0%', '50%', '100%'].map(percent => `${title}: ${percent}, writing`));
});

test('lines tell the pace as soon as it is known', t => {
	t.deepEqual(linesOf(Array.from({length: 101}, (_, step) => step / 100), 100 * mebibyte).slice(0, 3), [
		`${title}: 0%, writing`, `${title}: 10%, 10 MiB/s, 9s left`, `${title}: 20%, 10 MiB/s, 8s left`,
	]);
});

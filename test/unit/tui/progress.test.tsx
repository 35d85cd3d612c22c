import {render} from 'ink-testing-library';
import test from 'ava';
import {ProgressBox} from '../../../tui/progress/progress-box.js';
import {progressLines} from '../../../tui/progress/progress.js';

const lineAt = (tenth: number) => `Importing image "debian": ${tenth * 10}% copying`;

test('the bar shows title, percentage and message', t => {
	const {lastFrame, rerender, unmount} = render(<ProgressBox title='Importing image "debian"' progress={0.5} message='copying files'/>);
	const frame = lastFrame()!;
	t.regex(frame, /^Importing image "debian"\n/);
	t.regex(frame, /50%/);
	t.regex(frame, /copying files/);
	rerender(<ProgressBox title='Importing image "debian"' progress={1} message='done'/>);
	t.regex(lastFrame()!, /100%/);
	unmount();
});

test('the bar grows', async t => {
	const filled = async (progress: number) => {
		const {lastFrame, unmount} = render(<ProgressBox title='x' progress={progress} message=''/>);
		// The bar learns its width after the first frame.
		await new Promise(resolve => {
			setTimeout(resolve, 50);
		});
		const count = [...lastFrame()!].filter(character => character === '█').length;
		unmount();
		return count;
	};

	t.is(await filled(0), 0);
	t.is(await filled(0.5), 20);
	t.is(await filled(1), 40);
});

test('a progress out of bounds and a message with control characters are made harmless', t => {
	const {lastFrame, unmount} = render(<ProgressBox title='x' progress={1.7} message={'a\u001B[2Jb'}/>);
	t.regex(lastFrame()!, /100%/);
	t.true(lastFrame()!.includes(String.raw`a\x1b[2Jb`));
	unmount();
});

test('without a terminal there is a line for every tenth at the most', t => {
	const lines: string[] = [];
	const {update} = progressLines('Importing image "debian"', line => {
		lines.push(line);
	});
	for (let step = 0; step <= 1000; step++) {
		update({progress: step / 1000, message: 'copying'});
	}

	t.deepEqual(lines, Array.from({length: 11}, (_, tenth) => lineAt(tenth)));
});

test('tenths that were jumped over are left out', t => {
	const lines: string[] = [];
	const {update} = progressLines('x', line => {
		lines.push(line);
	});
	for (const progress of [0, 0.55, 0.2, 0.59, 1]) {
		update({progress, message: ''});
	}

	t.deepEqual(lines, ['x: 0%', 'x: 50%', 'x: 100%']);
});

// How far something is, in blocks, figures and words. None of it is said by a colour.
import type {JobState} from '../jobs/follow.js';
import {formatRate, formatSize, formatTimeLeft} from '../output/format.js';
import {printable} from '../output/printable.js';
import {shareOf, type Pace} from './pace.js';

/** How far something is, and how fast; `undefined` where nobody can tell. */
export type PacedState = JobState & {readonly pace: Pace | undefined};

/** `Importing image "debian": 40%, 48 MiB/s, 4s left`; what it is doing, while nobody can tell how fast. */
export function progressText(title: string, {progress, message, pace}: PacedState): string {
	const words = pace ? [formatRate(pace.bytesPerSecond), formatTimeLeft(pace.secondsLeft)] : [printable(message)];
	return `${title}: ${[percentOf(progress), ...words.filter(Boolean)].join(', ')}`;
}

/** The shortest and the longest bar. */
const [shortest, longest] = [8, 40];

/**
A bar with as many figures as there is room for: `████░░░░░░  40%  12.4 MiB of 250 MiB  48 MiB/s  4s left`.

@param width Columns, 20 at least.
*/
export function barText(state: PacedState, width: number): string {
	const percent = percentOf(state.progress).padStart(' 100%'.length);
	const figures = dropToFit(figuresOf(state), width - percent.length - shortest);
	const length = Math.min(longest, width - percent.length - totalWidth(figures));
	return [blocks(state.progress, length), percent, ...figures.map(({text, width}) => text.padEnd(width))].join('').trimEnd();
}

/** A bar of so many columns. */
export function blocks(part: number, columns: number): string {
	const full = Math.floor(shareOf(part) * columns);
	return '█'.repeat(full) + '░'.repeat(columns - full);
}

type Figure = {readonly text: string; readonly width: number};

// Each keeps its columns, whatever it says at the moment: the bar does not twitch. What is first is dropped first.
function figuresOf({progress, size, pace}: PacedState): readonly Figure[] {
	if (size === 0) {
		return [];
	}

	return [
		figure(`${formatSize(shareOf(progress) * size)} of ${formatSize(size)}`, '1023 MiB of 1023 MiB'.length),
		figure(pace && formatRate(pace.bytesPerSecond), '1023 MiB/s'.length),
		figure(pace && formatTimeLeft(pace.secondsLeft), '99d 23h left'.length),
	];
}

const gap = '  ';

const figure = (text: string | undefined, width: number): Figure =>
	({text: text !== undefined && text.length <= width ? gap + text : '', width: gap.length + width});

const dropToFit = (figures: readonly Figure[], available: number): readonly Figure[] =>
	totalWidth(figures) <= available ? figures : dropToFit(figures.slice(1), available);

const totalWidth = (figures: readonly Figure[]): number => figures.reduce((sum, {width}) => sum + width, 0);

const percentOf = (progress: number): string => `${Math.floor(shareOf(progress) * 100)}%`;

// A line of the result: a figure of Nexus's beside a reference, and the goal.
import {figuresOf, type Figures} from './measure.js';

/** The most that it may be, in its unit: half of the time, or 95 of 100 times. */
export type Limit = {most: number; of: 'median' | 'p95'};

export type Row = {
	/** What was done. */
	what: string;
	/** How it was done and counted, in a sentence or two. */
	how: string;
	unit: 'ms' | 'MB' | '%' | 'frames/s' | 'kB/s' | 'times';
	nexus: Figures;
	/** What was done beside it, and its figures. */
	reference?: Figures & {name: string};
	/** Nexus's median as a multiple of the reference's. */
	ratio?: number;
	/** The most that the ratio may be. */
	goal?: number;
	limit?: Limit;
	/** Whether it is within the goal, or the limit. */
	isReached?: boolean;
};

type Beside = {
	what: string; how: string; nexus: number[]; reference: string; times: number[];
	/** The most that the ratio may be. */
	goal?: number;
	limit?: Limit;
	/** How many operations each of the times stands for. */
	each?: number;
};

/** Nexus's milliseconds beside those of a reference. */
export function beside({what, how, nexus, reference, times, goal, limit, each}: Beside): Row {
	const [own, other] = [figuresOf(nexus, each), figuresOf(times, each)];
	const ratio = own.median / other.median;
	return {
		what, how, unit: 'ms', nexus: own, reference: {name: reference, ...other}, ratio, ...(goal !== undefined && {goal, isReached: ratio <= goal}), ...limited(own, limit),
	};
}

type Alone = {what: string; how: string; unit: Row['unit']; values: number[]; limit?: Limit};

/** Figures beside nothing but a limit, if any. */
export function alone({what, how, unit, values, limit}: Alone): Row {
	const nexus = figuresOf(values);
	return {
		what, how, unit, nexus, ...limited(nexus, limit),
	};
}

const limited = (figures: Figures, limit: Limit | undefined): Pick<Row, 'limit' | 'isReached'> => limit ? {limit, isReached: figures[limit.of] <= limit.most} : {};

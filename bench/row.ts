// A line of the result: a figure of Nexus's beside a reference, and the goal.
import {figuresOf, type Figures} from './measure.js';

export type Row = {
	/** What was done. */
	what: string;
	/** How it was done and counted, in a sentence or two. */
	how: string;
	unit: 'ms' | 'MB';
	nexus: Figures;
	/** What was done beside it, and its figures. */
	reference?: Figures & {name: string};
	/** Nexus's median as a multiple of the reference's. */
	ratio?: number;
	/** The most that it may be: a multiple of the reference, or where there is none an amount in the unit. */
	goal?: number;
	isReached?: boolean;
};

type Beside = {
	what: string; how: string; nexus: number[]; reference: string; times: number[]; goal?: number;
	/** How many operations each of the times stands for. */
	each?: number;
};

/** Nexus's milliseconds beside those of a reference. */
export function beside({what, how, nexus, reference, times, goal, each}: Beside): Row {
	const [own, other] = [figuresOf(nexus, each), figuresOf(times, each)];
	const ratio = own.median / other.median;
	return {
		what, how, unit: 'ms', nexus: own, reference: {name: reference, ...other}, ratio, ...judged(ratio, goal),
	};
}

type Alone = {what: string; how: string; unit: Row['unit']; values: number[]; goal?: number};

/** Figures beside nothing but a limit, if any. */
export function alone({what, how, unit, values, goal}: Alone): Row {
	const nexus = figuresOf(values);
	return {
		what, how, unit, nexus, ...judged(nexus.median, goal),
	};
}

const judged = (value: number, goal: number | undefined): Pick<Row, 'goal' | 'isReached'> => goal === undefined ? {} : {goal, isReached: value <= goal};

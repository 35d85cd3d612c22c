// The result as a picture: a bar for each comparison, from 1 (as long as the reference) to the left where Nexus is quicker
// and to the right where it is slower, on a logarithmic scale, with the goal as a mark.
import {amount, plain, times} from './words.js';
import type {Row} from './row.js';

type Bar = {title: string; subtitle: string; value: number; goal: number | undefined; isReached: boolean | undefined; figures: string};

const width = 1000;
const rowHeight = 44;
const head = 92;
const foot = 24;
const left = 400;
const right = 800;

/** An SVG of all rows that are beside something. It brings its background, so that it can be read wherever it is shown. */
export function plot(rows: Row[]): string {
	const bars = rows.flatMap(row => barOf(row) ?? []);
	const scale = scaleFor(bars.flatMap(({value, goal}) => [value, goal ?? 1]));
	const height = head + (bars.length * rowHeight) + foot;
	return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" font-family="system-ui, sans-serif" font-size="14" role="img">
<title>Nexus beside its references, in one run</title>
<style>${style}</style>
<rect class="page" width="${width}" height="${height}" rx="8"/>
<text x="20" y="32">What Nexus takes, as a multiple of its reference: to the left of 1 it is quicker</text>
<text class="small faint" x="20" y="50">The upright mark is the goal: green has reached it, red has not</text>
${[
	...scale.ticks.flatMap(tick => gridLine(scale.at(tick), tick < 1 ? `1/${1 / tick}` : `${tick} ×`, height, tick === 1)),
	...bars.flatMap((bar, index) => barLines(bar, head + (index * rowHeight), scale.at)),
].join('\n')}
</svg>
`;
}

const style = `
.page { fill: #fff } text { fill: #1f2328 } .small { font-size: 12px } .faint { fill: #59636e }
.grid { stroke: #d1d9e0 } .one { stroke: #59636e } .bar { fill: #59636e } .reached { fill: #1a7f37 } .missed { fill: #cf222e }
.goal { stroke: #1f2328; stroke-width: 3 }
@media (prefers-color-scheme: dark) {
.page { fill: #0d1117 } text { fill: #f0f6fc } .faint { fill: #9198a1 }
.grid { stroke: #3d444d } .one { stroke: #9198a1 } .bar { fill: #9198a1 } .reached { fill: #3fb950 } .missed { fill: #f85149 }
.goal { stroke: #f0f6fc }
}
`;

// A limit is a reference of its own. Of one that allows nothing there is no multiple.
function barOf({what, unit, nexus, reference, ratio, goal, limit, isReached}: Row): Bar | undefined {
	const common = {title: plain(what), isReached};
	if (limit) {
		const value = nexus[limit.of];
		return limit.most === 0
			? undefined
			: {
				...common,
				subtitle: `${limit.of === 'p95' ? '95 of 100 ' : ''}beside a limit of ${limit.most} ${unit}`,
				value: value / limit.most,
				goal: 1,
				figures: `${amount(value)} : ${limit.most} ${unit}`,
			};
	}

	return reference && ratio !== undefined
		? {
			...common, subtitle: `beside ${plain(reference.name)}`, value: ratio, goal, figures: `${amount(nexus.median)} : ${amount(reference.median)} ${unit}`,
		}
		: undefined;
}

type Scale = {ticks: number[]; at: (ratio: number) => number};

/** Nothing is shown as less, such as no time at all. */
const least = 1 / 16;

function scaleFor(ratios: number[]): Scale {
	const power = (ratio: number): number => Math.log2(Math.max(ratio, least));
	const powers = ratios.map(ratio => power(ratio));
	const first = Math.floor(Math.min(...powers, -1));
	const last = Math.ceil(Math.max(...powers, 1));
	return {
		ticks: Array.from({length: last - first + 1}, (_, index) => 2 ** (first + index)),
		at: ratio => left + ((power(ratio) - first) / (last - first) * (right - left)),
	};
}

const gridLine = (x: number, label: string, height: number, isOne: boolean): string[] => [
	`<text class="small faint" x="${round(x)}" y="${head - 16}" text-anchor="middle">${label}</text>`,
	`<path class="${isOne ? 'one' : 'grid'}" d="M${round(x)} ${head - 8}V${height - foot}"/>`,
];

function barLines({title, subtitle, value, goal, isReached, figures}: Bar, top: number, at: Scale['at']): string[] {
	const [from, to] = [at(1), at(value)].sort((a, b) => a - b) as [number, number];
	const judgement = isReached === undefined ? 'bar' : (isReached ? 'reached' : 'missed');
	return [
		`<text x="20" y="${top + 17}">${xml(title)}</text>`,
		`<text class="small faint" x="20" y="${top + 34}">${xml(subtitle)}</text>`,
		`<rect class="${judgement}" x="${round(from)}" y="${top + 10}" width="${round(Math.max(to - from, 1))}" height="20" rx="2"/>`,
		...(goal === undefined ? [] : [`<path class="goal" d="M${round(at(goal))} ${top + 5}v30"/>`]),
		`<text x="${right + 20}" y="${top + 17}">${times(value)}${goal === undefined ? '' : `<tspan class="small faint" dx="8">at most ${times(goal)}</tspan>`}</text>`,
		`<text class="small faint" x="${right + 20}" y="${top + 34}">${xml(figures)}</text>`,
	];
}

const round = (value: number): number => Math.round(value * 10) / 10;

const xml = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');

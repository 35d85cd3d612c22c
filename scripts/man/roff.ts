// Writes manual pages in roff, for man-db and mandoc.
//
// A writer of our own because none of npm's fits. remark-man 9 leaves hyphens and a dot at the start of a line as they
// are, so that options cannot be searched for and text is lost; marked-man 2 breaks every line by hand and reads the
// pages' texts as Markdown and HTML. Neither knows the tagged paragraphs that options are listed in.

/** Words in one face. A string is prose: what stands in `backquotes` is code, as is a page's name before its (8). */
export type Span = string | {readonly code: string} | {readonly variable: string};

/** A line or a paragraph. */
export type Text = string | readonly Span[];

/** A term, such as an option, and what is said about it. */
export type Entry = {readonly term: Text; readonly body: readonly Block[]};

export type Block =
	| Text
	| {readonly entries: readonly Entry[]}
	/** Shown as it is, line by line. */
	| {readonly example: string}
	| {readonly subsection: string; readonly blocks: readonly Block[]};

export type Section = {readonly title: string; readonly blocks: readonly Block[]};

export type Page = {
	readonly name: string;
	readonly section: number;
	/** One line without a full stop, for `whatis`. */
	readonly summary: string;
	/** The name and version of what it belongs to. */
	readonly source: string;
	/** What this section of the manual is called. */
	readonly manual: string;
	readonly sections: readonly Section[];
};

/** The page in roff. It has no date: two builds of the same sources are the same. */
export const renderPage = ({name, section, summary, source, manual, sections}: Page): string => [
	macro('TH', name, String(section), '', source, manual),
	// Words are not divided and lines not stretched: commands and paths stay what they are.
	'.nh',
	'.ad l',
	'.SH NAME',
	// `lexgrog` reads this line for `whatis`: nothing in it may change the face.
	`${escape(name)} \\- ${escape(flat(summary))}`,
	...sections.flatMap(({title, blocks}) => [macro('SH', title), ...renderBelowTitle(blocks)]),
	'',
].join('\n');

/** A page that shows another one. */
export const renderAlias = (name: string, section: number): string => `.so man${section}/${name}.${section}\n`;

/** A command line as usage lines show it: capitals stand for something else and are in italics, the rest is typed. */
export const usageText = (usage: string): Span[] => usage.split(/([\s[\]|]+|\.{3})/).filter(Boolean).map(part => {
	if (/^[\s[\]|.]+$/.test(part)) {
		return part;
	}

	return /^[A-Z][A-Z_]*$/.test(part) ? {variable: part} : {code: part};
});

// A title begins a paragraph already.
function renderBelowTitle(blocks: readonly Block[]): string[] {
	const [first, ...others] = blocks.flatMap(block => renderBlock(block));
	return first === undefined || first === '.PP' ? others : [first, ...others];
}

function renderBlock(block: Block): string[] {
	if (isText(block)) {
		return paragraph('.PP', block);
	}

	if ('entries' in block) {
		return block.entries.flatMap(entry => renderEntry(entry));
	}

	if ('example' in block) {
		return ['.PP', '.RS 2', '.nf', ...block.example.split('\n').map(line => lineOf(escape(line))), '.fi', '.RE'];
	}

	return [macro('SS', block.subsection), ...renderBelowTitle(block.blocks)];
}

// The first paragraph may stand beside a short term; what follows lies below, as far in.
function renderEntry({term, body: [first, ...others]}: Entry): string[] {
	const beside = first !== undefined && isText(first);
	const below = beside || first === undefined ? others : [first, ...others];
	return [
		'.TP',
		renderText(term),
		beside ? renderText(first) : String.raw`\&`,
		...(below.length > 0 ? ['.RS', ...below.flatMap(block => renderBlock(block)), '.RE'] : []),
	];
}

const isText = (block: Block): block is Text => typeof block === 'string' || Array.isArray(block);

function paragraph(opening: string, text: Text): string[] {
	const line = renderText(text);
	return line === '' ? [] : [opening, line];
}

function renderText(text: Text): string {
	const spans = typeof text === 'string' ? prose(flat(text)) : text.flatMap(span => typeof span === 'string' ? prose(span) : [span]);
	return lineOf(spans.map(span => renderSpan(span)).join(''));
}

function renderSpan(span: Span): string {
	if (typeof span === 'string') {
		return escape(span);
	}

	return 'code' in span ? `\\fB${escape(span.code)}\\fR` : `\\fI${escape(span.variable)}\\fR`;
}

function prose(text: string): Span[] {
	const marked = /`(?<code>[^`]+)`|(?<page>[\w.]+)(?=\(\d\))/g;
	const spans: Span[] = [];
	let end = 0;
	for (const match of text.matchAll(marked)) {
		spans.push(text.slice(end, match.index), {code: match.groups!['code'] ?? match.groups!['page']!});
		end = match.index + match[0].length;
	}

	return [...spans, text.slice(end)].filter(span => span !== '');
}

const flat = (text: string): string => text.replaceAll(/\s+/g, ' ').trim();

const macro = (name: string, ...args: string[]): string =>
	[`.${name}`, ...args.map(argument => `"${escape(flat(argument)).replaceAll('"', String.raw`\(dq`)}"`)].join(' ');

// A line that begins with a dot is a request. One with an apostrophe would be, but those are escaped anyway.
const lineOf = (line: string): string => line.startsWith('.') ? `\\&${line}` : line;

// What roff would act upon or print as a typographer's character. A hyphen is always the one of the keyboard: what is
// copied from a page, or searched for in it, is more often an option or a name than a compound word.
const escapes: Readonly<Record<string, string>> = {
	'\\': String.raw`\(rs`, '-': String.raw`\-`, '\'': String.raw`\(aq`, '`': String.raw`\(ga`, '^': String.raw`\(ha`, '~': String.raw`\(ti`, '\t': '    ',
};

function escape(text: string): string {
	return text.replaceAll(/[\\'`^~\t-]|[^\u{20}-\u{7E}]/gu, character => escapes[character] ?? escapeForeign(character));
}

// Whatever the encoding in which the page is read. A control character is nothing that a page could show.
function escapeForeign(character: string): string {
	return /\p{Cc}/u.test(character) ? '' : `\\[u${character.codePointAt(0)!.toString(16).toUpperCase().padStart(4, '0')}]`;
}

// Text that came from elsewhere. A path can hold anything: escape sequences that rewrite the screen, line ends that
// break a table, marks that turn the direction of reading.

/** What a terminal would act upon. */
export const unsafe = /[\p{Cc}\u061C\u200E\u200F\u2028-\u202E\u2066-\u2069]/gu;
// JSON escapes the lower control characters by itself.
const unsafeInJson = /[\u007F-\u009F\u2028\u2029]/g;
const shortForms: Readonly<Record<string, string>> = {'\n': String.raw`\n`, '\r': String.raw`\r`, '\t': String.raw`\t`};

/** The text with everything that a terminal would act upon written out: `\n`, `\x1b`, `\u202e`. */
export const printable = (text: string): string => text.replaceAll(unsafe, character => {
	const code = character.codePointAt(0)!;
	return shortForms[character] ?? (code > 0xFF ? unicodeEscape(code) : String.raw`\x${code.toString(16).padStart(2, '0')}`);
});

/** A name or a path for the middle of a sentence. */
export const quoted = (text: string): string => `"${printable(text)}"`;

/** A value as indented JSON that no terminal acts upon. */
export const jsonText = (value: unknown): string =>
	JSON.stringify(value, undefined, '\t').replaceAll(unsafeInJson, character => unicodeEscape(character.codePointAt(0)!));

const unicodeEscape = (code: number): string => String.raw`\u${code.toString(16).padStart(4, '0')}`;

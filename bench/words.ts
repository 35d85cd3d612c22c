// Figures as people read them.

/** Three digits that count: `0.412`, `3.5`, `1240`. */
export const amount = (value: number): string => String(value >= 100 ? Math.round(value) : Number(value.toPrecision(3)));

/** `0.41 ×` */
export const times = (ratio: number): string => `${ratio >= 100 ? Math.round(ratio) : Number(ratio.toPrecision(ratio < 0.1 ? 1 : 2))} ×`;

/** Without the marks of code in Markdown. */
export const plain = (text: string): string => text.replaceAll('`', '');

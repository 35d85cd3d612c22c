// Figures as people read them.

/** Three digits that count: `0.412`, `3.5`, `1240`. */
export const amount = (value: number): string => String(value >= 100 ? Math.round(value) : Number(value.toPrecision(3)));

/** `0.412 ×` */
export const times = (ratio: number): string => `${ratio >= 100 ? Math.round(ratio) : Number(ratio.toPrecision(3))} ×`;

/** Without the marks of code in Markdown. */
export const plain = (text: string): string => text.replaceAll('`', '');

// The colours of the terminal's own palette that can be read on black and on white alike. They say nothing that is not said by a
// word or a sign too.

/** Where the keys go, and which they are. */
export const accent = 'magenta';

/** What is wrong. */
export const alarm = 'red';

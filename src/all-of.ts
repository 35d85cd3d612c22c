// Things done together. Whatever becomes of one, the others are awaited: nothing goes on behind our back, and an undo finds
// all that was done.

/** Resolves when all have succeeded. When one fails, throws that one's error, after all have ended. */
export async function allOf(work: ReadonlyArray<Promise<unknown>>): Promise<void> {
	await Promise.allSettled(work);
	await Promise.all(work);
}

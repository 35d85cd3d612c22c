// Work in steps of which none is left half-done: what a step did is undone when a later one fails.

export type Undo = () => Promise<unknown>;

/** How the work is followed and broken off. */
export type Course = {
	/** Told when a step begins, with the share of the steps that are done. */
	readonly onStep: (done: number, title: string) => void;
	readonly onUndoFailed: (error: unknown) => void;
	readonly signal: AbortSignal;
};

/** What begins each of so many steps. */
export function stepsOf(count: number, {onStep, signal}: Course): (title: string) => void {
	let begun = 0;
	return title => {
		signal.throwIfAborted();
		onStep(begun / count, title);
		begun++;
	};
}

/** Runs the work; `onFailure` registers an undo. They run in reverse; one that fails itself is told, and the others go on. */
export async function reverting<T>(onUndoFailed: (error: unknown) => void, work: (onFailure: (undo: Undo) => void) => Promise<T>): Promise<T> {
	const undos: Undo[] = [];
	try {
		return await work(undo => {
			undos.push(undo);
		});
	} catch (error) {
		for (const undo of undos.reverse()) {
			try {
				// Each relies on the state that its step left.
				// eslint-disable-next-line no-await-in-loop
				await undo();
			} catch (undoError) {
				onUndoFailed(undoError);
			}
		}

		throw error;
	}
}

// The frames in what the screen writes. It puts each between two marks, so that a terminal shows it when the second arrives.
// https://gist.github.com/christianparpart/d8a62cc1ab659194337d73e399004036

const begin = '\u001B[?2026h';
const end = '\u001B[?2026l';
const eraseAll = '\u001B[2J';

/** Finds frames in a stream of text. */
export class FrameReader {
	/** What has come of the next frame, and what came before it. */
	#rest = '';

	/** Takes what has arrived and returns the frames that are whole now. */
	read(text: string): string[] {
		this.#rest += text;
		const [last, ...others] = this.#rest.split(end).reverse() as [string, ...string[]];
		this.#rest = last;
		return others.reverse().map(part => part.slice(part.indexOf(begin) + begin.length));
	}
}

/** Whether a frame erases the whole terminal before it draws. */
export const erasesAll = (frame: string): boolean => frame.includes(eraseAll);

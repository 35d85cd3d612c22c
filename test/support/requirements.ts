// Tests on real parts need root and Debian's packages. In CI their absence is a failure; elsewhere it is said, and passed over.
import process from 'node:process';
import test, {type ExecutionContext, type Implementation} from 'ava';

const isRoot = process.getuid!() === 0;

/** Declares a test that needs root. */
export function rootTest(title: string, implementation: (t: ExecutionContext) => Promise<void>): void {
	if (isRoot || process.env['CI']) {
		test(title, implementation as Implementation<unknown[]>);
	} else {
		test.skip(`${title} (needs root)`, implementation as Implementation<unknown[]>);
	}
}

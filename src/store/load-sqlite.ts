// sql.js and its WebAssembly, which lies beside the bundle in `dist/` and in its package elsewhere.
import {existsSync} from 'node:fs';
import {createRequire} from 'node:module';
import {fileURLToPath} from 'node:url';
import {setFlagsFromString} from 'node:v8';
import initSqlJs, {type SqlJsStatic} from 'sql.js';

export type Sqlite = SqlJsStatic;

let loading: Promise<Sqlite> | undefined;

/** Loads SQLite, once. Its compiler has threads of its own: whoever will need it calls early. */
export async function loadSqlite(): Promise<Sqlite> {
	loading ??= load();
	return loading;
}

async function load(): Promise<Sqlite> {
	// V8 compiles once more, and better, what has run through so many bytes: ten times what it does otherwise, or a start
	// would compete with the compiler for what it does once. What goes on for longer is still compiled.
	setFlagsFromString('--wasm-tiering-budget=18000000');
	const bundled = fileURLToPath(new URL('sql-wasm.wasm', import.meta.url));
	const file = existsSync(bundled) ? bundled : createRequire(import.meta.url).resolve('sql.js/dist/sql-wasm.wasm');
	return initSqlJs({locateFile: () => file});
}

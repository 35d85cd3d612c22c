// sql.js and its WebAssembly, which lies beside the bundle in `dist/` and in its package elsewhere.
import {existsSync} from 'node:fs';
import {createRequire} from 'node:module';
import {fileURLToPath} from 'node:url';
import initSqlJs, {type SqlJsStatic} from 'sql.js';

export type Sqlite = SqlJsStatic;

let loading: Promise<Sqlite> | undefined;

/** Loads SQLite, once. Its compiler has threads of its own: whoever will need it calls early. */
export async function loadSqlite(): Promise<Sqlite> {
	loading ??= load();
	return loading;
}

async function load(): Promise<Sqlite> {
	const bundled = fileURLToPath(new URL('sql-wasm.wasm', import.meta.url));
	const file = existsSync(bundled) ? bundled : createRequire(import.meta.url).resolve('sql.js/dist/sql-wasm.wasm');
	return initSqlJs({locateFile: () => file});
}

import {performance} from 'node:perf_hooks';
import {existsSync} from 'node:fs';
import {readFile} from 'node:fs/promises';
import {crc32} from 'node:zlib';
import {openStore} from './src/store/open-store.js';
import {loadSqlite} from './src/store/load-sqlite.js';
import {RecordDatabase} from './src/store/database.js';
import {RecordsInMemory} from './src/store/records.js';
import {image, workspace, uuid} from './test/unit/store/_records.js';
const f = '/tmp/nxbench/nexus.db';
if (!existsSync(f)) {
	const store = await openStore(f, console.log);
	await store.commit({put: 'image', record: image(1)}, ...Array.from({length: 10000}, (_, n) => ({put: 'workspace', record: workspace(n + 10, uuid(1))} as const)));
	store.onCheckpoint(async () => undefined); await store.close();
	for (const n of [1, 2]) { const s = await openStore(f, console.log); s.onCheckpoint(async () => undefined); await s.commit({put: 'image', record: image(n + 1)}); await s.close(); } process.exit();
}
let c = process.cpuUsage(), t = performance.now();
const ms = (what: string) => { const u = process.cpuUsage(c); console.log(what, 'cpu', ((u.user + u.system) / 1000).toFixed(1), 'wall', (performance.now() - t).toFixed(1)); c = process.cpuUsage(); t = performance.now(); };
if (process.argv[2]) { const store = await openStore(f, console.log); ms('open'); console.log(store.counts()); }
else {
const sql = await loadSqlite(); ms('sqlite');
const content = await readFile(f); await readFile(f + '.previous'); ms('read');
crc32(content); crc32(content); ms('crc');
const db = new RecordDatabase(sql, content); ms('load');
const ws = db.all('workspace'); ms('all');
new RecordsInMemory({image: [], vm: [], workspace: ws}); ms('memory');
}
process.exit();

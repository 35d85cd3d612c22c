// The records in SQLite's memory: what it takes must not grow with the number of checkpoints.
import test from 'ava';
import {RecordDatabase} from '../../../src/store/database.js';
import {loadSqlite} from '../../../src/store/load-sqlite.js';
import {image, uuid, workspace} from './_records.js';

test('checkpoints leave nothing behind in memory', async t => {
	const sqlite = await loadSqlite();
	// Its types leave out what WebAssembly exports.
	const {_malloc: malloc, _free: free} = sqlite as typeof sqlite & {_malloc: (bytes: number) => number; _free: (address: number) => void};
	const database = new RecordDatabase(sqlite);
	const makeCheckpoints = (count: number): void => {
		for (let number = 0; number < count; number++) {
			database.transaction(() => {
				database.put('image', image(1, {sizeBytes: number}));
				database.put('workspace', workspace(2, uuid(1)));
				database.remove('workspace', uuid(2));
			});
			t.throws(() => {
				database.put('workspace', workspace(3, uuid(99)));
			});
			database.setMeta('sequence', String(number));
			database.export();
		}
	};

	/** Where a large block would lie: further back, the more there is before it. */
	const addressOfNext = (): number => {
		const address = malloc(1024 * 1024);
		free(address);
		return address;
	};

	makeCheckpoints(100);
	const before = addressOfNext();
	makeCheckpoints(500);
	t.is(addressOfNext(), before);
	database.close();
});

// The store in SQLite: a database in memory (sql.js), and a file that is replaced as a whole before a change counts.
// Changes that wait at the same time share one write.
import {
	mkdir, readFile, readlink, realpath, rm,
} from 'node:fs/promises';
import path from 'node:path';
import type {Database, SqlValue, Statement} from 'sql.js';
import {
	NexusError, asNexusError, errnoOf, messageOf,
} from '../errors.js';
import {lockFile, type FileLock} from '../file-lock.js';
import type {Log} from '../log.js';
import type {Image, Vm, Workspace} from '../model.js';
import {isThere, keepCopy, replaceFile} from '../files.js';
import {
	fromRow, settingsTable, tables, toRow, upsert, type RecordKind, type Records,
} from './rows.js';
import {loadSqlite, type Sqlite} from './load-sqlite.js';
import {createSchema, migrations, schemaVersion} from './schema.js';
import type {Change, StateStore} from './state-store.js';

/**
Opens the database, making it or bringing it to the present version where needed.

@throws NexusError Conflict when another daemon has it; Unsupported when it is from a newer version, is no database of
Nexus's, or is damaged; it is left untouched then.
*/
export async function openStore(file: string, log: Log): Promise<StateStore> {
	const place = await placeOf(file);
	const lock = lockFile(`${place}.lock`, `the database ${file}`);
	try {
		await refuseUnfinished(place);
		const sqlite = await loadSqlite();
		const content = await readIfPresent(place);
		const store = new SqliteStore(sqlite, place, lock, content);
		await (content ? store.migrate(log) : store.create());
		return store;
	} catch (error) {
		lock.release();
		throw asNexusError(error, `cannot open the database ${file}`);
	}
}

// Where the file really is: what is replaced by a rename must not be a symlink to it, and one file has one lock.
async function placeOf(file: string): Promise<string> {
	try {
		await mkdir(path.dirname(file), {recursive: true});
		const target = await readlink(file).catch(() => undefined);
		return target === undefined
			? path.join(await realpath(path.dirname(file)), path.basename(file))
			: await placeOf(path.resolve(path.dirname(file), target));
	} catch (error) {
		throw asNexusError(error, `cannot use the folder of the database ${file}`);
	}
}

// With one of these beside it, the file alone is not the whole database.
async function refuseUnfinished(file: string): Promise<void> {
	for (const beside of [`${file}-journal`, `${file}-wal`]) {
		// eslint-disable-next-line no-await-in-loop
		if (await isThere(beside)) {
			throw new NexusError('Unsupported', `the database ${file} has ${beside} beside it: another program has not finished with it; open and close it with sqlite3 first`);
		}
	}
}

const enforceReferences = 'PRAGMA foreign_keys = ON';

type Waiter = {resolve: () => void; reject: (error: NexusError) => void};

class SqliteStore implements StateStore {
	readonly schemaVersion = schemaVersion;
	migratedFrom: number | undefined;
	readonly inDoubt = {put: new Set<string>(), removed: new Map<string, Image | Workspace>()};
	readonly mishaps: string[] = [];

	readonly #sqlite: Sqlite;
	readonly #file: string;
	readonly #lock: FileLock;
	#database: Database;
	readonly #statements = new Map<string, Statement>();
	/** What is on disk. */
	#durable: Uint8Array | undefined;
	/** Those whose changes are committed in memory and not taken up by a write yet. */
	#waiting: Waiter[] = [];
	/** The writes under way; it never rejects. */
	#writing: Promise<void> | undefined;

	constructor(sqlite: Sqlite, file: string, lock: FileLock, content: Uint8Array | undefined) {
		this.#sqlite = sqlite;
		this.#file = file;
		this.#lock = lock;
		this.#durable = content;
		this.#database = this.#load();
	}

	async create(): Promise<void> {
		this.#database.exec(createSchema);
		await this.#persist();
	}

	async migrate(log: Log): Promise<void> {
		const found = this.#checkedVersion();
		for (let version = found; version < schemaVersion; version++) {
			const migration = migrations[version];
			if (!migration) {
				throw new NexusError('Unsupported', `the database ${this.#file} has schema version ${version}, which this nexusd cannot bring up to date; use an older one first`);
			}

			this.#migrateBy(migration, version);
		}

		this.#requireTables();

		if (found < schemaVersion) {
			this.migratedFrom = found;
			const copy = await this.#persistMigrated(found);
			log('notice', `database ${this.#file} migrated from schema version ${found} to ${schemaVersion}; the old file is kept as ${copy}`);
		}
	}

	images(): Image[] {
		return this.#select('image', 'ORDER BY name');
	}

	image(idOrName: string): Image | undefined {
		return this.#find('image', idOrName);
	}

	workspaceCounts(): Map<string, number> {
		const rows = this.#rows('SELECT master_image_id, count(*) FROM workspaces GROUP BY master_image_id', []);
		return new Map(rows.map(([id, count]) => [id as string, count as number]));
	}

	workspaceCount(imageId: string): number {
		const [[count]] = this.#rows('SELECT count(*) FROM workspaces WHERE master_image_id = ?', [imageId]) as [[number]];
		return count;
	}

	workspaces(of?: {imageId: string} | {vmId: string}): Workspace[] {
		if (!of) {
			return this.#select('workspace', 'ORDER BY name');
		}

		return 'imageId' in of
			? this.#select('workspace', 'WHERE master_image_id = ? ORDER BY name', of.imageId)
			: this.#select('workspace', 'WHERE vm_id = ? ORDER BY name', of.vmId);
	}

	workspacesAfter(name: string, limit: number, imageId?: string): Workspace[] {
		// The plus keeps SQLite from sorting all that the image has for every page.
		return imageId === undefined
			? this.#select('workspace', 'WHERE name > ? ORDER BY name LIMIT ?', name, limit)
			: this.#select('workspace', 'WHERE name > ? AND +master_image_id = ? ORDER BY name LIMIT ?', name, imageId, limit);
	}

	workspace(idOrName: string): Workspace | undefined {
		return this.#find('workspace', idOrName);
	}

	holderOf(name: string): 'image' | 'workspace' | undefined {
		const [holder] = this.#rows('SELECT \'image\' FROM master_images WHERE name = ?1 UNION ALL SELECT \'workspace\' FROM workspaces WHERE name = ?1', [name]).flat();
		return holder as 'image' | 'workspace' | undefined;
	}

	vms(): Vm[] {
		return this.#select('vm', 'ORDER BY name');
	}

	vmsAfter(name: string, limit: number): Vm[] {
		return this.#select('vm', 'WHERE name > ? ORDER BY name LIMIT ?', name, limit);
	}

	vm(idOrName: string): Vm | undefined {
		return this.#find('vm', idOrName);
	}

	isVmName(name: string): boolean {
		return this.#select('vm', 'WHERE name = ?', name).length > 0;
	}

	freeCid(): number {
		// The lowest free one is 3 or follows one that is taken.
		const [[cid]] = this.#rows('SELECT min(candidate) FROM (SELECT 3 AS candidate UNION SELECT cid + 1 FROM vms) WHERE candidate NOT IN (SELECT cid FROM vms)', []) as [[number]];
		return cid;
	}

	tableCount(): number {
		const [[count]] = this.#rows('SELECT count(*) FROM sqlite_schema WHERE type = \'table\'', []) as [[number]];
		return count;
	}

	counts(): {images: number; workspaces: number; vms: number} {
		const [[images, workspaces, vms]] = this.#rows('SELECT (SELECT count(*) FROM master_images), (SELECT count(*) FROM workspaces), (SELECT count(*) FROM vms)', []) as [[number, number, number]];
		return {images, workspaces, vms};
	}

	async commit(...changes: Change[]): Promise<void> {
		try {
			this.#transaction(() => {
				for (const change of changes) {
					this.#apply(change);
				}
			});
		} catch (error) {
			throw new NexusError('Conflict', `the change contradicts the records: ${messageOf(error)}`, {cause: error});
		}

		await this.#persist();
	}

	onCheckpoint(_settle: () => Promise<void>): void {} // eslint-disable-line @typescript-eslint/no-empty-function

	async close(): Promise<void> {
		await this.#writing;
		this.#database.close();
		this.#lock.release();
	}

	#migrateBy(migration: string, from: number): void {
		try {
			this.#transaction(() => {
				this.#database.exec(migration);
			});
		} catch (error) {
			throw this.#unusable(`it cannot be brought from schema version ${from} to ${from + 1} (${messageOf(error)})`, error);
		}
	}

	// Returns where the file as it was is kept.
	async #persistMigrated(from: number): Promise<string> {
		const copy = await keepCopy(this.#file, `v${from}`);
		try {
			await this.#persist();
			return copy;
		} catch (error) {
			// Or every try would leave another copy.
			await rm(copy);
			throw error;
		}
	}

	#requireTables(): void {
		try {
			for (const {table, columns} of [...Object.values(tables), settingsTable]) {
				this.#rows(`SELECT ${columns.join(', ')} FROM ${table} LIMIT 0`, []);
			}
		} catch (error) {
			throw this.#unusable(`it is not what its schema version says (${messageOf(error)})`, error);
		}
	}

	#apply(change: Change): void {
		if ('put' in change) {
			this.#statement(upsert(change.put)).run(toRow(change.put, change.record));
		} else {
			this.#statement(`DELETE FROM ${tables[change.remove].table} WHERE id = ?`).run([change.id]);
		}
	}

	async #persist(): Promise<void> {
		return new Promise((resolve, reject) => {
			this.#waiting.push({resolve, reject});
			this.#writing ??= this.#writeAll();
		});
	}

	// Everything that was committed until a write begins goes with it.
	async #writeAll(): Promise<void> {
		while (this.#waiting.length > 0) {
			const batch = this.#waiting;
			this.#waiting = [];
			try {
				// One write after the other: each holds all that came before it.
				// eslint-disable-next-line no-await-in-loop
				await this.#write();
				for (const {resolve} of batch) {
					resolve();
				}
			} catch (error) {
				// What was committed meanwhile was built on what is lost now.
				const lost = [...batch, ...this.#waiting];
				this.#waiting = [];
				this.#restore();
				for (const {reject} of lost) {
					reject(asNexusError(error, `cannot write the database ${this.#file}`));
				}
			}
		}

		this.#writing = undefined;
	}

	async #write(): Promise<void> {
		// `export` closes the database and opens it anew: statements die and pragmas are forgotten.
		this.#statements.clear();
		const content = this.#database.export();
		this.#database.exec(enforceReferences);
		await replaceFile(this.#file, content);
		this.#durable = content;
	}

	#restore(): void {
		this.#statements.clear();
		this.#database.close();
		this.#database = this.#load();
	}

	#load(): Database {
		try {
			const database = new this.#sqlite.Database(this.#durable);
			database.exec(enforceReferences);
			return database;
		} catch (error) {
			throw this.#unusable('it is no SQLite database', error);
		}
	}

	#checkedVersion(): number {
		const [version] = this.#meta();
		if (!Number.isInteger(version) || version! < 1) {
			throw this.#unusable('it is no database of Nexus\'s');
		}

		if (version! > schemaVersion) {
			throw new NexusError('Unsupported', `the database ${this.#file} has schema version ${version}, and this nexusd knows up to ${schemaVersion}: upgrade nexusd. The file is untouched.`);
		}

		const problem = this.#problem();
		if (problem) {
			throw this.#unusable(`it is damaged (${problem})`);
		}

		return version!;
	}

	#problem(): string | undefined {
		if (isCutShort(this.#durable!)) {
			return 'it is cut short';
		}

		try {
			const [[first]] = this.#rows('PRAGMA quick_check', []) as [[string]];
			return first === 'ok' ? undefined : first;
		} catch (error) {
			return messageOf(error);
		}
	}

	#meta(): number[] {
		try {
			return this.#rows('SELECT value FROM schema_meta WHERE key = \'schema_version\'', []).map(([value]) => Number(value));
		} catch (error) {
			throw this.#unusable('it is no database of Nexus\'s', error);
		}
	}

	#unusable(why: string, cause?: unknown): NexusError {
		return new NexusError('Unsupported', `the database ${this.#file} cannot be used: ${why}. The file is untouched; move it away or name another in storage.database.`, {cause});
	}

	#transaction(work: () => void): void {
		this.#database.exec('BEGIN');
		try {
			work();
			this.#database.exec('COMMIT');
		} catch (error) {
			this.#database.exec('ROLLBACK');
			throw error;
		}
	}

	#find<K extends RecordKind>(kind: K, idOrName: string): Records[K] | undefined {
		return this.#select(kind, 'WHERE id = ?', idOrName)[0] ?? this.#select(kind, 'WHERE name = ?', idOrName)[0];
	}

	#select<K extends RecordKind>(kind: K, clause: string, ...values: SqlValue[]): Array<Records[K]> {
		const {table, columns} = tables[kind];
		return this.#rows(`SELECT ${columns.join(', ')} FROM ${table} ${clause}`, values).map(row => fromRow(kind, row));
	}

	#rows(sql: string, values: SqlValue[]): SqlValue[][] {
		const statement = this.#statement(sql);
		const rows: SqlValue[][] = [];
		statement.bind(values);
		while (statement.step()) {
			rows.push(statement.get());
		}

		statement.reset();
		return rows;
	}

	#statement(sql: string): Statement {
		let statement = this.#statements.get(sql);
		if (!statement) {
			statement = this.#database.prepare(sql);
			this.#statements.set(sql, statement);
		}

		return statement;
	}
}

// From the header of a database file (section 1.3 of SQLite's file format): bytes of a page, and how many there are.
function isCutShort(content: Uint8Array): boolean {
	const header = new DataView(content.buffer, content.byteOffset, content.byteLength);
	const pageBytes = header.getUint16(16);
	return content.length < header.getUint32(28) * (pageBytes === 1 ? 65_536 : pageBytes);
}

async function readIfPresent(file: string): Promise<Uint8Array | undefined> {
	try {
		return await readFile(file);
	} catch (error) {
		if (errnoOf(error) === 'ENOENT') {
			return undefined;
		}

		throw asNexusError(error, `cannot read the database ${file}`);
	}
}

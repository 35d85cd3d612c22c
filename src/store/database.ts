// The records in SQLite, in memory: it enforces the rules of the schema, and a checkpoint is what it exports.
import type {Database, SqlValue, Statement} from 'sql.js';
import {messageOf} from '../errors.js';
import type {Sqlite} from './load-sqlite.js';
import {
	fromRow, settingsTable, tables, toRow, upsert, type RecordKind, type Records,
} from './rows.js';
import {createSchema, migrations, schemaVersion} from './schema.js';

/** What a connection forgets when it ends. The file is in memory and nobody else's: it is neither locked nor synced, nor has it a journal beside it. */
const pragmas = [
	'foreign_keys = ON', 'journal_mode = MEMORY', 'locking_mode = EXCLUSIVE', 'synchronous = OFF',
].map(setting => `PRAGMA ${setting};`).join('');

export class RecordDatabase {
	readonly #database: Database;
	readonly #statements = new Map<string, Statement>();

	/**
	Loads the content of a file, or makes a new database.

	@throws Error of SQLite's when that is no database.
	*/
	constructor(sqlite: Sqlite, content?: Uint8Array) {
		this.#database = new sqlite.Database(content);
		this.#database.exec(content ? pragmas : `${pragmas}${createSchema}`);
	}

	/** The schema version; `undefined` when this is no database of Nexus's. */
	version(): number | undefined {
		try {
			const version = Number(this.meta('schema_version'));
			return Number.isInteger(version) && version > 0 ? version : undefined;
		} catch {
			return undefined;
		}
	}

	/** What `schema_meta` has under a key. */
	meta(key: string): string | undefined {
		const [value] = this.#rows('SELECT value FROM schema_meta WHERE key = ?', [key]).flat();
		return value as string | undefined;
	}

	setMeta(key: string, value: string): void {
		this.#statement('INSERT OR REPLACE INTO schema_meta (key, value) VALUES (?, ?)').run([key, value]);
	}

	/** What is wrong with the file itself, of any version, in a few words. */
	damage(): string | undefined {
		const [[found]] = this.#rows('PRAGMA integrity_check(1)', []) as [[string]];
		return found === 'ok' ? undefined : found;
	}

	/** Which reference leads nowhere, or which value is of a wrong type, in a few words. */
	contradiction(): string | undefined {
		const [stray] = this.#rows('PRAGMA foreign_key_check', []);
		return stray ? `${String(stray[0])} refers to ${String(stray[2])} that are not there` : this.#wrongType();
	}

	/**
	Brings an older version to the present one.

	@throws Error that says why not, beginning in the middle of a sentence.
	*/
	migrate(): void {
		for (let version = this.version()!; version < schemaVersion; version++) {
			try {
				this.transaction(() => {
					this.#database.exec(migrations[version]!);
				});
			} catch (error) {
				throw new Error(`it cannot be brought from schema version ${version} to ${version + 1} (${messageOf(error)})`, {cause: error});
			}
		}

		try {
			for (const {table, columns} of [...Object.values(tables), settingsTable]) {
				this.#rows(`SELECT ${columns.join(', ')} FROM ${table} LIMIT 0`, []);
			}
		} catch (error) {
			throw new Error(`it is not what its schema version says (${messageOf(error)})`, {cause: error});
		}
	}

	tableCount(): number {
		const [[count]] = this.#rows('SELECT count(*) FROM sqlite_schema WHERE type = \'table\'', []) as [[number]];
		return count;
	}

	/** All records of a kind, frozen, by name. */
	all<K extends RecordKind>(kind: K): Array<Records[K]> {
		const {table, columns} = tables[kind];
		// As one text for each column: a call into SQLite for every value of thousands of rows takes four times as long.
		const [texts] = this.#rows(`SELECT ${columns.map(column => `json_group_array(${column})`).join(', ')} FROM ${table}`, []) as [string[]];
		const values = texts.map(text => JSON.parse(text) as SqlValue[]);
		const records = values[0]!.map((_, index) => fromRow(kind, values.map(column => column[index]!)));
		return records.sort((one, other) => one.name < other.name ? -1 : 1);
	}

	/** Does all of the work, or none when it throws. */
	transaction(work: () => void): void {
		this.#statement('BEGIN').run();
		try {
			work();
			this.#statement('COMMIT').run();
		} catch (error) {
			this.#statement('ROLLBACK').run();
			throw error;
		}
	}

	put(kind: RecordKind, record: Records[RecordKind]): void {
		this.#statement(upsert(kind)).run(toRow(kind, record));
	}

	remove(kind: RecordKind, id: string): void {
		this.#statement(`DELETE FROM ${tables[kind].table} WHERE id = ?`).run([id]);
	}

	/** The content of a file. */
	export(): Uint8Array {
		return this.#database.export();
	}

	close(): void {
		this.#statements.clear();
		this.#database.close();
	}

	// SQLite itself takes any value in any column.
	#wrongType(): string | undefined {
		const columns = this.#rows('SELECT m.name, c.name, lower(c.type) FROM sqlite_schema m JOIN pragma_table_info(m.name) c WHERE m.type = \'table\'', []) as Array<[string, string, string]>;
		const ours = new Set([...Object.values(tables), settingsTable].map(({table}) => table));
		const wrong = columns.find(([table, column, type]) =>
			ours.has(table) && this.#rows(`SELECT 1 FROM ${table} WHERE typeof(${column}) NOT IN (?, 'null') LIMIT 1`, [type]).length > 0);
		return wrong && `${wrong[0]}.${wrong[1]} holds something else than ${wrong[2]}`;
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

import { DatabaseSync, type SQLInputValue, type StatementSync } from "node:sqlite";
import { GramcastError } from "../../../errors.ts";
import { type Log, oneLine } from "../../log.ts";
import { MIGRATIONS } from "./migrations.ts";
import { damaged, storageError } from "./storage_error.ts";
import { WriteAheadLog } from "./write_ahead_log.ts";

/** Marks a file as ours: "Gram". */
const APPLICATION_ID = 0x4772616d;
/** Milliseconds that another program's lock is waited for. The event loop stands still meanwhile. */
const BUSY_MILLISECONDS = 250;

const PRAGMAS = [
  "journal_mode = WAL",
  // That is `WriteAheadLog`'s to do.
  "wal_autocheckpoint = 0",
  "synchronous = NORMAL",
  "foreign_keys = ON",
  "trusted_schema = OFF",
];

/**
 * The database file. Reading is synchronous; what is written is written in transactions.
 *
 * `synchronous=NORMAL`: a commit costs no wait for the disk (0.07 ms instead of 4), survives the process being killed,
 * and leaves the file consistent whatever happens. What must survive a power cut too waits for `flush`. Nothing here waits
 * for the disk on the event loop, but opening and closing.
 */
export class Database {
  readonly #sqlite: DatabaseSync;
  readonly #log: WriteAheadLog;
  readonly #statements = new Map<string, StatementSync>();
  #damage: GramcastError | null = null;

  /**
   * Opens the database, or makes it, and brings it to the newest version. A database that is refused is left as it is.
   *
   * @param migrations Those of the program, but in tests.
   * @throws {GramcastError} STORAGE_UNREADABLE when it is damaged, of a newer version, or another program's.
   */
  static async open(path: string, log: Log, migrations: readonly string[] = MIGRATIONS): Promise<Database> {
    const version = await inspect(path, migrations.length);
    using cleanup = new DisposableStack();
    const sqlite = cleanup.use(new DatabaseSync(path, { timeout: BUSY_MILLISECONDS }));
    for (const pragma of PRAGMAS) sqlite.prepare(`PRAGMA ${pragma}`).all();
    migrate(sqlite, migrations, version);
    const writeAheadLog = await WriteAheadLog.open(path, log);
    cleanup.move();
    return new Database(sqlite, writeAheadLog);
  }

  private constructor(sqlite: DatabaseSync, log: WriteAheadLog) {
    this.#sqlite = sqlite;
    this.#log = log;
  }

  /** Rows that a statement answers. */
  all<Row>(sql: string, ...values: SQLInputValue[]): Row[] {
    return this.#guard(() => this.#statement(sql).all(...values) as Row[]);
  }

  /** The first row that a statement answers. */
  first<Row>(sql: string, ...values: SQLInputValue[]): Row | undefined {
    return this.#guard(() => this.#statement(sql).get(...values) as Row | undefined);
  }

  /** Changes rows, within a transaction. @returns How many have changed. */
  run(sql: string, ...values: SQLInputValue[]): number {
    return this.#guard(() => Number(this.#statement(sql).run(...values).changes));
  }

  /**
   * All that `body` does, or nothing. It begins, perhaps, later: whoever wrote while the log is moved would hold the event
   * loop until the disk is done. Once it has begun nothing comes in between.
   *
   * @throws {GramcastError} STORAGE_FULL when it cannot be written, STORAGE_UNREADABLE when the database is damaged.
   */
  async transaction<T>(body: () => T): Promise<T> {
    while (this.#log.moving !== null) await this.#log.moving;
    this.run("BEGIN IMMEDIATE");
    try {
      const result = body();
      this.run("COMMIT");
      this.#log.committed();
      return result;
    } catch (error) {
      // Some failures have rolled it back already.
      if (this.#sqlite.isTransaction) this.#sqlite.exec("ROLLBACK");
      throw error;
    }
  }

  /**
   * Resolves when all that is committed is on the disk. It never fails, since it is committed anyway: it only warns.
   *
   * @returns Whether it is on the disk.
   */
  async flush(): Promise<boolean> {
    return await this.#log.flush();
  }

  async close(): Promise<void> {
    await this.#log.close();
    // Closing would move the log into the file: a damaged database is left as it is.
    if (this.#damage === null) this.#sqlite.close();
  }

  #statement(sql: string): StatementSync {
    let statement = this.#statements.get(sql);
    if (statement === undefined) this.#statements.set(sql, statement = this.#sqlite.prepare(sql));
    return statement;
  }

  /** Once damage was seen, nothing is read or written any more. */
  #guard<T>(action: () => T): T {
    if (this.#damage !== null) throw this.#damage;
    try {
      return action();
    } catch (error) {
      const known = storageError(error);
      if (known instanceof GramcastError && known.code === "STORAGE_UNREADABLE") this.#damage = known;
      throw known;
    }
  }
}

/**
 * Looks at a database without changing it.
 *
 * @returns Its version, 0 when there is none yet.
 */
async function inspect(path: string, newest: number): Promise<number> {
  const size = await Deno.stat(path).then((info) => info.size, (error) => {
    if (error instanceof Deno.errors.NotFound) return 0;
    throw error;
  });
  if (size === 0) return 0;
  using sqlite = new DatabaseSync(path, { readOnly: true, timeout: BUSY_MILLISECONDS });
  const read = (pragma: string) => Object.values(sqlite.prepare(`PRAGMA ${pragma}`).get() ?? {})[0];
  const version = Number(read("user_version"));
  const foreign = version > 0
    ? read("application_id") !== APPLICATION_ID
    : sqlite.prepare("SELECT 1 FROM sqlite_schema").get() !== undefined;
  if (foreign) throw refused("the database of another program", newest);
  if (version > newest) throw refused(`version ${version}, which a newer Gramcast wrote`, newest);
  const finding = read("quick_check(1)");
  if (finding !== "ok") throw damaged(oneLine(finding).replace("*** in database main *** ", ""));
  return version;
}

function refused(found: string, newest: number): GramcastError {
  return new GramcastError(
    "STORAGE_UNREADABLE",
    `Cannot use gramcast.db in DATA_DIR: found ${found}, wanted one of this program of version 1 to ${newest}`,
    { field: "DATA_DIR" },
  );
}

/** Takes each step that is missing, all of it or nothing. */
function migrate(sqlite: DatabaseSync, migrations: readonly string[], version: number): void {
  for (const [i, migration] of migrations.entries()) {
    if (i < version) continue;
    sqlite.exec(
      `BEGIN IMMEDIATE; ${migration}; PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${
        i + 1
      }; COMMIT`,
    );
  }
}

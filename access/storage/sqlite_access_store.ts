// The port answers with promises and SQLite at once: an async method makes a rejection of whatever is thrown.
// deno-lint-ignore-file require-await
import { join } from "node:path";
import type { AuditEntry } from "../../transfers/audit.ts";
import type { Log } from "../../transfers/log.ts";
import { Database } from "../../transfers/storage/sqlite/database.ts";
import { openingError } from "../../transfers/storage/sqlite/storage_error.ts";
import { type AccessStore, KEPT_AUDIT, type KeyRecord, type ShareRecord } from "../ports.ts";

/**
 * A file of its own beside that of the transfers: a server and the command that makes keys have it open at once, and who
 * copies the transfers for somebody else does not copy what opens the server.
 */
export const ACCESS_FILE = "access.db";

/** As `MIGRATIONS` of the transfers: only ever add to the end. */
const ACCESS_MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE secret (one INTEGER PRIMARY KEY CHECK (one = 1), bytes BLOB NOT NULL) STRICT;
  CREATE TABLE keys (
    id TEXT PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    hash TEXT NOT NULL UNIQUE,
    owner TEXT NOT NULL,
    role TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER,
    last_used_at INTEGER
  ) STRICT;
  CREATE TABLE shares (
    transfer TEXT PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    owner TEXT NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER
  ) STRICT;
  `,
  `
  CREATE TABLE audit (
    sequence INTEGER PRIMARY KEY,
    at INTEGER NOT NULL,
    name TEXT NOT NULL,
    owner TEXT NOT NULL,
    role TEXT NOT NULL,
    action TEXT NOT NULL,
    subject TEXT NOT NULL
  ) STRICT;
  `,
];

const KEY = `SELECT id, name, hash, owner, role, created_at AS createdAt, expires_at AS expiresAt,
  last_used_at AS lastUsedAt FROM keys`;
const SHARE = `SELECT id, transfer AS transferId, owner, created_at AS createdAt, expires_at AS expiresAt FROM shares`;

/** Keys and shares in a file under the data directory. */
export class SqliteAccessStore implements AccessStore {
  readonly #database: Database;

  /**
   * Opens what is kept, or begins it; the file can be read by its user alone.
   *
   * @throws {GramcastError} STORAGE_UNAVAILABLE, STORAGE_UNREADABLE
   */
  static async open(dataDir: string, log: Log): Promise<SqliteAccessStore> {
    const path = join(dataDir, ACCESS_FILE);
    try {
      await Deno.mkdir(dataDir, { recursive: true });
      // SQLite gives its other files the mode of this one.
      (await Deno.open(path, { create: true, append: true, mode: 0o600 })).close();
      return new SqliteAccessStore(await Database.open(path, log, ACCESS_MIGRATIONS));
    } catch (error) {
      throw openingError(error);
    }
  }

  private constructor(database: Database) {
    this.#database = database;
  }

  async secret(): Promise<Uint8Array> {
    return await this.#database.transaction(() => {
      const fresh = crypto.getRandomValues(new Uint8Array(32));
      this.#database.run("INSERT INTO secret VALUES (1, ?) ON CONFLICT DO NOTHING", fresh);
      return this.#database.first<{ bytes: Uint8Array }>("SELECT bytes FROM secret")!.bytes;
    });
  }

  async addKey(key: KeyRecord, entry: AuditEntry): Promise<boolean> {
    const { id, name, hash, owner, role, createdAt, expiresAt, lastUsedAt } = key;
    const sql = "INSERT INTO keys VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (name) DO NOTHING";
    const values = [id, name, hash, owner, role, createdAt, expiresAt, lastUsedAt] as const;
    return await this.#audited(entry, () => this.#database.run(sql, ...values));
  }

  async keys(): Promise<readonly KeyRecord[]> {
    return this.#database.all<KeyRecord>(`${KEY} ORDER BY rowid`).map((row) => ({ ...row }));
  }

  async keyByHash(hash: string): Promise<KeyRecord | null> {
    return plain(this.#database.first<KeyRecord>(`${KEY} WHERE hash = ?`, hash));
  }

  async keyById(id: string): Promise<KeyRecord | null> {
    return plain(this.#database.first<KeyRecord>(`${KEY} WHERE id = ?`, id));
  }

  async removeKey(id: string, entry: AuditEntry): Promise<boolean> {
    return await this.#audited(entry, () => this.#database.run("DELETE FROM keys WHERE id = ?", id));
  }

  async keyUsed(id: string, at: number): Promise<void> {
    const sql = "UPDATE keys SET last_used_at = ? WHERE id = ?";
    await this.#database.transaction(() => this.#database.run(sql, at, id));
  }

  async putShare({ id, transferId, owner, createdAt, expiresAt }: ShareRecord): Promise<void> {
    const sql = "INSERT OR REPLACE INTO shares VALUES (?, ?, ?, ?, ?)";
    await this.#database.transaction(() => this.#database.run(sql, transferId, id, owner, createdAt, expiresAt));
    await this.#database.flush();
  }

  async shareById(id: string): Promise<ShareRecord | null> {
    return plain(this.#database.first<ShareRecord>(`${SHARE} WHERE id = ?`, id));
  }

  async shareOf(transferId: string): Promise<ShareRecord | null> {
    return plain(this.#database.first<ShareRecord>(`${SHARE} WHERE transfer = ?`, transferId));
  }

  async removeShareOf(transferId: string): Promise<void> {
    await this.#database.transaction(() => this.#database.run("DELETE FROM shares WHERE transfer = ?", transferId));
    await this.#database.flush();
  }

  async addAudit(entry: AuditEntry): Promise<void> {
    await this.#audited(entry, () => 1);
  }

  async audit(newest: number): Promise<readonly AuditEntry[]> {
    const sql = "SELECT at, name, owner, role, action, subject FROM audit ORDER BY sequence DESC LIMIT ?";
    return this.#database.all<AuditEntry>(sql, newest).map((row) => ({ ...row })).reverse();
  }

  async close(): Promise<void> {
    await this.#database.close();
  }

  /** Changes rows, and keeps the entry where some have changed. @returns Whether they have. */
  async #audited(entry: AuditEntry, change: () => number): Promise<boolean> {
    const { at, name, owner, role, action, subject } = entry;
    const done = await this.#database.transaction(() => {
      if (change() === 0) return false;
      this.#database.run(
        "INSERT INTO audit (at, name, owner, role, action, subject) VALUES (?, ?, ?, ?, ?, ?)",
        ...[at, name, owner, role, action, subject],
      );
      this.#database.run("DELETE FROM audit WHERE sequence <= (SELECT max(sequence) FROM audit) - ?", KEPT_AUDIT);
      return true;
    });
    await this.#database.flush();
    return done;
  }
}

/** SQLite's rows have no prototype. */
function plain<Row extends object>(row: Row | undefined): Row | null {
  return row === undefined ? null : { ...row };
}

import { join } from "node:path";
import type { Log } from "../../transfers/log.ts";
import { Database } from "../../transfers/storage/sqlite/database.ts";
import { openingError } from "../../transfers/storage/sqlite/storage_error.ts";
import type { AccessStore, KeyRecord, ShareRecord } from "../ports.ts";

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

  async addKey({ id, name, hash, owner, role, createdAt, expiresAt, lastUsedAt }: KeyRecord): Promise<boolean> {
    const sql = "INSERT INTO keys VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (name) DO NOTHING";
    const values = [id, name, hash, owner, role, createdAt, expiresAt, lastUsedAt] as const;
    const added = await this.#database.transaction(() => this.#database.run(sql, ...values));
    await this.#database.flush();
    return added > 0;
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

  async removeKey(id: string): Promise<boolean> {
    const removed = await this.#database.transaction(() => this.#database.run("DELETE FROM keys WHERE id = ?", id));
    await this.#database.flush();
    return removed > 0;
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

  async close(): Promise<void> {
    await this.#database.close();
  }
}

/** SQLite's rows have no prototype. */
function plain<Row extends object>(row: Row | undefined): Row | null {
  return row === undefined ? null : { ...row };
}

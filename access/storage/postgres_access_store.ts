import type { AuditEntry } from "../../transfers/audit.ts";
import type { Log } from "../../transfers/log.ts";
import type { Queries, Value } from "../../transfers/storage/postgres/client.ts";
import { Database } from "../../transfers/storage/postgres/database.ts";
import type { Migration } from "../../transfers/storage/postgres/migrations.ts";
import { type AccessStore, KEPT_AUDIT, type KeyRecord, type ShareRecord } from "../ports.ts";

/**
 * A schema of its own beside that of the transfers: who copies those for somebody else does not copy what opens the server.
 */
export const ACCESS_SCHEMA = "gramcast_access";
/** Connections of one server. Keys are looked up on every request, and at once. */
const CONNECTIONS = 4;

/** As `MIGRATIONS` of the transfers: only ever add to the end. */
const ACCESS_MIGRATIONS: readonly Migration[] = [{
  additive: true,
  sql: `
  CREATE TABLE secret (one integer PRIMARY KEY CHECK (one = 1), bytes bytea NOT NULL);
  CREATE TABLE keys (
    ordinal bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id text NOT NULL UNIQUE,
    name text NOT NULL UNIQUE,
    hash text NOT NULL UNIQUE,
    owner text NOT NULL,
    role text NOT NULL,
    created_at bigint NOT NULL,
    expires_at bigint,
    last_used_at bigint
  );
  CREATE TABLE shares (
    transfer text PRIMARY KEY,
    id text NOT NULL UNIQUE,
    owner text NOT NULL,
    created_at bigint NOT NULL,
    expires_at bigint
  );
  CREATE TABLE audit (
    sequence bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at bigint NOT NULL,
    name text NOT NULL,
    owner text NOT NULL,
    role text NOT NULL,
    action text NOT NULL,
    subject text NOT NULL
  );
  `,
}];

const KEY = `SELECT id, name, hash, owner, role, created_at AS "createdAt", expires_at AS "expiresAt",
  last_used_at AS "lastUsedAt" FROM keys`;
const SHARE =
  `SELECT id, transfer AS "transferId", owner, created_at AS "createdAt", expires_at AS "expiresAt" FROM shares`;

/** Keys and shares in the database that servers share. */
export class PostgresAccessStore implements AccessStore {
  readonly #database: Database;

  /**
   * Opens what is kept, or begins it.
   *
   * @throws {GramcastError} STORAGE_UNAVAILABLE, STORAGE_UNREADABLE
   */
  static async open(url: string, log: Log): Promise<PostgresAccessStore> {
    const options = { schema: ACCESS_SCHEMA, connections: CONNECTIONS, migrations: ACCESS_MIGRATIONS };
    return new PostgresAccessStore(await Database.open(url, log, options));
  }

  private constructor(database: Database) {
    this.#database = database;
  }

  async secret(): Promise<Uint8Array> {
    // Of servers that start at once, one finds no secret; the others wait for its own.
    const fresh = crypto.getRandomValues(new Uint8Array(32));
    await this.#database.run("INSERT INTO secret VALUES (1, $1) ON CONFLICT DO NOTHING", fresh);
    return (await this.#database.first<{ bytes: Uint8Array }>("SELECT bytes FROM secret"))!.bytes;
  }

  async addKey(key: KeyRecord, entry: AuditEntry): Promise<boolean> {
    const { id, name, hash, owner, role, createdAt, expiresAt, lastUsedAt } = key;
    const sql = `INSERT INTO keys (id, name, hash, owner, role, created_at, expires_at, last_used_at)
      VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (name) DO NOTHING`;
    return await this.#audited(entry, sql, id, name, hash, owner, role, createdAt, expiresAt, lastUsedAt);
  }

  async keys(): Promise<readonly KeyRecord[]> {
    return await this.#database.all<KeyRecord>(`${KEY} ORDER BY ordinal`);
  }

  async keyByHash(hash: string): Promise<KeyRecord | null> {
    return await this.#database.first<KeyRecord>(`${KEY} WHERE hash = $1`, hash) ?? null;
  }

  async keyById(id: string): Promise<KeyRecord | null> {
    return await this.#database.first<KeyRecord>(`${KEY} WHERE id = $1`, id) ?? null;
  }

  async removeKey(id: string, entry: AuditEntry): Promise<boolean> {
    return await this.#audited(entry, "DELETE FROM keys WHERE id = $1", id);
  }

  async keyUsed(id: string, at: number): Promise<void> {
    await this.#database.run("UPDATE keys SET last_used_at = greatest(last_used_at, $2) WHERE id = $1", id, at);
  }

  async putShare({ id, transferId, owner, createdAt, expiresAt }: ShareRecord): Promise<void> {
    await this.#database.run(
      `INSERT INTO shares (transfer, id, owner, created_at, expires_at) VALUES ($1, $2, $3, $4, $5)
       ON CONFLICT (transfer) DO UPDATE SET id = excluded.id, owner = excluded.owner, created_at = excluded.created_at,
         expires_at = excluded.expires_at`,
      transferId,
      id,
      owner,
      createdAt,
      expiresAt,
    );
  }

  async shareById(id: string): Promise<ShareRecord | null> {
    return await this.#database.first<ShareRecord>(`${SHARE} WHERE id = $1`, id) ?? null;
  }

  async shareOf(transferId: string): Promise<ShareRecord | null> {
    return await this.#database.first<ShareRecord>(`${SHARE} WHERE transfer = $1`, transferId) ?? null;
  }

  async removeShareOf(transferId: string): Promise<void> {
    await this.#database.run("DELETE FROM shares WHERE transfer = $1", transferId);
  }

  async addAudit(entry: AuditEntry): Promise<void> {
    await this.#database.transaction((queries) => audit(queries, entry));
  }

  async audit(newest: number): Promise<readonly AuditEntry[]> {
    const sql = "SELECT at, name, owner, role, action, subject FROM audit ORDER BY sequence DESC LIMIT $1";
    return (await this.#database.all<AuditEntry>(sql, Math.min(newest, KEPT_AUDIT))).reverse();
  }

  async close(): Promise<void> {
    await this.#database.close();
  }

  /** Changes rows, and keeps the entry where some have changed. @returns Whether they have. */
  async #audited(entry: AuditEntry, sql: string, ...values: Value[]): Promise<boolean> {
    return await this.#database.transaction(async (queries) => {
      if (await queries.run(sql, ...values) === 0) return false;
      await audit(queries, entry);
      return true;
    });
  }
}

async function audit(queries: Queries, { at, name, owner, role, action, subject }: AuditEntry): Promise<void> {
  await queries.run(
    "INSERT INTO audit (at, name, owner, role, action, subject) VALUES ($1, $2, $3, $4, $5, $6)",
    ...[at, name, owner, role, action, subject],
  );
  await queries.run("DELETE FROM audit WHERE sequence <= (SELECT max(sequence) FROM audit) - $1::bigint", KEPT_AUDIT);
}

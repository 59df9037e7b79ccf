// The port answers with promises and SQLite at once: an async method makes a rejection of whatever is thrown.
// deno-lint-ignore-file require-await
import { batchDocument, batchOf, type BatchRow } from "../batch_rows.ts";
import type { BatchStore, Listed, NewTransfer, RangeQuery } from "../ports.ts";
import {
  type BatchRecord,
  type BatchTally,
  type Owner,
  tallyOf,
  type TransferRecord,
  type TransferStatus,
} from "../../types.ts";
import type { Database } from "./database.ts";
import { EventLog } from "./event_log.ts";
import { ofOwner } from "./of_owner.ts";
import { parseStored } from "./storage_error.ts";
import { insertRecord, recordOf, type TransferRow } from "./transfer_rows.ts";

type Row = BatchRow & { readonly document: string };

/** Batches in the database of the transfers; a trigger removes them. */
export class SqliteBatchStore implements BatchStore {
  readonly #database: Database;
  readonly #log: EventLog;

  constructor(database: Database) {
    this.#database = database;
    this.#log = new EventLog(database);
  }

  async create(
    batch: BatchRecord,
    transfers: readonly NewTransfer[],
  ): Promise<{ record: BatchRecord; created: boolean }> {
    const made = await this.#database.transaction(() => {
      const existing = batch.idempotencyKey === null ? null : this.#findByKey(batch.owner, batch.idempotencyKey);
      if (existing !== null) return { record: existing, created: false };
      const { ordinal } = this.#database.first<{ ordinal: number }>(
        "INSERT INTO batches (id, owner, idempotency_key, document) VALUES (?, ?, ?, ?) RETURNING ordinal",
        batch.id,
        batch.owner,
        batch.idempotencyKey,
        batchDocument(batch),
      )!;
      for (const { record, event } of transfers) {
        this.#log.add(insertRecord(this.#database, { ...record, sequence: 1 }, ordinal), 0, [event]);
      }
      return { record: batch, created: true };
    });
    await this.#database.flush();
    return made;
  }

  async get(id: string): Promise<BatchRecord | null> {
    return this.#first("WHERE id = ?", id);
  }

  async findByKey(owner: Owner, idempotencyKey: string): Promise<BatchRecord | null> {
    return this.#findByKey(owner, idempotencyKey);
  }

  async list({ owner, olderThan, newerThan, limit, take }: RangeQuery): Promise<readonly Listed<BatchRecord>[]> {
    const rows = this.#database.all<Row>(
      `SELECT * FROM batches WHERE ${ofOwner(owner)} AND ordinal < ?2 AND ordinal > ?3
        ORDER BY ordinal ${take === "newest" ? "DESC" : "ASC"} LIMIT ?4`,
      owner,
      olderThan ?? Number.MAX_SAFE_INTEGER,
      newerThan ?? 0,
      limit,
    );
    if (take === "oldest") rows.reverse();
    return rows.map((row) => ({ ordinal: row.ordinal, record: recordOfRow(row) }));
  }

  async count(owner: Owner | null): Promise<number> {
    const sql = `SELECT count(*) AS count FROM batches WHERE ${ofOwner(owner)}`;
    return this.#database.first<{ count: number }>(sql, owner)!.count;
  }

  async transfers(id: string): Promise<readonly TransferRecord[]> {
    return this.#database.all<TransferRow>(
      "SELECT * FROM transfers WHERE batch = (SELECT ordinal FROM batches WHERE id = ?) ORDER BY ordinal",
      id,
    ).map(recordOf);
  }

  async tally(id: string): Promise<BatchTally> {
    return tallyOf(this.#database.all<{ status: TransferStatus; count: number }>(
      `SELECT status, count(*) AS count FROM transfers
        WHERE batch = (SELECT ordinal FROM batches WHERE id = ?) GROUP BY status`,
      id,
    ));
  }

  #findByKey(owner: Owner, key: string): BatchRecord | null {
    return this.#first("WHERE owner = ? AND idempotency_key = ?", owner, key);
  }

  #first(where: string, ...values: string[]): BatchRecord | null {
    const row = this.#database.first<Row>(`SELECT * FROM batches ${where}`, ...values);
    return row === undefined ? null : recordOfRow(row);
  }
}

function recordOfRow(row: Row): BatchRecord {
  return batchOf(row, parseStored(row.document));
}

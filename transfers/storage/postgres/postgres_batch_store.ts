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
import type { Value } from "./client.ts";
import type { Database } from "./database.ts";
import { EventLog } from "./event_log.ts";
import { KnownLossLayers } from "./loss_layers.ts";
import { prepareTransfer } from "./new_transfers.ts";
import { recordsOf, TRANSFER_COLUMNS, type TransferRow } from "./transfer_rows.ts";

/** Not `*`: a newer release may have added columns. */
const COLUMNS = "ordinal, id, owner, idempotency_key, document";

type Row = BatchRow & { readonly document: Parameters<typeof batchOf>[1] };

/** Batches in the database of the transfers; a trigger removes them, whichever server's doing it is. */
export class PostgresBatchStore implements BatchStore {
  readonly #database: Database;
  readonly #layers: KnownLossLayers;
  readonly #log: EventLog;

  constructor(database: Database) {
    this.#database = database;
    this.#layers = new KnownLossLayers(database);
    this.#log = new EventLog(database, this.#layers);
  }

  async create(
    batch: BatchRecord,
    transfers: readonly NewTransfer[],
  ): Promise<{ record: BatchRecord; created: boolean }> {
    // Looked for first: an ordinal is used up by what is not added, too.
    if (batch.idempotencyKey !== null) {
      const existing = await this.findByKey(batch.owner, batch.idempotencyKey);
      if (existing !== null) return { record: existing, created: false };
    }
    const inserts = await Promise.all(transfers.map((transfer) => prepareTransfer(transfer, this.#log, this.#layers)));
    const created = await this.#database.transaction(async (queries) => {
      const made = await queries.first<{ ordinal: number }>(
        `INSERT INTO batches (id, owner, idempotency_key, document) VALUES ($1, $2, $3, $4)
           ON CONFLICT (owner, idempotency_key) DO NOTHING RETURNING ordinal`,
        batch.id,
        batch.owner,
        batch.idempotencyKey,
        batchDocument(batch),
      );
      if (made === undefined) return false;
      for (const insert of inserts) await insert(queries, made.ordinal);
      return true;
    });
    // Another was faster, and is found now, unless it has been removed already.
    return created ? { record: batch, created } : await this.create(batch, transfers);
  }

  async get(id: string): Promise<BatchRecord | null> {
    return await this.#first("WHERE id = $1", id);
  }

  async findByKey(owner: Owner, idempotencyKey: string): Promise<BatchRecord | null> {
    return await this.#first("WHERE owner = $1 AND idempotency_key = $2", owner, idempotencyKey);
  }

  async list({ owner, olderThan, newerThan, limit, take }: RangeQuery): Promise<readonly Listed<BatchRecord>[]> {
    const values: Value[] = [olderThan ?? Number.MAX_SAFE_INTEGER, newerThan ?? 0, limit];
    const rows = await this.#database.all<Row>(
      `SELECT ${COLUMNS} FROM batches
        WHERE ordinal < $1 AND ordinal > $2 ${owner === null ? "" : `AND owner = $${values.push(owner)}`}
        ORDER BY ordinal ${take === "newest" ? "DESC" : "ASC"} LIMIT $3`,
      ...values,
    );
    if (take === "oldest") rows.reverse();
    return rows.map((row) => ({ ordinal: row.ordinal, record: batchOf(row, row.document) }));
  }

  async count(owner: Owner | null): Promise<number> {
    const [where, values] = owner === null ? ["", []] : ["WHERE owner = $1", [owner]];
    return (await this.#database.first<{ count: number }>(`SELECT count(*) FROM batches ${where}`, ...values))!.count;
  }

  async transfers(id: string): Promise<readonly TransferRecord[]> {
    const rows = await this.#database.all<TransferRow>(
      `SELECT ${TRANSFER_COLUMNS} FROM transfers
        WHERE batch = (SELECT ordinal FROM batches WHERE id = $1) ORDER BY ordinal`,
      id,
    );
    return await recordsOf(rows, this.#layers);
  }

  async tally(id: string): Promise<BatchTally> {
    return tallyOf(
      await this.#database.all<{ status: TransferStatus; count: number }>(
        `SELECT status, count(*) FROM transfers
          WHERE batch = (SELECT ordinal FROM batches WHERE id = $1) GROUP BY status`,
        id,
      ),
    );
  }

  async #first(where: string, ...values: Value[]): Promise<BatchRecord | null> {
    const row = await this.#database.first<Row>(`SELECT ${COLUMNS} FROM batches ${where}`, ...values);
    return row === undefined ? null : batchOf(row, row.document);
  }
}

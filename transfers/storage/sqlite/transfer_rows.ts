import { imagesOf, type TransferRecord, type TransferStatus } from "../../types.ts";
import type { Database } from "./database.ts";
import { parseStored } from "./storage_error.ts";

/** A row of `transfers`. */
export interface TransferRow {
  readonly ordinal: number;
  readonly id: string;
  readonly owner: string;
  readonly status: TransferStatus;
  readonly idempotency_key: string | null;
  readonly finished_at: number | null;
  readonly sequence: number;
  readonly document: string;
}

export function recordOf(row: TransferRow): TransferRecord {
  return {
    ...parseStored<Omit<TransferRecord, keyof TransferRow>>(row.document),
    id: row.id,
    owner: row.owner,
    status: row.status,
    idempotencyKey: row.idempotency_key,
    finishedAt: row.finished_at,
    sequence: row.sequence,
  };
}

/** Everything that has no column of its own. */
function documentOf(record: TransferRecord): string {
  const { id: _, owner: _owner, status: _status, idempotencyKey: _key, finishedAt: _at, sequence: _sequence, ...rest } =
    record;
  return JSON.stringify(rest);
}

/**
 * Adds a record and answers its ordinal; part of the caller's transaction.
 *
 * @param batch Ordinal of the batch that it is of; null for none.
 */
export function insertRecord(database: Database, record: TransferRecord, batch: number | null = null): number {
  const { ordinal } = database.first<{ ordinal: number }>(
    `INSERT INTO transfers (id, owner, status, idempotency_key, finished_at, sequence, document, batch)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?) RETURNING ordinal`,
    record.id,
    record.owner,
    record.status,
    record.idempotencyKey,
    record.finishedAt,
    record.sequence,
    documentOf(record),
    batch,
  )!;
  insertImageUses(database, ordinal, imagesOf(record));
  return ordinal;
}

/** Writes a changed record; part of the caller's transaction. */
export function updateRecord(
  database: Database,
  ordinal: number,
  before: TransferRecord,
  after: TransferRecord,
): void {
  database.run(
    "UPDATE transfers SET status = ?, finished_at = ?, sequence = ?, document = ? WHERE ordinal = ?",
    after.status,
    after.finishedAt,
    after.sequence,
    documentOf(after),
    ordinal,
  );
  const [had, has] = [imagesOf(before), imagesOf(after)];
  if (had.length === has.length && has.every((id, i) => id === had[i])) return;
  database.run("DELETE FROM image_uses WHERE transfer = ?", ordinal);
  insertImageUses(database, ordinal, has);
}

function insertImageUses(database: Database, ordinal: number, images: readonly string[]): void {
  for (const image of images) database.run("INSERT INTO image_uses VALUES (?, ?)", ordinal, image);
}

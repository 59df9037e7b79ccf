import type { BatchRecord } from "../types.ts";

/** A row of `batches` in a database, without its document. */
export interface BatchRow {
  readonly ordinal: number;
  readonly id: string;
  readonly owner: string;
  readonly idempotency_key: string | null;
}

/** What has no column of its own. */
type Document = Omit<BatchRecord, "id" | "owner" | "idempotencyKey">;

export function batchOf({ id, owner, idempotency_key }: BatchRow, document: Document): BatchRecord {
  return { ...document, id, owner, idempotencyKey: idempotency_key };
}

/** Everything that has no column of its own, as JSON. */
export function batchDocument({ id: _, owner: _owner, idempotencyKey: _key, ...rest }: BatchRecord): string {
  return JSON.stringify(rest satisfies Document);
}

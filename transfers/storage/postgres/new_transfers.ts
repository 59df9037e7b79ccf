import type { NewTransfer } from "../ports.ts";
import { imagesOf } from "../../types.ts";
import type { Queries } from "./client.ts";
import { type EventLog, insertEvents } from "./event_log.ts";
import { useImages } from "./image_uses.ts";
import type { KnownLossLayers } from "./loss_layers.ts";
import { type Assignments, columnsOf, documentOf } from "./transfer_rows.ts";

/**
 * Prepares to add a transfer with the first event of its log.
 *
 * @returns What adds it, as part of a transaction, to the batch of an ordinal, and answers its own; null where its owner has
 *   one with its key.
 */
export async function prepareTransfer(
  { record, event }: NewTransfer,
  log: EventLog,
  layers: KnownLossLayers,
): Promise<(queries: Queries, batch?: number | null) => Promise<number | null>> {
  const events = await log.encode([event]);
  const columns: Assignments = [
    ["id", record.id],
    ["owner", record.owner],
    ["idempotency_key", record.idempotencyKey],
    ["sequence", 1],
    ["at", events.at],
    ["former_at", 0],
    ["written", crypto.randomUUID()],
    ["silent", events.silent],
    ["document", documentOf(record)],
    ...await columnsOf(record, layers),
  ];
  return async (queries, batch = null) => {
    const all: Assignments = [...columns, ["batch", batch]];
    const sql = `
      WITH changed AS (
        INSERT INTO transfers (${all.map(([name]) => name).join(", ")})
        VALUES (${all.map((_, i) => `$${i + 1}`).join(", ")})
        ON CONFLICT (owner, idempotency_key) DO NOTHING
        RETURNING ordinal, sequence, former_at
      ), added AS (${insertEvents("changed", all.length + 1)})
      SELECT ordinal FROM changed`;
    const values = [...all.map(([, value]) => value), events.count, ...events.columns];
    const made = await queries.first<{ ordinal: number }>(sql, ...values);
    if (made === undefined) return null;
    await useImages(queries, made.ordinal, imagesOf(record));
    return made.ordinal;
  };
}

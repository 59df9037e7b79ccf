import { decodeLosses, encodeLosses } from "../loss_codec.ts";
import type { TransferChanges } from "../ports.ts";
import type { TransferRecord, TransferStatus } from "../../types.ts";
import type { Value } from "./client.ts";
import type { KnownLossLayers } from "./loss_layers.ts";

/** A row of `transfers`, as far as a record is made of it. */
export interface TransferRow {
  readonly ordinal: number;
  readonly id: string;
  readonly owner: string;
  readonly status: TransferStatus;
  readonly idempotency_key: string | null;
  readonly finished_at: number | null;
  readonly sequence: number;
  readonly step: number;
  readonly losses: Uint8Array | null;
  readonly loss_layers: number | null;
  readonly frame_step: number | null;
  readonly seconds_per_step: number | null;
  readonly attempts: number;
  readonly document: Omit<TransferRecord, OfColumns | "id" | "owner" | "idempotencyKey" | "sequence">;
}

/** Not `*`: a newer release may have added columns. */
export const TRANSFER_COLUMNS =
  "ordinal, id, owner, status, idempotency_key, finished_at, sequence, step, losses, loss_layers, frame_step, seconds_per_step, attempts, document";

/** What has columns and may change. */
const COLUMNS = {
  status: "status",
  finishedAt: "finished_at",
  step: "step",
  losses: "losses",
  frameStep: "frame_step",
  secondsPerStep: "seconds_per_step",
  attempts: "attempts",
} as const satisfies Partial<Record<keyof TransferChanges, string>>;
type OfColumns = keyof typeof COLUMNS;

export async function recordsOf(rows: readonly TransferRow[], layers: KnownLossLayers): Promise<TransferRecord[]> {
  const layersOf = await layers.of(rows);
  return rows.map((row) => ({
    ...row.document,
    id: row.id,
    owner: row.owner,
    status: row.status,
    idempotencyKey: row.idempotency_key,
    finishedAt: row.finished_at,
    sequence: row.sequence,
    step: row.step,
    losses: row.losses === null || row.loss_layers === null
      ? null
      : decodeLosses(row.losses, layersOf(row.loss_layers)),
    frameStep: row.frame_step,
    secondsPerStep: row.seconds_per_step,
    attempts: row.attempts,
  }));
}

/** Columns and what they are to hold. */
export type Assignments = readonly (readonly [column: string, value: Value])[];

/** What of a record, or of its changes, has columns. */
export async function columnsOf(changes: TransferChanges, layers: KnownLossLayers): Promise<Assignments> {
  const assignments: [string, Value][] = [];
  for (const [field, column] of Object.entries(COLUMNS) as [OfColumns, string][]) {
    const value = changes[field];
    if (value === undefined) continue;
    if (typeof value !== "object" || value === null) assignments.push([column, value]);
    if (field !== "losses") continue;
    const encoded = changes.losses ? encodeLosses(changes.losses) : null;
    if (encoded !== null) assignments.push([column, encoded.values]);
    assignments.push(["loss_layers", encoded && await layers.idOf(encoded.layers)]);
  }
  return assignments;
}

/** Whether what has no column changes. */
export function changesDocument(changes: TransferChanges): boolean {
  return Object.keys(changes).some((field) => !(field in COLUMNS));
}

/** Everything that has no column of its own, as JSON. */
export function documentOf(record: TransferRecord): string {
  const { id: _, owner: _owner, idempotencyKey: _key, sequence: _sequence, ...rest } = record;
  return JSON.stringify(Object.fromEntries(Object.entries(rest).filter(([field]) => !(field in COLUMNS))));
}

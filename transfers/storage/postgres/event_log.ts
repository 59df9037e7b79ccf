import type { LossPoint } from "../../../engine/objective/losses.ts";
import { decodeLosses, decodeLossPoint, encodeLosses } from "../loss_codec.ts";
import { numbered } from "../numbered.ts";
import type { NewEvent } from "../ports.ts";
import { thinnedIndices } from "../thin.ts";
import type { TransferEvent, TransferFailure, TransferStatus } from "../../types.ts";
import type { Database } from "./database.ts";
import type { Value } from "./client.ts";
import type { KnownLossLayers } from "./loss_layers.ts";

/** Bytes that an event takes in the database, roughly, its place in the index among them. */
export const EVENT_BYTES = 330;
/** Events that are removed at once. */
const AT_ONCE = 5000;

interface EventRow {
  readonly sequence: number;
  readonly at: number;
  readonly status: TransferStatus;
  readonly step: number;
  readonly steps: number;
  readonly frame: boolean;
  readonly seconds_per_step: number | null;
  readonly failure: string | null;
  readonly losses: Uint8Array | null;
  readonly loss_layers: number | null;
}

/** New events, as a statement takes them. */
export interface EncodedEvents {
  readonly count: number;
  /** Places, from 1, of those without losses. */
  readonly silent: readonly number[];
  /** Of the last of them, unless the log's last is later. */
  readonly at: number;
  /** One value for each event, in the order of `EVENT_ARRAYS`. */
  readonly columns: readonly Value[];
}

/** The columns that come with the events, and the types of their arrays. */
const EVENT_COLUMNS = {
  at: "bigint",
  status: "text",
  step: "integer",
  steps: "integer",
  frame: "boolean",
  seconds_per_step: "double precision",
  failure: "text",
  losses: "bytea",
  loss_layers: "integer",
} as const;

/**
 * Inserts encoded events, as a part of a statement that has changed their transfer: `changed` has its `ordinal`, its
 * `sequence` after the change, and the time of its last event before it as `former_at`.
 *
 * @param first Number of the first of the parameters that are `count` and the `columns`.
 */
export function insertEvents(changed: string, first: number): string {
  const names = Object.keys(EVENT_COLUMNS);
  const arrays = Object.values(EVENT_COLUMNS).map((type, i) => `$${first + 1 + i}::${type}[]`);
  return `INSERT INTO events (transfer, sequence, ${names.join(", ")})
    SELECT ordinal, ${changed}.sequence - $${first}::integer + place, greatest(former_at, new.at),
           ${names.slice(1).map((name) => `new.${name}`).join(", ")}
      FROM ${changed}, unnest(${arrays.join(", ")}) WITH ORDINALITY AS new (${names.join(", ")}, place)`;
}

/** The logs of all transfers. */
export class EventLog {
  readonly #database: Database;
  readonly #layers: KnownLossLayers;

  constructor(database: Database, layers: KnownLossLayers) {
    this.#database = database;
    this.#layers = layers;
  }

  async encode(events: readonly NewEvent[]): Promise<EncodedEvents> {
    const columns: Value[][] = Object.keys(EVENT_COLUMNS).map(() => []);
    // Their times do not go back among themselves; to the one before them they are compared where they are inserted.
    const ordered = numbered(events, { sequence: 0, at: 0 });
    for (const { at, status, step, steps, frame, secondsPerStep, failure, losses } of ordered) {
      const encoded = losses && encodeLosses(losses);
      [
        at,
        status,
        step,
        steps,
        frame,
        secondsPerStep,
        failure && JSON.stringify(failure),
        encoded && encoded.values,
        encoded && await this.#layers.idOf(encoded.layers),
      ].forEach((value, i) => columns[i]!.push(value));
    }
    const silent = ordered.filter(({ losses }) => losses === null).map(({ sequence }) => sequence);
    return { count: events.length, silent, at: ordered.at(-1)?.at ?? 0, columns };
  }

  /** Events after the `after`-th, at most `limit`. */
  async read(id: string, after: number, limit: number): Promise<TransferEvent[]> {
    const rows = await this.#database.all<EventRow>(
      `SELECT events.sequence, events.at, events.status, events.step, steps, frame, events.seconds_per_step, failure,
              events.losses, events.loss_layers
         FROM transfers JOIN events ON transfer = ordinal
        WHERE id = $1 AND events.sequence > $2 ORDER BY events.sequence LIMIT $3`,
      id,
      after,
      limit,
    );
    const layersOf = await this.#layers.of(rows);
    return rows.map((row) => ({
      sequence: row.sequence,
      at: row.at,
      status: row.status,
      step: row.step,
      steps: row.steps,
      losses: row.losses === null || row.loss_layers === null
        ? null
        : decodeLosses(row.losses, layersOf(row.loss_layers)),
      frame: row.frame,
      secondsPerStep: row.seconds_per_step,
      failure: row.failure === null ? null : JSON.parse(row.failure) as TransferFailure,
    }));
  }

  /** At most `points` losses, evenly spread: only those are read. */
  async losses(id: string, points: number): Promise<LossPoint[]> {
    const log = await this.#database.first<{ ordinal: number; sequence: number; silent: number[] }>(
      "SELECT ordinal, sequence, silent FROM transfers WHERE id = $1",
      id,
    );
    if (log === undefined) return [];
    const indices = thinnedIndices(log.sequence - log.silent.length, points);
    const rows = await this.#database.all<{ step: number; losses: Uint8Array }>(
      "SELECT step, losses FROM events WHERE transfer = $1 AND sequence = ANY ($2::integer[]) ORDER BY sequence",
      log.ordinal,
      sequencesOf(indices, log.silent),
    );
    return rows.map(({ step, losses }) => decodeLossPoint(step, losses));
  }

  /** Deletes the logs of deleted transfers, bit by bit. Several servers may be at it at once. */
  async sweep(): Promise<void> {
    for (const { transfer } of await this.#database.all<{ transfer: number }>("SELECT transfer FROM removed")) {
      while (await this.#removeSome(transfer) === AT_ONCE);
      await this.#database.run("DELETE FROM removed WHERE transfer = $1", transfer);
    }
  }

  #removeSome(transfer: number): Promise<number> {
    return this.#database.run(
      "DELETE FROM events WHERE ctid = ANY (ARRAY (SELECT ctid FROM events WHERE transfer = $1 LIMIT $2))",
      transfer,
      AT_ONCE,
    );
  }
}

/** Sequence numbers of the events with losses at these ascending places among such. */
function sequencesOf(indices: readonly number[], silent: readonly number[]): number[] {
  let before = 0;
  return indices.map((index) => {
    while (before < silent.length && silent[before]! <= index + 1 + before) before++;
    return index + 1 + before;
  });
}

import type { LossPoint } from "../../../engine/objective/losses.ts";
import { decodeLosses, decodeLossPoint, encodeLosses } from "../loss_codec.ts";
import { numbered } from "../numbered.ts";
import type { NewEvent } from "../ports.ts";
import { thinnedIndices } from "../thin.ts";
import type { TransferEvent, TransferStatus } from "../../types.ts";
import type { Database } from "./database.ts";
import { parseStored } from "./storage_error.ts";

/** Bytes that an event takes in the database, roughly, its place in the index by loss among them. */
export const EVENT_BYTES = 150;
/** Events read or removed before the event loop gets a turn: three milliseconds. */
const AT_ONCE = 1000;

interface EventRow {
  readonly sequence: number;
  readonly at: number;
  readonly status: TransferStatus;
  readonly step: number;
  readonly steps: number;
  readonly frame: number;
  readonly seconds_per_step: number | null;
  readonly failure: string | null;
  readonly losses: Uint8Array | null;
  readonly layers: string | null;
}

/** The logs of all transfers, each known by its ordinal. */
export class EventLog {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Adds events after the `sequence`-th; part of the caller's transaction. */
  add(transfer: number, sequence: number, events: readonly NewEvent[]): void {
    for (const event of numbered(events, { sequence, at: this.#timeOf(transfer, sequence) })) {
      const losses = event.losses === null ? null : encodeLosses(event.losses);
      this.#database.run(
        "INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        transfer,
        event.sequence,
        event.at,
        event.status,
        event.step,
        event.steps,
        Number(event.frame),
        event.secondsPerStep,
        event.failure === null ? null : JSON.stringify(event.failure),
        losses === null ? null : this.#lossCount(transfer),
        losses?.values ?? null,
        losses === null ? null : this.#layersId(losses.layers),
      );
    }
  }

  /** Events after the `after`-th, at most `limit`. */
  read(transfer: number, after: number, limit: number): TransferEvent[] {
    return this.#database.all<EventRow>(
      `SELECT sequence, at, status, step, steps, frame, seconds_per_step, failure, losses, layers
         FROM events LEFT JOIN loss_layers ON loss_layers.id = loss_layers
        WHERE transfer = ? AND sequence > ? ORDER BY sequence LIMIT ?`,
      transfer,
      after,
      limit,
    ).map(eventOf);
  }

  /** At most `points` losses, evenly spread: only those are read, and in parts between which the event loop gets a turn. */
  async losses(transfer: number, points: number): Promise<LossPoint[]> {
    const numbers = thinnedIndices(this.#lossCount(transfer), points);
    const found: LossPoint[] = [];
    for (let i = 0; i < numbers.length; i += AT_ONCE) {
      if (i > 0) await pause();
      const rows = this.#database.all<{ step: number; losses: Uint8Array }>(
        // CROSS JOIN, so that events are looked up by number and not numbers by event.
        "SELECT step, losses FROM json_each(?) CROSS JOIN events ON transfer = ? AND loss_number = value ORDER BY key",
        JSON.stringify(numbers.slice(i, i + AT_ONCE)),
        transfer,
      );
      found.push(...rows.map(({ step, losses }) => decodeLossPoint(step, losses)));
    }
    return found;
  }

  /** Deletes the logs of deleted transfers, in parts between which the event loop gets a turn. */
  async sweep(): Promise<void> {
    const removed = this.#database.all<{ transfer: number }>("SELECT transfer FROM removed");
    for (const { transfer } of removed) {
      while (await this.#removeSome(transfer) === AT_ONCE) await pause();
    }
  }

  /** Removes at most so many events, and with the last of them the note that there are some. */
  #removeSome(transfer: number): Promise<number> {
    return this.#database.transaction(() => {
      const removed = this.#database.run(
        `DELETE FROM events
          WHERE transfer = ?1 AND sequence IN (SELECT sequence FROM events WHERE transfer = ?1 LIMIT ?2)`,
        transfer,
        AT_ONCE,
      );
      if (removed < AT_ONCE) this.#database.run("DELETE FROM removed WHERE transfer = ?", transfer);
      return removed;
    });
  }

  /** Of an event; 0 where there is none. */
  #timeOf(transfer: number, sequence: number): number {
    const sql = "SELECT at FROM events WHERE transfer = ? AND sequence = ?";
    return this.#database.first<{ at: number }>(sql, transfer, sequence)?.at ?? 0;
  }

  #lossCount(transfer: number): number {
    const last = this.#database.first<{ number: number | null }>(
      "SELECT max(loss_number) AS number FROM events WHERE transfer = ? AND loss_number IS NOT NULL",
      transfer,
    );
    return (last?.number ?? -1) + 1;
  }

  #layersId(layers: string): number {
    const find = () => this.#database.first<{ id: number }>("SELECT id FROM loss_layers WHERE layers = ?", layers)?.id;
    const known = find();
    if (known !== undefined) return known;
    this.#database.run("INSERT INTO loss_layers (layers) VALUES (?)", layers);
    return find()!;
  }
}

function pause(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}

function eventOf(row: EventRow): TransferEvent {
  return {
    sequence: row.sequence,
    at: row.at,
    status: row.status,
    step: row.step,
    steps: row.steps,
    losses: row.losses === null || row.layers === null ? null : decodeLosses(row.losses, parseStored(row.layers)),
    frame: row.frame === 1,
    secondsPerStep: row.seconds_per_step,
    failure: row.failure === null ? null : parseStored(row.failure),
  };
}

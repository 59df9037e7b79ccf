// The port answers with promises and SQLite at once: an async method makes a rejection of whatever is thrown.
// deno-lint-ignore-file require-await
import { canRun } from "../can_run.ts";
import type { Claim, Claimant, MostRunning, QueueEntry, QueueLimits, TransferQueue } from "../ports.ts";
import type { Owner } from "../../types.ts";
import { Wakes } from "../wakes.ts";
import { queueFull } from "../queue_limits.ts";
import type { Database } from "./database.ts";

/** An entry that waits, and its place in the order. */
interface Place extends Omit<QueueEntry, "id"> {
  readonly place: number;
  readonly arrival: number;
  /** The last one of its owner at its priority; 0 for none. */
  readonly turn: number;
}

/** As a row has it: needs as JSON. */
type Row = { readonly id: string; readonly needs: string } & Omit<Place, "place" | "needs">;

/** A queue in the database of the transfers. What a power cut takes back is put right when the service opens. */
export class SqliteQueue implements TransferQueue {
  /** One process is alone with it: the lock on the directory is the lease. */
  readonly leaseMilliseconds = null;
  readonly #database: Database;
  readonly #wakes = new Wakes();
  /** By id those that wait, in order; null when it must be read again. No other process changes the queue. */
  #order: ReadonlyMap<string, Place> | null = null;

  constructor(database: Database) {
    this.#database = database;
  }

  async reserve(entry: QueueEntry, limits: QueueLimits | null): Promise<void> {
    await this.#database.transaction(() => {
      if (this.#database.first("SELECT 1 FROM queue WHERE id = ?", entry.id) === undefined) this.#put([entry], limits);
    });
  }

  async reserveAll(entries: readonly QueueEntry[], limits: QueueLimits): Promise<void> {
    await this.#database.transaction(() => this.#put(entries, limits));
  }

  /** Adds entries of one owner, as part of a transaction. */
  #put(entries: readonly QueueEntry[], limits: QueueLimits | null): void {
    if (limits !== null) {
      const { total, ofOwner } = this.#database.first<{ total: number; ofOwner: number }>(
        "SELECT count(*) AS total, count(*) FILTER (WHERE owner = ?) AS ofOwner FROM queue WHERE worker IS NULL",
        entries[0]?.owner ?? "",
      )!;
      const full = queueFull(limits, total, ofOwner, entries.length);
      if (full !== null) throw full;
    }
    for (const { id, owner, priority, role, needs } of entries) {
      this.#database.run(
        "INSERT INTO queue (id, owner, priority, role, needs, confirmed) VALUES (?, ?, ?, ?, ?, 0)",
        id,
        owner,
        priority,
        role,
        JSON.stringify(needs),
      );
    }
  }

  async confirm(...ids: string[]): Promise<void> {
    await this.#change(
      "UPDATE queue SET confirmed = 1 WHERE id IN (SELECT value FROM json_each(?)) AND worker IS NULL",
      JSON.stringify(ids),
    );
  }

  async claim(worker: Claimant, most?: MostRunning): Promise<Claim | null> {
    if (this.#places().size === 0 && this.#released(worker) === null) return null;
    return await this.#database.transaction(() => {
      const id = this.#released(worker) ?? this.#next(worker, most);
      if (id === null) return null;
      this.#order = null;
      // The row that is replaced, or added, gets a number above all others: turns count up.
      this.#database.run(
        "INSERT OR REPLACE INTO turns (owner, priority) SELECT owner, priority FROM queue WHERE id = ?",
        id,
      );
      return {
        ...this.#database.first<Claim>(
          `UPDATE queue SET worker = ?, released = 0, turn = (SELECT max(turn) FROM turns) WHERE id = ?
            RETURNING id, turn AS epoch`,
          worker.name,
          id,
        )!,
      };
    });
  }

  async renew(worker: string): Promise<readonly Claim[]> {
    return await this.claimed(worker);
  }

  async settle(id: string, claim?: Claim): Promise<void> {
    if (claim === undefined) await this.#change("DELETE FROM queue WHERE id = ?", id);
    else await this.#change("DELETE FROM queue WHERE id = ? AND turn = ? AND released = 0", id, claim.epoch);
  }

  async release({ id, epoch }: Claim): Promise<void> {
    await this.#change("UPDATE queue SET released = 1 WHERE id = ? AND turn = ?", id, epoch);
  }

  async claimed(worker: string): Promise<readonly Claim[]> {
    return this.#database.all<Claim>(
      "SELECT id, turn AS epoch FROM queue WHERE worker = ? AND released = 0 ORDER BY turn",
      worker,
    ).map((row) => ({ ...row }));
  }

  async holder(id: string): Promise<string | null> {
    const sql = "SELECT worker FROM queue WHERE id = ? AND released = 0";
    return this.#database.first<{ worker: string | null }>(sql, id)?.worker ?? null;
  }

  async position(id: string): Promise<number | null> {
    return this.#places().get(id)?.place ?? null;
  }

  async waiting(first: number): Promise<readonly string[]> {
    return this.#places().keys().take(first).toArray();
  }

  async length(): Promise<number> {
    return this.#places().size;
  }

  async counts(owner: Owner): Promise<{ waiting: number; running: number }> {
    const counts = this.#database.first<{ waiting: number; running: number }>(
      `SELECT count(*) FILTER (WHERE worker IS NULL) AS waiting, count(worker) AS running FROM queue WHERE owner = ?`,
      owner,
    )!;
    return { ...counts };
  }

  async dropUnconfirmed(): Promise<void> {
    await this.#change("DELETE FROM queue WHERE worker IS NULL AND confirmed = 0");
  }

  async missing(ids: readonly string[]): Promise<readonly string[]> {
    return this.#database.all<{ id: string }>(
      "SELECT value AS id FROM json_each(?) WHERE value NOT IN (SELECT id FROM queue) ORDER BY key",
      JSON.stringify(ids),
    ).map(({ id }) => id);
  }

  watch(wake: () => void): Disposable {
    return this.#wakes.add(wake);
  }

  async #change(sql: string, ...values: (string | number)[]): Promise<void> {
    await this.#database.transaction(() => {
      this.#order = null;
      this.#database.run(sql, ...values);
    });
    this.#wakes.wake();
  }

  /** The first of those given up that a worker can run. */
  #released(worker: Claimant): string | null {
    const rows = this.#database.all<Pick<Row, "id" | "needs">>(
      "SELECT id, needs FROM queue WHERE released = 1 ORDER BY turn",
    );
    return rows.find(({ needs }) => canRun(worker, { needs: JSON.parse(needs) }))?.id ?? null;
  }

  /** The first that a worker can run and its owner may have claimed. */
  #next(worker: Claimant, most: MostRunning | undefined): string | null {
    const running = new Map(
      this.#database.all<{ owner: Owner; count: number }>(
        "SELECT owner, count(*) AS count FROM queue WHERE worker IS NOT NULL GROUP BY owner",
      ).map(({ owner, count }) => [owner, count]),
    );
    let next: [string, Place] | null = null;
    for (const [id, place] of this.#places()) {
      if (next !== null && place.priority < next[1].priority) break;
      if (!canRun(worker, place) || (running.get(place.owner) ?? 0) >= (most?.[place.role] ?? Infinity)) continue;
      if (
        next === null || place.turn < next[1].turn || (place.turn === next[1].turn && place.arrival < next[1].arrival)
      ) {
        next = [id, place];
      }
    }
    return next?.[0] ?? null;
  }

  #places(): ReadonlyMap<string, Place> {
    if (this.#order !== null) return this.#order;
    // Owners that never had a turn follow each other as their first entries came, in every round.
    const rows = this.#database.all<Row>(
      `SELECT id, owner, priority, role, needs, arrival, coalesce(turns.turn, 0) AS turn FROM queue LEFT JOIN turns USING (owner, priority)
        WHERE worker IS NULL AND confirmed = 1
        WINDOW lane AS (PARTITION BY owner, priority ORDER BY arrival)
        ORDER BY priority DESC, row_number() OVER lane, coalesce(turns.turn, 0), min(arrival) OVER lane`,
    );
    return this.#order = new Map(
      rows.map(({ id, needs, ...row }, place) => [id, { ...row, place, needs: JSON.parse(needs) }]),
    );
  }
}

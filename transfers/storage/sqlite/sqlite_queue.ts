// The port answers with promises and SQLite at once: an async method makes a rejection of whatever is thrown.
// deno-lint-ignore-file require-await
import type { MostRunning, QueueEntry, QueueLimits, TransferQueue } from "../ports.ts";
import type { Owner } from "../../types.ts";
import { queueFull } from "../queue_limits.ts";
import type { Database } from "./database.ts";

/** An entry that waits, and its place in the order. */
interface Place extends Pick<QueueEntry, "owner" | "role"> {
  readonly place: number;
}

/** A queue in the database of the transfers. What a power cut takes back is put right when the service opens. */
export class SqliteQueue implements TransferQueue {
  readonly #database: Database;
  /** By id those that wait, in order; null when it must be read again. No other process changes the queue. */
  #order: ReadonlyMap<string, Place> | null = null;

  constructor(database: Database) {
    this.#database = database;
  }

  async reserve({ id, owner, priority, role }: QueueEntry, limits: QueueLimits | null): Promise<void> {
    await this.#database.transaction(() => {
      if (this.#database.first("SELECT 1 FROM queue WHERE id = ?", id) !== undefined) return;
      if (limits !== null) {
        const { total, ofOwner } = this.#database.first<{ total: number; ofOwner: number }>(
          "SELECT count(*) AS total, count(*) FILTER (WHERE owner = ?) AS ofOwner FROM queue WHERE worker IS NULL",
          owner,
        )!;
        const full = queueFull(limits, total, ofOwner);
        if (full !== null) throw full;
      }
      this.#database.run(
        "INSERT INTO queue (id, owner, priority, role, confirmed) VALUES (?, ?, ?, ?, 0)",
        id,
        owner,
        priority,
        role,
      );
    });
  }

  async confirm(id: string): Promise<void> {
    await this.#change("UPDATE queue SET confirmed = 1 WHERE id = ? AND worker IS NULL", id);
  }

  async claim(worker: string, most?: MostRunning): Promise<string | null> {
    if (this.#places().size === 0) return null;
    return await this.#database.transaction(() => {
      const id = this.#next(most);
      if (id === null) return null;
      this.#order = null;
      // The row that is replaced, or added, gets a number above all others: turns count up.
      this.#database.run(
        "INSERT OR REPLACE INTO turns (owner, priority) SELECT owner, priority FROM queue WHERE id = ?",
        id,
      );
      this.#database.run("UPDATE queue SET worker = ?, turn = (SELECT max(turn) FROM turns) WHERE id = ?", worker, id);
      return id;
    });
  }

  async settle(id: string): Promise<void> {
    await this.#change("DELETE FROM queue WHERE id = ?", id);
  }

  async claimed(worker: string): Promise<readonly string[]> {
    return this.#database.all<{ id: string }>("SELECT id FROM queue WHERE worker = ? ORDER BY turn", worker)
      .map(({ id }) => id);
  }

  async position(id: string): Promise<number | null> {
    return this.#places().get(id)?.place ?? null;
  }

  async waiting(): Promise<readonly string[]> {
    return [...this.#places().keys()];
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

  async #change(sql: string, ...values: string[]): Promise<void> {
    await this.#database.transaction(() => {
      this.#order = null;
      this.#database.run(sql, ...values);
    });
  }

  /** The first that its owner may have claimed. */
  #next(most: MostRunning | undefined): string | null {
    const running = new Map(
      this.#database.all<{ owner: Owner; count: number }>(
        "SELECT owner, count(*) AS count FROM queue WHERE worker IS NOT NULL GROUP BY owner",
      ).map(({ owner, count }) => [owner, count]),
    );
    for (const [id, { owner, role }] of this.#places()) {
      if ((running.get(owner) ?? 0) < (most?.[role] ?? Infinity)) return id;
    }
    return null;
  }

  #places(): ReadonlyMap<string, Place> {
    if (this.#order !== null) return this.#order;
    // Owners that never had a turn (NULL comes first) follow each other as their first entries came, in every round.
    const rows = this.#database.all<{ id: string } & Pick<QueueEntry, "owner" | "role">>(
      `SELECT id, owner, role FROM queue LEFT JOIN turns USING (owner, priority)
        WHERE worker IS NULL AND confirmed = 1
        WINDOW lane AS (PARTITION BY owner, priority ORDER BY arrival)
        ORDER BY priority DESC, row_number() OVER lane, turns.turn, min(arrival) OVER lane`,
    );
    return this.#order = new Map(rows.map(({ id, owner, role }, place) => [id, { owner, role, place }]));
  }
}

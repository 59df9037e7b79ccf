// The port answers with promises and memory at once: an async method makes a rejection of whatever is thrown.
// deno-lint-ignore-file require-await
import type { Owner } from "../../types.ts";
import { queueFull } from "../queue_limits.ts";
import type { MostRunning, QueueEntry, QueueLimits, TransferQueue } from "../ports.ts";

interface Waiting extends QueueEntry {
  confirmed: boolean;
}

/** The queue of a single process; it forgets everything at exit. */
export class MemoryQueue implements TransferQueue {
  /** In the order of arrival. */
  readonly #waiting = new Map<string, Waiting>();
  /** In the order of claiming. */
  readonly #claimed = new Map<string, { readonly worker: string; readonly owner: Owner }>();
  /** When each owner last had a turn at a priority, counted in turns. */
  readonly #turns = new Map<string, number>();
  #turn = 0;

  async reserve(entry: QueueEntry, limits: QueueLimits | null): Promise<void> {
    if (this.#waiting.has(entry.id) || this.#claimed.has(entry.id)) return;
    if (limits !== null) {
      const full = queueFull(limits, this.#waiting.size, countOf(this.#waiting, entry.owner));
      if (full !== null) throw full;
    }
    this.#waiting.set(entry.id, { ...entry, confirmed: false });
  }

  async confirm(id: string): Promise<void> {
    const entry = this.#waiting.get(id);
    if (entry !== undefined) entry.confirmed = true;
  }

  async claim(worker: string, most?: MostRunning): Promise<string | null> {
    const next = this.#order().find(({ owner, role }) => countOf(this.#claimed, owner) < (most?.[role] ?? Infinity));
    if (next === undefined) return null;
    this.#waiting.delete(next.id);
    this.#claimed.set(next.id, { worker, owner: next.owner });
    this.#turns.set(laneOf(next), ++this.#turn);
    return next.id;
  }

  async settle(id: string): Promise<void> {
    this.#waiting.delete(id);
    this.#claimed.delete(id);
  }

  async claimed(worker: string): Promise<readonly string[]> {
    return [...this.#claimed].filter(([, claim]) => claim.worker === worker).map(([id]) => id);
  }

  async position(id: string): Promise<number | null> {
    const place = this.#order().findIndex((entry) => entry.id === id);
    return place < 0 ? null : place;
  }

  async waiting(): Promise<readonly string[]> {
    return this.#order().map((entry) => entry.id);
  }

  async counts(owner: Owner): Promise<{ waiting: number; running: number }> {
    return { waiting: countOf(this.#waiting, owner), running: countOf(this.#claimed, owner) };
  }

  async dropUnconfirmed(): Promise<void> {
    for (const entry of this.#waiting.values()) if (!entry.confirmed) this.#waiting.delete(entry.id);
  }

  #order(): Waiting[] {
    const lanes = new Map<string, { readonly first: number; length: number }>();
    const entries = [...this.#waiting.values()].filter((entry) => entry.confirmed).map((entry, arrival) => {
      const key = laneOf(entry);
      const lane = lanes.get(key) ?? { first: arrival, length: 0 };
      lanes.set(key, lane);
      // Lanes that never had a turn follow each other as their first entries came, in every round.
      return { entry, round: lane.length++, lastTurn: this.#turns.get(key) ?? 0, first: lane.first };
    });
    entries.sort((a, b) =>
      b.entry.priority - a.entry.priority || a.round - b.round || a.lastTurn - b.lastTurn || a.first - b.first
    );
    return entries.map(({ entry }) => entry);
  }
}

/** What takes turns: an owner at a priority. */
function laneOf(entry: QueueEntry): string {
  return `${entry.priority} ${entry.owner}`;
}

function countOf(entries: ReadonlyMap<string, { readonly owner: Owner }>, owner: Owner): number {
  return entries.values().filter((entry) => entry.owner === owner).toArray().length;
}

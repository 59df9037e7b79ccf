// The port answers with promises and memory at once: an async method makes a rejection of whatever is thrown.
// deno-lint-ignore-file require-await
import type { Owner } from "../../types.ts";
import { canRun } from "../can_run.ts";
import { queueFull } from "../queue_limits.ts";
import {
  type Claim,
  type Claimant,
  type MostRunning,
  type QueueEntry,
  type QueueLimits,
  type TransferQueue,
  UNCONFIRMED_MILLISECONDS,
} from "../ports.ts";
import { Wakes } from "../wakes.ts";
import { MemoryClaims } from "./memory_claims.ts";
import type { MemorySharing } from "./memory_sharing.ts";

interface Waiting extends QueueEntry {
  confirmed: boolean;
  /** By the clock that servers share; 0 where there is none. */
  readonly reservedAt: number;
}

/** The queue of a single process, or of services that share a memory; it forgets everything at exit. */
export class MemoryQueue implements TransferQueue {
  readonly #sharing: MemorySharing | null;
  readonly #claims: MemoryClaims;
  /** In the order of arrival. */
  readonly #waiting = new Map<string, Waiting>();
  /** When each owner last had a turn at a priority, counted in turns. */
  readonly #turns = new Map<string, number>();
  #turn = 0;
  readonly #wakes = new Wakes();

  /**
   * @param sharing Null where one process is alone with it.
   * @param claims Of the same sharing.
   */
  constructor(sharing: MemorySharing | null = null, claims: MemoryClaims = new MemoryClaims(sharing)) {
    this.#sharing = sharing;
    this.#claims = claims;
  }

  get leaseMilliseconds(): number | null {
    return this.#sharing?.leaseMilliseconds ?? null;
  }

  async reserve(entry: QueueEntry, limits: QueueLimits | null): Promise<void> {
    if (this.#waiting.has(entry.id) || this.#claims.has(entry.id)) return;
    if (limits !== null) {
      const full = queueFull(limits, this.#waiting.size, this.#waitingOf(entry.owner));
      if (full !== null) throw full;
    }
    this.#put(entry);
  }

  async reserveAll(entries: readonly QueueEntry[], limits: QueueLimits): Promise<void> {
    const ofOwner = entries[0] === undefined ? 0 : this.#waitingOf(entries[0].owner);
    const full = queueFull(limits, this.#waiting.size, ofOwner, entries.length);
    if (full !== null) throw full;
    for (const entry of entries) this.#put(entry);
  }

  async confirm(...ids: string[]): Promise<void> {
    for (const id of ids) {
      const entry = this.#waiting.get(id);
      if (entry !== undefined) entry.confirmed = true;
    }
    this.#wakes.wake();
  }

  async claim(worker: Claimant, most?: MostRunning): Promise<Claim | null> {
    const next = this.#claims.abandoned().find((entry) => canRun(worker, entry)) ??
      this.#order((entry) =>
        canRun(worker, entry) && this.#claims.countOf(entry.owner) < (most?.[entry.role] ?? Infinity)
      )[0];
    if (next === undefined) return null;
    this.#waiting.delete(next.id);
    this.#turns.set(laneOf(next), ++this.#turn);
    return this.#claims.take(next, worker.name);
  }

  async renew(worker: string): Promise<readonly Claim[]> {
    return this.#claims.renew(worker);
  }

  async settle(id: string, claim?: Claim): Promise<void> {
    if (claim !== undefined && !this.#claims.isNewest(claim)) return;
    this.#waiting.delete(id);
    this.#claims.settle(id);
    this.#wakes.wake();
  }

  async release(claim: Claim): Promise<void> {
    if (this.#claims.release(claim)) this.#wakes.wake();
  }

  async claimed(worker: string): Promise<readonly Claim[]> {
    return this.#claims.of(worker);
  }

  async holder(id: string): Promise<string | null> {
    return this.#claims.holder(id);
  }

  async position(id: string): Promise<number | null> {
    const place = this.#order().findIndex((entry) => entry.id === id);
    return place < 0 ? null : place;
  }

  async waiting(first: number): Promise<readonly string[]> {
    return this.#order().slice(0, first).map((entry) => entry.id);
  }

  async length(): Promise<number> {
    return this.#waiting.values().filter(({ confirmed }) => confirmed).toArray().length;
  }

  async counts(owner: Owner): Promise<{ waiting: number; running: number }> {
    return { waiting: this.#waitingOf(owner), running: this.#claims.countOf(owner) };
  }

  async dropUnconfirmed(): Promise<void> {
    const before = this.#sharing === null ? Infinity : this.#sharing.clock.now() - UNCONFIRMED_MILLISECONDS;
    for (const { id, confirmed, reservedAt } of this.#waiting.values()) {
      if (!confirmed && reservedAt < before) this.#waiting.delete(id);
    }
  }

  async missing(ids: readonly string[]): Promise<readonly string[]> {
    return ids.filter((id) => !this.#waiting.has(id) && !this.#claims.has(id));
  }

  watch(wake: () => void): Disposable {
    return this.#wakes.add(wake);
  }

  #put(entry: QueueEntry): void {
    this.#waiting.set(entry.id, { ...entry, confirmed: false, reservedAt: this.#sharing?.clock.now() ?? 0 });
  }

  #waitingOf(owner: Owner): number {
    return this.#waiting.values().filter((entry) => entry.owner === owner).toArray().length;
  }

  /** Those among which owners take turns, in order. */
  #order(among: (entry: Waiting) => boolean = () => true): Waiting[] {
    const lanes = new Map<string, { readonly first: number; length: number }>();
    const entries = [...this.#waiting.values()].filter((entry) => entry.confirmed && among(entry)).map(
      (entry, arrival) => {
        const key = laneOf(entry);
        const lane = lanes.get(key) ?? { first: arrival, length: 0 };
        lanes.set(key, lane);
        // Lanes that never had a turn follow each other as their first entries came, in every round.
        return { entry, round: lane.length++, lastTurn: this.#turns.get(key) ?? 0, first: lane.first };
      },
    );
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

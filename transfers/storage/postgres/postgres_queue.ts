import {
  type Claim,
  type Claimant,
  type MostRunning,
  type QueueEntry,
  type QueueLimits,
  type TransferQueue,
  UNCONFIRMED_MILLISECONDS,
} from "../ports.ts";
import type { Owner } from "../../types.ts";
import { queueFull } from "../queue_limits.ts";
import { Wakes } from "../wakes.ts";
import type { Database } from "./database.ts";
import type { Listener } from "./listener.ts";

/** Milliseconds that a claim lasts without being renewed, where nobody says otherwise. */
export const LEASE_MILLISECONDS = 15_000;
/** Milliseconds between two wakes for nothing: nobody notifies that a lease has run out. */
const PATROL = 1_500;
/** Milliseconds among which servers that hear the same wake. */
const SPREAD = 20;

/** The queue of servers that share a database. What makes it up is in `migrations/queue.ts`. */
export class PostgresQueue implements TransferQueue, Disposable {
  readonly leaseMilliseconds: number;
  readonly #database: Database;
  readonly #wakes = new Wakes();
  readonly #hearing: Disposable;
  readonly #patrol: ReturnType<typeof setInterval>;
  /** Of a wake that is to come. */
  #soon: ReturnType<typeof setTimeout> | null = null;

  constructor(database: Database, listener: Listener, leaseMilliseconds = LEASE_MILLISECONDS) {
    this.#database = database;
    this.leaseMilliseconds = leaseMilliseconds;
    const wakeSoon = () => this.#wakeSoon();
    this.#hearing = listener.on("queue", { heard: wakeSoon, missed: wakeSoon });
    this.#patrol = setInterval(() => this.#wakes.wake(), PATROL);
  }

  async reserve({ id, owner, priority, role, needs }: QueueEntry, limits: QueueLimits | null): Promise<void> {
    const found = await this.#database.first<{ total: number; of_owner: number }>(
      "SELECT * FROM queue_reserve($1, $2, $3, $4, $5, $6, $7, $8)",
      id,
      owner,
      priority,
      role,
      needs.memoryBytes,
      layersOf(needs),
      limits?.total ?? null,
      limits?.perOwner ?? null,
    );
    if (found !== undefined) throw queueFull(limits!, found.total, found.of_owner)!;
  }

  async reserveAll(entries: readonly QueueEntry[], limits: QueueLimits): Promise<void> {
    const asked = entries.map(({ id, owner, priority, role, needs }) => ({
      id,
      owner,
      priority,
      role,
      memory_bytes: needs.memoryBytes,
      layers: layersOf(needs),
    }));
    const found = await this.#database.first<{ total: number; of_owner: number }>(
      "SELECT * FROM queue_reserve_all($1, $2, $3)",
      JSON.stringify(asked),
      limits.total,
      limits.perOwner,
    );
    if (found !== undefined) throw queueFull(limits, found.total, found.of_owner, entries.length)!;
  }

  async confirm(...ids: string[]): Promise<void> {
    await this.#database.run("SELECT queue_confirm(id) FROM unnest($1::text[]) AS id", ids);
    await this.#flush();
  }

  async claim({ name, memoryBytes, layers }: Claimant, most?: MostRunning): Promise<Claim | null> {
    const claim = await this.#database.first<Claim>(
      "SELECT id, epoch FROM queue_claim($1, $2, $3, $4, $5)",
      name,
      memoryBytes,
      layers,
      JSON.stringify(most ?? {}),
      this.leaseMilliseconds,
    );
    if (claim === undefined) return null;
    await this.#flush();
    return claim;
  }

  async renew(worker: string): Promise<readonly Claim[]> {
    return await this.#database.all<Claim>("SELECT id, epoch FROM queue_renew($1, $2)", worker, this.leaseMilliseconds);
  }

  async settle(id: string, claim?: Claim): Promise<void> {
    await this.#database.run("SELECT queue_settle($1, $2)", id, claim?.epoch ?? null);
  }

  async release({ id, epoch }: Claim): Promise<void> {
    await this.#database.run("SELECT queue_release($1, $2)", id, epoch);
  }

  async claimed(worker: string): Promise<readonly Claim[]> {
    return await this.#database.all<Claim>(
      "SELECT id, epoch FROM queue_claims WHERE worker = $1 ORDER BY epoch",
      worker,
    );
  }

  async holder(id: string): Promise<string | null> {
    const found = await this.#database.first<{ worker: string }>(
      "SELECT worker FROM queue_claims WHERE id = $1 AND worker IS NOT NULL AND expires > clock_timestamp()",
      id,
    );
    return found?.worker ?? null;
  }

  async position(id: string): Promise<number | null> {
    return (await this.#database.first<{ position: number | null }>("SELECT queue_position($1) AS position", id))!
      .position;
  }

  async waiting(first: number): Promise<readonly string[]> {
    return (await this.#database.all<{ id: string }>("SELECT id FROM queue_waiting($1)", first)).map(({ id }) => id);
  }

  async length(): Promise<number> {
    return (await this.#database.first<{ waiting: number }>("SELECT waiting FROM queue_state"))!.waiting;
  }

  async counts(owner: Owner): Promise<{ waiting: number; running: number }> {
    return await this.#database.first<{ waiting: number; running: number }>(
      "SELECT waiting, running FROM queue_owners WHERE owner = $1",
      owner,
    ) ?? { waiting: 0, running: 0 };
  }

  async dropUnconfirmed(): Promise<void> {
    await this.#database.run("SELECT queue_drop($1)", UNCONFIRMED_MILLISECONDS);
  }

  async missing(ids: readonly string[]): Promise<readonly string[]> {
    const rows = await this.#database.all<{ id: string }>(
      `SELECT id FROM unnest($1::text[]) WITH ORDINALITY AS given (id, place)
        WHERE NOT EXISTS (SELECT 1 FROM queue WHERE queue.id = given.id)
          AND NOT EXISTS (SELECT 1 FROM queue_claims WHERE queue_claims.id = given.id)
        ORDER BY place`,
      ids,
    );
    return rows.map(({ id }) => id);
  }

  watch(wake: () => void): Disposable {
    return this.#wakes.add(wake);
  }

  /** Waits until the disk has what was done. */
  async #flush(): Promise<void> {
    await this.#database.run("SELECT queue_flush()");
  }

  /** All idle workers hear at once that there is something: they do not come at once. */
  #wakeSoon(): void {
    this.#soon ??= setTimeout(() => {
      this.#soon = null;
      this.#wakes.wake();
    }, Math.random() * SPREAD);
  }

  [Symbol.dispose](): void {
    clearInterval(this.#patrol);
    clearTimeout(this.#soon ?? undefined);
    this.#hearing[Symbol.dispose]();
  }
}

/** In the order in which the database compares them. */
function layersOf({ layers }: QueueEntry["needs"]): readonly string[] {
  return [...new Set(layers)].sort();
}

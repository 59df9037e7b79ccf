import type { Clock } from "../clock.ts";
import type { Engine } from "../process/engine.ts";
import type { Forecast } from "./forecast.ts";
import { oneLine } from "../log.ts";
import { inLogScope } from "../log_scope.ts";
import type { QuotaBook } from "./quota_book.ts";
import type { Claim, TransferQueue } from "../storage/ports.ts";
import { type RunPorts, TransferRun } from "./transfer_run.ts";
import { hasEnded } from "../types.ts";

/** Milliseconds before the queue is asked again after it could not answer. */
const QUEUE_RETRY_MILLISECONDS = 1000;

interface Running {
  readonly run: TransferRun;
  readonly done: Promise<void>;
}

/** Gives transfers to engines, one at a time to each, in the order of the queue. */
export class Dispatcher {
  readonly #ports: RunPorts;
  readonly #queue: TransferQueue;
  readonly #engines: readonly Engine[];
  readonly #forecast: Forecast;
  readonly #quotas: QuotaBook;
  readonly #clock: Clock;
  readonly #running = new Map<string, Running>();
  readonly #idle = new Set<() => void>();
  /** Nudges so far: one that comes while the queue is asked must not be missed. */
  #nudges = 0;
  #loops: Promise<void>[] = [];
  #stopped = false;

  constructor(
    ports: RunPorts,
    queue: TransferQueue,
    engines: readonly Engine[],
    forecast: Forecast,
    quotas: QuotaBook,
    clock: Clock,
  ) {
    this.#ports = ports;
    this.#queue = queue;
    this.#engines = engines;
    this.#forecast = forecast;
    this.#quotas = quotas;
    this.#clock = clock;
  }

  /** Names under which the engines claim from the queue: the same after a restart. */
  get workers(): readonly string[] {
    return this.#engines.map((_, i) => `engine-${i}`);
  }

  start(): void {
    this.#loops = this.#engines.map((engine, i) => this.#serve(engine, this.workers[i]!));
  }

  /** Says that the queue may have something to claim. */
  nudge(): void {
    this.#nudges++;
    for (const wake of this.#idle) wake();
    this.#idle.clear();
  }

  /** Whether it has begun to drain. */
  get stopped(): boolean {
    return this.#stopped;
  }

  runningIds(): string[] {
    return [...this.#running.keys()];
  }

  /** The transfer that runs under this id, with a promise of its end. */
  running(id: string): Running | undefined {
    return this.#running.get(id);
  }

  /**
   * Claims nothing more, stops what runs after its present step, and waits until its checkpoint is kept. A run that has
   * not stopped after `milliseconds` loses its engine and goes on from an earlier checkpoint at the next start.
   */
  async drain(milliseconds: number): Promise<void> {
    this.#stopped = true;
    this.nudge();
    for (const { run } of this.#running.values()) run.suspend();
    const stopped = Promise.all(this.#loops);
    using deadline = this.#clock.delay(milliseconds);
    await Promise.race([stopped, deadline.done]);
    await Promise.all(this.#engines.map((engine) => engine.close()));
    await stopped;
  }

  async #serve(engine: Engine, worker: string): Promise<void> {
    // What was claimed and not settled, before a stop or a failure, comes first. Null until it is known.
    let unsettled: Claim[] | null = null;
    while (!this.#stopped) {
      const nudges = this.#nudges;
      try {
        unsettled ??= [...await this.#queue.claimed(worker)];
        const claimant = { name: worker, memoryBytes: null, layers: null };
        const claim = unsettled.shift() ?? await this.#queue.claim(claimant, this.#quotas.mostRunning);
        if (claim !== null) await inLogScope({ transferId: claim.id }, () => this.#runOne(engine, claim.id));
        else await this.#nudged(nudges);
      } catch (error) {
        this.#ports.log.warn(`Cannot continue with the queue now: ${oneLine(error)}`);
        using delay = this.#clock.delay(QUEUE_RETRY_MILLISECONDS);
        await Promise.race([delay.done, this.#stopped ? null : this.#nudged(this.#nudges)]);
        unsettled = null;
      }
    }
  }

  /** Resolves at the first nudge after the `nudges`-th. */
  #nudged(nudges: number): Promise<void> {
    if (this.#nudges > nudges) return Promise.resolve();
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#idle.add(resolve);
    return promise;
  }

  async #runOne(engine: Engine, id: string): Promise<void> {
    const record = await this.#ports.store.get(id);
    if (record === null || hasEnded(record.status)) return await this.#queue.settle(id);
    const run = new TransferRun(this.#ports, engine, record);
    const done = this.#settleAfter(run, id);
    this.#running.set(id, { run, done: done.catch(() => {}) });
    // A stop that came while the record was read has not seen this run.
    if (this.#stopped) run.suspend();
    try {
      await done;
    } finally {
      this.#running.delete(id);
    }
  }

  async #settleAfter(run: TransferRun, id: string): Promise<void> {
    const end = await run.run();
    this.#forecast.observe(run.record);
    if (end === "suspended") return this.#ports.journal.observer.suspended(run.record);
    await this.#quotas.giveBack(run.record);
    await this.#queue.settle(id);
    // An engine that found nothing, since its owner had enough running, may find it now.
    this.nudge();
  }
}

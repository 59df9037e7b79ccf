import type { Clock } from "../clock.ts";
import type { Engine } from "../process/engine.ts";
import type { Forecast } from "./forecast.ts";
import { Leases } from "./leases.ts";
import { oneLine } from "../log.ts";
import { pause } from "../pause.ts";
import { inLogScope } from "../log_scope.ts";
import type { QuotaBook } from "./quota_book.ts";
import type { Claim, Claimant, TransferQueue } from "../storage/ports.ts";
import { type RunPorts, TransferRun } from "./transfer_run.ts";
import { hasEnded } from "../types.ts";

/** Milliseconds before the queue is asked again after it could not answer. */
const QUEUE_RETRY_MILLISECONDS = 1000;
/** Milliseconds between two looks for claims of workers that are there no more; what comes to wait is heard of. */
const POLL_MILLISECONDS = 1500;

export interface DispatcherPorts {
  readonly runs: RunPorts;
  readonly queue: TransferQueue;
  readonly engines: readonly Engine[];
  readonly forecast: Forecast;
  readonly quotas: QuotaBook;
  readonly clock: Clock;
  /** By which the workers here are known; null for what is the same after a restart. */
  readonly server: string | null;
  /** What they can run. */
  readonly abilities: Omit<Claimant, "name">;
  /** Called when a transfer has come to run here. */
  readonly began: () => void;
}

/** Milliseconds in which whoever could not renew a lease does when the database is back. */
const RENEWAL_MILLISECONDS = 3000;

interface Running {
  readonly run: TransferRun;
  readonly done: Promise<void>;
}

/** Gives transfers to engines, one at a time to each, in the order of the queue. */
export class Dispatcher {
  readonly #ports: DispatcherPorts;
  readonly #queue: TransferQueue;
  readonly #leases: Leases;
  readonly #running = new Map<string, Running>();
  readonly #idle = new Set<() => void>();
  /** Nudges so far: one that comes while the queue is asked must not be missed. */
  #nudges = 0;
  #watch: Disposable | null = null;
  #loops: Promise<void>[] = [];
  readonly #stopped = new AbortController();

  constructor(ports: DispatcherPorts) {
    this.#ports = ports;
    this.#queue = ports.queue;
    this.#leases = new Leases(ports.queue, this.workers, ports.clock, ports.runs.log);
  }

  /** Names under which the engines claim from the queue. */
  get workers(): readonly string[] {
    const { engines, server } = this.#ports;
    return engines.map((_, i) => server === null ? `engine-${i}` : `${server}/${i}`);
  }

  start(): void {
    // Where no other server adds to the queue, whoever does nudges.
    if (this.#queue.leaseMilliseconds !== null) this.#watch = this.#queue.watch(() => this.nudge());
    this.#leases.start();
    this.#loops = this.#ports.engines.map((engine, i) => this.#serve(engine, this.workers[i]!));
  }

  /** Says that the queue may have something to claim. */
  nudge(): void {
    this.#nudges++;
    for (const wake of this.#idle) wake();
    this.#idle.clear();
  }

  /** Whether it has begun to drain. */
  get stopped(): boolean {
    return this.#stopped.signal.aborted;
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
   * not stopped after `milliseconds` loses its engine and goes on from an earlier checkpoint at the next start. Where other
   * servers share the queue they may claim at once what was stopped.
   */
  async drain(milliseconds: number): Promise<void> {
    const { engines, clock } = this.#ports;
    this.#stopped.abort();
    this.#watch?.[Symbol.dispose]();
    this.nudge();
    for (const { run } of this.#running.values()) run.suspend();
    const stopped = Promise.all(this.#loops);
    using deadline = clock.delay(milliseconds);
    await Promise.race([stopped, deadline.done]);
    await Promise.all(engines.map((engine) => engine.close()));
    await stopped;
    await this.#leases.stop();
  }

  async #serve(engine: Engine, worker: string): Promise<void> {
    const { runs, quotas, clock, abilities } = this.#ports;
    // What was claimed and not settled, before a stop or a failure, comes first. Null until it is known.
    let unsettled: Claim[] | null = null;
    let failing = false;
    while (!this.stopped) {
      const nudges = this.#nudges;
      try {
        if (!await this.#isReady(engine)) continue;
        unsettled ??= [...await this.#queue.claimed(worker)];
        const own = unsettled.shift();
        if (failing && own === undefined) await this.#letOthersRenew();
        failing = false;
        if (this.stopped) continue;
        const claim = own ?? await this.#queue.claim({ ...abilities, name: worker }, quotas.mostRunning);
        if (claim !== null) await inLogScope({ transferId: claim.id }, () => this.#runOne(engine, claim));
        else await this.#nudged(nudges);
      } catch (error) {
        if (!failing) runs.log.warn(`Cannot continue with the queue now: ${oneLine(error)}`);
        failing = true;
        using delay = clock.delay(QUEUE_RETRY_MILLISECONDS);
        await Promise.race([delay.done, this.stopped ? null : this.#nextNudge()]);
        unsettled = null;
      }
    }
  }

  /** When a database comes back, those who had something of it go on with it, and nobody computes it again. */
  async #letOthersRenew(): Promise<void> {
    if (this.#queue.leaseMilliseconds === null) return;
    await pause(this.#ports.clock, RENEWAL_MILLISECONDS, this.#stopped.signal);
  }

  /**
   * Whether an engine can take a transfer. Where others could run it instead, one that does not start claims nothing; false
   * when it is to stop.
   */
  async #isReady(engine: Engine): Promise<boolean> {
    if (this.#queue.leaseMilliseconds === null) return true;
    const { promise: stopped, resolve } = Promise.withResolvers<null>();
    const stop = () => resolve(null);
    this.#stopped.signal.addEventListener("abort", stop, { once: true });
    try {
      return await Promise.race([engine.info(), stopped]) !== null && !this.stopped;
    } finally {
      this.#stopped.signal.removeEventListener("abort", stop);
    }
  }

  /** Resolves at the first nudge after the `nudges`-th, or when it is time to look anyway. */
  async #nudged(nudges: number): Promise<void> {
    if (this.#nudges > nudges) return;
    if (this.#queue.leaseMilliseconds === null) return await this.#nextNudge();
    using delay = this.#ports.clock.delay(POLL_MILLISECONDS);
    await Promise.race([delay.done, this.#nextNudge()]);
  }

  #nextNudge(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#idle.add(resolve);
    return promise;
  }

  async #runOne(engine: Engine, claim: Claim): Promise<void> {
    const { runs, began } = this.#ports;
    const { id } = claim;
    const record = await runs.store.get(id);
    if (record === null || hasEnded(record.status)) return await this.#queue.settle(id, claim);
    const run = new TransferRun(runs, engine, record, claim);
    using _lease = this.#leases.hold(claim, () => run.lose());
    const done = this.#settleAfter(run, claim);
    this.#running.set(id, { run, done: done.catch(() => {}) });
    began();
    // A stop that came while the record was read has not seen this run.
    if (this.stopped) run.suspend();
    try {
      await done;
    } finally {
      this.#running.delete(id);
    }
  }

  async #settleAfter(run: TransferRun, claim: Claim): Promise<void> {
    const { runs, forecast, quotas } = this.#ports;
    const end = await run.run();
    forecast.observe(run.record);
    if (end !== "ended") runs.journal.observer.suspended(run.record);
    if (end === "suspended") await this.#release(claim);
    if (end !== "ended") return;
    await quotas.giveBack(run.record);
    await this.#queue.settle(claim.id, claim);
    // An engine that found nothing, since its owner had enough running, may find it now.
    this.nudge();
  }

  /** Lets others go on. Where they cannot be told now, they do when the lease has run out. */
  async #release(claim: Claim): Promise<void> {
    if (this.#queue.leaseMilliseconds === null) return;
    try {
      await this.#queue.release(claim);
    } catch (error) {
      this.#ports.runs.log.warn(`Cannot release transfer ${claim.id} now: ${oneLine(error)}`);
    }
  }
}

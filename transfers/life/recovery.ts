import type { Clock } from "../clock.ts";
import { type Log, oneLine } from "../log.ts";
import { pause } from "../pause.ts";
import type { Exclusion, TransferQueue, TransferStore } from "../storage/ports.ts";
import type { Forecast } from "./forecast.ts";

/** Transfers looked up at once. */
const AT_ONCE = 500;
/** Milliseconds between two recoveries where servers share the queue: any of them may stop at any time. */
const PERIOD = 120_000;

export interface RecoveryPorts {
  readonly store: TransferStore;
  readonly queue: TransferQueue;
  readonly exclusion: Exclusion;
  readonly forecast: Forecast;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Brings queue and store together after a stop, however it came: every transfer that has not ended is claimed by a worker
 * or waits; reservations whose transfer was never made are gone.
 */
export class Recovery {
  readonly #ports: RecoveryPorts;
  #leading: AsyncDisposable | null = null;

  constructor(ports: RecoveryPorts) {
    this.#ports = ports;
  }

  /** Does it once, and where servers share the queue one of them again and again. @param workers Of this server. */
  async start(workers: readonly string[]): Promise<void> {
    const { queue, exclusion } = this.#ports;
    if (queue.leaseMilliseconds === null) {
      await this.#dropOrphans(workers);
      await this.#recover();
    } else {
      this.#leading = exclusion.lead("recovery", (lost) => this.#again(lost));
    }
  }

  async stop(): Promise<void> {
    await this.#leading?.[Symbol.asyncDispose]();
  }

  async #again(lost: AbortSignal): Promise<void> {
    const { clock, log } = this.#ports;
    while (!lost.aborted) {
      await this.#recover().catch((error) => log.warn(`Cannot look for lost transfers now: ${oneLine(error)}`));
      await pause(clock, PERIOD, lost);
    }
  }

  /** Where claims last for ever, some may be left of workers that are there no more. */
  async #dropOrphans(workers: readonly string[]): Promise<void> {
    const { store, queue } = this.#ports;
    for (const { id } of await store.withStatus(["QUEUED", "RUNNING"])) {
      const holder = await queue.holder(id);
      if (holder !== null && !workers.includes(holder)) await queue.settle(id);
    }
  }

  async #recover(): Promise<void> {
    const { store, queue, forecast, log } = this.#ports;
    await queue.dropUnconfirmed();
    let unfinished = 0;
    for (let after = 0;;) {
      const page = await store.list({
        owner: null,
        statuses: ["QUEUED", "RUNNING"],
        olderThan: null,
        newerThan: after,
        limit: AT_ONCE,
        take: "oldest",
      });
      // Newest first, whichever end they are taken from.
      const records = page.map(({ record }) => record).reverse();
      const missing = new Set(await queue.missing(records.map(({ id }) => id)));
      for (const record of records) {
        const { id, owner, priority, admitted } = record;
        if (!missing.has(id)) continue;
        const needs = forecast.needs(record);
        await queue.reserve({ id, owner, priority, role: admitted?.role ?? "ADMIN", needs }, null);
        await queue.confirm(id);
      }
      unfinished += page.length;
      if (page.length < AT_ONCE) break;
      after = page[0]!.ordinal;
    }
    if (unfinished > 0 && queue.leaseMilliseconds === null) log.info(`${unfinished} unfinished transfers continue`);
  }
}

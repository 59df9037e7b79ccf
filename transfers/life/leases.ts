import type { Clock } from "../clock.ts";
import { type Log, oneLine } from "../log.ts";
import { pause } from "../pause.ts";
import type { Claim, TransferQueue } from "../storage/ports.ts";

/** Renewals in the time of a lease: two may fail. */
const RENEWALS = 3;
/**
 * Milliseconds before another attempt after one that failed. Shorter than what workers wait before they claim again: when a
 * database comes back, those who had something go on with it.
 */
const RETRY_MILLISECONDS = 500;

/** Renews the leases of all that this server's workers have claimed, and tells who has lost one. Nothing where claims last. */
export class Leases {
  readonly #queue: TransferQueue;
  readonly #workers: readonly string[];
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #held = new Map<Claim, () => void>();
  readonly #stopped = new AbortController();
  #loop: Promise<void> = Promise.resolve();

  constructor(queue: TransferQueue, workers: readonly string[], clock: Clock, log: Log) {
    this.#queue = queue;
    this.#workers = workers;
    this.#clock = clock;
    this.#log = log;
  }

  start(): void {
    const { leaseMilliseconds } = this.#queue;
    if (leaseMilliseconds !== null && this.#workers.length > 0) this.#loop = this.#run(leaseMilliseconds / RENEWALS);
  }

  async stop(): Promise<void> {
    this.#stopped.abort();
    await this.#loop;
  }

  /** Looks after a claim until it is disposed of. @param lost Called where it is in force no more. */
  hold(claim: Claim, lost: () => void): Disposable {
    this.#held.set(claim, lost);
    return { [Symbol.dispose]: () => void this.#held.delete(claim) };
  }

  async #run(milliseconds: number): Promise<void> {
    const { signal } = this.#stopped;
    let failing = false;
    while (!signal.aborted) {
      await pause(this.#clock, failing ? RETRY_MILLISECONDS : milliseconds, signal);
      if (signal.aborted) return;
      try {
        await this.#renew();
        failing = false;
      } catch (error) {
        if (!failing) this.#log.warn(`Cannot renew the claims of this server's workers now: ${oneLine(error)}`);
        failing = true;
      }
    }
  }

  async #renew(): Promise<void> {
    // What is claimed from here on may be missing in the answer.
    const before = [...this.#held];
    const inForce = (await Promise.all(this.#workers.map((worker) => this.#queue.renew(worker)))).flat();
    for (const [claim, lost] of before) {
      const isInForce = inForce.some(({ id, epoch }) => id === claim.id && epoch === claim.epoch);
      if (!isInForce && this.#held.has(claim)) lost();
    }
  }
}

import type { Clock } from "../../clock.ts";
import { type Log, oneLine } from "../../log.ts";
import type { Queries } from "./client.ts";

/** Milliseconds between two measurements. */
const INTERVAL = 10_000;
/** How much a measurement is in doubt for each millisecond since it was made: clocks run apart. */
const DRIFT = 2e-4;

/**
 * The database's time, told between measurements by how much time has passed here: it does not matter what the clock of this
 * machine says, or that it is set.
 */
export class SharedClock implements Pick<Clock, "now" | "wall">, Disposable {
  readonly #queries: Pick<Queries, "first">;
  readonly #log: Log;
  readonly #elapsed: () => number;
  /** The database's time at 0 of `elapsed`. */
  #base = 0;
  /** Milliseconds by which `#base` may be wrong, at `#measuredAt`. */
  #doubt = Infinity;
  #measuredAt = 0;
  #latest = 0;
  #failing = false;
  readonly #timer: ReturnType<typeof setInterval>;

  /**
   * Measures, and measures again from time to time.
   *
   * @param elapsed Milliseconds since some moment.
   * @param interval Milliseconds between two measurements.
   * @throws {GramcastError} STORAGE_UNAVAILABLE
   */
  static async open(
    queries: Pick<Queries, "first">,
    log: Log,
    elapsed: () => number = () => performance.now(),
    interval = INTERVAL,
  ): Promise<SharedClock> {
    using cleanup = new DisposableStack();
    const clock = cleanup.use(new SharedClock(queries, log, elapsed, interval));
    await clock.measure();
    cleanup.move();
    return clock;
  }

  private constructor(queries: Pick<Queries, "first">, log: Log, elapsed: () => number, interval: number) {
    this.#queries = queries;
    this.#log = log;
    this.#elapsed = elapsed;
    this.#timer = setInterval(() => void this.#measureAgain(), interval);
  }

  now(): number {
    return this.#latest = Math.max(this.#latest, this.wall());
  }

  wall(): number {
    return Math.round(this.#base + this.#elapsed());
  }

  /** Asks the database what time it is. An answer that took so long that it says less than is known is left aside. */
  async measure(): Promise<void> {
    const before = this.#elapsed();
    const { at } = (await this.#queries.first<{ at: number }>(
      "SELECT (extract(epoch FROM clock_timestamp()) * 1000)::double precision AS at",
    ))!;
    const after = this.#elapsed();
    const doubt = (after - before) / 2;
    if (doubt > this.#doubt + DRIFT * (after - this.#measuredAt)) return;
    this.#base = at - (before + after) / 2;
    this.#doubt = doubt;
    this.#measuredAt = after;
  }

  /** An outage is told once, however long it is. */
  async #measureAgain(): Promise<void> {
    try {
      await this.measure();
      this.#failing = false;
    } catch (error) {
      if (!this.#failing) this.#log.warn(`Cannot ask the database for its time now: ${oneLine(error)}`);
      this.#failing = true;
    }
  }

  [Symbol.dispose](): void {
    clearInterval(this.#timer);
  }
}

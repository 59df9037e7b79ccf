import type { Clock } from "../clock.ts";

/**
 * The time by which something is due. It goes on when the system's clock is set back, and begins no earlier than it was
 * before a restart: nothing waits for a time of day to come again.
 */
export class SteadyTime {
  readonly #clock: Clock;
  #latest: number;
  #elapsed: number;

  /** @param latest The latest time that is known, in milliseconds since the epoch. */
  constructor(clock: Clock, latest: number) {
    this.#clock = clock;
    this.#latest = latest;
    this.#elapsed = clock.elapsed();
  }

  /** Milliseconds since the epoch, or a little more. */
  now(): number {
    const elapsed = this.#clock.elapsed();
    this.#latest = Math.max(this.#clock.now(), this.#latest + elapsed - this.#elapsed);
    this.#elapsed = elapsed;
    return Math.floor(this.#latest);
  }
}

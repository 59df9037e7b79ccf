import type { Clock, Delay } from "../clock.ts";
import type { TransferFailure } from "../types.ts";

/** What every step may take, however small it is: the first of a scale compiles a network. */
const GRACE_SECONDS = 60;
/** Operations in a second that the slowest machine is taken to make. */
const SLOWEST_RATE = 1e9;
/** How many times what the last step took the next may take; the next scale has four times the pixels. */
const SLACK = 40;

/** Notices that an engine which is alive has not finished its step for far too long. */
export class StepDeadline {
  readonly #clock: Clock;
  readonly #firstSeconds: number;
  readonly #onMissed: (failure: TransferFailure) => void;
  #seconds: number;
  #delay: Delay | null = null;

  /** @param flops Operations of the largest step. */
  constructor(clock: Clock, flops: number, onMissed: (failure: TransferFailure) => void) {
    this.#clock = clock;
    this.#onMissed = onMissed;
    this.#firstSeconds = GRACE_SECONDS + flops / SLOWEST_RATE;
    this.#seconds = this.#firstSeconds;
  }

  /** Begins to wait for the next report. @param lastSeconds What the last step took; null when it was none. */
  begin(lastSeconds: number | null): void {
    if (lastSeconds !== null) this.#seconds = Math.min(this.#firstSeconds, GRACE_SECONDS + SLACK * lastSeconds);
    const seconds = this.#seconds;
    const delay = this.#clock.delay(1000 * seconds);
    this.#delay = delay;
    void delay.done.then(() => {
      if (this.#delay !== delay) return;
      const message = `Cannot continue: the engine has not finished its step for ${Math.round(seconds)} s`;
      this.#onMissed({ code: "ENGINE_HUNG", message });
    });
  }

  stop(): void {
    const delay = this.#delay;
    this.#delay = null;
    delay?.[Symbol.dispose]();
  }
}

import type { Clock, Delay } from "../clock.ts";

/** A clock that stands still until the test moves it. */
export class FakeClock implements Clock {
  /** Milliseconds of all delays so far. */
  readonly asked: number[] = [];
  #now = 1_000_000;
  readonly #delays = new Set<{ readonly due: number; readonly resolve: () => void }>();

  now(): number {
    return this.#now;
  }

  wall(): number {
    return this.#now;
  }

  elapsed(): number {
    return this.#now;
  }

  delay(milliseconds: number): Delay {
    this.asked.push(milliseconds);
    const { promise, resolve } = Promise.withResolvers<void>();
    const delay = { due: this.#now + milliseconds, resolve };
    this.#delays.add(delay);
    return {
      done: promise,
      [Symbol.dispose]: () => {
        this.#delays.delete(delay);
        resolve();
      },
    };
  }

  /** Delays that have not ended. */
  get waiting(): number {
    return this.#delays.size;
  }

  advance(milliseconds: number): void {
    this.#now += milliseconds;
    for (const delay of this.#delays) {
      if (delay.due > this.#now) continue;
      this.#delays.delete(delay);
      delay.resolve();
    }
  }
}

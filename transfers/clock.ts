/** Time as the transfers layer needs it; tests have one that they move by hand. */
export interface Clock {
  /** Milliseconds since the epoch; never less than what it answered before, even when the system's clock is set back. */
  now(): number;
  /** The same as the system has it at the moment, for others to compare with their clocks; it may go back. */
  wall(): number;
  /** Milliseconds since some moment, for intervals. */
  elapsed(): number;
  /** Waits; disposing of it ends the wait at once. */
  delay(milliseconds: number): Delay;
}

export interface Delay extends Disposable {
  readonly done: Promise<void>;
}

/** The system's clock. */
export class SystemClock implements Clock {
  #latest = 0;

  now(): number {
    this.#latest = Math.max(this.#latest, Date.now());
    return this.#latest;
  }

  wall(): number {
    return Date.now();
  }

  elapsed(): number {
    return performance.now();
  }

  delay(milliseconds: number): Delay {
    const { promise, resolve } = Promise.withResolvers<void>();
    // Longer ones would overflow setTimeout's 31 bits and fire at once.
    const timer = setTimeout(resolve, Math.min(milliseconds, 2 ** 31 - 1));
    return {
      done: promise,
      [Symbol.dispose]() {
        clearTimeout(timer);
        resolve();
      },
    };
  }
}

/** So much in any time of so many seconds. */
export interface Rate {
  readonly limit: number;
  readonly seconds: number;
}

/** Tokens that were taken in the same part of a window come back together: a bucket holds few numbers, however many come. */
const PARTS = 10;

interface Taken {
  /** When they come back. */
  readonly until: number;
  amount: number;
}

/**
 * A bucket of tokens that each come back a window after they were taken, or up to a tenth of a window later: in no window
 * of time does it let more through than its limit. (One that fills up evenly lets twice as much through: what is in it, and
 * what comes in meanwhile.)
 */
export class Bucket {
  readonly rate: Rate;
  readonly #window: number;
  readonly #part: number;
  /** What came first comes first. */
  readonly #taken: Taken[] = [];
  #used = 0;

  constructor(rate: Rate) {
    this.rate = rate;
    this.#window = 1000 * rate.seconds;
    this.#part = this.#window / PARTS;
  }

  /**
   * Takes tokens, all of them or none.
   *
   * @param now Milliseconds of a clock that does not go back.
   * @returns 0, or the milliseconds after which there could be enough; infinite where there never are so many.
   */
  take(amount: number, now: number): number {
    const missing = amount - this.left(now);
    if (missing > 0) return this.#until(missing) - now;
    const until = (Math.floor(now / this.#part) + 1) * this.#part + this.#window;
    const newest = this.#taken.at(-1);
    if (newest?.until === until) newest.amount += amount;
    else if (amount > 0) this.#taken.push({ until, amount });
    this.#used += amount;
    return 0;
  }

  /** Tokens that are there. */
  left(now: number): number {
    while (this.#taken.length > 0 && this.#taken[0]!.until <= now) this.#used -= this.#taken.shift()!.amount;
    return this.rate.limit - this.#used;
  }

  /** Milliseconds until some of those that were taken come back; 0 where all are there. */
  nextMs(now: number): number {
    return this.left(now) === this.rate.limit ? 0 : this.#taken[0]!.until - now;
  }

  /** Numbers that are held. */
  get size(): number {
    return this.#taken.length;
  }

  #until(missing: number): number {
    let back = 0;
    for (const { until, amount } of this.#taken) {
      back += amount;
      if (back >= missing) return until;
    }
    return Infinity;
  }
}

/** Bytes that all connections together may make the server hold; more is refused. */
export class ByteBudget {
  readonly #limit: number;
  #held = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Bytes that are held now. */
  get held(): number {
    return this.#held;
  }

  /** A share for one holder, empty at first. */
  lease(): Lease {
    let mine = 0;
    return {
      get held() {
        return mine;
      },
      hold: (bytes) => {
        // What shrinks is never refused.
        if (bytes > mine && this.#held - mine + bytes > this.#limit) return false;
        this.#held += bytes - mine;
        mine = bytes;
        return true;
      },
    };
  }
}

/** What one connection or request holds. */
export interface Lease {
  readonly held: number;
  /** Says how much is held from now on: false, and nothing changes, when that is more than there is. */
  hold(bytes: number): boolean;
}

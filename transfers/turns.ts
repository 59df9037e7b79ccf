/** Lets calls run one after another, in the order in which they came, whatever becomes of those before. */
export class Turns {
  #last: Promise<unknown> = Promise.resolve();
  #count = 0;

  /** Calls that run or wait. */
  get count(): number {
    return this.#count;
  }

  /** Runs a call when those before it have settled, and answers what it answers. */
  async take<T>(call: () => Promise<T>): Promise<T> {
    this.#count++;
    const called = this.#last.then(call);
    this.#last = called.catch(() => {});
    try {
      return await called;
    } finally {
      this.#count--;
    }
  }
}

/**
 * Lets work begin while what it holds fits into a budget, first come first served: memory is bounded whoever asks, and
 * however many at once.
 */
export class Admission {
  readonly #bytes: number;
  #freeBytes: number;
  #freePlaces: number;
  readonly #waiting: { readonly bytes: number; readonly enter: () => void }[] = [];

  /** @param budget Bytes that all work under way may hold together, and how many may be under way. */
  constructor(budget: { readonly bytes: number; readonly places: number }) {
    this.#bytes = this.#freeBytes = budget.bytes;
    this.#freePlaces = budget.places;
  }

  /**
   * Does `work` when its turn has come.
   *
   * @param bytes What it holds at most while it runs; more than the budget is taken for all of it, so that it runs alone.
   */
  async run<T>(bytes: number, work: () => Promise<T>): Promise<T> {
    const held = Math.min(bytes, this.#bytes);
    await this.#enter(held);
    try {
      return await work();
    } finally {
      this.#freeBytes += held;
      this.#freePlaces++;
      this.#admit();
    }
  }

  #enter(bytes: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#waiting.push({ bytes, enter: resolve });
    this.#admit();
    return promise;
  }

  /** Nobody overtakes: a large piece of work is not kept waiting by small ones that came after it. */
  #admit(): void {
    for (let next = this.#waiting[0]; next; next = this.#waiting[0]) {
      if (next.bytes > this.#freeBytes || this.#freePlaces === 0) return;
      this.#waiting.shift();
      this.#freeBytes -= next.bytes;
      this.#freePlaces--;
      next.enter();
    }
  }
}
